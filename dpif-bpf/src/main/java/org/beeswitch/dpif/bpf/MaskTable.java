// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.netdev.Errno;

/**
 * The masks in use, and the order in which a cache miss tries them.
 *
 * <p>A mask is registered when its first flow comes and given up with its last one, after a grace
 * period. Its flows are in the smallest flow table whose keys take its words. The order's entries
 * say for which kinds of packets a mask has flows, so that a walk leaves out the others; {@link
 * #sort} moves what was used most to the front. While entries trade places a walk may miss one of
 * them: that costs one upcall and is never wrong.
 *
 * <h2>Many masks</h2>
 *
 * A packet that the cache does not know costs a look-up for each mask. Somebody who sends packets
 * that each look at other bits of the tables could make it cost a thousand. So above {@link #MANY}
 * a flow gets a mask that is there and has all its bits and more: it is then narrower than it might
 * be, and as right. If there is none, it gets one that has the bits of all that look at the same
 * words, which the next of them will find. There are as many beyond {@link #MANY} as there are sets
 * of words.
 *
 * <p>One thread at a time.
 */
final class MaskTable {
  /** More than tables of rules that people write have in use; a walk takes 5 us. */
  static final int MANY = 128;

  /** Words of the keys of each flow table ({@code enum dp_table}). */
  static final int[] TABLE_WORDS = {3, 7, 15, 23, 80};

  private final ByteBuffer masks;
  private final ByteBuffer order;

  // By mask id.
  private final int[][] index = new int[Abi.MASKS][];
  private final long[][] bits = new long[Abi.MASKS][];
  private final int[] hash = new int[Abi.MASKS];
  private final int[] references = new int[Abi.MASKS];
  private final int[] position = new int[Abi.MASKS];
  private final long[] hitsAtSort = new long[Abi.MASKS];

  private final int[] idAt = new int[Abi.MASKS];
  private int n;
  private long madeNarrower;

  private final int[] free = new int[Abi.MASKS];
  private int nFree;

  /** Ids by hash, open addressing, twice as long as there can be masks; id + 1, 0: empty. */
  private final int[] buckets = new int[4 * Abi.MASKS];

  MaskTable(ByteBuffer masks, ByteBuffer order) {
    this.masks = masks;
    this.order = order;
    for (int id = Abi.MASKS - 1; id >= 0; id--) {
      free[nFree++] = id;
    }
  }

  int size() {
    return n;
  }

  /**
   * Takes a reference to the mask with these key words, or to one with more bits; returns its id,
   * or -ENOSPC.
   */
  int acquire(long[] words) {
    int h = hash(words);
    int at = bucketOf(h, words);
    if (buckets[at] == 0 && n >= MANY) {
      int id = narrower(words);
      if (id >= 0) {
        madeNarrower++;
        references[id]++;
        return id;
      }
      return add(withBitsOfTheSameWords(words));
    }
    if (buckets[at] != 0) {
      references[buckets[at] - 1]++;
      return buckets[at] - 1;
    }
    return add(words);
  }

  /** Flows that have been given a mask with more bits than theirs. */
  long madeNarrower() {
    return madeNarrower;
  }

  /** Where these words' mask is, or would be. */
  private int bucketOf(int h, long[] words) {
    int at = h & buckets.length - 1;
    while (buckets[at] != 0 && !(hash[buckets[at] - 1] == h && equal(buckets[at] - 1, words))) {
      at = at + 1 & buckets.length - 1;
    }
    return at;
  }

  /** A mask that has these bits and others, the one used most; -1: there is none. */
  private int narrower(long[] words) {
    for (int p = 0; p < n; p++) {
      if (contains(idAt[p], words)) {
        return idAt[p];
      }
    }
    return -1;
  }

  private boolean contains(int id, long[] words) {
    int i = 0;
    for (int k = 0; k < words.length; k++) {
      long there = i < index[id].length && index[id][i] == k ? bits[id][i++] : 0;
      if ((words[k] & ~there) != 0) {
        return false;
      }
    }
    return true;
  }

  /** These words with the bits of all masks that look at the same ones. */
  private long[] withBitsOfTheSameWords(long[] words) {
    long[] union = words.clone();
    for (int p = 0; p < n; p++) {
      int id = idAt[p];
      if (looksAtJust(id, words)) {
        for (int i = 0; i < index[id].length; i++) {
          union[index[id][i]] |= bits[id][i];
        }
      }
    }
    return union;
  }

  private boolean looksAtJust(int id, long[] words) {
    int i = 0;
    for (int k = 0; k < words.length; k++) {
      boolean there = i < index[id].length && index[id][i] == k;
      if (there != (words[k] != 0)) {
        return false;
      }
      i += there ? 1 : 0;
    }
    return true;
  }

