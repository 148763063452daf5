// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * Traffic that has the switch keep many megaflows, one for each source address, and keeps them from
 * idling out. The destinations are spread over 172.16.0.0/12.
 */
final class OtherMegaflows implements AutoCloseable {
  /** Each megaflow's packet comes once in this time; idle ones go after 10 s. */
  private static final int ROUND_S = 4;

  private static final int FASTEST = 25_000;
  private static final long NAP_NS = 200_000;

  private final Links links;
  private final PacketSocket socket;
  private final int count;
  private final Thread thread = new Thread(this::run, "other megaflows");
  private volatile boolean filled;
  private volatile boolean closing;

  private OtherMegaflows(Links links, PacketSocket socket, int count) {
    this.links = links;
    this.socket = socket;
    this.count = count;
  }

  static OtherMegaflows start(TestNetns ns, String device, int count) throws Exception {
    OtherMegaflows o =
        ns.call(
            () -> {
              Links links = Links.open();
              return new OtherMegaflows(links, PacketSocket.tapInto(links, device), count);
            });
    o.thread.setDaemon(true);
    o.thread.start();
    return o;
  }

  /** From now on only keeps up what is there. */
  void filled() {
    filled = true;
  }

  private void run() {
    Packet[] burst = new Packet[count];
    for (int i = 0; i < count; i++) {
      burst[i] =
          new PacketBuilder()
              .eth(0x020000000001L, 0x060000000000L + i)
              .ipv4(0x0a000001L, 0xac100000L + (i * 37L & 0xfffff))
              .udp(1000, 2000)
              .payload(22)
              .packet();
    }
    int next = 0;
    long atNs = System.nanoTime();
    while (!closing) {
      int rate = filled ? Math.max(1, count / ROUND_S) : FASTEST;
      long now = System.nanoTime();
      long due = Math.min((now - atNs) * rate / 1_000_000_000L, 64);
      for (long i = 0; i < due; i++) {
        socket.send(burst[next]); // one that is refused comes again with the next round
        next = next + 1 == count ? 0 : next + 1;
      }
      if (due > 0) {
        atNs = now;
      }
      LockSupport.parkNanos(NAP_NS);
    }
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    thread.join();
    socket.close();
    links.close();
  }
}
