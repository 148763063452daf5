// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.MiniMaskCache;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.upcall.UdpifCounters.Event;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateError;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user-space side of the megaflows of one datapath (OVS {@code ofproto-dpif-upcall.c}): which
 * there are, what each depended on, and the current version of the tables that they were translated
 * with.
 *
 * <h2>The law</h2>
 *
 * Once {@link #publish} returns, no packet that enters the datapath is forwarded by what the
 * version before said: every megaflow that the change concerns is unlinked by then. That is what a
 * barrier reply stands for. Two things make it so. A translation is stamped with the version that
 * it was made with, and {@link #install} refuses one that is not of the current version: installing
 * and moving to a new version exclude each other by {@link #lock}. And what a translation depended
 * on is kept with the ukey ({@link org.beeswitch.ofproto.xlate.Dependencies}), so that a change is
 * compared with it. A full round ({@link #checkSome}) that finds a wrong megaflow corrects it, and
 * has found a bug: it counts and warns.
 *
 * <h2>The end of a megaflow</h2>
 *
 * Unlinked, it is dying: packets that found it before may still be under way and count. A
 * revalidator waits until none is ({@link Dpif#quiesce}), credits the final counters and gives the
 * flow id back. {@link #publish} answers a ticket; when the dying up to that ticket are final,
 * {@code main} is told and sends what waited for final counts (FLOW_REMOVED).
 *
 * <h2>Threads</h2>
 *
 * {@code main} publishes; handlers install; revalidators pull counters, expire, bury and check. All
 * state is guarded by {@link #lock}, held for bounded pieces of work. {@link #current} is read
 * without it. Lock order: this lock is a leaf; nothing else is taken under it but the datapath's
 * own.
 */
public final class Udpif {
  private static final Logger log = LoggerFactory.getLogger(Udpif.class);

  /**
   * Most actions that a megaflow has; packets that want more go the slow path (OVS: what a Netlink
   * attribute takes, about as many).
   */
  public static final int MAX_INSTALLED_ACTIONS = 4_096;

  /** Two packets of one new flow were on their way up. */
  private static final int EEXIST = 17;

  /** Ukeys handled under one hold of the lock. */
  private static final int BATCH = 512;

  /**
   * Dead ukeys kept for new megaflows, a few megabytes: what a busy switch sees go in a second or
   * two.
   */
  private static final int MAX_SPARE = 8_192;

  /** How long a walk stays away from the lock when others wait for it: about a wake-up. */
  private static final long ASIDE_NS = 20_000;

  /** Megaflows translated again under one hold of the lock: {@code main} may wait for it. */
  private static final int CHECK_BATCH = 32;

  private final Dpif dpif;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile Snapshot current = Snapshot.EMPTY;

  // Guarded by lock.
  private @Nullable Ukey[] ukeys = new Ukey[1024];
  private int count;
  private final Deque<Ukey> dying = new ArrayDeque<>();
  private final FlowLimit limit = new FlowLimit();

  /** Dead ones, to be used again. */
  private final ArrayDeque<Ukey> spare = new ArrayDeque<>();

  private final MiniMaskCache masks = new MiniMaskCache();
  private final DependencyIndex index = new DependencyIndex(masks);
  private final ChangeSearch search = new ChangeSearch(index);

  /** A version is current, and megaflows of the one before are there yet. Set by {@code main}. */
  private boolean publishing;

  /** What a change concerns and is not all unlinked yet; changed by {@code main} alone. */
  private final List<Ukey> concerned = new ArrayList<>();

  private long unlinkedTickets;
  private final SharedActions sharedActions = new SharedActions();
  private final OdpKey keyScratch = new OdpKey();
  private final OdpKey maskScratch = new OdpKey();
  private final FlowStats statsScratch = new FlowStats();
  private final Flow flowScratch = new Flow();
  private final long[] wordsScratch = new long[FlowLayout.WORDS];
  private int checkFrom;
  private int idleFrom = Integer.MAX_VALUE;
  private final UdpifCounters counters = new UdpifCounters();

  private final LongConsumer onFinal;
  private volatile Runnable onDying = () -> {};

  /**
   * @param onFinal told, on a revalidator's thread, up to which ticket counters are final
   */
  public Udpif(Dpif dpif, LongConsumer onFinal) {
    this.dpif = dpif;
    this.onFinal = onFinal;
  }

  /** Has {@code r} called when megaflows wait to be buried. */
  public void onDying(Runnable r) {
    onDying = r;
  }

  /** The version to translate with. */
  public Snapshot current() {
    return current;
  }

  public Dpif dpif() {
    return dpif;
  }

  /**
   * Makes {@code next} the current version and unlinks every megaflow that the changes concern.
   * Called by {@code main} alone.
   *
   * @return ticket: {@code onFinal} will be called with it or a later one when no packet is under
   *     way that was forwarded by an older version; 0 if there is none now
   */
  public long publish(Snapshot next, List<Change> changes) {
    lock.lock();
    try {
      current = next;
      publishing = true;
      search.begin(changes);
    } finally {
      lock.unlock();
    }
    findConcerned();
    long ticket = unlinkConcerned();
    if (ticket != 0) {
      onDying.run();
    }
    return ticket;
  }

  /** In batches: with many megaflows the look-up alone takes longer than a handler may wait. */
  private void findConcerned() {
    for (; ; letOthersIn()) {
      lock.lock();
      try {
        if (search.search(BATCH, ukeys, count, concerned)) {
          return;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * In batches; what has idled out between two of them is not there any more. (Or it is another
   * megaflow's ukey by now, which is then unlinked for nothing.)
   */
  private long unlinkConcerned() {
    for (int i = 0; ; letOthersIn()) {
      lock.lock();
      try {
        int to = Math.min(i + BATCH, concerned.size());
        for (; i < to; i++) {
          if (concerned.get(i).state() == Ukey.State.INSTALLED) {
            unlink(concerned.get(i));
            counters.count(Event.REVALIDATE_CHANGED);
          }
        }
        if (i == concerned.size()) {
          concerned.clear();
          publishing = false;
          return dying.isEmpty() ? 0 : unlinkedTickets;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Between two batches of a long walk: the lock goes to whoever comes first, which is the walker
   * again unless it stays away for a moment.
   */
  private void letOthersIn() {
    if (lock.hasQueuedThreads()) {
      LockSupport.parkNanos(this, ASIDE_NS);
    }
  }

  /**
   * Accepts the translation of a packet that missed: credits the packet to what it met, and puts
   * the megaflow in force if there is room. Both under the lock, so that a rule deleted a moment
   * later has its last packet counted before its counters are final.
   *
   * @param flow the packet's
   * @param x its translation
   * @param installed what the datapath is to do with such packets: {@code x.actions}, or a
   *     slow-path action in their place
   * @param bytes the packet's length
   * @return false if the tables have changed since the translation: nothing was done, translate
   *     again
   */
  public boolean install(Flow flow, XlateOut x, OdpActions installed, int bytes, long nowNs) {
    lock.lock();
    try {
      if (x.version != current.version()) {
        counters.count(Event.UPCALL_STALE);
        return false;
      }
      x.effects.replay(1, bytes, nowNs);
      if (x.error != null) {
        counters.count(x.error);
      }
      if (x.error == XlateError.NO_INPUT_PORT) {
        return true; // a port that a bridge gets or loses at this moment: nothing to remember
      }
      if (x.actions.size() > MAX_INSTALLED_ACTIONS) {
        counters.count(Event.XLATE_ACTIONS_OVERSIZE);
      }
      if (limit.mayInstall(count)) {
        put(flow, x, installed, nowNs);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Translates a packet whose translations have been stale, or wanted something learned, too often:
   * with the tables that there are while the lock is held, so that it is credited to rules that are
   * there. No megaflow is made.
   */
  XlateOut translateLocked(Xlate xlate, Flow flow, int bytes, long nowNs) {
    lock.lock();
    try {
      counters.count(Event.UPCALL_TRIES_USED_UP);
      XlateOut x = xlate.translate(current, flow);
      x.effects.replay(1, bytes, nowNs);
      return x;
    } finally {
      lock.unlock();
    }
  }

  private void put(Flow flow, XlateOut x, OdpActions installed, long nowNs) {
    keyScratch.project(flow);
    maskScratch.project(x.mask);
    int id = dpif.flowPut(keyScratch, maskScratch, installed);
    if (id < 0) {
      counters.count(id == -EEXIST ? Event.UPCALL_UKEY_EXISTS : Event.UPCALL_FLOW_PUT_FAILED);
      return;
    }
    if (!installed.equals(x.actions)) {
      counters.count(Event.UPCALL_SLOW_PATH_FLOW);
    }
    boolean tooMany = x.actions.size() > MAX_INSTALLED_ACTIONS;
    add(id, flow, x.mask, x, tooMany ? installed : x.actions, nowNs);
  }

  /**
   * Makes a ukey for a megaflow of an earlier process.
   *
   * @param flow what was translated: the megaflow's masked key
   * @param mask the megaflow's, which has all the bits that the translation looked at
   */
  void adopt(int id, Flow flow, OdpKey mask, XlateOut x, long nowNs) {
    lock.lock();
    try {
      FlowMask known = new FlowMask();
      System.arraycopy(mask.words(), 0, known.words(), FlowLayout.ODP, FlowLayout.ODP_WORDS);
      add(id, flow, known, x, x.actions, nowNs);
    } finally {
      lock.unlock();
    }
  }

  /** Has what the datapath has counted by now credited to nobody. Returns how much it was. */
  FlowStats creditNothingSoFar() {
    FlowStats sum = new FlowStats();
    lock.lock();
    try {
      for (int i = 0; i < count; i++) {
        Ukey k = ukeys[i];
        dpif.flowStats(k.flowId, statsScratch);
        sum.packets += statsScratch.packets - k.packets;
        sum.bytes += statsScratch.bytes - k.bytes;
        k.packets = statsScratch.packets;
        k.bytes = statsScratch.bytes;
        if (statsScratch.packets > 0) {
          k.usedNs = statsScratch.usedNs;
        }
      }
    } finally {
      lock.unlock();
    }
    return sum;
  }

  /**
   * Credits everything that the datapath has counted by now to rules, tables and side effects: so a
   * statistics reply holds every packet that was forwarded before its request came. Any thread.
   *
   * <p>Walks down: between batches, whatever is unlinked has its place taken by the last ukey,
   * which this walk has been at already.
   */
  public void pullStats() {
    int from = Integer.MAX_VALUE;
    do {
      lock.lock();
      try {
        from = Math.min(from, count);
        int to = Math.max(0, from - BATCH);
        while (from > to) {
          pull(ukeys[--from]);
        }
        if (from == 0) {
          dying.forEach(this::pull);
        }
      } finally {
        lock.unlock();
      }
      letOthersIn();
    } while (from > 0);
  }

  private void pull(Ukey k) {
    dpif.flowStats(k.flowId, statsScratch);
    long p = statsScratch.packets - k.packets;
    long b = statsScratch.bytes - k.bytes;
    if (p != 0 || b != 0) { // a packet's bytes may be counted a moment after it
      k.packets = statsScratch.packets;
      k.bytes = statsScratch.bytes;
      if (k.usedNs - statsScratch.usedNs < 0) {
        k.usedNs = statsScratch.usedNs;
      }
      k.effects.replay(p, b, k.usedNs);
    }
  }

  /**
   * Unlinks up to a batch of megaflows that have been idle too long. Returns whether the round is
   * over. Revalidator.
   */
  boolean expireSome(long nowNs) {
    lock.lock();
    try {
      if (idleFrom > count) {
        idleFrom = count;
      }
      int to = Math.max(0, idleFrom - BATCH);
      for (int i = idleFrom - 1; i >= to; i--) {
        pull(ukeys[i]);
        if (nowNs - ukeys[i].usedNs >= limit.maxIdleNs(count)) {
          unlink(ukeys[i]);
          counters.count(Event.REVALIDATE_IDLE);
        } else if (limit.isEmergency(count)) {
          unlink(ukeys[i]);
        }
      }
      idleFrom = to;
      if (to > 0) {
        return false;
      }
      idleFrom = Integer.MAX_VALUE;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A round is over: how long it took, over how many megaflows it went. Revalidator. */
  void roundTook(long durationNs, int flows) {
    lock.lock();
    try {
      limit.adapt(durationNs, flows);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until packets of the dying are through, credits them, and tells who waited. Returns how
   * many. Revalidator.
   */
  int bury() {
    int dead;
    long ticket;
    lock.lock();
    try {
      if (dying.isEmpty()) {
        return 0;
      }
      dead = dying.size();
      ticket = unlinkedTickets;
    } finally {
      lock.unlock();
    }
    dpif.quiesce();
    for (int left = dead; left > 0; left -= BATCH) {
      burySome(Math.min(left, BATCH));
      letOthersIn();
    }
    onFinal.accept(ticket);
    return dead;
  }

  /** The first to die are the first in the queue, whatever has been unlinked since. */
  private void burySome(int n) {
    lock.lock();
    try {
      for (int i = 0; i < n; i++) {
        Ukey k = dying.remove();
        pull(k);
        dpif.flowRelease(k.flowId);
        k.transitionTo(Ukey.State.DEAD);
        k.forget();
        if (spare.size() < MAX_SPARE) {
          spare.add(k);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Translates some megaflows again and compares: a check that the look-up of {@link #publish}
   * missed nothing. Actions and side effects must be the same. Masks may differ: with rules that
   * came since and that no packet of the megaflow can match, a translation may look at other bits
   * to find that out, which makes nothing wrong. Revalidator.
   *
   * @param n how many at most
   * @return how many were wrong, and are unlinked now
   */
  int checkSome(Xlate xlate, int n) {
    int wrong = 0;
    for (int left = n; left > 0; left -= CHECK_BATCH) {
      wrong += checkBatch(xlate, Math.min(left, CHECK_BATCH));
      letOthersIn();
    }
    return wrong;
  }

  private int checkBatch(Xlate xlate, int n) {
    int wrong = 0;
    lock.lock();
    try {
      if (publishing) {
        return 0; // some are wrong, and about to be found and to go
      }
      for (int i = 0; i < n && count > 0; i++) {
        checkFrom = checkFrom <= 0 || checkFrom > count ? count : checkFrom;
        Ukey k = ukeys[--checkFrom];
        k.toFlow(flowScratch);
        XlateOut x = xlate.translate(current, flowScratch);
        boolean same =
            x.actions.size() > MAX_INSTALLED_ACTIONS // each packet is translated again
                || x.actsAs(k.actions, flowScratch.words());
        if (!same || !x.effects.sameAs(k.effects)) {
          counters.count(Event.REVALIDATE_CORRECTED);
          log.warn(
              "megaflow {} was not what a fresh translation gives ({}, actions {}); corrected: it"
                  + " was {}, actions {}",
              k.flowId,
              keyText(x.mask),
              actionsText(x.actions),
              keyText(installedMask(k)),
              actionsText(k.actions));
          unlink(k);
          wrong++;
        }
        counters.count(Event.REVALIDATE_CHECKED);
      }
    } finally {
      lock.unlock();
    }
    return wrong;
  }

  private String actionsText(OdpActions a) {
    keyScratch.project(flowScratch);
    return OdpText.formatActions(a, keyScratch, OdpText.PortNamer.NUMBERS, OdpText.Userdata.RAW);
  }

  /** {@link #flowScratch} under a mask. */
  private String keyText(FlowMask mask) {
    keyScratch.project(flowScratch);
    maskScratch.project(mask);
    return OdpText.formatKey(keyScratch, maskScratch, OdpText.PortNamer.NUMBERS);
  }

  private static FlowMask installedMask(Ukey k) {
    FlowMask m = new FlowMask();
    k.mask.orInto(m.words());
    return m;
  }

  /** Whether megaflows wait to be buried. */
  boolean hasDying() {
    lock.lock();
    try {
      return !dying.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Unlinks every megaflow, so that tests see their packets come up again. */
  public void flush() {
    lock.lock();
    try {
      while (count > 0) {
        unlink(ukeys[count - 1]);
      }
    } finally {
      lock.unlock();
    }
  }

  public int flowCount() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** This type's counters by name. */
  public Map<String, Long> coverage() {
    lock.lock();
    try {
      Map<String, Long> all = new TreeMap<>();
      counters.addTo(all);
      all.put("dependency_view_evicted", index.viewsEvicted());
      limit.addTo(all);
      return all;
    } finally {
      lock.unlock();
    }
  }

  private void add(int id, Flow flow, FlowMask known, XlateOut x, OdpActions actions, long nowNs) {
    Ukey k = spare.isEmpty() ? new Ukey() : spare.removeLast();
    k.become(id, flow, known, x, sharedActions.of(actions), masks, wordsScratch, nowNs);
    if (count == ukeys.length) {
      ukeys = Arrays.copyOf(ukeys, 2 * count);
    }
    k.slot = count;
    ukeys[count++] = k;
    index.add(k);
  }

  private void unlink(Ukey k) {
    dpif.flowUnlink(k.flowId);
    index.remove(k);
    Ukey last = ukeys[--count];
    ukeys[k.slot] = last;
    last.slot = k.slot;
    ukeys[count] = null;
    k.slot = -1;
    k.transitionTo(Ukey.State.DYING);
    dying.add(k);
    unlinkedTickets++;
  }
}
