// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.persistent;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * {@link PersistentMap} with numbers as keys, without boxing: port numbers, group ids, a VLAN and a
 * MAC address in one word. About 45 bytes an entry, value apart. Iterates over its values, in no
 * particular order.
 */
public final class PersistentLongMap<V> implements Iterable<V> {
  private static final PersistentLongMap<?> EMPTY = new PersistentLongMap<>(null, 0);

  private final @Nullable HashTrie root;
  private final int size;

  private PersistentLongMap(@Nullable HashTrie root, int size) {
    this.root = root;
    this.size = size;
  }

  private static final class Entry<V> extends HashTrie.Leaf {
    final long key;
    final V value;

    Entry(long key, V value) {
      this.key = key;
      this.value = value;
    }

    @Override
    long hash() {
      return HashTrie.mix(key);
    }

    @Override
    boolean sameKey(HashTrie.Leaf other) {
      return key == ((Entry<?>) other).key;
    }
  }

  /** Visits entries. */
  @FunctionalInterface
  public interface Visitor<V> {
    void accept(long key, V value);
  }

  @SuppressWarnings("unchecked") // it has none
  public static <V> PersistentLongMap<V> empty() {
    return (PersistentLongMap<V>) EMPTY;
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  public boolean containsKey(long key) {
    return get(key) != null;
  }

  /** Allocates nothing. */
  public @Nullable V get(long key) {
    Object at = HashTrie.locate(root, HashTrie.mix(key));
    if (at instanceof HashTrie list) {
      for (Object leaf : list.leaves()) {
        Entry<V> e = entry(leaf);
        if (e.key == key) {
          return e.value;
        }
      }
      return null;
    }
    if (at == null) {
      return null;
    }
    Entry<V> e = entry(at);
    return e.key == key ? e.value : null;
  }

  /** With the key mapped to the value, whatever it was before. */
  public PersistentLongMap<V> with(long key, V value) {
    V old = get(key);
    return old == value
        ? this
        : new PersistentLongMap<>(
            HashTrie.put(root, new Entry<>(key, value)), old == null ? size + 1 : size);
  }

  /** Without the key; this, if it does not have it. */
  public PersistentLongMap<V> without(long key) {
    V old = get(key);
    return old == null || root == null
        ? this
        : new PersistentLongMap<>(HashTrie.remove(root, new Entry<>(key, old)), size - 1);
  }

  public void forEach(Visitor<? super V> visitor) {
    for (HashTrie.Leaves i = new HashTrie.Leaves(root); i.hasNext(); ) {
      Entry<V> e = entry(i.next());
      visitor.accept(e.key, e.value);
    }
  }

  /** The values. */
  @Override
  public Iterator<V> iterator() {
    HashTrie.Leaves leaves = new HashTrie.Leaves(root);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return leaves.hasNext();
      }

      @Override
      public V next() {
        return PersistentLongMap.<V>entry(leaves.next()).value;
      }
    };
  }

  @SuppressWarnings("unchecked") // nothing else is put in
  private static <V> Entry<V> entry(Object leaf) {
    return (Entry<V>) leaf;
  }
}
