// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * What is known of one packet, as {@link FlowLayout} words: what translation and the classifier
 * see.
 *
 * <p>Mutable and reused: a handler has one, fills it by parsing and lets translation rewrite it.
 * Written by the thread that owns it. {@link #words()} is the storage itself, for hot code;
 * everywhere else use {@link Field}s.
 */
public final class Flow {
  private final long[] words = new long[FlowLayout.WORDS];

  /** The storage: {@link FlowLayout#WORDS} words, not a copy. */
  public long[] words() {
    return words;
  }

  /** The value of a field of at most 64 bits. */
  public long get(Field f) {
    return words[f.word()] >>> f.shift() & f.ones();
  }

  /**
   * Writes a field of at most 64 bits; bits of {@code value} above the stored width are dropped.
   */
  public void set(Field f, long value) {
    int w = f.word();
    words[w] = words[w] & ~f.wordMask() | (value & f.ones()) << f.shift();
  }

  /** Writes a 128-bit field. */
  public void set(Field f, long hi, long lo) {
    words[f.word()] = hi;
    words[f.word() + 1] = lo;
  }

  public void clear() {
    Arrays.fill(words, 0);
  }

  public void copyFrom(Flow other) {
    System.arraycopy(other.words, 0, words, 0, words.length);
  }

  public Flow copy() {
    Flow f = new Flow();
    f.copyFrom(this);
    return f;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Flow f && Arrays.equals(words, f.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  /**
   * For people who debug: the words that are not zero. {@code openflow} prints flows as OVS does.
   */
  @Override
  public String toString() {
    return wordsToString(words);
  }

  static String wordsToString(long[] words) {
    StringBuilder s = new StringBuilder("{");
    for (int w = 0; w < words.length; w++) {
      if (words[w] != 0) {
        s.append(s.length() > 1 ? ", " : "");
        s.append(w < FlowLayout.ODP ? "pipeline " + w : "odp " + (w - FlowLayout.ODP));
        s.append("=0x").append(Long.toHexString(words[w]));
      }
    }
    return s.append('}').toString();
  }
}
