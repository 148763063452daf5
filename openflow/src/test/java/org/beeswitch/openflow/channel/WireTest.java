// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireTest {
  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  /** What ovs-vswitchd 3.1.0 sends with protocols=OpenFlow13, but for the xid. */
  @Test
  void ourHelloIsTheOneOfOvs() {
    assertThat(Wire.encodeHello(VersionSet.OF13, 1).bytes())
        .isEqualTo(hex("04000010 00000001 0001000800000010"));
  }

  @Test
  void aHelloThatAllowsEveryOlderVersionHasNoBitmap() {
    assertThat(Wire.encodeHello(VersionSet.KNOWN, 1).bytes()).isEqualTo(hex("0600000800000001"));
    assertThat(Wire.encodeHello(VersionSet.of(1), 1).bytes()).isEqualTo(hex("0100000800000001"));
  }

  /** Floodlight, ONOS, OpenDaylight, Ryu and what OVS 3.1.0 was seen to make of stranger ones. */
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          4, '',                            1e, true
          6, 0001 0008 0000007e,            7e, true
          4, 0001 0008 00000072,            72, true
          4, 0001 0008 00000011,            10, true
          4, 0001 0008 00000000,            1e, false
          9, '',                            3fe, true
          200, '',                          fffffffe, true
          4, 0005 0008 00000001 0001 0008 00000010, 10, false
          4, 0001 0008 00000002 0001 0008 00000010, 10, true
          4, 0001 0003 00000001,            1e, false
          4, 0001 0008,                     1e, false
          4, 6162,                          1e, false
          4, 0001 0006 00000010,            1e, false
          4, 0001 0004 00000010,            1e, false
          4, 0001 000c 00000010 ffffffff 00000000, 10, true
          4, 0001 000c 00000010 ffffffff,   1e, false
          """)
  void helloIsReadAsOvsReadsIt(int version, String body, String bitmap, boolean clean) {
    var hello = Wire.decodeHello(Frame.of(version, 0, 7, hex(body)));
    assertThat(hello.clean()).isEqualTo(clean);
    assertThat(hello.versions().bitmap()).isEqualTo(Integer.parseUnsignedInt(bitmap, 16));
  }

  /** The data of each was sent by OVS 3.1.0. */
  @Test
  void theRefusalHasTheWordsOfOvs() {
    var error = Wire.encodeHelloFailed(VersionSet.OF13, VersionSet.of(1));
    assertThat(error.version()).isEqualTo(1);
    assertThat(error.type()).isEqualTo(1);
    assertThat(error.xid()).isZero();
    assertThat(error.length()).isEqualTo(82);
    assertThat(error.u32(8)).isZero();
    assertThat(text(error))
        .isEqualTo("We support version 0x04, you support version 0x01, no common versions.");
    assertThat(text(Wire.encodeHelloFailed(VersionSet.OF13, VersionSet.of(1, 2))))
        .isEqualTo(
            "We support version 0x04, you support version 0x02 and earlier, no common versions.");
    assertThat(text(Wire.encodeHelloFailed(VersionSet.of(4, 6), VersionSet.of(1, 3, 5))))
        .isEqualTo(
            "We support versions 0x04, 0x06, you support versions 0x01, 0x03, 0x05, no common"
                + " versions.");
  }

  @Test
  void aRefusalLongerThanTheBufferOfOvsIsCutAsThere() {
    var ours = VersionSet.of(1, 3, 5, 7, 9, 11, 13, 15);
    var theirs = VersionSet.of(2, 4, 6, 8, 10, 12, 14, 16);
    var error = Wire.encodeHelloFailed(ours, theirs);
    assertThat(error.length()).isEqualTo(12 + 127);
    assertThat(error.version()).isEqualTo(1);
  }

  private static String text(Frame error) {
    return new String(error.bytes(), 12, error.length() - 12, US_ASCII);
  }

  @Test
  void anErrorAboutTheLargestMessageStillFits() {
    var request = Frame.of(4, 99, 5, new byte[Frame.MAX_LEN - Frame.HEADER_LEN]);
    assertThat(Wire.encodeErrorReply(1, 1, request).length()).isEqualTo(Frame.MAX_LEN);
  }

  @Property
  void anyHelloHasAnAnswer(
      @ForAll @IntRange(max = 255) int version, @ForAll @Size(max = 64) byte[] body) {
    var hello = Wire.decodeHello(Frame.of(version, 0, 1, body));
    assertThat(hello.versions().bitmap() & 1).isZero();
  }

  @Property
  void whatWeSayWeCanRead(@ForAll @IntRange(min = 1) int bits) {
    var versions = new VersionSet(bits << 1);
    if (!versions.isEmpty()) {
      var hello = Wire.decodeHello(Wire.encodeHello(versions, 1));
      assertThat(hello).isEqualTo(new Wire.Hello(versions, true));
    }
  }
}
