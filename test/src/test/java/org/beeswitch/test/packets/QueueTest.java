// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.bpf.sys.PriorityStamp;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.OfPort;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a port's qdisc sees of set_queue. */
@Tag("system")
class QueueTest {
  private static final long PATIENCE_NS = 20_000_000_000L;

  private static Packet frame() {
    return Packet.of(
        new PacketBuilder().eth(2, 4).ipv4(1, 2, 0, 64, 0).udp(1, 2).payload(60).bytes());
  }

  private static int priority(Wire wire) {
    long end = System.nanoTime() + PATIENCE_NS;
    while (System.nanoTime() < end) {
      List<Packet> all = wire.receive();
      if (!all.isEmpty()) {
        Packet p = all.get(0);
        return ByteBuffer.wrap(p.data(), p.offset(), 4).order(ByteOrder.nativeOrder()).getInt();
      }
      LockSupport.parkNanos(100_000);
    }
    throw new AssertionError("nothing came to " + wire);
  }

  /** As {@code tc} writes classes, 1:(queue + 1): by a miss, then by the megaflow in the kernel. */
  @Test
  void aQueueIsAClassOfTheOutputsQdisc() throws Exception {
    Backend.BPF.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(Backend.BPF, 3);
        PriorityStamp two = stamp(s, "s2");
        PriorityStamp three = stamp(s, "s3")) {
      Action to2 = new Action.Output(OfPort.of(2), 0);
      Action to3 = new Action.Output(OfPort.of(3), 0);
      s.add(1, Match.ANY, new Action.SetQueue(7), to2, new Action.PopQueue(), to3);
      for (int i = 0; i < 3; i++) {
        s.wire(1).send(frame());
        assertThat(priority(s.wire(2))).as("packet %d", i).isEqualTo(1 << 16 | 8);
        assertThat(priority(s.wire(3))).as("packet %d", i).isZero();
      }
      assertThat(s.dpif().stats().missed()).isEqualTo(1);
    }
  }

  private static PriorityStamp stamp(InProcessSwitch s, String device) throws Exception {
    return s.netns.call(
        () -> {
          try (Links links = Links.open()) {
            return new PriorityStamp(links.get(device).ifindex());
          }
        });
  }
}
