// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.WORDS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.flow.MiniMaskCache;
import org.beeswitch.ofproto.xlate.Dependencies;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ukeys that a change concerns, without looking at the others.
 *
 * <p><b>The problem.</b> A flow-mod may have to be answered within 0.2 ms with 50,000 megaflows
 * cached. Comparing its match with what each of them depended on takes milliseconds; the answer is
 * mostly "none".
 *
 * <p><b>Rules.</b> Each look-up of a table that a translation made is an {@link Entry}. Entries of
 * one table that know the same bits of the key they presented form a {@link Group}: there are about
 * as many as the datapath has masks. A rule with mask M can be told from the entries of a group by
 * the bits that M and the group have in common; for these bits the group keeps a hash table ({@link
 * View}), made when a rule with such a mask is first asked about, by a walk over the group, and
 * kept up from then on. So the first flow-mod of a new kind costs a walk, and later ones a look-up
 * per group. A rule that has no bits in common with a group concerns all of it.
 *
 * <p><b>Addresses</b> are a hash table of their own. <b>Ports</b> change rarely: all ukeys of the
 * bridge are asked, by {@link Udpif}.
 *
 * <p>Guarded by {@link Udpif}'s lock. Kept for a megaflow: an entry of about 60 bytes for each
 * table and address looked up, and 12 bytes for each view of its group. Entries stay with their
 * ukey, which is used again.
 */
final class DependencyIndex {
  /**
   * Views of a group; one more takes the place of the oldest, which is counted: rules of ever new
   * masks then cost a walk over the group each.
   */
  private static final int MAX_VIEWS = 16;

  /** Places for tables that were looked up lately, by {@link #tableKey}. */
  private static final int RECENT_TABLES = 64;

  private final MiniMaskCache miniMasks;
  private final Map<Long, Table> tables = new HashMap<>();
  private final @Nullable Table[] recentTables = new Table[RECENT_TABLES];
  private final View macs = new View(MiniMask.EMPTY, 0);
  private final Flow flow = new Flow();
  private final long[] mask = new long[WORDS];
  private final long[] scratch = new long[WORDS];
  private int round;
  private long viewsEvicted;

  /**
   * @param miniMasks guarded by the same lock
   */
  DependencyIndex(MiniMaskCache miniMasks) {
    this.miniMasks = miniMasks;
  }

  /** One dependency of one ukey; used again for the next that the ukey has. */
  static final class Entry {
    private static final long[] NO_HASHES = {};
    private static final @Nullable Entry[] NO_NEXT = {};

    final Ukey ukey;

    /** Where the ukey's dependencies have it. */
    int record;

    /** Null for an address. */
    @Nullable Group group;

    /** Place in the group's list. */
    int slot;

    /**
     * By view of the group (by {@link View#number}): the hash under it, and who follows in its
     * chain.
     */
    long[] hashes = NO_HASHES;

    @Nullable Entry[] next = NO_NEXT;

    Entry(Ukey ukey) {
      this.ukey = ukey;
    }

    void makeRoom(int views) {
      if (hashes.length < views) {
        hashes = Arrays.copyOf(hashes, views);
        next = Arrays.copyOf(next, views);
      }
    }
  }

  /** A table that translations have looked into: its groups by the bits that they know. */
  private static final class Table {
    final long key;
    final Map<MiniMask, Group> groups = new HashMap<>();

    Table(long key) {
      this.key = key;
    }
  }

  /** Entries of one table that know the same bits. */
  private static final class Group {
    final Table home;
    final MiniMask known;
    final List<Entry> entries = new ArrayList<>();

    /** By number; those that are in use are not null. */
    final @Nullable View[] views = new View[MAX_VIEWS];

    int nextView;

    Group(Table home, MiniMask known) {
      this.home = home;
      this.known = known;
    }
  }

  /** A chained hash table of a group's entries by the bits of {@link #bits}. */
  private static final class View {
    final MiniMask bits;
    final int number;
    @Nullable Entry[] buckets = new Entry[16];
    int size;

    View(MiniMask bits, int number) {
      this.bits = bits;
      this.number = number;
    }

