// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.persistent;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * An immutable node of a persistent hash trie (CHAMP); the empty trie is null. Five bits of the
 * hash choose among 32 places at each depth; a place is free, or has a leaf, or a node with at
 * least two leaves below it. When the hash is used up, a node is a plain list.
 */
final class HashTrie {
  private static final int BITS = 5;

  /** Depth, in bits of hash, at which nodes are lists. */
  private static final int LIST_SHIFT = 60;

  /** A key with its value. */
  abstract static class Leaf {
    abstract long hash();

    abstract boolean sameKey(Leaf other);
  }

  private final int leafMap;
  private final int nodeMap;

  /** Leaves from the left, nodes from the right. */
  private final Object[] slots;

  private HashTrie(int leafMap, int nodeMap, Object[] slots) {
    this.leafMap = leafMap;
    this.nodeMap = nodeMap;
    this.slots = slots;
  }

  /** Spreads the bits of {@code x}; different inputs have different results. */
  static long mix(long x) {
    x = (x ^ x >>> 32) * 0x9E3779B97F4A7C15L;
    x = (x ^ x >>> 29) * 0xC2B2AE3D27D4EB4FL;
    return x ^ x >>> 32;
  }

  private static int place(long hash, int shift) {
    return 1 << (int) (hash >>> shift & 31);
  }

  private int leafIndex(int place) {
    return Integer.bitCount(leafMap & (place - 1));
  }

  private int nodeIndex(int place) {
    return slots.length - 1 - Integer.bitCount(nodeMap & (place - 1));
  }

  /**
   * Finds where a key with this hash must be: a {@link Leaf}, which may have another key, or a node
   * that is a list, whose {@link #leaves} are to be compared, or null.
   */
  static @Nullable Object locate(@Nullable HashTrie root, long hash) {
    HashTrie n = root;
    for (int shift = 0; n != null && shift < LIST_SHIFT; shift += BITS) {
      int place = place(hash, shift);
      if ((n.leafMap & place) != 0) {
        return n.slots[n.leafIndex(place)];
      }
      n = (n.nodeMap & place) == 0 ? null : (HashTrie) n.slots[n.nodeIndex(place)];
    }
    return n;
  }

  /** Leaves of a list. */
  Object[] leaves() {
    return slots;
  }

  /** Puts a leaf in, in place of one with the same key. */
  static HashTrie put(@Nullable HashTrie root, Leaf leaf) {
    return root == null ? of(leaf, 0) : root.put(leaf, leaf.hash(), 0);
  }

  private static HashTrie of(Leaf leaf, int shift) {
    return new HashTrie(
        shift >= LIST_SHIFT ? 0 : place(leaf.hash(), shift), 0, new Object[] {leaf});
  }

  private HashTrie put(Leaf leaf, long hash, int shift) {
    if (shift >= LIST_SHIFT) {
      int i = indexInList(leaf);
      return i < 0 ? inserted(slots.length, leaf, 0) : replaced(i, leaf);
    }
    int place = place(hash, shift);
    if ((leafMap & place) != 0) {
      int i = leafIndex(place);
      Leaf old = (Leaf) slots[i];
      if (old.sameKey(leaf)) {
        return replaced(i, leaf);
      }
      int to = nodeIndex(place);
      Object[] changed = slots.clone();
      System.arraycopy(slots, i + 1, changed, i, to - i);
      changed[to] = of(old, shift + BITS).put(leaf, hash, shift + BITS);
      return new HashTrie(leafMap & ~place, nodeMap | place, changed);
    }
    if ((nodeMap & place) != 0) {
      int i = nodeIndex(place);
      return replaced(i, ((HashTrie) slots[i]).put(leaf, hash, shift + BITS));
    }
    return inserted(leafIndex(place), leaf, place);
  }

  /** Takes out the leaf with the same key, which must be there. */
  static @Nullable HashTrie remove(HashTrie root, Leaf key) {
    HashTrie n = root.remove(key, key.hash(), 0);
    return n.slots.length == 0 ? null : n;
  }

  private HashTrie remove(Leaf key, long hash, int shift) {
    if (shift >= LIST_SHIFT) {
      return removed(indexInList(key), 0);
    }
    int place = place(hash, shift);
    if ((leafMap & place) != 0) {
      return removed(leafIndex(place), place);
    }
    int from = nodeIndex(place);
    HashTrie child = ((HashTrie) slots[from]).remove(key, hash, shift + BITS);
    if (child.slots.length > 1 || child.nodeMap != 0) {
      return replaced(from, child);
    }
    int to = leafIndex(place);
    Object[] changed = slots.clone();
    System.arraycopy(slots, to, changed, to + 1, from - to);
    changed[to] = child.slots[0];
    return new HashTrie(leafMap | place, nodeMap & ~place, changed);
  }

  private int indexInList(Leaf leaf) {
    for (int i = 0; i < slots.length; i++) {
      if (((Leaf) slots[i]).sameKey(leaf)) {
        return i;
      }
    }
    return -1;
  }

  private HashTrie replaced(int i, Object slot) {
    Object[] changed = slots.clone();
    changed[i] = slot;
    return new HashTrie(leafMap, nodeMap, changed);
  }

  private HashTrie inserted(int i, Leaf leaf, int place) {
    Object[] longer = new Object[slots.length + 1];
    System.arraycopy(slots, 0, longer, 0, i);
    longer[i] = leaf;
    System.arraycopy(slots, i, longer, i + 1, slots.length - i);
    return new HashTrie(leafMap | place, nodeMap, longer);
  }

  private HashTrie removed(int i, int place) {
    Object[] shorter = new Object[slots.length - 1];
    System.arraycopy(slots, 0, shorter, 0, i);
    System.arraycopy(slots, i + 1, shorter, i, shorter.length - i);
    return new HashTrie(leafMap & ~place, nodeMap, shorter);
  }

  /** Goes through the leaves of a trie, in no particular order. */
  static final class Leaves implements Iterator<Leaf> {
    /** Nodes from the root to the current one, and the next slot in each. */
    private final HashTrie[] path = new HashTrie[LIST_SHIFT / BITS + 1];

    private final int[] next = new int[path.length];
    private int depth = -1;

    Leaves(@Nullable HashTrie root) {
      if (root != null) {
        path[0] = root;
        depth = 0;
      }
    }

    @Override
    public boolean hasNext() {
      while (depth >= 0 && next[depth] == path[depth].slots.length) {
        depth--;
      }
      return depth >= 0;
    }

    @Override
    public Leaf next() {
      while (hasNext()) {
        Object slot = path[depth].slots[next[depth]++];
        if (slot instanceof HashTrie n) {
          depth++;
          path[depth] = n;
          next[depth] = 0;
        } else {
          return (Leaf) slot;
        }
      }
      throw new NoSuchElementException();
    }
  }
}
