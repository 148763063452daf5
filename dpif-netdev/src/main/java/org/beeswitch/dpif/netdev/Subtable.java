// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.beeswitch.flow.FlowLayout;
import org.jspecify.annotations.Nullable;

/**
 * All flows that have one mask: a hash table over the masked words, open addressing with linear
 * probing, read without a lock.
 *
 * <p>One writer at a time ({@link FlowTable}'s lock). A removed flow leaves {@link #GONE} so that
 * probes go on; a rebuild publishes a new array, and readers of the old one are as if they had come
 * earlier.
 */
final class Subtable {
  private static final NetdevFlow GONE = new NetdevFlow(-1);
  private static final int MIN_SLOTS = 8;

  /** Indexes into {@link FlowLayout} of the words with ones, and the ones. */
  private final int[] index;

  private final long[] mask;
  private final long seed;

  private volatile AtomicReferenceArray<@Nullable NetdevFlow> slots =
      new AtomicReferenceArray<>(MIN_SLOTS);

  /** Flows and {@link #GONE} marks; writer only. */
  private int used;

  /** Flows; writer only. */
  private int live;

  /** Packets found here; the order of subtables follows it. Racing writers may lose some. */
  long hits;

  /** What {@link #hits} was when the subtables were last sorted; writer only. */
  long rank;

  /**
   * @param odpMask {@link FlowLayout#ODP_WORDS} words
   */
  Subtable(long[] odpMask, long seed) {
    int n = 0;
    for (long w : odpMask) {
      if (w != 0) {
        n++;
      }
    }
    index = new int[n];
    mask = new long[n];
    for (int k = 0, i = 0; k < odpMask.length; k++) {
      if (odpMask[k] != 0) {
        index[i] = FlowLayout.ODP + k;
        mask[i++] = odpMask[k];
      }
    }
    this.seed = seed;
  }

  int size() {
    return live;
  }

  int words() {
    return index.length;
  }

  boolean hasMask(long[] odpMask) {
    int i = 0;
    for (int k = 0; k < odpMask.length; k++) {
      long m = i < index.length && index[i] == FlowLayout.ODP + k ? mask[i++] : 0;
      if (odpMask[k] != m) {
        return false;
      }
    }
    return true;
  }

  /** Writes the mask's {@link FlowLayout#ODP_WORDS} words. */
  void mask(long[] odpMask) {
    Arrays.fill(odpMask, 0);
    for (int i = 0; i < index.length; i++) {
      odpMask[index[i] - FlowLayout.ODP] = mask[i];
    }
  }

  /** Packs masked datapath key words. */
  void pack(long[] odpKey, long[] packed) {
    for (int i = 0; i < index.length; i++) {
      packed[i] = odpKey[index[i] - FlowLayout.ODP] & mask[i];
    }
  }

  void unpack(long[] packed, long[] odpKey) {
    Arrays.fill(odpKey, 0);
    for (int i = 0; i < index.length; i++) {
      odpKey[index[i] - FlowLayout.ODP] = packed[i];
    }
  }

  /** Whether a packet's flow words are {@code packed} under the mask. */
  boolean equalUnderMask(long[] words, long[] packed) {
    for (int i = 0; i < index.length; i++) {
      if ((words[index[i]] & mask[i]) != packed[i]) {
        return false;
      }
    }
    return true;
  }

  int hashPacked(long[] packed) {
    long h = seed;
    for (int i = 0; i < index.length; i++) {
      h = mix(h, packed[i]);
    }
    return finish(h);
  }

  private int hashWords(long[] words) {
    long h = seed;
    for (int i = 0; i < index.length; i++) {
      h = mix(h, words[index[i]] & mask[i]);
    }
    return finish(h);
  }

  static long mix(long h, long w) {
    h = (h ^ w) * 0x9e3779b97f4a7c15L;
    return h ^ h >>> 32;
  }

  static int finish(long h) {
    h *= 0xbf58476d1ce4e5b9L;
    return (int) (h ^ h >>> 32);
  }

  /** Returns the flow in force that the packet's flow words match, if there is one. */
  @Nullable NetdevFlow find(long[] words) {
    int hash = hashWords(words);
    AtomicReferenceArray<@Nullable NetdevFlow> t = slots;
    int last = t.length() - 1;
    for (int i = hash & last; ; i = i + 1 & last) {
      NetdevFlow f = t.get(i);
      if (f == null) {
        return null;
      }
      if (f.hash == hash && f.matches(words)) {
        return f;
      }
    }
  }

  /** Writer only: the flow with just this packed key. */
  @Nullable NetdevFlow findPacked(long[] packed, int hash) {
    AtomicReferenceArray<@Nullable NetdevFlow> t = slots;
    int last = t.length() - 1;
    for (int i = hash & last; ; i = i + 1 & last) {
      NetdevFlow f = t.get(i);
      if (f == null) {
        return null;
      }
      if (f != GONE
          && f.hash == hash
          && Arrays.equals(f.key, 0, index.length, packed, 0, index.length)) {
        return f;
      }
    }
  }

  /** Writer only; {@code f} has its key, hash and state, and no equal is there. */
  void insert(NetdevFlow f) {
    if (2 * (used + 1) > slots.length()) {
      rebuild();
    }
    place(slots, f);
    used++;
    live++;
  }

  private static void place(AtomicReferenceArray<@Nullable NetdevFlow> t, NetdevFlow f) {
    int last = t.length() - 1;
    int i = f.hash & last;
    while (t.get(i) != null) {
      i = i + 1 & last;
    }
    t.set(i, f);
  }

  private void rebuild() {
    int n = MIN_SLOTS;
    while (n < 4 * (live + 1)) {
      n <<= 1;
    }
    AtomicReferenceArray<@Nullable NetdevFlow> t = new AtomicReferenceArray<>(n);
    AtomicReferenceArray<@Nullable NetdevFlow> old = slots;
    for (int i = 0; i < old.length(); i++) {
      NetdevFlow f = old.get(i);
      if (f != null && f != GONE) {
        place(t, f);
      }
    }
    used = live;
    slots = t;
  }

  /** Writer only. */
  void remove(NetdevFlow f) {
    AtomicReferenceArray<@Nullable NetdevFlow> t = slots;
    int last = t.length() - 1;
    int i = f.hash & last;
    while (t.get(i) != f) {
      if (t.get(i) == null) {
        throw new IllegalStateException("flow " + f.id + " is not in its subtable");
      }
      i = i + 1 & last;
    }
    t.set(i, GONE);
    live--;
  }
}