  private int add(long[] words) {
    if (nFree == 0) {
      return -Errno.ENOSPC;
    }
    int h = hash(words);
    int at = bucketOf(h, words);
    int id = free[--nFree];
    buckets[at] = id + 1;
    references[id] = 1;
    hash[id] = h;
    write(id, words);
    // In the order at once, but for no kind of packet until a flow says so.
    position[id] = n;
    idAt[n++] = id;
    hitsAtSort[id] = 0;
    return id;
  }

  /**
   * Whether there can be flows with that mask id, of an earlier process: reads the mask back.
   * Before anything else is done with the table.
   */
  boolean readBack(int id) {
    if (id < 0 || id >= Abi.MASKS) {
      return false;
    }
    if (index[id] != null) {
      return true;
    }
    int at = id * Abi.Mask.SIZE;
    int count = Mem.getInt(masks, at + Abi.Mask.N_WORDS);
    int table = Mem.getInt(masks, at + Abi.Mask.TABLE);
    if (count < 0 || table < 0 || table >= TABLE_WORDS.length || count > TABLE_WORDS[table]) {
      return false;
    }
    long[] words = new long[FlowLayout.ODP_WORDS];
    int[] idx = new int[count];
    long[] b = new long[count];
    for (int i = 0; i < count; i++) {
      int word = (masks.getShort(at + offsetPlace(i)) & 0xffff) / 8;
      long bitsOfWord = Mem.getKeyWord(masks, at + bitsPlace(i));
      if (word >= words.length || bitsOfWord == 0 || i > 0 && word <= idx[i - 1]) {
        return false;
      }
      idx[i] = word;
      b[i] = bitsOfWord;
      words[word] = bitsOfWord;
    }
    index[id] = idx;
    bits[id] = b;
    hash[id] = hash(words);
    return true;
  }

  /** Takes a reference to a mask that was read back. */
  void adopt(int id) {
    references[id]++;
  }

  /**
   * Ends the taking over: masks without a reference are free; the order of trying is what it was,
   * put right where a process died while it changed it.
   *
   * @param kinds by mask id, what packets its flows can match
   */
  void endAdoption(int[] kinds) {
    int there = 0;
    while (there < Abi.MASKS && kinds(there) != 0) {
      there++;
    }
    for (int p = 0; p < there; p++) {
      int id = Mem.getInt(order, p * Abi.MaskOrder.SIZE) & 0xffff;
      if (id < Abi.MASKS && references[id] > 0 && !isPlaced(id)) {
        place(id, kinds(p) | kinds[id]);
      }
    }
    nFree = 0;
    for (int id = Abi.MASKS - 1; id >= 0; id--) {
      if (references[id] == 0) {
        free[nFree++] = id;
      } else {
        if (!isPlaced(id)) {
          place(id, kinds[id]);
        }
        hitsAtSort[id] = hits(id);
        int bucket = hash[id] & buckets.length - 1;
        while (buckets[bucket] != 0) {
          bucket = bucket + 1 & buckets.length - 1;
        }
        buckets[bucket] = id + 1;
      }
    }
    for (int p = n; p < there; p++) {
      Mem.publishLong(order, p * Abi.MaskOrder.SIZE, 0);
    }
  }

  private boolean isPlaced(int id) {
    return position[id] < n && idAt[position[id]] == id;
  }

  /** Has a mask follow those that have a place. */
  private void place(int id, int kinds) {
    position[id] = n;
    idAt[n] = id;
    if (Mem.getLong(order, n * Abi.MaskOrder.SIZE) != (id | (long) kinds << 32)) {
      writeOrder(n, id, kinds);
    }
    n++;
  }

  /** Gives a reference back; after a grace period if packets may be comparing with the mask. */
  void release(int id) {
    if (--references[id] > 0) {
      return;
    }
    int last = idAt[--n];
    int hole = position[id];
    if (last != id) {
      idAt[hole] = last;
      position[last] = hole;
      writeOrder(hole, last, kinds(n));
    }
    Mem.publishLong(order, n * Abi.MaskOrder.SIZE, 0);
    removeBucket(id);
    free[nFree++] = id;
  }

  /** Lets walks for these kinds of packets find the mask. */
  void addKinds(int id, int kinds) {
    int pos = position[id];
    int had = kinds(pos);
    // Entries before it must not be empty, or a walk would end there.
    if ((had | kinds) != had) {
      writeOrder(pos, id, had | kinds);
    }
  }

  int wordCount(int id) {
    return index[id].length;
  }

  /** Key word that the i-th word of the mask is about. */
  int wordAt(int id, int i) {
    return index[id][i];
  }

