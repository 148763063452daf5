// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Test;

class FlowParserLawsTest {
  private final Flow flow = new Flow();
  private final Layers layers = new Layers();

  @Property
  void anyBytesAreRead(@ForAll byte[] frame) {
    FlowParser.parse(frame, 0, frame.length, flow, layers);
    assertThat(layers.end).isBetween(0, frame.length);
  }

  @Test
  void nothingOutsideTheFrameIsReadAtAnyTruncation() {
    Random r = Seed.random("parser-bounds");
    RandomPackets random = new RandomPackets(r.nextLong());
    Flow other = new Flow();
    Layers otherLayers = new Layers();
    for (int i = 0; i < Seed.tries(); i++) {
      byte[] frame = random.next();
      byte[] surrounded = new byte[frame.length + 200];
      for (int n = 0; n <= frame.length; n++) {
        FlowParser.parse(Arrays.copyOf(frame, n), 0, n, flow, layers); // throws when it reads on
        r.nextBytes(surrounded);
        System.arraycopy(frame, 0, surrounded, 100, n);
        FlowParser.parse(surrounded, 100, n, other, otherLayers);
        assertThat(Arrays.equals(other.words(), flow.words())).isTrue();
        assertThat(otherLayers.l4).isEqualTo(layers.l4);
      }
    }
  }

  @Test
  void metadataIsLeftAlone() {
    Arrays.fill(flow.words(), -1L);
    byte[] frame = new PacketBuilder().eth(1, 2).ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).bytes();
    FlowParser.parse(frame, 0, frame.length, flow, layers);
    for (int w = 0; w < FlowLayout.WORDS; w++) {
      boolean packet =
          w >= FlowLayout.ETH_DST_TYPE && w <= FlowLayout.PBB_C_SRC
              || w >= FlowLayout.NSH && w < FlowLayout.NSH_CONTEXT + 2;
      assertThat(flow.words()[w] == -1L).as("word %d", w).isEqualTo(!packet);
    }
  }

  @Test
  void parsingEditingAndSegmentingMakeNoGarbage() {
    RandomPackets random = new RandomPackets(1);
    Packet[] packets = new Packet[500];
    for (int i = 0; i < packets.length; i++) {
      packets[i] = Packet.of(random.next());
    }
    Packet gso =
        new PacketBuilder()
            .eth(1, 2)
            .ipv4("10.0.0.1", "10.0.0.2")
            .tcp(1, 2)
            .payload(5000)
            .partialPacket();
    gso.gsoType = Packet.GSO_TCPV4;
    gso.gsoSize = 1000;
    PacketEditor editor = new PacketEditor();
    GsoSegmenter segmenter = new GsoSegmenter();
    Packet segment = new Packet(2048);

    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) { // the first rounds load classes
      long before = threads.getCurrentThreadAllocatedBytes();
      for (Packet p : packets) {
        FlowParser.parse(p, flow, layers);
        editor.begin(p);
        editor.pushVlan(EthType.VLAN, 7);
        for (int w = FlowLayout.ETH_DST_TYPE; w < FlowLayout.SKB; w++) {
          editor.set(w, 0x0123456789abcdefL * round, 0x00ff00ff00ff00ffL);
        }
        editor.popVlan();
      }
      segmenter.begin(gso);
      while (segmenter.next(segment)) {
        Csum.complete(segment);
      }
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(allocated).isZero();
  }
}
