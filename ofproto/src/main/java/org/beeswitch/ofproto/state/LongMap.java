// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable map from {@code long} to objects that shares structure between versions: a hash trie
 * of 32 ways, so that a change copies about three small nodes and a look-up boxes nothing. The
 * empty map is {@link #empty}.
 *
 * <p>The hash is a bijection of the key, so keys never collide: the trie's depth is at most 13
 * levels and about log32 of the size.
 */
public final class LongMap<V> {
  private static final LongMap<Object> EMPTY = new LongMap<>(null, 0);

  private final @Nullable Node root;
  private final int size;

  private LongMap(@Nullable Node root, int size) {
    this.root = root;
    this.size = size;
  }

  @SuppressWarnings("unchecked") // the empty map holds no V
  public static <V> LongMap<V> empty() {
    return (LongMap<V>) EMPTY;
  }

  public int size() {
    return size;
  }

  @SuppressWarnings("unchecked") // with() puts only Vs into entries
  public @Nullable V get(long key) {
    long h = mix(key);
    Object n = root;
    for (int shift = 0; n instanceof Node node; shift += 5) {
      int bit = 1 << (int) (h >>> shift & 31);
      if ((node.bitmap & bit) == 0) {
        return null;
      }
      n = node.slots[Integer.bitCount(node.bitmap & bit - 1)];
    }
    return n instanceof Entry e && e.key == key ? (V) e.value : null;
  }

  public LongMap<V> with(long key, V value) {
    boolean isNew = get(key) == null;
    Entry e = new Entry(key, value);
    Node r = root == null ? new Node(0, new Object[0]) : root;
    return new LongMap<>(put(r, e, mix(key), 0), size + (isNew ? 1 : 0));
  }

  public LongMap<V> without(long key) {
    if (root == null || get(key) == null) {
      return this;
    }
    return size == 1 ? empty() : new LongMap<>((Node) remove(root, mix(key), 0), size - 1);
  }

  /** Calls {@code f} for each value, in no order. */
  public void forEach(Consumer<V> f) {
    if (root != null) {
      each(root, f);
    }
  }

  @SuppressWarnings("unchecked") // with() puts only Vs into entries
  private static <V> void each(Node n, Consumer<V> f) {
    for (Object s : n.slots) {
      if (s instanceof Entry e) {
        f.accept((V) e.value);
      } else {
        each((Node) s, f);
      }
    }
  }

  private static Node put(Node n, Entry e, long h, int shift) {
    int bit = 1 << (int) (h >>> shift & 31);
    int at = Integer.bitCount(n.bitmap & bit - 1);
    if ((n.bitmap & bit) == 0) {
      Object[] s = new Object[n.slots.length + 1];
      System.arraycopy(n.slots, 0, s, 0, at);
      s[at] = e;
      System.arraycopy(n.slots, at, s, at + 1, n.slots.length - at);
      return new Node(n.bitmap | bit, s);
    }
    Object[] s = n.slots.clone();
    if (s[at] instanceof Node child) {
      s[at] = put(child, e, h, shift + 5);
    } else {
      Entry old = (Entry) s[at];
      s[at] =
          old.key == e.key
              ? e
              : put(put(new Node(0, new Object[0]), old, mix(old.key), shift + 5), e, h, shift + 5);
    }
    return new Node(n.bitmap, s);
  }

  /**
   * Returns what takes the place of {@code n}: a node, or its last entry alone where the parent can
   * hold that.
   */
  private static Object remove(Node n, long h, int shift) {
    int bit = 1 << (int) (h >>> shift & 31);
    int at = Integer.bitCount(n.bitmap & bit - 1);
    if (n.slots[at] instanceof Node child) {
      Object[] s = n.slots.clone();
      s[at] = remove(child, h, shift + 5);
      return s.length == 1 && shift > 0 && s[0] instanceof Entry ? s[0] : new Node(n.bitmap, s);
    }
    Object[] s = new Object[n.slots.length - 1];
    System.arraycopy(n.slots, 0, s, 0, at);
    System.arraycopy(n.slots, at + 1, s, at, s.length - at);
    return s.length == 1 && shift > 0 && s[0] instanceof Entry
        ? s[0]
        : new Node(n.bitmap & ~bit, s);
  }

  /** A bijection that spreads neighbouring keys (the finaliser of SplitMix64). */
  private static long mix(long k) {
    long z = (k ^ k >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  private record Entry(long key, Object value) {}

  private static final class Node {
    final int bitmap;
    final Object[] slots;

    Node(int bitmap, Object[] slots) {
      this.bitmap = bitmap;
      this.slots = slots;
    }
  }
}
