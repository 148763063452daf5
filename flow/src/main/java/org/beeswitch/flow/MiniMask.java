// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import java.util.Arrays;

/**
 * A sparse, immutable, interned mask: only the words that have ones (OVS {@code minimask}).
 * Interned because a hundred thousand rules have a handful of masks: equal masks are one object, so
 * a classifier's subtables compare them by identity and a rule pays one reference.
 *
 * <p>The packed values that go with a mask ({@link Match}, megaflow keys) have one word per entry
 * of {@link #wordAt}.
 */
public final class MiniMask {
  private static final Interner<MiniMask> INTERNER = Interners.newWeakInterner();

  /** No bits: matches everything. */
  public static final MiniMask EMPTY = INTERNER.intern(new MiniMask(new int[0], new long[0]));

  private final int[] index;
  private final long[] mask;
  private final int hash;

  private MiniMask(int[] index, long[] mask) {
    this.index = index;
    this.mask = mask;
    this.hash = 31 * Arrays.hashCode(index) + Arrays.hashCode(mask);
  }

  /** The mask with the ones of {@code full}, {@link FlowLayout#WORDS} words. */
  public static MiniMask of(long[] full) {
    int n = 0;
    for (long w : full) {
      if (w != 0) {
        n++;
      }
    }
    int[] index = new int[n];
    long[] mask = new long[n];
    for (int w = 0, i = 0; w < full.length; w++) {
      if (full[w] != 0) {
        index[i] = w;
        mask[i++] = full[w];
      }
    }
    return INTERNER.intern(new MiniMask(index, mask));
  }

  boolean hasJustTheOnesOf(long[] full) {
    int i = 0;
    for (int w = 0; w < full.length; w++) {
      long m = i < index.length && index[i] == w ? mask[i++] : 0;
      if (full[w] != m) {
        return false;
      }
    }
    return true;
  }

  /** Number of words that have ones. */
  public int size() {
    return index.length;
  }

  /** Index in {@link FlowLayout} of the i-th word that has ones, ascending in i. */
  public int wordAt(int i) {
    return index[i];
  }

  /** Ones of the i-th word. */
  public long maskAt(int i) {
    return mask[i];
  }

  /** Writes the i-th word of {@code full & mask} to {@code packed[i]}, for all i. */
  public void gather(long[] full, long[] packed) {
    for (int i = 0; i < index.length; i++) {
      packed[i] = full[index[i]] & mask[i];
    }
  }

  /** Spreads the ones into {@code full}, {@link FlowLayout#WORDS} words: {@code full |= this}. */
  public void orInto(long[] full) {
    for (int i = 0; i < index.length; i++) {
      full[index[i]] |= mask[i];
    }
  }

  @Override
  public boolean equals(Object o) {
    return this == o
        || o instanceof MiniMask m
            && hash == m.hash
            && Arrays.equals(index, m.index)
            && Arrays.equals(mask, m.mask);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
