// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Test;

class UpcallRingTest {
  private static final int BYTES = 1 << 19;

  private final UpcallRing ring = new UpcallRing(BYTES);
  private final Upcall out = new Upcall();

  private static OdpKey from(int port) {
    OdpKey k = new OdpKey();
    k.words()[0] = (long) port << 32 | 77;
    return k;
  }

  private int fill(int port, int length) {
    Packet p = new Packet(length);
    p.reset(length);
    int n = 0;
    while (ring.push(p, from(port), 0, 0, 0)) {
      n++;
    }
    return n;
  }

  @Test
  void onePortGetsHalfAndEachOtherItsPartOfTheRest() {
    int all = BYTES / 200; // record of a 128-byte frame
    assertThat(fill(1, 128)).isBetween(all * 9 / 20, all * 11 / 20);
    int second = fill(2, 128);
    assertThat(second).isPositive();
    assertThat(fill(3, 128)).isPositive();
    while (ring.take(out)) {}
    assertThat(ring.isEmpty()).isTrue();
    assertThat(fill(2, 128)).as("what is taken is free again").isGreaterThan(second);
  }

  @Test
  void aPortThatHasFilledItsShareDelaysAnotherByOnePacket() {
    fill(1, 128);
    assertThat(ring.push(Packet.of(new byte[128]), from(2), 0, 0, 0)).isTrue();
    int before = 0;
    while (ring.take(out) && out.metadata.inPort() != 2) {
      before++;
    }
    assertThat(before).isLessThanOrEqualTo(1);
  }

  @Test
  void runtsFillTheIndexBeforeTheBytes() {
    int n = fill(1, 0) + fill(2, 0) + fill(3, 0);
    assertThat(n).isLessThanOrEqualTo(BYTES / 64);
    while (ring.take(out)) {}
    assertThat(ring.push(Packet.of(new byte[0]), from(1), 0, 0, 0)).isTrue();
  }

  @Test
  void largestPacketAlwaysFitsForAPortThatHasNoneWaiting() {
    fill(1, 128);
    assertThat(fill(2, Packet.MAX_LENGTH)).isPositive();
  }

  @Test
  void metadataAndOffloadsComeAlongAndPacketWordsDoNot() {
    Packet p = new Packet(100);
    p.reset(100);
    p.csumStart = 34;
    p.csumOffset = 16;
    p.gsoType = Packet.GSO_TCPV4;
    p.gsoSize = 1_448;
    OdpKey key = from(3);
    key.words()[FlowLayout.SKB - FlowLayout.ODP] = 5L << 32;
    key.words()[FlowLayout.TUN_ID - FlowLayout.ODP] = -9;
    OdpKey want = new OdpKey();
    want.copyFrom(key);
    key.words()[FlowLayout.IPV4 - FlowLayout.ODP] = 1;
    assertThat(ring.push(p, key, 1, 2, 3)).isTrue();
    assertThat(ring.take(out)).isTrue();
    assertThat(out.metadata).isEqualTo(want);
    assertThat(out.packet.csumStart).isEqualTo(34);
    assertThat(out.packet.csumOffset).isEqualTo(16);
    assertThat(out.packet.gsoType).isEqualTo(Packet.GSO_TCPV4);
    assertThat(out.packet.gsoSize).isEqualTo(1_448);
    assertThat(new long[] {out.cookie0, out.cookie1, out.cookie2}).containsExactly(1, 2, 3);
    assertThat(ring.take(out)).isFalse();
  }

  @Property(tries = 20)
  void packetsComeOutAsTheyWentIn(@ForAll long seed) {
    Random random = new Random(seed);
    UpcallRing r = new UpcallRing(BYTES);
    Upcall got = new Upcall();
    List<Queue<byte[]>> model = new ArrayList<>(); // by port: each is in order
    for (int port = 0; port < 4; port++) {
      model.add(new ArrayDeque<>());
    }
    for (int i = 0; i < 2_000; i++) {
      if (random.nextBoolean()) {
        byte[] frame = new byte[random.nextInt(random.nextInt(10) == 0 ? 60_000 : 300)];
        random.nextBytes(frame);
        int port = random.nextInt(4);
        if (r.push(Packet.of(frame), from(port), i, 0, 0)) {
          model.get(port).add(frame);
        }
      } else if (r.take(got)) {
        byte[] want = model.get(got.metadata.inPort()).remove();
        assertThat(Arrays.equals(got.packet.bytes(), want)).isTrue();
      } else {
        assertThat(model).allMatch(Queue::isEmpty);
      }
    }
    while (r.take(got)) {
      assertThat(got.packet.bytes()).isEqualTo(model.get(got.metadata.inPort()).remove());
    }
    assertThat(model).allMatch(Queue::isEmpty);
  }
}