    void put(Entry e, long hash) {
      if (size >= buckets.length) {
        grow();
      }
      int b = bucket(hash);
      e.hashes[number] = hash;
      e.next[number] = buckets[b];
      buckets[b] = e;
      size++;
    }

    private void grow() {
      @Nullable Entry[] old = buckets;
      buckets = new Entry[2 * old.length];
      for (Entry e : old) {
        while (e != null) {
          Entry following = e.next[number];
          int b = bucket(e.hashes[number]);
          e.next[number] = buckets[b];
          buckets[b] = e;
          e = following;
        }
      }
    }

    void remove(Entry e) {
      int b = bucket(e.hashes[number]);
      Entry before = null;
      for (Entry i = buckets[b]; i != e; i = i.next[number]) {
        if (i == null) {
          throw new IllegalStateException(
              "dependency of flow " + e.ukey.flowId + " is not indexed");
        }
        before = i;
      }
      if (before == null) {
        buckets[b] = e.next[number];
      } else {
        before.next[number] = e.next[number];
      }
      e.next[number] = null;
      size--;
    }

    @Nullable Entry chain(long hash) {
      return buckets[bucket(hash)];
    }

    private int bucket(long hash) {
      return (int) hash & buckets.length - 1;
    }
  }

  /** Takes up what a ukey depends on. */
  void add(Ukey k) {
    Dependencies d = k.dependencies;
    for (int r = 0; r < d.end(); r = d.next(r)) {
      if (d.kind(r) == Dependencies.TABLE) {
        addTable(k, r);
      } else if (d.kind(r) == Dependencies.MAC) {
        Entry e = newEntry(k, r);
        e.makeRoom(1);
        macs.put(e, macHash(d.bridge(r), d.macKey(r)));
      }
    }
  }

  private static Entry newEntry(Ukey k, int record) {
    if (k.indexed == k.entries.length) {
      int had = k.indexed;
      k.entries = Arrays.copyOf(k.entries, Math.max(2, 2 * had));
      for (int i = had; i < k.entries.length; i++) {
        k.entries[i] = new Entry(k);
      }
    }
    Entry e = k.entries[k.indexed++];
    e.record = record;
    return e;
  }

  /** Null: no translation has looked into it. */
  private @Nullable Table find(long key) {
    int slot = (int) (key ^ key >>> 8) & RECENT_TABLES - 1;
    Table t = recentTables[slot];
    if (t == null || t.key != key) {
      t = tables.get(key);
      if (t != null) {
        recentTables[slot] = t;
      }
    }
    return t;
  }

  private void addTable(Ukey k, int record) {
    present(k, record);
    long key = tableKey(k.dependencies.bridge(record), k.dependencies.table(record));
    Table table = find(key);
    if (table == null) {
      table = new Table(key);
      tables.put(key, table);
    }
    System.arraycopy(mask, 0, scratch, 0, WORDS);
    Arrays.fill(
        scratch, 0, ODP, 0); // the pipeline part is always known: not part of the group's name
    MiniMask known = miniMasks.of(scratch);
    Group g = table.groups.get(known);
    if (g == null) {
      g = new Group(table, known);
      table.groups.put(known, g);
    }
    Entry e = newEntry(k, record);
    e.group = g;
    e.slot = g.entries.size();
    e.makeRoom(Math.min(g.nextView, MAX_VIEWS));
    g.entries.add(e);
    for (View v : g.views) {
      if (v != null) {
        v.put(e, hash(v.bits, flow.words()));
      }
    }
  }

  /** Forgets a ukey. */
  void remove(Ukey k) {
    for (int i = 0; i < k.indexed; i++) {
      Entry e = k.entries[i];
      Group g = e.group;
      if (g == null) {
        macs.remove(e);
        continue;
      }
      e.group = null;
      for (View v : g.views) {
        if (v != null) {
          v.remove(e);
        }
      }
      Entry last = g.entries.remove(g.entries.size() - 1);
      if (last != e) {
        g.entries.set(e.slot, last);
        last.slot = e.slot;
      }
      if (g.entries.isEmpty()) {
        g.home.groups.remove(g.known);
      }
    }
    k.indexed = 0;
  }

