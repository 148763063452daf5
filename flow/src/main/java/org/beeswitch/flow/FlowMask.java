// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * The bits of a {@link Flow} that a decision has looked at: ones are significant (OVS calls its
 * counterpart {@code flow_wildcards}, with the same polarity of bits). Mutable and reused, like
 * {@link Flow}.
 *
 * <p>The law of un-wildcarding (OVS {@code lib/classifier.h}): a one too many costs speed, a zero
 * too many forwards packets wrongly.
 */
public final class FlowMask {
  private final long[] words = new long[FlowLayout.WORDS];

  /** The storage: {@link FlowLayout#WORDS} words, not a copy. */
  public long[] words() {
    return words;
  }

  /** Marks all bits of the field as looked at. */
  public void unwildcard(Field f) {
    words[f.word()] |= f.wordMask();
    if (f.isWide()) {
      words[f.word() + 1] = -1L;
    }
  }

  /** Whether any bit of the field has been looked at. */
  public boolean looksAt(Field f) {
    return (words[f.word()] & f.wordMask()) != 0 || f.isWide() && words[f.word() + 1] != 0;
  }

  public void clear() {
    Arrays.fill(words, 0);
  }

  public void copyFrom(FlowMask other) {
    System.arraycopy(other.words, 0, words, 0, words.length);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof FlowMask m && Arrays.equals(words, m.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  /** For people who debug: the words that are not zero. */
  @Override
  public String toString() {
    return Flow.wordsToString(words);
  }
}
