// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import java.util.function.Predicate;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier.Rule;
import org.jspecify.annotations.Nullable;

/**
 * A search for the rules that agree with a match in the bits that both have. In a level whose bits
 * the match has all, this is one hash lookup; in others all entries are gone through, but only the
 * agreeing ones entered.
 */
final class Query {
  /** Rules of lower priority are of no interest. */
  final int minPriority;

  private final long[] fullValue = new long[FlowLayout.WORDS];
  private final long[] fullMask = new long[FlowLayout.WORDS];
  private final Predicate<? super Rule> visitor;

  private @Nullable Shape shape;
  private long[] mask = {};
  private long[] key = {};

  /** The visitor returns whether it wants more; it may be shown rules of lower priority too. */
  Query(Match match, int minPriority, Predicate<? super Rule> visitor) {
    this.minPriority = minPriority;
    this.visitor = visitor;
    match.expand(fullValue, fullMask);
  }

  /** Goes through a subtable; returns false if the visitor has had enough. */
  boolean search(Subtable t) {
    Object entry = t.entry();
    if (entry == null) {
      return true;
    }
    shape = t.shape;
    mask = t.shape.packMasked(fullMask);
    key = t.shape.packMasked(fullValue);
    return Entry.visit(entry, 0, this);
  }

  boolean show(Rule r) {
    return visitor.test(r);
  }

  Shape shape() {
    if (shape == null) {
      throw new IllegalStateException("query outside search");
    }
    return shape;
  }

  /** The match's mask where the subtable has ones too, packed. */
  long[] mask() {
    return mask;
  }

  /** The match's value under {@link #mask()}, packed. */
  long[] key() {
    return key;
  }
}
