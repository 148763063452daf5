// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.nio.ByteBuffer;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.Sys;
import org.jspecify.annotations.Nullable;

/**
 * The reading end of a BPF ring buffer, by its mapped memory (kernel {@code kernel/bpf/ringbuf.c}):
 * a page with the consumer's position, which we write, a page with the producers', and the data,
 * mapped twice in a row so that no record wraps. A record is a header of eight bytes (length with a
 * busy and a discard bit) and its data, rounded up to eight.
 *
 * <p>One thread.
 */
public final class Ring {
  private static final int BUSY = 1 << 31;
  private static final int DISCARD = 1 << 30;
  private static final int HEADER = 8;

  /** A page is 4 kB on every machine that we run on; the kernel's layout is in pages. */
  private static final int PAGE = 4096;

  private final int fd;
  private final ByteBuffer consumer;
  private final ByteBuffer producer;
  private final int size;

  /** Given back up to here. */
  private long position;

  /** Looked at up to here. */
  private long looked;

  private Ring(int fd, ByteBuffer consumer, ByteBuffer producer, int size) {
    this.fd = fd;
    this.consumer = consumer;
    this.producer = producer;
    this.size = size;
    this.position = Mem.getLong(consumer, 0);
    this.looked = position;
  }

  /** Makes a ring as an element of an array of rings. Null: {@code error[0]} has the errno. */
  public static @Nullable Ring create(String name, int outerFd, int index, int size, int[] error) {
    int fd = Bpf.createMap(Bpf.MAP_TYPE_RINGBUF, name, 0, 0, size, 0);
    if (fd < 0) {
      error[0] = -fd;
      return null;
    }
    int r = Bpf.setElement(outerFd, index, fd);
    if (r < 0) {
      error[0] = -r;
      Sys.close(fd);
      return null;
    }
    return map(fd, size, error);
  }

  private static @Nullable Ring map(int fd, int size, int[] error) {
    ByteBuffer consumer = Bpf.map(fd, 0, PAGE, true);
    ByteBuffer producer = Bpf.map(fd, PAGE, PAGE + 2L * size, false);
    if (consumer == null || producer == null) {
      error[0] = Errno.ENOMEM;
      Sys.close(fd);
      return null;
    }
    return new Ring(fd, consumer, producer, size);
  }

  /**
   * Goes on with a ring of an earlier process, at the record that it had not given back. Null:
   * {@code error[0]} has the errno, ENOENT if there is no ring.
   */
  public static @Nullable Ring adopt(int outerFd, int index, int[] error) {
    int fd = Bpf.getElement(outerFd, index);
    int size = fd < 0 ? fd : Bpf.maxEntries(fd);
    if (size < 0) {
      error[0] = -size;
      return null;
    }
    return map(fd, size, error);
  }

  /** Takes records. */
  public interface RecordVisitor {
    /**
     * @param at where the record begins in {@link #data}
     * @param bytes what it takes of the ring
     */
    void visit(int at, int bytes);
  }

  /** Calls the visitor for each record that is in the ring now and stays in it. */
  public void forEach(RecordVisitor visitor) {
    long end = Mem.acquireLong(producer, 0);
    for (long p = position; p - end < 0; ) {
      int at = PAGE + (int) (p & size - 1);
      int head = Mem.acquireInt(producer, at);
      while ((head & BUSY) != 0) { // a program is writing it, which takes a microsecond
        Thread.onSpinWait();
        head = Mem.acquireInt(producer, at);
      }
      if ((head & DISCARD) == 0) {
        visitor.visit(at + HEADER, bytes(head));
      }
      p += bytes(head);
    }
  }

  public int fd() {
    return fd;
  }

  /** The memory that records are in. */
  public ByteBuffer data() {
    return producer;
  }

  /**
   * Looks at the next record that has not been looked at: where it begins in {@link #data}, or -1
   * if there is none that is finished. It stays until its bytes, and those of all before it, are
   * given back.
   */
  public int look() {
    if (Mem.acquireLong(producer, 0) == looked) {
      return -1;
    }
    int at = PAGE + (int) (looked & size - 1);
    int head = Mem.acquireInt(producer, at);
    if ((head & BUSY) != 0) {
      return -1;
    }
    looked += bytes(head);
    return at + HEADER;
  }

  /** Whether a record that {@link #look} answered was given up by its writer. */
  public boolean isDiscarded(int at) {
    return (Mem.getInt(producer, at - HEADER) & DISCARD) != 0;
  }

  /** What a record that {@link #look} answered takes of the ring. */
  public int bytesAt(int at) {
    return bytes(Mem.getInt(producer, at - HEADER));
  }

  private static int bytes(int head) {
    return (head & ~(BUSY | DISCARD)) + HEADER + 7 & ~7;
  }

  /** Gives back so many bytes at the front: whole records that have been looked at. */
  public void free(int bytes) {
    position += bytes;
    Mem.publishLong(consumer, 0, position);
  }

  /** Whether nothing is in it, not even a record that is still being written. */
  public boolean isEmpty() {
    return Mem.acquireLong(producer, 0) == position;
  }

  public void close() {
    Bpf.unmap(consumer);
    Bpf.unmap(producer);
    Sys.close(fd);
  }
}
