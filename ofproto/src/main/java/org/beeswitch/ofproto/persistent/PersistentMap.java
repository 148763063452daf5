// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.persistent;

import java.util.Iterator;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash map whose edits return a new one in logarithmic time and space, sharing the
 * rest. About 45 bytes an entry, key and value apart. Iterates over its values, in no particular
 * order. For keys that are numbers there is {@link PersistentLongMap}.
 */
public final class PersistentMap<K, V> implements Iterable<V> {
  private static final PersistentMap<?, ?> EMPTY = new PersistentMap<>(null, 0);

  private final @Nullable HashTrie root;
  private final int size;

  private PersistentMap(@Nullable HashTrie root, int size) {
    this.root = root;
    this.size = size;
  }

  private static final class Entry<K, V> extends HashTrie.Leaf {
    final K key;
    final V value;

    Entry(K key, V value) {
      this.key = key;
      this.value = value;
    }

    @Override
    long hash() {
      return HashTrie.mix(key.hashCode());
    }

    @Override
    boolean sameKey(HashTrie.Leaf other) {
      return key.equals(((Entry<?, ?>) other).key);
    }
  }

  @SuppressWarnings("unchecked") // it has neither
  public static <K, V> PersistentMap<K, V> empty() {
    return (PersistentMap<K, V>) EMPTY;
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  public boolean containsKey(K key) {
    return get(key) != null;
  }

  /** Allocates nothing, if {@code key}'s own methods do not. */
  public @Nullable V get(K key) {
    Object at = HashTrie.locate(root, HashTrie.mix(key.hashCode()));
    if (at instanceof HashTrie list) {
      for (Object leaf : list.leaves()) {
        Entry<K, V> e = entry(leaf);
        if (e.key.equals(key)) {
          return e.value;
        }
      }
      return null;
    }
    if (at == null) {
      return null;
    }
    Entry<K, V> e = entry(at);
    return e.key.equals(key) ? e.value : null;
  }

  /** With the key mapped to the value, whatever it was before. */
  public PersistentMap<K, V> with(K key, V value) {
    V old = get(key);
    return old == value
        ? this
        : new PersistentMap<>(
            HashTrie.put(root, new Entry<>(key, value)), old == null ? size + 1 : size);
  }

  /** Without the key; this, if it does not have it. */
  public PersistentMap<K, V> without(K key) {
    V old = get(key);
    return old == null || root == null
        ? this
        : new PersistentMap<>(HashTrie.remove(root, new Entry<>(key, old)), size - 1);
  }

  public void forEach(BiConsumer<? super K, ? super V> visitor) {
    for (HashTrie.Leaves i = new HashTrie.Leaves(root); i.hasNext(); ) {
      Entry<K, V> e = entry(i.next());
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
        return PersistentMap.<K, V>entry(leaves.next()).value;
      }
    };
  }

  @SuppressWarnings("unchecked") // nothing else is put in
  private static <K, V> Entry<K, V> entry(Object leaf) {
    return (Entry<K, V>) leaf;
  }
}
