// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;

/**
 * The upcalls of a datapath, spread over its handlers by port number, a ring for each kind; see
 * {@link UpcallRing} for shares. The kinds take turns.
 */
final class UpcallQueues {
  /** Bytes waiting of one kind at one handler: about 4,000 small packets, or 15 of 64 kB. */
  static final int RING_BYTES = 1 << 20;

  private static final UpcallKind[] KINDS = UpcallKind.values();

  private volatile Handler[] handlers = {};

  /** Refused upcalls by port and kind; written by every thread that forwards. */
  private final AtomicLongArray refused = new AtomicLongArray((OdpPort.MAX + 1) * KINDS.length);

  synchronized void setHandlers(int n) {
    if (n < 1 || handlers.length != 0) {
      throw new IllegalStateException(
          "setHandlers(" + n + ") with " + handlers.length + " handlers there");
    }
    Handler[] h = new Handler[n];
    for (int i = 0; i < n; i++) {
      h[i] = new Handler();
    }
    handlers = h;
  }

  boolean hasHandlers() {
    return handlers.length != 0;
  }

  /** Takes a copy of the packet. Returns false, and counts, if it is refused. */
  boolean push(UpcallKind kind, Packet p, OdpKey metadata, long c0, long c1, long c2) {
    Handler[] all = handlers;
    int port = metadata.inPort() & OdpPort.MAX;
    if (all.length != 0) {
      Handler h = all[port % all.length];
      if (h.rings[kind.code()].push(p, metadata, c0, c1, c2)) {
        h.wakeIfWaiting();
        return true;
      }
    }
    refused.getAndIncrement(port * KINDS.length + kind.code());
    return false;
  }

  long refused(int port, UpcallKind kind) {
    return refused.get(port * KINDS.length + kind.code());
  }

  int receive(int handler, Dpif.UpcallSink sink, int max) {
    return handlers[handler].receive(sink, max);
  }

  void await(int handler, long timeoutNs) {
    handlers[handler].await(timeoutNs);
  }

  void wake(int handler) {
    handlers[handler].wake();
  }

  /** One handler's rings; {@link #receive} and {@link #await} are its thread's. */
  private static final class Handler {
    private final UpcallRing[] rings = new UpcallRing[KINDS.length];
    private final Upcall upcall = new Upcall();
    private int turn;

    /** The handler's thread while it may sleep: pushers look at it after they have pushed. */
    private volatile @Nullable Thread waiting;

    private boolean woken;

    Handler() {
      for (int i = 0; i < rings.length; i++) {
        rings[i] = new UpcallRing(RING_BYTES);
      }
    }

    int receive(Dpif.UpcallSink sink, int max) {
      int n = 0;
      for (int empty = 0; n < max && empty < rings.length; ) {
        turn = turn + 1 == rings.length ? 0 : turn + 1;
        if (rings[turn].take(upcall)) {
          upcall.kind = KINDS[turn];
          sink.onUpcall(upcall);
          n++;
          empty = 0;
        } else {
          empty++;
        }
      }
      return n;
    }

    private boolean isEmpty() {
      for (UpcallRing r : rings) {
        if (!r.isEmpty()) {
          return false;
        }
      }
      return true;
    }

    // Says that it waits, looks once more, then waits: a push that it does not see sees it waiting.
    // WaitNotInLoop: spurious wake-ups are allowed by the contract.
    @SuppressWarnings("WaitNotInLoop")
    synchronized void await(long timeoutNs) {
      waiting = Thread.currentThread();
      try {
        if (!woken && isEmpty() && timeoutNs > 0) {
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(timeoutNs, 1_000_000));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        woken = false;
        waiting = null;
      }
    }

    void wakeIfWaiting() {
      if (waiting != null) {
        wake();
      }
    }

    synchronized void wake() {
      woken = true;
      notifyAll();
    }
  }
}
