// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import org.jspecify.annotations.Nullable;

/**
 * Masks that were wanted lately, so that {@link MiniMask#of} for one of them makes no garbage:
 * where translations are kept, most have one of a handful of masks. One thread at a time.
 */
public final class MiniMaskCache {
  private static final int SLOTS = 256;

  private final @Nullable MiniMask[] recent = new MiniMask[SLOTS];

  /** The mask with the ones of {@code full}, {@link FlowLayout#WORDS} words. */
  public MiniMask of(long[] full) {
    long h = 0;
    for (int i = 0; i < full.length; i++) {
      if (full[i] != 0) {
        h = (h + i ^ full[i]) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
      }
    }
    int slot = (int) h & SLOTS - 1;
    MiniMask m = recent[slot];
    if (m == null || !m.hasJustTheOnesOf(full)) {
      m = MiniMask.of(full);
      recent[slot] = m;
    }
    return m;
  }
}