  /** Appends the ukeys that a rule's change concerns, each once in a {@link #newRound}. */
  void concerned(int bridge, int table, Change.RuleAt rule, List<Ukey> out) {
    Table t = find(tableKey(bridge, table));
    if (t == null) {
      return;
    }
    for (Group g : t.groups.values()) {
      View v = view(g, rule.match().mask());
      if (v == null) {
        for (Entry e : g.entries) {
          compare(e, rule, out);
        }
      } else {
        rule.match().expand(scratch, mask);
        long hash = hash(v.bits, scratch);
        for (Entry e = v.chain(hash); e != null; e = e.next[v.number]) {
          if (e.hashes[v.number] == hash) {
            compare(e, rule, out);
          }
        }
      }
    }
  }

  /** Appends the ukeys that looked the address up. */
  void concerned(int bridge, int vlan, long mac, List<Ukey> out) {
    long key = Dependencies.macKey(vlan, mac);
    for (Entry e = macs.chain(macHash(bridge, key)); e != null; e = e.next[0]) {
      Dependencies d = e.ukey.dependencies;
      if (d.macKey(e.record) == key && d.bridge(e.record) == bridge) {
        take(e.ukey, out);
      }
    }
  }

  /** Views that had to make room for others. */
  long viewsEvicted() {
    return viewsEvicted;
  }

  /** Begins a change: ukeys that were found before may be found again. */
  void newRound() {
    round++;
  }

  private void compare(Entry e, Change.RuleAt rule, List<Ukey> out) {
    if (rule.priority() < e.ukey.dependencies.priority(e.record)) {
      return;
    }
    present(e.ukey, e.record);
    if (Dependencies.mayMatch(rule.match(), flow.words(), mask)) {
      take(e.ukey, out);
    }
  }

  private void take(Ukey k, List<Ukey> out) {
    if (isNew(k)) {
      out.add(k);
    }
  }

  /** Whether the ukey is found for the first time in this round; from now on it is not. */
  boolean isNew(Ukey k) {
    boolean first = k.foundInRound != round;
    k.foundInRound = round;
    return first;
  }

  /** The view of a group for rules with a mask; null if they have no bits in common. */
  private @Nullable View view(Group g, MiniMask rules) {
    Arrays.fill(mask, 0);
    g.known.orInto(mask);
    Arrays.fill(mask, 0, ODP, -1L);
    Arrays.fill(scratch, 0);
    rules.orInto(scratch);
    boolean any = false;
    for (int i = 0; i < WORDS; i++) {
      scratch[i] &= mask[i];
      any |= scratch[i] != 0;
    }
    if (!any) {
      return null;
    }
    MiniMask bits = miniMasks.of(scratch);
    for (View v : g.views) {
      if (v != null && v.bits.equals(bits)) {
        return v;
      }
    }
    return newView(g, bits);
  }

  private View newView(Group g, MiniMask bits) {
    int number = g.nextView % MAX_VIEWS;
    g.nextView = g.nextView < MAX_VIEWS ? g.nextView + 1 : MAX_VIEWS + (number + 1) % MAX_VIEWS;
    View v = new View(bits, number);
    viewsEvicted += g.views[number] == null ? 0 : 1;
    g.views[number] = v;
    for (Entry e : g.entries) {
      e.makeRoom(number + 1);
      present(e.ukey, e.record);
      v.put(e, hash(bits, flow.words()));
    }
    return v;
  }

  /**
   * Makes {@link #flow} the key that the record's look-up presented, and {@link #mask} its known
   * bits.
   */
  private void present(Ukey k, int record) {
    k.toFlow(flow);
    Arrays.fill(mask, 0);
    k.mask.orInto(mask);
    k.dependencies.present(record, flow.words(), mask);
  }

  private static long hash(MiniMask bits, long[] words) {
    long h = 0;
    for (int i = 0; i < bits.size(); i++) {
      h = (h ^ words[bits.wordAt(i)] & bits.maskAt(i)) * 0x9e3779b97f4a7c15L;
      h ^= h >>> 32;
    }
    return h;
  }

  private static long macHash(int bridge, long macKey) {
    long h = (macKey ^ (long) bridge << 60) * 0x9e3779b97f4a7c15L;
    return h ^ h >>> 32;
  }

  private static long tableKey(int bridge, int table) {
    return (long) bridge << 8 | table;
  }
}
