// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.ofproto.persistent.PersistentMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one OpenFlow table: finds the rule of highest priority that matches a flow, and
 * tells which bits of the flow that depended on. Immutable: an edit gives a new classifier that
 * shares all but the path to the changed rule.
 *
 * <p><b>The problem</b> is OVS's ({@code lib/classifier.h}, where the ideas are from). A lookup
 * must be fast, and it must <em>un-wildcard</em> few bits: whatever it looks at becomes the mask of
 * a megaflow, and each bit fewer lets one megaflow serve more packets.
 *
 * <p><b>The law.</b> Let a lookup of flow F find rule R and mark the bits W. Then a lookup of any
 * flow that agrees with F in W finds R. A bit too many in W costs speed; one too few forwards
 * packets wrongly. Hence every miss of a subtable must be proven by marked bits alone. (Which proof
 * is used may depend on unmarked ones, as in OVS: two flows that agree in W may end up with
 * different masks, and overlapping megaflows, but with the same rule.)
 *
 * <p><b>Tuple space.</b> Rules with equal masks form a <em>subtable</em>, a hash table on the
 * masked words. Subtables are searched in order of their highest priority, until that is not above
 * what has been found. A subtable that comes to a highest priority from below goes behind the
 * others that have it, one from above before them (OVS sorts stably); of matching rules with equal
 * priority the first found wins: undefined in OpenFlow, but as OVS.
 *
 * <p><b>Stages.</b> A subtable is hashed in up to four steps, metadata, L2, L3, L4 ({@link
 * org.beeswitch.flow.FlowLayout#stage}): a miss in an early stage leaves the later ones wildcarded.
 * OVS keeps a set of hashes for each stage beside the table of rules. Here the stages are nested:
 * the table of the first stage leads to tables of the second ({@link Entry}), so that presence is
 * exact, no counters are kept, and a rule that is alone in its part of the tree costs no more than
 * without stages. A part of the tree whose highest priority is not above what has been found is not
 * entered, which OVS does only with whole subtables.
 *
 * <p><b>Prefix tries.</b> For IPv4 and IPv6 source and destination ({@link PrefixField}) a {@link
 * PrefixTrie} of all prefixes in the classifier tells, once per lookup, which prefix lengths are
 * possible for the flow, and how many bits prove it. Subtables with other lengths are skipped for
 * those few bits instead of their whole mask. A trie of the transport ports in each subtable does
 * the same for misses in the last stage.
 *
 * <p><b>Cost</b> (bench: {@code ClassifierBench}, {@code ClassifierFootprint}). A lookup visits
 * each subtable that is not cut off, at most 4 hash lookups each, and allocates nothing: 0.4 us of
 * processor time in 100,000 rules of one mask, 1 us with 10 masks, 4 us with 100. An edit copies a
 * few nodes, and an array with one reference per subtable: 2 to 3 us, 2 to 3 kB of garbage. Many
 * edits belong into one {@link #editor}, which copies a node at most once. Beside a rule and its
 * match (40 bytes and 8 for each masked word), 77 bytes a rule are kept if all have different
 * destinations, 145 with different sources and destinations and ports: about 25 in hash tables, and
 * up to 56 for each distinct prefix in a trie.
 *
 * <p><b>Limits.</b> None of its own but memory; {@code Integer.MIN_VALUE} is no priority. A table
 * in which every rule has another mask degenerates to a linear search, as in OVS.
 *
 * <p><b>Threads.</b> Any number of readers, without locks. A classifier may be handed to another
 * thread only by safe publication (a volatile write), because an editor has built it in place.
 *
 * @param <R> the rules, kept by reference: they may carry mutable state of their own, such as
 *     counters, but match and priority must not change
 */
public final class Classifier<R extends Classifier.Rule> {
  /** What the classifier needs to know of a rule. */
  public interface Rule {
    Match match();

    /** Larger wins. Rules of the protocol have 0 to 65535, hidden ones may lie outside. */
    int priority();
  }

  /** In the order of their maximum priorities, highest first; none is empty. */
  private final Subtable[] subtables;

  private final PersistentMap<MiniMask, Subtable> byMask;
  private final @Nullable PrefixTrie[] tries;
  private final int size;

  /** Changes of a subtable's highest priority so far: see {@link ClassifierEditor}. */
  private final long moves;

  /** See {@link Shape}. */
  private final long hashBits;

  Classifier(
      Subtable[] subtables,
      PersistentMap<MiniMask, Subtable> byMask,
      @Nullable PrefixTrie[] tries,
      int size,
      long moves,
      long hashBits) {
    this.subtables = subtables;
    this.byMask = byMask;
    this.tries = tries;
    this.size = size;
    this.moves = moves;
    this.hashBits = hashBits;
  }

  /** A classifier without rules. */
  public static <R extends Rule> Classifier<R> empty() {
    return withHashBits(-1L);
  }

  /** An empty classifier with a worse hash function, so that a test sees collisions. */
  static <R extends Rule> Classifier<R> withHashBits(long hashBits) {
    return new Classifier<>(
        new Subtable[0], PersistentMap.empty(), new PrefixTrie[PrefixField.COUNT], 0, 0, hashBits);
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** Whether nothing is left behind of rules that have been removed: for tests of leaks. */
  boolean isBare() {
    for (PrefixTrie t : tries) {
      if (t != null) {
        return false;
      }
    }
    return subtables.length == 0 && byMask.isEmpty();
  }

  /** Number of different masks. */
  public int subtableCount() {
    return subtables.length;
  }

  /**
   * Finds the rule of highest priority that matches. ORs the bits that the answer depended on into
   * {@code wc}, if not null, also when no rule matches.
   */
  public @Nullable R lookup(Flow flow, @Nullable FlowMask wc, LookupScratch scratch) {
    long[] words = flow.words();
    // Tries are for speed too, so they are used also if nobody wants to know what was looked at.
    long[] wcWords = (wc == null ? scratch.unwanted : wc).words();
    scratch.triesSearched = 0;
    Rule best = null;
    long floor = Long.MIN_VALUE;
    for (Subtable t : subtables) {
      if (t.maxPriority() <= floor) {
        break;
      }
      Rule r = t.lookup(words, wcWords, tries, scratch, floor);
      if (r != null) {
        best = r;
        floor = r.priority();
      }
    }
    return cast(best);
  }

  /** The rule with exactly this match and priority (OF 1.3.5, 6.4: strict). */
  public @Nullable R find(Match match, int priority) {
    Subtable t = byMask.get(match.mask());
    return t == null ? null : cast(t.find(match, priority));
  }

  /** Some rule of the priority that some packet of the match matches too. */
  public @Nullable R findOverlap(Match match, int priority) {
    return cast(firstOverlap(subtables, subtables.length, match, priority));
  }

  /** Calls the visitor with every rule, subtable by subtable in order of search. */
  public void forEach(Consumer<? super R> visitor) {
    forEachWithin(Match.ANY, visitor);
  }

  /**
   * Calls the visitor with every rule all of whose packets are matched by {@code wider} too (OF
   * 1.3.5, 6.4: non-strict), subtable by subtable in order of search.
   */
  public void forEachWithin(Match wider, Consumer<? super R> visitor) {
    visitWithin(subtables, subtables.length, wider, visitor);
  }

  /** Calls the visitor with every rule that some packet of the match matches too. */
  public void forEachOverlap(Match match, Consumer<? super R> visitor) {
    Query q = new Query(match, Integer.MIN_VALUE, r -> accept(visitor, r));
    for (Subtable t : subtables) {
      q.search(t);
    }
  }

  /**
   * The rules within {@code wider}, in OVS's order if {@code age} compares by time of creation:
   * subtable by subtable in order of search, in each of them by {@code age}.
   */
  public List<R> within(Match wider, Comparator<? super R> age) {
    List<R> all = new ArrayList<>();
    Subtable[] one = new Subtable[1];
    for (Subtable t : subtables) {
      one[0] = t;
      int from = all.size();
      Classifier.<R>visitWithin(one, 1, wider, all::add);
      all.subList(from, all.size()).sort(age);
    }
    return all;
  }

  /** Returns this with the rule put in, in place of one with equal match and priority if any. */
  public Classifier<R> with(R rule) {
    ClassifierEditor<R> e = editor();
    e.put(rule);
    return e.build();
  }

  /** Returns this without the rule, which must be in it. */
  public Classifier<R> without(R rule) {
    ClassifierEditor<R> e = editor();
    e.remove(rule);
    return e.build();
  }

  /** An editor that starts with these rules and leaves this unchanged. */
  public ClassifierEditor<R> editor() {
    return new ClassifierEditor<>(subtables, byMask, tries, size, moves, hashBits);
  }

  static @Nullable Rule firstOverlap(Subtable[] subtables, int n, Match match, int priority) {
    Rule[] found = new Rule[1];
    Query q =
        new Query(
            match,
            priority,
            r -> {
              if (r.priority() != priority || r.match().isOfOtherTypeThan(match)) {
                return true;
              }
              found[0] = r;
              return false;
            });
    for (int i = 0; i < n && found[0] == null; i++) {
      q.search(subtables[i]);
    }
    return found[0];
  }

  static <R extends Rule> void visitWithin(
      Subtable[] subtables, int n, Match wider, Consumer<? super R> visitor) {
    Query q = new Query(wider, Integer.MIN_VALUE, r -> accept(visitor, r));
    for (int i = 0; i < n; i++) {
      if (subtables[i].shape.includes(wider.mask())) {
        q.search(subtables[i]);
      }
    }
  }

  private static <R extends Rule> boolean accept(Consumer<? super R> visitor, Rule r) {
    R rule = cast(r);
    if (rule != null) {
      visitor.accept(rule);
    }
    return true;
  }

  /** Only rules of type R have been put in. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <R extends Rule> @Nullable R cast(@Nullable Rule r) {
    return (R) r;
  }
}
