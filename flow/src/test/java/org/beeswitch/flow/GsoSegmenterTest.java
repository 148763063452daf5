// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class GsoSegmenterTest {
  private static final Ipv6Address A6 = new Ipv6Address(0xfd00L << 48, 1);
  private static final Ipv6Address B6 = new Ipv6Address(0xfd00L << 48, 2);

  private final GsoSegmenter segmenter = new GsoSegmenter();

  private static PacketBuilder eth() {
    return new PacketBuilder().eth(0x020000000001L, 0x020000000002L);
  }

  private static Packet gso(PacketBuilder b, int type, int size) {
    Packet p = b.partialPacket();
    p.gsoType = type;
    p.gsoSize = size;
    return p;
  }

  private List<byte[]> segments(Packet p) {
    List<byte[]> out = new ArrayList<>();
    Packet segment = new Packet(0);
    segmenter.begin(p);
    while (segmenter.next(segment)) {
      assertThat(segment.csumStart).isNegative();
      assertThat(segment.gsoType).isEqualTo(Packet.GSO_NONE);
      assertThat(Checksums.wrong(segment.bytes())).isEmpty();
      out.add(segment.bytes());
    }
    return out;
  }

  private static byte[] payloads(List<byte[]> segments, int headers) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] s : segments) {
      all.write(s, headers, s.length - headers);
    }
    return all.toByteArray();
  }

  @Test
  void tcpOverIpv4IsCutWithGrowingSequenceNumbersAndIds() {
    Packet p =
        gso(
            eth()
                .vlan(EthType.VLAN, 5)
                .ipv4("10.0.0.1", "10.0.0.2")
                .tcp(1, 2, 0x99, 3)
                .payload(3500),
            Packet.GSO_TCPV4,
            1000);
    byte[] whole = p.bytes();
    List<byte[]> s = segments(p);
    int headers = 14 + 4 + 20 + 32;
    assertThat(s).extracting(b -> b.length - headers).containsExactly(1000, 1000, 1000, 500);
    assertThat(payloads(s, headers)).isEqualTo(Arrays.copyOfRange(whole, headers, whole.length));
    assertThat(s).extracting(b -> Be.get32(b, 38 + 4)).containsExactly(1L, 1001L, 2001L, 3001L);
    assertThat(s).extracting(b -> Be.get16(b, 18 + 4)).containsExactly(0, 1, 2, 3);
    // ACK in all, CWR in the first, FIN and PSH in the last.
    assertThat(s).extracting(b -> Be.get8(b, 38 + 13)).containsExactly(0x90, 0x10, 0x10, 0x19);
  }

  @Test
  void tcpOverIpv6IsCutBehindItsExtensionHeaders() {
    Packet p =
        gso(
            eth().ipv6(A6, B6).extension(IpProto.DSTOPTS, 1).tcp(1, 2).payload(2001),
            Packet.GSO_TCPV6,
            1000);
    byte[] whole = p.bytes();
    List<byte[]> s = segments(p);
    int headers = 14 + 40 + 16 + 20;
    assertThat(s).extracting(b -> b.length - headers).containsExactly(1000, 1000, 1);
    assertThat(payloads(s, headers)).isEqualTo(Arrays.copyOfRange(whole, headers, whole.length));
    assertThat(s).extracting(b -> Be.get16(b, 14 + 4)).containsExactly(1036, 1036, 37);
  }

  @Test
  void udpIsCutIntoDatagrams() {
    Packet p = gso(eth().ipv6(A6, B6).udp(1, 2).payload(250), Packet.GSO_UDP_L4, 100);
    List<byte[]> s = segments(p);
    assertThat(s).extracting(b -> Be.get16(b, 14 + 40 + 4)).containsExactly(108, 108, 58);
    assertThat(payloads(s, 62)).hasSize(250);
  }

  @Test
  void aPacketThatIsNotGsoComesOutOnceAndComplete() {
    Packet p = eth().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).payload(10).partialPacket();
    assertThat(segments(p)).hasSize(1);
    assertThat(p.csumStart).isNotNegative(); // the original is left as it was
  }

  @Test
  void whatCannotBeCutComesOutWhole() {
    Packet p = gso(eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(999), Packet.GSO_UDP, 100);
    assertThat(segments(p)).hasSize(1);
    Packet q = Packet.of(new byte[] {1, 2, 3});
    q.gsoType = Packet.GSO_TCPV4;
    q.gsoSize = 1;
    assertThat(segments(q)).hasSize(1);
  }
}
