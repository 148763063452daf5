// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.nio.ByteBuffer;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.Sys;

/**
 * A flow table of the kernel: a hash map of masked keys of up to {@code words} words to flow
 * indexes, that starts small and is replaced by a larger one when it is full (its buckets are
 * allocated at once, and an idle switch is to be small).
 *
 * <p>One thread at a time.
 */
public final class HashTable {
  private static final int GROW = 4;

  /** Gives back the flows of a table that grows. */
  public interface Refill {
    /** Puts each flow of the table: calls {@link HashTable#putAgain}. */
    void refill(HashTable into);
  }

  private final String name;
  private final int outerFd;
  private final int words;
  private final int maxEntries;
  private final Bpf.Attr attr;
  private int fd = -1;
  private int capacity;
  private int size;
  private int refillError;

  public HashTable(String name, int outerFd, int words, int firstEntries, int maxEntries) {
    this.name = name;
    this.outerFd = outerFd;
    this.words = words;
    this.capacity = firstEntries;
    this.maxEntries = maxEntries;
    this.attr = new Bpf.Attr(8 + 8 * words, 4);
  }

  public int words() {
    return words;
  }

  public int size() {
    return size;
  }

  /** Where the key's words are to be written; those not used must be zeroed. */
  public ByteBuffer key() {
    return attr.key();
  }

  /** Prepares the key of a mask: words behind the last one are zero. */
  public void beginKey(int maskId, int nWords) {
    ByteBuffer k = attr.key();
    k.putLong(0, maskId);
    for (int i = nWords; i < words; i++) {
      k.putLong(8 + 8 * i, 0);
    }
  }

  public void keyWord(int i, long word) {
    attr.key().putLong(8 + 8 * i, Long.reverseBytes(word));
  }

  /** Makes the table beforehand, for its first flow not to wait. */
  public int prepare() {
    return fd < 0 ? create(capacity) : 0;
  }

  /** Takes over the table of an earlier process, if it made one. Returns 0 or a negative errno. */
  public int adopt() {
    int there = Bpf.getElement(outerFd, 0);
    if (there < 0) {
      return there == -Errno.ENOENT ? 0 : there;
    }
    int entries = Bpf.maxEntries(there);
    if (entries < 0) {
      Sys.close(there);
      return entries;
    }
    fd = there;
    capacity = entries;
    return 0;
  }

  /**
   * Calls the visitor for each element of a table that was taken over: the key as in {@link #key},
   * the value the flow index. It must not change the table.
   *
   * @return 0 or a negative errno
   */
  public int forEach(Bpf.ElementVisitor visitor) {
    size = 0;
    if (fd < 0) {
      return 0;
    }
    return Bpf.forEach(
        fd,
        8 + 8 * words,
        4,
        (k, v) -> {
          size++;
          visitor.visit(k, v);
        });
  }

  /** Deletes a key that {@link #forEach} has shown. */
  public int delete(byte[] key) {
    attr.key().put(0, key);
    return delete();
  }

  /** Puts the key that was prepared. Returns 0, -EEXIST, -ENOSPC (refused; nothing changed). */
  public int put(int flow, Refill refill) {
    if (fd < 0) {
      int error = create(capacity);
      if (error < 0) {
        return error;
      }
    }
    attr.value().putInt(0, flow);
    if (size == capacity) {
      if (attr.lookup(fd) == 0) {
        return -Errno.EEXIST;
      }
      byte[] key = new byte[8 + 8 * words];
      attr.key().get(0, key);
      int error = grow(refill);
      if (error < 0) {
        return error;
      }
      attr.key().put(0, key);
      attr.value().putInt(0, flow);
    }
    int r = attr.update(fd, Bpf.NOEXIST);
    if (r == 0) {
      size++;
    }
    return r == -Errno.E2BIG ? -Errno.ENOSPC : r;
  }

  /** Deletes the key that was prepared. */
  public int delete() {
    int r = fd < 0 ? -Errno.ENOENT : attr.delete(fd);
    if (r == 0) {
      size--;
    }
    return r;
  }

  /** For {@link Refill}: puts the key that was prepared into the new table. */
  public void putAgain(int flow) {
    attr.value().putInt(0, flow);
    int r = attr.update(fd, Bpf.NOEXIST);
    if (r < 0) {
      refillError = r;
    }
  }

  private int create(int entries) {
    int made = Bpf.createMap(Bpf.MAP_TYPE_HASH, name, 8 + 8 * words, 4, entries, Bpf.F_NO_PREALLOC);
    if (made < 0) {
      return made;
    }
    int error = Bpf.setElement(outerFd, 0, made);
    if (error < 0) {
      Sys.close(made);
      return error;
    }
    fd = made;
    return 0;
  }

  /** The new table is filled before it takes the old one's place: no packet misses meanwhile. */
  private int grow(Refill refill) {
    if (capacity >= maxEntries) {
      return -Errno.ENOSPC;
    }
    int larger = (int) Math.min((long) capacity * GROW, maxEntries);
    int old = fd;
    int made = Bpf.createMap(Bpf.MAP_TYPE_HASH, name, 8 + 8 * words, 4, larger, Bpf.F_NO_PREALLOC);
    if (made < 0) {
      return made;
    }
    fd = made;
    refillError = 0;
    refill.refill(this);
    int error = refillError < 0 ? refillError : Bpf.setElement(outerFd, 0, made);
    if (error < 0) {
      Sys.close(made);
      fd = old;
      return error;
    }
    Sys.close(old);
    capacity = larger;
    return 0;
  }

  public void close() {
    if (fd >= 0) {
      Sys.close(fd);
      fd = -1;
    }
  }
}
