// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.concurrent.locks.LockSupport;
import org.beeswitch.ofproto.xlate.Xlate;
import org.jspecify.annotations.Nullable;

/**
 * Carries the datapath's counters back to rules, lets idle megaflows go, buries the unlinked, and
 * checks some of the rest against a fresh translation. Agent {@code revalidator-0}.
 */
public final class Revalidator implements Agent {
  /** Time between rounds (OVS ofproto_max_revalidator). */
  private static final long ROUND_NS = 500_000_000L;

  /** Megaflows translated again in a round, so that the check costs a few milliseconds at most. */
  private static final int CHECKED = 1_000;

  private final Udpif udpif;
  private final Xlate xlate;
  private volatile @Nullable Thread waiting;
  private long nextRoundNs;
  private long roundBeganNs;
  private int flowsAtBegin;
  private boolean started;
  private boolean expiring;

  public Revalidator(Udpif udpif, Xlate xlate) {
    this.udpif = udpif;
    this.xlate = xlate;
  }

  @Override
  public String roleName() {
    return "revalidator-0";
  }

  @Override
  public int doWork(long nowNs) {
    int done = udpif.bury();
    if (expiring) {
      expiring = !udpif.expireSome(nowNs);
      if (!expiring) {
        udpif.roundTook(nowNs - roundBeganNs, flowsAtBegin);
      }
      return done + 1;
    }
    if (!started || nextRoundNs - nowNs <= 0) {
      started = true;
      nextRoundNs = nowNs + ROUND_NS;
      roundBeganNs = nowNs;
      flowsAtBegin = udpif.flowCount();
      udpif.pullStats();
      udpif.checkSome(xlate, CHECKED);
      expiring = true;
      return done + 1;
    }
    return done;
  }

  @Override
  public void await(long timeoutNs) {
    waiting = Thread.currentThread();
    if (!udpif.hasDying()) {
      LockSupport.parkNanos(this, Math.min(timeoutNs, ROUND_NS));
    }
    waiting = null;
  }

  @Override
  public void wake() {
    LockSupport.unpark(waiting);
  }
}
