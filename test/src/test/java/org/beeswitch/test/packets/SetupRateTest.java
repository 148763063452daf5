// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.ofproto.upcall.Handler;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How many new flows a second one handler sets up: from the upcall to the megaflow in the datapath
 * and the packet sent. The figure is of the handler's work alone; nobody sends here.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class SetupRateTest {
  private static final long PATIENCE_NS = 30_000_000_000L;

  @ParameterizedTest
  @EnumSource
  void everyNewFlowGetsItsMegaflow(Backend backend) throws Exception {
    backend.assumeAvailable();
    int flows = Seed.sized(10_000, 50_000);
    try (InProcessSwitch s = InProcessSwitch.start(backend, 2, 1)) {
      // Every source address is looked at.
      s.add(5, Match.builder().exact(Field.ETH_SRC, 0x0eL).build());
      s.add(1, Match.ANY, new Action.Output(OfPort.of(2), 0));
      double best = 0;
      for (int round = 0; round < 4; round++) {
        best = Math.max(best, flows / (setUp(s, flows) / 1e9));
        assertThat(s.backer().udpif().flowCount()).isEqualTo(flows);
        s.backer().udpif().flush();
        awaitBuried(s);
      }
      System.out.printf("figure: %s: %.0f new flows a second by one handler%n", backend, best);
    }
  }

  private static long setUp(InProcessSwitch s, int flows) {
    Handler handler = s.backer().handlers().get(0);
    Upcall u = new Upcall();
    u.kind = UpcallKind.MISS;
    Packet p =
        new PacketBuilder()
            .eth(0x020000000002L, 0)
            .ipv4("10.0.0.1", "10.0.0.2")
            .udp(1000, 2000)
            .payload(22)
            .packet();
    long from = System.nanoTime();
    for (int i = 0; i < flows; i++) {
      Be.put48(p.data(), p.offset() + 6, 0x060000000000L + i);
      u.packet.copyFrom(p);
      u.metadata.clear();
      u.metadata.words()[FlowLayout.PORT_RECIRC - FlowLayout.ODP] = 1L << 32;
      handler.onUpcall(u);
    }
    return System.nanoTime() - from;
  }

  /** Flows that are dying still have their places in the datapath. */
  private static void awaitBuried(InProcessSwitch s) throws Exception {
    long ticket =
        s.onMain(() -> s.backer().udpif().publish(s.backer().current(), java.util.List.of()));
    long end = System.nanoTime() + PATIENCE_NS;
    while (ticket != 0 && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(5_000_000);
      ticket =
          s.onMain(() -> s.backer().udpif().publish(s.backer().current(), java.util.List.of()));
    }
    assertThat(ticket).as("what is still dying").isZero();
  }
}
