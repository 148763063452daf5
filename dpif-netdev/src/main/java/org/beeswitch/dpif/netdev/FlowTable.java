// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.Arrays;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.netdev.Errno;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;

/**
 * The megaflows of the userspace datapath: tuple space search, a {@link Subtable} for each mask.
 *
 * <p>A lookup walks the subtables in the order of their use; {@link FlowCache}s in front of it make
 * that rare. There is no priority: the first flow found decides, and the client keeps overlapping
 * flows in agreement.
 *
 * <p>Readers take no lock; they are inside a {@link GracePeriod} section. Writers take this
 * object's lock. A flow leaves in the steps of {@link Dpif}: unlinked, grace period, last counters,
 * released to the pool.
 */
final class FlowTable {
  /** Most flows; OVS's flow limit is 200,000, and unlinked flows take a place until released. */
  static final int MAX_FLOWS = 1 << 20;

  /** Most masks: each is a look-up for a packet that no cache knows. */
  static final int MAX_MASKS = 1_024;

  private static final Subtable[] NONE = {};

  private final int maxFlows;
  private final long seed;
  private final long[] packed = new long[FlowLayout.ODP_WORDS];

  private volatile Subtable[] subtables = NONE;
  private volatile NetdevFlow[] byId = new NetdevFlow[64];

  /** Ids given so far; ids of released flows are in {@link #free}. */
  private int ids;

  private int[] free = new int[64];
  private int freeCount;
  private int live;

  /** Flows refused because there are as many, or as many masks, as there may be. */
  private long refused;

  /**
   * @param seed of the hashes: unknown to whoever sends packets
   */
  FlowTable(int maxFlows, long seed) {
    this.maxFlows = maxFlows;
    this.seed = seed;
  }

  /** Finds the flow in force that a packet's {@link FlowLayout#WORDS} words match. */
  @Nullable NetdevFlow lookup(long[] words) {
    for (Subtable s : subtables) {
      NetdevFlow f = s.find(words);
      if (f != null) {
        s.hits++;
        return f;
      }
    }
    return null;
  }

  synchronized int put(OdpKey key, OdpKey mask, OdpActions actions) {
    Subtable s = subtableOf(mask.words());
    if (s != null) {
      s.pack(key.words(), packed);
      if (s.findPacked(packed, s.hashPacked(packed)) != null) {
        return -Errno.EEXIST;
      }
    }
    if (freeCount == 0 && ids == maxFlows || s == null && subtables.length == MAX_MASKS) {
      refused++;
      return -Errno.ENOSPC;
    }
    if (s == null) {
      s = addSubtable(mask.words());
      s.pack(key.words(), packed);
    }
    NetdevFlow f = allocate();
    if (f.key.length < s.words()) {
      f.key = new long[s.words()];
    }
    System.arraycopy(packed, 0, f.key, 0, s.words());
    f.hash = s.hashPacked(packed);
    f.subtable = s;
    f.actions.copyFrom(actions);
    f.resetStats();
    f.state = NetdevFlow.LIVE;
    s.insert(f);
    live++;
    return f.id;
  }

  /** A list that readers may hold is not changed: the new one takes its place. */
  synchronized int modify(int id, OdpActions actions) {
    NetdevFlow f = get(id);
    if (f == null || f.state != NetdevFlow.LIVE) {
      return -Errno.ENOENT;
    }
    f.actions = actions.copy();
    return 0;
  }

  synchronized int unlink(int id) {
    NetdevFlow f = get(id);
    if (f == null || f.state != NetdevFlow.LIVE) {
      return -Errno.ENOENT;
    }
    f.state = NetdevFlow.UNLINKED;
    Subtable s = subtableOf(f);
    s.remove(f);
    live--;
    if (s.size() == 0) {
      removeSubtable(s);
    }
    return 0;
  }

  synchronized void release(int id) {
    NetdevFlow f = get(id);
    if (f == null || f.state != NetdevFlow.UNLINKED) {
      throw new IllegalStateException("release of flow " + id + ", which is not unlinked");
    }
    f.state = NetdevFlow.FREE;
    f.subtable = null;
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, 2 * freeCount);
    }
    free[freeCount++] = id;
  }

  void stats(int id, FlowStats out) {
    NetdevFlow f = get(id);
    if (f == null || f.state == NetdevFlow.FREE) {
      throw new IllegalStateException("counters of flow " + id + ", which does not exist");
    }
    f.readStats(out);
  }

  /** Calls the visitor without the lock, for each flow that is in force when its turn comes. */
  void dump(Dpif.FlowVisitor visitor) {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    OdpActions actions = new OdpActions();
    FlowStats stats = new FlowStats();
    int end;
    synchronized (this) {
      end = ids;
    }
    for (int id = 0; id < end; id++) {
      synchronized (this) {
        NetdevFlow f = get(id);
        if (f == null || f.state != NetdevFlow.LIVE) {
          continue;
        }
        Subtable s = subtableOf(f);
        s.unpack(f.key, key.words());
        s.mask(mask.words());
        actions.copyFrom(f.actions);
        f.readStats(stats);
      }
      visitor.visit(id, key, mask, actions, stats);
    }
  }

  synchronized int size() {
    return live;
  }

  synchronized long refused() {
    return refused;
  }

  int masks() {
    return subtables.length;
  }

  /** Puts the subtables that find most first, and halves their counts so that habits can change. */
  synchronized void sortByUse() {
    Subtable[] s = subtables.clone();
    for (Subtable t : s) {
      t.rank = t.hits; // hits move while we sort
      t.hits = t.rank >> 1;
    }
    Arrays.sort(s, (a, b) -> Long.compare(b.rank, a.rank));
    subtables = s;
  }

  private @Nullable NetdevFlow get(int id) {
    NetdevFlow[] a = byId;
    return id >= 0 && id < a.length ? a[id] : null;
  }

  private NetdevFlow allocate() {
    if (freeCount > 0) {
      NetdevFlow f = get(free[--freeCount]);
      if (f == null) {
        throw new IllegalStateException("a free flow id without a flow");
      }
      return f;
    }
    NetdevFlow f = new NetdevFlow(ids);
    if (ids == byId.length) {
      byId = Arrays.copyOf(byId, 2 * ids);
    }
    byId[ids++] = f;
    return f;
  }

  private static Subtable subtableOf(NetdevFlow f) {
    Subtable s = f.subtable;
    if (s == null) {
      throw new IllegalStateException("flow " + f.id + " has no subtable");
    }
    return s;
  }

  private @Nullable Subtable subtableOf(long[] odpMask) {
    for (Subtable s : subtables) {
      if (s.hasMask(odpMask)) {
        return s;
      }
    }
    return null;
  }

  private Subtable addSubtable(long[] odpMask) {
    Subtable s = new Subtable(odpMask, seed);
    Subtable[] a = Arrays.copyOf(subtables, subtables.length + 1);
    a[a.length - 1] = s;
    subtables = a;
    return s;
  }

  private void removeSubtable(Subtable s) {
    Subtable[] old = subtables;
    Subtable[] a = new Subtable[old.length - 1];
    int n = 0;
    for (Subtable t : old) {
      if (t != s) {
        a[n++] = t;
      }
    }
    subtables = a;
  }
}
