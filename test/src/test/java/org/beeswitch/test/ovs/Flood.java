// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.bpf.sys.LiveFrames;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.testing.TestNetns;

/** Sends frames of new flows as fast as it is told to, or as the machine lets it. */
final class Flood implements AutoCloseable {
  private static final long TICK_NS = 1_000_000L;

  /** Frames sent without looking at the clock; also what makes up for lost time. */
  private static final int MOST_AT_ONCE = 16_384;

  private final Thread thread;
  private volatile boolean over;
  private final AtomicLong sent = new AtomicLong();
  private final long beganNs = System.nanoTime();

  /**
   * @param place of four bytes in the frame, which become random
   */
  Flood(TestNetns netns, String device, byte[] frame, int place, int perSecond) throws Exception {
    int ifindex =
        netns.call(
            () -> {
              try (Links links = Links.open()) {
                return links.get(device).ifindex();
              }
            });
    thread = new Thread(() -> run(netns, ifindex, frame, place, perSecond), "flood");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(TestNetns netns, int ifindex, byte[] frame, int place, int perSecond) {
    netns.enter();
    try (LiveFrames frames = new LiveFrames(place)) {
      while (!over) {
        long due = (System.nanoTime() - beganNs) * perSecond / 1_000_000_000L - sent.get();
        if (due > 0) {
          int n = (int) Math.min(due, MOST_AT_ONCE);
          frames.send(frame, ifindex, n);
          sent.addAndGet(n);
        } else {
          LockSupport.parkNanos(TICK_NS);
        }
      }
    }
  }

  /** Frames a second up to now. */
  long rate() {
    return sent.get() * 1_000_000_000L / (System.nanoTime() - beganNs);
  }

  long sent() {
    return sent.get();
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    thread.join();
  }
}
