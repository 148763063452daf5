// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.ofproto.classifier.Classifier.Rule;
import org.jspecify.annotations.Nullable;

/** One rule on its way into or out of a subtable, and what came of it. */
final class Edit {
  /** Nodes that carry this are unpublished and may be changed in place. */
  final Object owner;

  final Shape shape;
  final Rule rule;

  /** The rule's match, packed. */
  final long[] key;

  /** The rule of the same match and priority that was replaced. */
  @Nullable Rule displaced;

  /** Whether no rule had this match before. */
  boolean firstOfMatch;

  /** Whether no rule has this match any more. */
  boolean lastOfMatch;

  Edit(Object owner, Shape shape, Rule rule) {
    this.owner = owner;
    this.shape = shape;
    this.rule = rule;
    this.key = shape.pack(rule.match());
  }

  /** The entry for a match that was not there. */
  Object addedEntry() {
    firstOfMatch = true;
    return rule;
  }
}
