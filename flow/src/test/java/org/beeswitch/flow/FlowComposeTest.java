// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Test;

class FlowComposeTest {
  @Test
  void aComposedPacketIsReadAsItsFlow() {
    RandomPackets random = new RandomPackets(Seed.random("compose").nextLong());
    Layers layers = new Layers();
    int composed = 0;
    for (int i = 0; i < 20 * Seed.tries(); i++) {
      Flow flow = new Flow();
      byte[] frame = random.next();
      FlowParser.parse(frame, 0, frame.length, flow, layers);
      if (!hasPacket(flow)) {
        continue;
      }
      composed++;
      Packet p = FlowCompose.compose(flow, 10);
      Flow again = new Flow();
      FlowParser.parse(p, again, layers);
      assertThat(OvsFlowText.of(again)).isEqualTo(OvsFlowText.of(flow));
      assertThat(again.words()).isEqualTo(flow.words());
      assertThat(Checksums.wrong(p.bytes())).isEmpty();
    }
    assertThat(composed).isGreaterThan(15 * Seed.tries());
  }

  /**
   * Leaves out what no canonical packet has: no Ethernet header, IPv6 extension headers out of
   * order or repeated.
   */
  private static boolean hasPacket(Flow f) {
    long odd = FlowParser.EXT_UNSEQ | FlowParser.EXT_UNREP;
    boolean walkCutShort =
        f.get(Field.IPV6_EXTHDR) != 0
            && FlowParser.isExtension((int) f.get(Field.IP_PROTO))
            && (f.get(Field.IP_FRAG) & FlowLayout.FRAG_LATER) == 0;
    return f.get(Field.ETH_TYPE) != 0 && (f.get(Field.IPV6_EXTHDR) & odd) == 0 && !walkCutShort;
  }

  @Test
  void payloadIsOnlyWhereTheProtocolHasIt() {
    Flow f = new Flow();
    f.set(Field.ETH_TYPE, EthType.IPV4);
    f.set(Field.IP_PROTO, IpProto.TCP);
    f.set(Field.TCP_FLAGS, 0x10);
    assertThat(FlowCompose.compose(f, 64).length()).isEqualTo(14 + 20 + 20 + 64);
    f.set(Field.TCP_FLAGS, 2); // SYN
    assertThat(FlowCompose.compose(f, 64).length()).isEqualTo(14 + 20 + 20);
    f.set(Field.IP_PROTO, IpProto.ICMP);
    f.set(Field.ICMPV4_TYPE, 8);
    assertThat(FlowCompose.compose(f, 64).length()).isEqualTo(14 + 20 + 8 + 64);
  }
}
