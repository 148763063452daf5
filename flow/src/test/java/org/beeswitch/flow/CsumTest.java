// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CsumTest {
  @Test
  void theExampleOfRfc1071() {
    byte[] b = HexFormat.of().parseHex("0001f203f4f5f6f7");
    assertThat(Csum.fold(Csum.add(0, b, 0, 8))).isEqualTo(0xddf2);
    assertThat(Csum.of(b, 0, 8)).isEqualTo(0x220d);
  }

  @Test
  void theExampleOfRfc1624ThatOldUpdatesGetWrong() {
    assertThat(Csum.update(0xdd2f, 0x5555, 0x3285)).isEqualTo(0x0000);
  }

  @Test
  void crc32cOfTheUsualNineDigits() {
    byte[] b = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertThat(Csum.crc32c(b, 0, 9)).isEqualTo(Integer.reverseBytes(0xe3069283));
  }

  @Property
  void crc32cIsTheJdks(@ForAll byte[] b) {
    CRC32C jdk = new CRC32C();
    jdk.update(b);
    assertThat(Integer.reverseBytes(Csum.crc32c(b, 0, b.length))).isEqualTo((int) jdk.getValue());
  }

  @Property
  void updatingIsComputingAnew(
      @ForAll @Size(32) byte[] b, @ForAll @IntRange(max = 3) int at, @ForAll long now) {
    b[31] |= 1; // all zeroes have two checksums
    int old = Csum.of(b, 0, 32);
    long before = Be.get64(b, 8 * at);
    long before32 = Be.get32(b, 8 * at);
    if (at == 3) {
      now |= 1;
    }
    Be.put64(b, 8 * at, now);
    int anew = Csum.of(b, 0, 32);
    assertThat(Csum.update64(old, before, now)).isEqualTo(anew);
    int low = Csum.update(old, before & 0xffffffffL, now & 0xffffffffL);
    assertThat(Csum.update(low, before32, now >>> 32)).isEqualTo(anew);
  }

  @Property
  void aSumMayBeTakenInPieces(@ForAll byte[] b, @ForAll @IntRange(max = 50) int cut) {
    int even = Math.min(cut, b.length) & ~1;
    long pieces = Csum.add(Csum.add(7, b, 0, even), b, even, b.length - even);
    assertThat(Csum.fold(pieces)).isEqualTo(Csum.fold(Csum.add(7, b, 0, b.length)));
  }

  @Test
  void completingAPartialChecksumGivesTheWholeOne() {
    PacketBuilder tcp = new PacketBuilder().eth(1, 2).ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2);
    byte[] whole = tcp.payload(33).bytes();
    Packet partial = tcp.partialPacket();
    assertThat(partial.bytes()).isNotEqualTo(whole);
    Csum.complete(partial);
    assertThat(partial.bytes()).isEqualTo(whole);
    assertThat(partial.csumStart).isNegative();
  }

  @Test
  void aTruncatedPartialPacketIsLeftAlone() {
    Packet p = new PacketBuilder().eth(1, 2).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).partialPacket();
    p.truncate(38);
    byte[] before = p.bytes();
    Csum.complete(p);
    assertThat(p.bytes()).isEqualTo(before);
  }
}
