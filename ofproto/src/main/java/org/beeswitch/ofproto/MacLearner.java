// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.MacTable;
import org.beeswitch.ofproto.upcall.Change;
import org.beeswitch.ofproto.upcall.MacLearning;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.jspecify.annotations.Nullable;

/**
 * Gets addresses into the MAC tables of all bridges of a {@link Backer}, and out of them.
 *
 * <p><b>Waiting.</b> {@code main} alone writes a table. A handler that finds an address to be
 * learned asks for it and waits, {@link #WAIT_NS} at most, so that the packet's own megaflow is
 * made with it. Nobody else's packets are served meanwhile; therefore a port's packets may keep
 * handlers waiting for one part in {@link #WAIT_SHARE} of the time, after {@link #WAIT_BURST_NS} in
 * one go. What goes beyond that is asked for without waiting: the packet is forwarded by the table
 * that there is, and its megaflow goes when the address comes. So a stream of new addresses does
 * not stop other ports.
 *
 * <p><b>Room.</b> A full table gives up addresses of the port that has most ({@link
 * MacTable#victims}), found some at a time, since finding them is a walk over the table.
 *
 * <p><b>Threads.</b> {@code main}'s, but {@link #learn} and {@link #coverage}.
 */
final class MacLearner implements MacLearning {
  /** Longest that a packet waits for its source address to be learned. */
  private static final long WAIT_NS = 20_000_000L;

  private static final int WAIT_SHARE = 4;

  /** A switch's few hundred addresses, when its port comes up. */
  private static final long WAIT_BURST_NS = 200_000_000L;

  /** As many handlers as there can be, each of which waits for one. */
  private static final int WAITING = 64;

  /** Addresses that are to be learned and nobody waits for: what {@code main} does in 10 ms. */
  static final int LATER = 1_024;

  /** What one run learns of these, so that other work comes to its turn. */
  private static final int LATER_PER_RUN = 64;

  /** Ports share an account if they have the same of these numbers. */
  private static final int ACCOUNTS = 4_096;

  private static final long AGEING_NS = 1_000_000_000L;

  private final Backer backer;
  private final Runnable wakeMain;
  private final ArrayBlockingQueue<Learn> waiting = new ArrayBlockingQueue<>(WAITING);
  private final ArrayBlockingQueue<Learn> later = new ArrayBlockingQueue<>(LATER);

  /** By port: the time at which all that handlers waited for it is made up for. */
  private final AtomicLongArray madeUpNs = new AtomicLongArray(ACCOUNTS);

  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong notWaited = new AtomicLong();
  private final AtomicLong learned = new AtomicLong();
  private final AtomicLong evicted = new AtomicLong();

  /** By bridge: what its table gives up next. */
  private final Map<Integer, Queue<MacTable.Victim>> victims = new TreeMap<>();

  private long nextAgeingNs;

  /** Tests that step everything in one thread have nobody else to do what a handler waits for. */
  private @Nullable Runnable learnAtOnce;

  /** What waits are measured with; tests have their own, so as not to depend on their speed. */
  private LongSupplier clock = System::nanoTime;

  private static final class Learn {
    final int bridge;
    final int vlan;
    final long mac;
    final int ofPort;
    final Thread handler = Thread.currentThread();
    volatile boolean done;

    Learn(int bridge, int vlan, long mac, int ofPort) {
      this.bridge = bridge;
      this.vlan = vlan;
      this.mac = mac;
      this.ofPort = ofPort;
    }
  }

  MacLearner(Backer backer, Runnable wakeMain) {
    this.backer = backer;
    this.wakeMain = wakeMain;
    long now = System.nanoTime();
    for (int i = 0; i < ACCOUNTS; i++) {
      madeUpNs.set(i, now);
    }
  }

  /**
   * Has {@link #learn} run {@code main}'s work itself: for tests that step everything in one
   * thread.
   */
  void learnAtOnce(Runnable mainWork) {
    learnAtOnce = mainWork;
  }

  /** Measures waits with a clock of a test's own, in ns. */
  void clock(LongSupplier clock) {
    this.clock = clock;
  }

