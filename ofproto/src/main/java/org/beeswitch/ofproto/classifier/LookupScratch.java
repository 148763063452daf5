// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;

/**
 * Memory that a {@link Classifier#lookup} works in, so that it allocates nothing. One per thread
 * that looks up, for all classifiers; means nothing between lookups.
 */
public final class LookupScratch {
  /** The flow under the current subtable's mask, word by word as far as it has been needed. */
  final long[] key = new long[FlowLayout.WORDS];

  /** Takes the looked-at bits of a caller who does not want them; never cleared. */
  final FlowMask unwanted = new FlowMask();

  /** Bit i: this lookup has searched trie i, and {@code tries[i]} is what it found. */
  int triesSearched;

  final PrefixTrie.Result[] tries = new PrefixTrie.Result[PrefixField.COUNT];

  final PrefixTrie.Result ports = new PrefixTrie.Result();

  public LookupScratch() {
    for (int i = 0; i < tries.length; i++) {
      tries[i] = new PrefixTrie.Result();
    }
  }
}
