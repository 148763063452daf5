// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.ofproto.persistent.PersistentLongMap;
import org.jspecify.annotations.Nullable;

/**
 * What NORMAL has learned (OVS {@code lib/mac-learning.h}): which port a MAC is behind, per VLAN.
 * Immutable; part of a snapshot, so that a translation sees the table of one moment. Ageing: {@link
 * #expired} lists what {@code main} then removes.
 */
public final class MacTable {
  /** OVS MAC_DEFAULT_MAX. */
  public static final int MAX = 8_192;

  /** OVS MAC_ENTRY_DEFAULT_IDLE_TIME. */
  public static final long IDLE_NS = 300_000_000_000L;

  /** Found in one walk over a full table, which takes as long as learning some hundred. */
  private static final int VICTIMS = 256;

  public static final MacTable EMPTY = new MacTable(PersistentLongMap.empty());

  private final PersistentLongMap<MacEntry> entries;

  private MacTable(PersistentLongMap<MacEntry> entries) {
    this.entries = entries;
  }

  public int size() {
    return entries.size();
  }

  public @Nullable MacEntry get(int vlan, long mac) {
    return entries.get(key(vlan, mac));
  }

  public MacTable with(MacEntry e) {
    return new MacTable(entries.with(key(e.vlan(), e.mac()), e));
  }

  public MacTable without(MacEntry e) {
    return new MacTable(entries.without(key(e.vlan(), e.mac())));
  }

  /** All entries, the one seen longest ago first: by times that do not move during the sort. */
  public List<MacEntry> oldestFirst() {
    List<Victim> l = new ArrayList<>(entries.size());
    for (MacEntry e : entries) {
      l.add(new Victim(e, e.seenNs()));
    }
    l.sort((a, b) -> Long.signum(a.seenNs() - b.seenNs()));
    return l.stream().map(Victim::entry).toList();
  }

  /** An entry that the table can do without, and when it had been seen last. */
  public record Victim(MacEntry entry, long seenNs) {
    /** Whether it is in the table and nothing has come from it. */
    public boolean isStillIn(MacTable t) {
      return t.get(entry.vlan(), entry.mac()) == entry && entry.seenNs() == seenNs;
    }
  }

  /**
   * What makes room when the table is full, in this order: of the port with the most entries, those
   * seen longest ago (OVS {@code evict_mac_entry_fairly}), so that a port that floods addresses
   * pushes out its own. As many as that port has more than any other, but at least one and at most
   * {@link #VICTIMS}. A walk over the table.
   */
  public List<Victim> victims() {
    Map<Integer, List<Victim>> ports = new HashMap<>();
    for (MacEntry e : entries) {
      ports.computeIfAbsent(e.ofPort(), x -> new ArrayList<>()).add(new Victim(e, e.seenNs()));
    }
    List<Victim> most = List.of();
    int second = 0;
    for (List<Victim> behind : ports.values()) {
      if (behind.size() > most.size()) {
        second = most.size();
        most = behind;
      } else {
        second = Math.max(second, behind.size());
      }
    }
    if (most.isEmpty()) {
      throw new IllegalStateException("an empty MAC table has no entry to give up");
    }
    most.sort((a, b) -> Long.signum(a.seenNs() - b.seenNs()));
    return most.subList(0, Math.min(Math.max(1, most.size() - second), VICTIMS));
  }

  /** Entries that nothing has refreshed for {@link #IDLE_NS}. */
  public List<MacEntry> expired(long nowNs) {
    List<MacEntry> l = new ArrayList<>();
    for (MacEntry e : entries) {
      if (nowNs - e.seenNs() >= IDLE_NS) {
        l.add(e);
      }
    }
    return l;
  }

  /** Whether address bit 40 is set: a group address, which is never learned. */
  public static boolean isMulticast(long mac) {
    return (mac >>> 40 & 1) != 0;
  }

  private static long key(int vlan, long mac) {
    return (long) vlan << 48 | mac;
  }
}