  @Override
  public boolean learn(int bridge, int vlan, long mac, int ofPort) {
    Learn l = new Learn(bridge, vlan, mac, ofPort);
    int account = 31 * bridge + ofPort & ACCOUNTS - 1;
    long began = clock.getAsLong();
    boolean mayWait = madeUpNs.get(account) - began < WAIT_SHARE * WAIT_BURST_NS;
    if (!(mayWait ? waiting : later).offer(l)) {
      refused.incrementAndGet();
      return false;
    }
    wakeMain.run();
    if (learnAtOnce != null) {
      learnAtOnce.run();
    }
    if (!mayWait) {
      notWaited.incrementAndGet();
      return l.done;
    }
    long until = began + WAIT_NS;
    long now = began;
    for (; !l.done && until - now > 0; now = clock.getAsLong()) {
      LockSupport.parkNanos(this, until - now);
    }
    long waited = now - began;
    long at = now;
    madeUpNs.updateAndGet(account, t -> (t - at > 0 ? t : at) + WAIT_SHARE * waited);
    if (!l.done) {
      late.incrementAndGet();
    }
    return l.done;
  }

  /** Learns what a translation on {@code main} asks for. */
  void learnNow(XlateOut x, long nowNs) {
    learn(new Learn(x.learnBridge, x.learnVlan, x.learnMac, x.learnOfPort), nowNs);
  }

  /** Learns an address that was known before. {@code main}. */
  void learnNow(int bridge, int vlan, long mac, int ofPort, long nowNs) {
    learn(new Learn(bridge, vlan, mac, ofPort), nowNs);
  }

  /** Learns what handlers ask for, ages addresses. Returns how much there was to do. */
  int doWork(long nowNs) {
    int n = learnSome(waiting, WAITING, nowNs) + learnSome(later, LATER_PER_RUN, nowNs);
    if (nextAgeingNs - nowNs <= 0) {
      nextAgeingNs = nowNs + AGEING_NS;
      age(nowNs);
    }
    return n;
  }

  private int learnSome(Queue<Learn> asked, int most, long nowNs) {
    int n = 0;
    while (n < most) {
      Learn l = asked.poll();
      if (l == null) {
        break;
      }
      learn(l, nowNs);
      n++;
    }
    return n;
  }

  private void learn(Learn l, long nowNs) {
    BridgeState b = backer.current().bridge(l.bridge);
    if (b != null) {
      learn(b, l, nowNs);
    }
    l.done = true;
    LockSupport.unpark(l.handler);
  }

  private void learn(BridgeState b, Learn l, long nowNs) {
    MacTable t = b.macs();
    MacEntry old = t.get(l.vlan, l.mac);
    if (old != null && old.ofPort() == l.ofPort || b.ports().get(l.ofPort) == null) {
      return; // others asked too; or the port has gone since
    }
    List<Change> changes = new ArrayList<>();
    if (old == null && t.size() >= MacTable.MAX) {
      MacEntry victim = victim(b);
      t = t.without(victim);
      changes.add(new Change.InMac(b.number(), victim.vlan(), victim.mac()));
      evicted.incrementAndGet();
    }
    changes.add(new Change.InMac(b.number(), l.vlan, l.mac));
    learned.incrementAndGet();
    backer.commit(b.withMacs(t.with(new MacEntry(l.mac, l.vlan, l.ofPort, nowNs))), changes);
  }

  /** What a full table gives up: one that was found earlier, if nothing came from it since. */
  private MacEntry victim(BridgeState b) {
    Queue<MacTable.Victim> found = victims.computeIfAbsent(b.number(), x -> new ArrayDeque<>());
    for (MacTable.Victim v = found.poll(); v != null; v = found.poll()) {
      if (v.isStillIn(b.macs())) {
        return v.entry();
      }
    }
    found.addAll(b.macs().victims());
    return found.remove().entry();
  }

  private void age(long nowNs) {
    for (int i = 0; i < backer.current().bridgeNumbers(); i++) {
      BridgeState b = backer.current().bridge(i);
      if (b == null || b.macs().size() == 0) {
        victims.remove(i);
        continue;
      }
      List<MacEntry> expired = b.macs().expired(nowNs);
      if (!expired.isEmpty()) {
        backer.udpif().pullStats(); // what the datapath forwarded since may have refreshed them
        expired = b.macs().expired(nowNs);
        forget(b, expired);
      }
    }
  }

  /** Takes addresses out of a bridge's MAC table. */
  void forget(BridgeState b, List<MacEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    MacTable t = b.macs();
    List<Change> changes = new ArrayList<>();
    for (MacEntry e : entries) {
      t = t.without(e);
      changes.add(new Change.InMac(b.number(), e.vlan(), e.mac()));
    }
    backer.commit(b.withMacs(t), changes);
  }

  Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>();
    all.put("mac_learning_learned", learned.get());
    all.put("mac_learning_evicted", evicted.get());
    all.put("mac_learning_refused", refused.get());
    all.put("mac_learning_late", late.get());
    all.put("mac_learning_not_waited", notWaited.get());
    return all;
  }
}
