// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells when every packet that was under way has been dealt with, so that a flow's last counters
 * can be read and its memory used again.
 *
 * <p>Each thread that walks flows or ports has a {@link Reader} whose sequence number is odd
 * between {@link Reader#enter} and {@link Reader#exit}. {@link #await} returns when each reader
 * that was inside at the call has left at least once. A reader that is inside sees no flow twice as
 * two different ones; one that enters after an unlink does not see the flow.
 *
 * <p>Cost: two ordered stores a batch of packets. The law: never call {@link #await} while inside.
 */
final class GracePeriod {
  private final CopyOnWriteArrayList<Reader> readers = new CopyOnWriteArrayList<>();

  Reader newReader() {
    Reader r = new Reader();
    readers.add(r);
    return r;
  }

  /** Returns when no reader is in the section that it was in at the call. */
  void await() {
    for (Reader r : readers) {
      long seen = r.sequence;
      if ((seen & 1) == 0) {
        continue;
      }
      for (int spins = 0; r.sequence == seen; spins++) {
        if (spins < 100) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(20_000);
        }
      }
    }
  }

  /** One thread's passage through flows and ports. Written by that thread alone. */
  static final class Reader {
    // A cache line of its own: every reader writes its number for each batch.
    @SuppressWarnings("unused")
    private long p0, p1, p2, p3, p4, p5, p6;

    private volatile long sequence;

    @SuppressWarnings("unused")
    private long q0, q1, q2, q3, q4, q5, q6;

    // NonAtomicVolatileUpdate: one writer.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    void enter() {
      sequence++;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate")
    void exit() {
      sequence++;
    }
  }
}
