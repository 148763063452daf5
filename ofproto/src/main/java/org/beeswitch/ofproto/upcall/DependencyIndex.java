// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.WORDS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * bridge are asked, by {@link ChangeSearch}.
 *
 * <p><b>In pieces.</b> With 200,000 megaflows a walk over a group takes a tenth of a second, for
 * which nobody can be kept from the lock. So a search ({@link #begin}) goes by pieces, and between
 * them ukeys come and go. Those that come are of the version that is searched for, and need not be
 * found. Walks over a group go down, since what goes has its place taken by the last, where the
 * walk has been; chains of a view are taken whole, as entries that are compared piece by piece,
 * unless they are so long that the whole group is as well.
 *
 * <p>Guarded by {@link Udpif}'s lock. Kept for a megaflow: an entry of about 60 bytes for each
 * table and address looked up, and 16 bytes for each view of its group. Entries stay with their
 * ukey, which is used again.
 */
final class DependencyIndex {
  /**
   * Views of a group; one more takes the place of the oldest, which is counted: rules of ever new
   * masks then cost a walk over the group each.
   */
  private static final int MAX_VIEWS = 16;

  /** Entries of a chain that are taken at once, if it is not an eighth of its group: 1 ms. */
  private static final int LONG_CHAIN = 4_096;

  /** Places for tables that were looked up lately, by {@link #tableKey}. */
  private static final int RECENT_TABLES = 64;

  private final MiniMaskCache miniMasks;
  private final Map<Long, Table> tables = new HashMap<>();
  private final @Nullable Table[] recentTables = new Table[RECENT_TABLES];
  private final View macs = new View(MiniMask.EMPTY, 0, 0);
  private final Flow flow = new Flow();
  private final long[] mask = new long[WORDS];
  private final long[] scratch = new long[WORDS];
  private int round;
  private long viewsEvicted;

  // The search that is under way.
  private final List<Group> groupsLeft = new ArrayList<>();
  private final List<Entry> candidates = new ArrayList<>();
  private @Nullable Table searched;
  private Change.@Nullable RuleAt wanted;
  private @Nullable Building building;

  /**
   * @param miniMasks guarded by the same lock
   */
  DependencyIndex(MiniMaskCache miniMasks) {
    this.miniMasks = miniMasks;
  }

  /** One dependency of one ukey; used again for the next that the ukey has. */
  static final class Entry {
    private static final long[] NO_HASHES = {};
    private static final @Nullable Entry[] NO_ENTRIES = {};

    final Ukey ukey;

    /** Where the ukey's dependencies have it. */
    int record;

    /** Null for an address. */
    @Nullable Group group;

    /** Place in the group's list. */
    int slot;

    /**
     * By view of the group (by {@link View#number}): the hash under it, and its neighbours in the
     * chain.
     */
    long[] hashes = NO_HASHES;

    @Nullable Entry[] next = NO_ENTRIES;
    @Nullable Entry[] before = NO_ENTRIES;

    /** Which views it is in, a bit for each number; one that is being made may not have it yet. */
    int in;

    Entry(Ukey ukey) {
      this.ukey = ukey;
    }

    void makeRoom(int views) {
      if (hashes.length < views) {
        hashes = Arrays.copyOf(hashes, views);
        next = Arrays.copyOf(next, views);
        before = Arrays.copyOf(before, views);
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
    @Nullable Entry[] buckets;
    int size;

    /**
     * @param entries that it is made for
     */
    View(MiniMask bits, int number, int entries) {
      this.bits = bits;
      this.number = number;
      this.buckets = new Entry[Math.max(16, Integer.highestOneBit(entries) << 1)];
    }

    boolean has(Entry e) {
      return (e.in >>> number & 1) != 0;
    }

    void put(Entry e, long hash) {
      if (size >= buckets.length) {
        grow();
      }
      e.hashes[number] = hash;
      link(e);
      e.in |= 1 << number;
      size++;
    }

    private void link(Entry e) {
      int b = bucket(e.hashes[number]);
      Entry first = buckets[b];
      e.next[number] = first;
      e.before[number] = null;
      if (first != null) {
        first.before[number] = e;
      }
      buckets[b] = e;
    }

    private void grow() {
      @Nullable Entry[] old = buckets;
      buckets = new Entry[2 * old.length];
      for (Entry e : old) {
        while (e != null) {
          Entry following = e.next[number];
          link(e);
          e = following;
        }
      }
    }

    /** From anywhere in a chain, which may be as long as the group, at the same cost. */
    void remove(Entry e) {
      Entry before = e.before[number];
      Entry following = e.next[number];
      if (before != null) {
        before.next[number] = following;
      } else {
        int b = bucket(e.hashes[number]);
        if (buckets[b] != e) {
          throw new IllegalStateException(
              "dependency of flow " + e.ukey.flowId + " is not indexed");
        }
        buckets[b] = following;
      }
      if (following != null) {
        following.before[number] = before;
      }
      e.before[number] = null;
      e.next[number] = null;
      e.in &= ~(1 << number);
      size--;
    }

    @Nullable Entry chain(long hash) {
      return buckets[bucket(hash)];
    }

    private int bucket(long hash) {
      return (int) hash & buckets.length - 1;
    }
  }

  /** A view on its way: first the one before of its number is forgotten, then it is filled. */
  private static final class Building {
    final Group group;
    final MiniMask bits;
    final int number;

    /** Null while the one before is being forgotten. */
    @Nullable View view;

    /** Entries of the group below this place are still to be visited. */
    int from;

    Building(Group group, MiniMask bits, int number) {
      this.group = group;
      this.bits = bits;
      this.number = number;
      this.from = group.entries.size();
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
        if (v != null && v.has(e)) {
          v.remove(e);
        }
      }
      e.in = 0;
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

  /** Begins to look for the ukeys that a rule's change concerns. */
  void begin(int bridge, int table, Change.RuleAt rule) {
    if (isSearching()) {
      throw new IllegalStateException("two searches at a time");
    }
    searched = find(tableKey(bridge, table));
    wanted = rule;
    if (searched != null) {
      groupsLeft.addAll(searched.groups.values());
    }
  }

  boolean isSearching() {
    return building != null || !candidates.isEmpty() || !groupsLeft.isEmpty();
  }

  /**
   * Goes on with the search: appends the ukeys found, each once in a {@link #newRound}.
   *
   * @param pieces how much at most: entries to be visited, about
   * @return how much it was
   */
  int search(int pieces, List<Ukey> out) {
    int done = 0;
    while (done < pieces && isSearching()) {
      if (building != null) {
        done += build(building, pieces - done);
      } else if (!candidates.isEmpty()) {
        Entry e = candidates.remove(candidates.size() - 1);
        if (e.group != null && e.group.home == searched) { // it may have gone meanwhile
          compare(e, out);
        }
        done++;
      } else {
        done += look(groupsLeft.remove(groupsLeft.size() - 1));
      }
    }
    return done;
  }

  /** Takes the entries of a group that the rule may concern. Returns how many it has visited. */
  private int look(Group g) {
    Change.RuleAt rule = Objects.requireNonNull(wanted);
    MiniMask bits = commonBits(g, rule.match().mask());
    if (bits == null) {
      candidates.addAll(g.entries);
      return 1;
    }
    View v = view(g, bits);
    if (v == null) {
      beginBuilding(g, bits);
      groupsLeft.add(g);
      return 1;
    }
    rule.match().expand(scratch, mask);
    long hash = hash(v.bits, scratch);
    int most = Math.max(LONG_CHAIN, g.entries.size() / 8);
    int n = 0;
    for (Entry e = v.chain(hash); e != null; e = e.next[v.number]) {
      if (++n > most) {
        candidates.clear();
        candidates.addAll(g.entries);
        return n;
      }
      if (e.hashes[v.number] == hash) {
        candidates.add(e);
      }
    }
    return n + 1;
  }

  /**
   * Appends the ukeys that looked the address up. Returns false if these are so many that all ukeys
   * had better be asked, in pieces; some are appended then.
   */
  boolean concerned(int bridge, int vlan, long mac, List<Ukey> out) {
    long key = Dependencies.macKey(vlan, mac);
    int n = 0;
    for (Entry e = macs.chain(macHash(bridge, key)); e != null; e = e.next[0]) {
      if (++n > LONG_CHAIN) {
        return false;
      }
      Dependencies d = e.ukey.dependencies;
      if (d.macKey(e.record) == key && d.bridge(e.record) == bridge) {
        take(e.ukey, out);
      }
    }
    return true;
  }

  /** Views that had to make room for others. */
  long viewsEvicted() {
    return viewsEvicted;
  }

  /** Begins a change: ukeys that were found before may be found again. */
  void newRound() {
    round++;
  }

  private void compare(Entry e, List<Ukey> out) {
    Change.RuleAt rule = Objects.requireNonNull(wanted);
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

  /** The bits by which rules with a mask can be told from a group's entries; null: none. */
  private @Nullable MiniMask commonBits(Group g, MiniMask rules) {
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
    return any ? miniMasks.of(scratch) : null;
  }

  private static @Nullable View view(Group g, MiniMask bits) {
    for (View v : g.views) {
      if (v != null && v.bits.equals(bits)) {
        return v;
      }
    }
    return null;
  }

  private void beginBuilding(Group g, MiniMask bits) {
    int number = g.nextView % MAX_VIEWS;
    g.nextView = g.nextView < MAX_VIEWS ? g.nextView + 1 : MAX_VIEWS + (number + 1) % MAX_VIEWS;
    Building b = new Building(g, bits, number);
    if (g.views[number] == null) {
      beginFilling(b);
    } else {
      viewsEvicted++;
      g.views[number] = null;
    }
    building = b;
  }

  /** From now on what comes is put into the view, and what goes taken out, as far as it is in. */
  private static void beginFilling(Building b) {
    b.from = b.group.entries.size();
    b.view = new View(b.bits, b.number, b.from);
    b.group.views[b.number] = b.view;
  }

  /** Goes on with a view. Returns how many entries it has visited. */
  private int build(Building b, int most) {
    List<Entry> entries = b.group.entries;
    int n = 0;
    b.from = Math.min(b.from, entries.size());
    for (; b.from > 0 && n < most; n++) {
      Entry e = entries.get(--b.from);
      if (b.view == null) {
        e.in &= ~(1 << b.number);
      } else if (!b.view.has(e)) {
        e.makeRoom(b.number + 1);
        present(e.ukey, e.record);
        b.view.put(e, hash(b.bits, flow.words()));
      }
    }
    if (b.from == 0) {
      if (b.view == null) {
        beginFilling(b);
      } else {
        building = null;
      }
    }
    return n + 1;
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
