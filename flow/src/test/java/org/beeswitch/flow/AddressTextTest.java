// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTest {
  private static String masked4(long ip, long mask) {
    return AddressText.appendIpv4(new StringBuilder(), ip, mask).toString();
  }

  private static String masked6(long hi, long lo, Ipv6Address mask) {
    return AddressText.appendIpv6(new StringBuilder(), hi, lo, mask.hi(), mask.lo()).toString();
  }

  @Property
  void macsGoBothWays(@ForAll @LongRange(max = 0xffff_ffff_ffffL) long mac) {
    assertThat(AddressText.parseMac(AddressText.mac(mac))).isEqualTo(mac);
  }

  @Property
  void ipv4GoesBothWays(@ForAll @LongRange(max = 0xffff_ffffL) long ip) {
    assertThat(AddressText.parseIpv4(AddressText.ipv4(ip))).isEqualTo(ip);
  }

  @Property
  void ipv6GoesBothWays(@ForAll long hi, @ForAll long lo, @ForAll byte zeroGroups) {
    for (int i = 0; i < 4; i++) {
      hi &= (zeroGroups >> i & 1) != 0 ? ~(0xffffL << 16 * i) : -1L;
      lo &= (zeroGroups >> i + 4 & 1) != 0 ? ~(0xffffL << 16 * i) : -1L;
    }
    Ipv6Address a = new Ipv6Address(hi, lo);
    assertThat(AddressText.parseIpv6(a.toString())).isEqualTo(a);
  }

  @Property
  void noTextBreaksAParser(@ForAll String text) {
    AddressText.parseMac(text);
    AddressText.parseIpv4(text);
    AddressText.parseIpv6(text);
  }

  @Property
  void prefixesArePrintedAsSuch(
      @ForAll @IntRange(max = 31) int n, @ForAll @IntRange(max = 127) int m) {
    assertThat(masked4(0, AddressText.ipv4Prefix(n))).isEqualTo("0.0.0.0/" + n);
    assertThat(masked6(0, 0, Ipv6Address.prefix(m))).isEqualTo("::/" + m);
  }

  @Test
  void masksAreLeftOutOrShortOrSpelledOut() {
    assertThat(masked4(0x0a000001L, 0xffffffffL)).isEqualTo("10.0.0.1");
    assertThat(masked4(0x0a000000L, 0xff00ff00L)).isEqualTo("10.0.0.0/255.0.255.0");
    assertThat(masked6(1L << 48, 0, Ipv6Address.prefix(128))).isEqualTo("1::");
    assertThat(masked6(0, 1, new Ipv6Address(0, 0xffff))).isEqualTo("::1/::ffff");
    assertThat(AddressText.appendMac(new StringBuilder(), 1, 0xffff_ffff_ffffL).toString())
        .isEqualTo("00:00:00:00:00:01");
    assertThat(AddressText.appendMac(new StringBuilder(), 0, 1L << 40).toString())
        .isEqualTo("00:00:00:00:00:00/01:00:00:00:00:00");
  }

  @ParameterizedTest
  @CsvSource({
    "2001:db8:0:0:0:0:0:1, 2001:db8::1",
    "0:0:0:0:0:0:0:0, ::",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3",
    "1:0:2:0:3:0:4:0, 1:0:2:0:3:0:4:0",
    "1:0:0:2:2:0:0:3, 1::2:2:0:0:3",
    "::10.1.2.3, ::10.1.2.3",
    "::ffff:10.1.2.3, ::ffff:10.1.2.3",
    "::0.0.0.9, ::9",
    "64:ff9b::10.1.2.3, 64:ff9b::a01:203",
    "FD00::ABCD, fd00::abcd",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
  })
  void ipv6IsPrintedAsInetNtopDoes(String text, String printed) {
    assertThat(AddressText.parseIpv6(text)).hasToString(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":::",
        "1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "::1:",
        ":1::",
        "1:2:3:4:5:6:7:8::",
        "g::",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.256",
        "1:2:3:4:5:6:7:1.2.3.4"
      })
  void thisIsNoIpv6Address(String text) {
    assertThat(AddressText.parseIpv6(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1..2.3",
        "a.b.c.d",
        "1.2.3.4 ",
        "1.2.3.04"
      })
  void thisIsNoIpv4Address(String text) {
    assertThat(AddressText.parseIpv4(text)).isEqualTo(AddressText.NOT_AN_ADDRESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1:2:3:4:5",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:123",
        "1::3:4:5:6",
        "x:2:3:4:5:6",
        "1:2:3:4:5:"
      })
  void thisIsNoMac(String text) {
    assertThat(AddressText.parseMac(text)).isEqualTo(AddressText.NOT_AN_ADDRESS);
  }

  @Test
  void shortMacGroupsAreRead() {
    assertThat(AddressText.parseMac("1:2:3:a:b:C")).isEqualTo(0x0102030a0b0cL);
  }
}