  long bitsAt(int id, int i) {
    return bits[id][i];
  }

  int table(int id) {
    return Mem.getInt(masks, id * Abi.Mask.SIZE + Abi.Mask.TABLE);
  }

  /** Puts first what packets have found most since the last call. */
  void sort() {
    boolean moved = true;
    // Few masks change places from one call to the next: bubble sort with an early end.
    for (int round = 0; moved && round < n; round++) {
      moved = false;
      for (int p = 0; p + 1 < n; p++) {
        int a = idAt[p];
        int b = idAt[p + 1];
        if (hits(b) - hitsAtSort[b] > hits(a) - hitsAtSort[a]) {
          swap(p);
          moved = true;
        }
      }
    }
    for (int p = 0; p < n; p++) {
      hitsAtSort[idAt[p]] = hits(idAt[p]);
    }
  }

  private void swap(int p) {
    int a = idAt[p];
    int b = idAt[p + 1];
    int kindsA = kinds(p);
    int kindsB = kinds(p + 1);
    idAt[p] = b;
    idAt[p + 1] = a;
    position[b] = p;
    position[a] = p + 1;
    writeOrder(p, b, kindsB);
    writeOrder(p + 1, a, kindsA);
  }

  private long hits(int id) {
    return Mem.getLong(masks, id * Abi.Mask.SIZE + Abi.Mask.HITS);
  }

  private int kinds(int pos) {
    return Mem.getInt(order, pos * Abi.MaskOrder.SIZE + Abi.MaskOrder.KINDS);
  }

  private void writeOrder(int pos, int id, int kinds) {
    Mem.publishLong(order, pos * Abi.MaskOrder.SIZE, id | (long) kinds << 32);
  }

  private void write(int id, long[] words) {
    int count = 0;
    for (long w : words) {
      if (w != 0) {
        count++;
      }
    }
    int[] idx = new int[count];
    long[] b = new long[count];
    for (int k = 0, i = 0; k < words.length; k++) {
      if (words[k] != 0) {
        idx[i] = k;
        b[i++] = words[k];
      }
    }
    index[id] = idx;
    bits[id] = b;
    int at = id * Abi.Mask.SIZE;
    for (int i = 0; i < Abi.Mask.SIZE; i += 8) {
      Mem.putLong(masks, at + i, 0);
    }
    for (int i = 0; i < count; i++) {
      masks.putShort(at + offsetPlace(i), (short) (8 * idx[i]));
      Mem.putKeyWord(masks, at + bitsPlace(i), b[i]);
    }
    int table = 0;
    while (TABLE_WORDS[table] < count) {
      table++;
    }
    Mem.putInt(masks, at + Abi.Mask.TABLE, table);
    Mem.publishInt(masks, at + Abi.Mask.N_WORDS, count);
  }

  /** Where a mask's record has the place in the key of its i-th word. */
  private static int offsetPlace(int i) {
    return i < Abi.FLOW_WORDS ? Abi.Mask.OFF + 2 * i : Abi.Mask.EXT_OFF + 2 * (i - Abi.FLOW_WORDS);
  }

  private static int bitsPlace(int i) {
    return i < Abi.FLOW_WORDS
        ? Abi.Mask.MASK + 8 * i
        : Abi.Mask.EXT_MASK + 8 * (i - Abi.FLOW_WORDS);
  }

  private static int hash(long[] words) {
    long h = 0;
    for (long w : words) {
      h = (h ^ w) * 0x9e3779b97f4a7c15L;
      h ^= h >>> 29;
    }
    return (int) (h >>> 32);
  }

  private boolean equal(int id, long[] words) {
    int[] idx = index[id];
    int i = 0;
    for (int k = 0; k < words.length; k++) {
      if (words[k] != 0) {
        if (i == idx.length || idx[i] != k || bits[id][i] != words[k]) {
          return false;
        }
        i++;
      }
    }
    return i == idx.length;
  }

  /** Removes an id and closes the gap, so that searches need no tombstones. */
  private void removeBucket(int id) {
    int mask = buckets.length - 1;
    int at = hash[id] & mask;
    while (buckets[at] != id + 1) {
      at = at + 1 & mask;
    }
    int hole = at;
    for (int i = at + 1 & mask; buckets[i] != 0; i = i + 1 & mask) {
      int home = hash[buckets[i] - 1] & mask;
      if ((i - home & mask) >= (i - hole & mask)) {
        buckets[hole] = buckets[i];
        hole = i;
      }
    }
    buckets[hole] = 0;
  }

  /** For a test: the ids in the order of trying. */
  int[] ids() {
    return Arrays.copyOf(idAt, n);
  }
}
