// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier.Rule;
import org.beeswitch.ofproto.classifier.Entry.Stage;
import org.jspecify.annotations.Nullable;

/**
 * All rules of one mask. Immutable for everybody but the editor that made it, until that has
 * published it.
 */
final class Subtable {
  final Shape shape;

  /** The editor's mark, as in {@link Node}. */
  final Object owner;

  /** All rules; null only while an editor works on it. */
  private @Nullable Object entry;

  /** Order among subtables of the same highest priority; see {@link ClassifierEditor}. */
  private long order;

  /** Transport ports under the mask, one for each match; null if the mask has no ports. */
  private @Nullable PrefixTrie ports;

  Subtable(Shape shape, Object owner) {
    this.shape = shape;
    this.owner = owner;
  }

  /** A copy that the owner may change. */
  Subtable(Subtable from, Object owner) {
    this(from.shape, owner);
    entry = from.entry;
    order = from.order;
    ports = from.ports;
  }

  @Nullable Object entry() {
    return entry;
  }

  /** Highest priority of all rules; of no meaning when there are none. */
  int maxPriority() {
    return entry == null ? Integer.MIN_VALUE : Entry.maxPriority(entry);
  }

  long order() {
    return order;
  }

  /** Only by the owner. */
  void setOrder(long newOrder) {
    order = newOrder;
  }

  @Nullable Rule find(Match match, int priority) {
    return entry == null ? null : Entry.find(entry, shape, shape.pack(match), priority);
  }

  /** Puts a rule in; only by the owner. Returns the one of same match and priority before it. */
  @Nullable Rule put(Rule rule, @Nullable PrefixTrie[] tries) {
    Edit e = new Edit(owner, shape, rule);
    entry = entry == null ? e.addedEntry() : Entry.put(entry, 0, e);
    if (e.firstOfMatch) {
      shape.updateTries(tries, rule.match(), true);
      if (shape.portsLength != 0) {
        ports = PrefixTrie.add(ports, shape.ports(rule.match()), 0, shape.portsLength);
      }
    }
    return e.displaced;
  }

  /** Takes out a rule, which must be there; only by the owner. */
  void remove(Rule rule, @Nullable PrefixTrie[] tries) {
    if (entry == null) {
      throw new IllegalStateException("rule to remove is not in its subtable");
    }
    Edit e = new Edit(owner, shape, rule);
    entry = Entry.remove(entry, 0, e);
    if (e.lastOfMatch) {
      shape.updateTries(tries, rule.match(), false);
      if (shape.portsLength != 0) {
        ports = PrefixTrie.remove(ports, shape.ports(rule.match()), 0, shape.portsLength);
      }
    }
  }

  /**
   * Finds the best rule for a flow if its priority is above {@code floor} (OVS {@code
   * find_match_wc}). Marks what was looked at in {@code wc}.
   */
  @Nullable Rule lookup(
      long[] flow, long[] wc, @Nullable PrefixTrie[] tries, LookupScratch scratch, long floor) {
    Object at = entry;
    int level = 0;
    while (at instanceof Stage s) {
      if (s.root().maxPriority() <= floor || shape.missesInTries(level, tries, flow, wc, scratch)) {
        return missed(level, wc);
      }
      long hash = shape.gather(level, flow, scratch.key);
      Object next = s.root().find(shape, level, hash, scratch.key);
      if (next == null) {
        return missedAt(level, flow, wc, scratch);
      }
      at = next;
      level++;
    }
    if (at == null) {
      return null;
    }
    Rule rule = Entry.head(at);
    if (rule.priority() <= floor) {
      return missed(level, wc);
    }
    for (; level < shape.levels; level++) {
      if (shape.missesInTries(level, tries, flow, wc, scratch)) {
        return missed(level, wc);
      }
      if (!shape.flowMatchesAt(level, rule.match(), flow)) {
        return missedAt(level, flow, wc, scratch);
      }
    }
    missed(level, wc); // it is a hit, which looks at all levels
    return rule;
  }

  /** A miss that needed the levels before {@code level}. */
  private @Nullable Rule missed(int level, long[] wc) {
    shape.unwildcardLevels(level, wc);
    return null;
  }

  /** A miss in the words of {@code level}. */
  private @Nullable Rule missedAt(int level, long[] flow, long[] wc, LookupScratch scratch) {
    if (shape.portsLength != 0 && level == shape.levels - 1) {
      // Often a few bits of the ports prove it, and then nothing else in this level counts, though
      // OVS looks at that too. If they do not, the other fields of the level were decisive, or the
      // combination.
      PrefixTrie.Result found = scratch.ports;
      PrefixTrie.lookup(ports, shape.ports(flow), 0, 32, found);
      if (!found.mayMatch(shape.portsLength)) {
        shape.unwildcardLevels(level, wc);
        shape.unwildcardPorts(found.bits, wc);
        return null;
      }
    }
    return missed(level + 1, wc);
  }
}
