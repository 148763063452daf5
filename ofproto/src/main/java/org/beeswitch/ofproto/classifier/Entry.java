// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier.Rule;
import org.jspecify.annotations.Nullable;

/**
 * What stands in a subtable for all rules that agree in the words of the levels before some level.
 * The commonest case, one rule, must cost no object of its own, so an entry is an {@link Object}
 * that is one of
 *
 * <ul>
 *   <li>a {@link Rule}: nobody else agrees with it so far, so it needs no further hash tables;
 *   <li>a {@link Chain}: rules with the same match and different priorities, nobody else;
 *   <li>a {@link Stage}: at least two different matches, told apart by this level and later ones.
 * </ul>
 *
 * <p>The form follows from the set of rules alone, not from the order of edits.
 */
final class Entry {
  private Entry() {}

  /** Two or more rules of one match, highest priority first; immutable. */
  static final class Chain {
    private final Rule[] rules;

    private Chain(Rule[] rules) {
      this.rules = rules;
    }
  }

  /**
   * The hash table of one level; immutable but for what {@link Node} says.
   *
   * @param root its nodes, at least two different matches below them
   * @param prefix a match of one rule that is or was here: what all of them have in the levels
   *     before
   */
  record Stage(Node root, Match prefix) {}

  /** A rule of highest priority in the entry, if it is no stage. */
  static Rule head(Object entry) {
    return entry instanceof Chain c ? c.rules[0] : (Rule) entry;
  }

  /** A match that has the words that all matches of the entry share. */
  static Match prefix(Object entry) {
    return entry instanceof Stage s ? s.prefix : head(entry).match();
  }

  static int maxPriority(Object entry) {
    return entry instanceof Stage s ? s.root.maxPriority() : head(entry).priority();
  }

  /** Returns the entry with the edit's rule put in; {@code level} is the first not yet compared. */
  static Object put(Object entry, int level, Edit e) {
    if (entry instanceof Stage s) {
      Node root = s.root.put(e, level, 0, e.shape.hash(level, e.key));
      return root == s.root ? s : new Stage(root, s.prefix);
    }
    Match m = prefix(entry);
    if (e.shape.sameFrom(level, m, e.key)) {
      return putInChain(entry, e);
    }
    Node root =
        Node.of(e, entry, e.shape.hash(level, m), 0).put(e, level, 0, e.shape.hash(level, e.key));
    return new Stage(root, m);
  }

  private static Object putInChain(Object entry, Edit e) {
    Rule[] rules = entry instanceof Chain c ? c.rules : new Rule[] {(Rule) entry};
    int i = 0;
    while (i < rules.length && rules[i].priority() > e.rule.priority()) {
      i++;
    }
    if (i < rules.length && rules[i].priority() == e.rule.priority()) {
      e.displaced = rules[i];
      if (rules.length == 1) {
        return e.rule;
      }
      Rule[] replaced = rules.clone();
      replaced[i] = e.rule;
      return new Chain(replaced);
    }
    Rule[] longer = new Rule[rules.length + 1];
    System.arraycopy(rules, 0, longer, 0, i);
    longer[i] = e.rule;
    System.arraycopy(rules, i, longer, i + 1, rules.length - i);
    return new Chain(longer);
  }

  /**
   * Returns the entry without the edit's rule, which is in it; null if nothing is left. {@code
   * level} is the first not yet compared.
   */
  static @Nullable Object remove(Object entry, int level, Edit e) {
    if (entry instanceof Stage s) {
      Node root = s.root.remove(e, level, 0, e.shape.hash(level, e.key));
      Object single = root.single();
      if (single != null && !(single instanceof Stage)) {
        return single;
      }
      return root == s.root ? s : new Stage(root, s.prefix);
    }
    if (!(entry instanceof Chain c)) {
      e.lastOfMatch = true;
      return null;
    }
    int i = 0;
    while (c.rules[i] != e.rule) {
      i++;
    }
    if (c.rules.length == 2) {
      return c.rules[1 - i];
    }
    Rule[] shorter = new Rule[c.rules.length - 1];
    System.arraycopy(c.rules, 0, shorter, 0, i);
    System.arraycopy(c.rules, i + 1, shorter, i, shorter.length - i);
    return new Chain(shorter);
  }

  /** The rule with exactly the key's match and the priority. */
  static @Nullable Rule find(Object entry, Shape shape, long[] key, int priority) {
    Object at = entry;
    int level = 0;
    while (at instanceof Stage s) {
      Object next = s.root.find(shape, level, shape.hash(level, key), key);
      if (next == null) {
        return null;
      }
      at = next;
      level++;
    }
    if (!shape.sameFrom(level, prefix(at), key)) {
      return null;
    }
    if (at instanceof Chain c) {
      for (Rule r : c.rules) {
        if (r.priority() == priority) {
          return r;
        }
      }
      return null;
    }
    return head(at).priority() == priority ? head(at) : null;
  }

  /** Shows the query all rules that it asks for; returns false if it has had enough. */
  static boolean visit(Object entry, int level, Query q) {
    if (maxPriority(entry) < q.minPriority) {
      return true;
    }
    Shape shape = q.shape();
    if (entry instanceof Stage s) {
      if (!shape.coveredAt(level, q.mask())) {
        return s.root.visit(level, q);
      }
      Object next = s.root.find(shape, level, shape.hash(level, q.key()), q.key());
      return next == null || visit(next, level + 1, q);
    }
    for (int k = level; k < shape.levels; k++) {
      if (!shape.sameUnder(q.mask(), k, prefix(entry), q.key())) {
        return true;
      }
    }
    if (entry instanceof Chain c) {
      for (Rule r : c.rules) {
        if (!q.show(r)) {
          return false;
        }
      }
      return true;
    }
    return q.show((Rule) entry);
  }
}
