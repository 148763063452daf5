// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.Sys;
import org.jspecify.annotations.Nullable;

/**
 * An array of fixed-length slots that grows: an array of maps whose elements ("chunks") are
 * mmapable arrays, made when they are needed. Handed out are runs of slots of a few lengths; a
 * chunk serves runs of one length, so that a freed run fits the next request of its class exactly.
 *
 * <p>The number of a run is the index of its first slot; 0 is never given, so that 0 can mean none.
 * A run is handed out as it was left, not cleared. One thread at a time allocates and frees; memory
 * may be read and written by any.
 */
public final class Slots {
  private final String name;
  private final int outerFd;
  private final int slotSize;
  private final int chunkBits;
  private final int[] runLength;
  private final ByteBuffer[] chunks;

  /** Class of each chunk. */
  private final byte[] chunkClass;

  private int nChunks;

  // Per class: a stack of free runs, and where the class's newest chunk has not been given out yet.
  private final int[][] free;
  private final int[] nFree;
  private final int[] fresh;
  private final int[] freshEnd;

  /**
   * @param runLength slots in a run of each class, ascending
   */
  public Slots(
      String name, int outerFd, int slotSize, int chunkBits, int maxChunks, int... runLength) {
    this.name = name;
    this.outerFd = outerFd;
    this.slotSize = slotSize;
    this.chunkBits = chunkBits;
    this.runLength = runLength.clone();
    this.chunks = new ByteBuffer[maxChunks];
    this.chunkClass = new byte[maxChunks];
    this.free = new int[runLength.length][64];
    this.nFree = new int[runLength.length];
    this.fresh = new int[runLength.length];
    this.freshEnd = new int[runLength.length];
  }

  /** The class whose runs take that many slots; the last class if none does. */
  public int classFor(int slots) {
    int c = 0;
    while (c < runLength.length - 1 && runLength[c] < slots) {
      c++;
    }
    return c;
  }

  /** Returns a run of that class, or -ENOSPC or what the kernel said. */
  public int allocate(int runClass) {
    if (nFree[runClass] > 0) {
      return free[runClass][--nFree[runClass]];
    }
    int n = runLength[runClass];
    if (fresh[runClass] + n > freshEnd[runClass]) {
      int error = addChunk(runClass);
      if (error < 0) {
        return error;
      }
    }
    int run = fresh[runClass];
    fresh[runClass] += n;
    return run;
  }

  public void release(int run) {
    int c = chunkClass[run >> chunkBits];
    if (nFree[c] == free[c].length) {
      free[c] = Arrays.copyOf(free[c], 2 * nFree[c]);
    }
    free[c][nFree[c]++] = run;
  }

  private int addChunk(int runClass) {
    if (nChunks == chunks.length) {
      return -Errno.ENOSPC;
    }
    int fd = Bpf.createMap(Bpf.MAP_TYPE_ARRAY, name, 4, slotSize, 1 << chunkBits, Bpf.F_MMAPABLE);
    if (fd < 0) {
      return fd;
    }
    @Nullable ByteBuffer mapped = Bpf.map(fd, 0, (long) slotSize << chunkBits, true);
    int error = mapped == null ? -Errno.ENOMEM : Bpf.setElement(outerFd, nChunks, fd);
    Sys.close(fd); // The outer map holds it.
    if (mapped == null || error < 0) {
      return error;
    }
    chunks[nChunks] = mapped;
    chunkClass[nChunks] = (byte) runClass;
    int first = nChunks << chunkBits;
    fresh[runClass] = first == 0 ? runLength[runClass] : first;
    freshEnd[runClass] = first + (1 << chunkBits);
    nChunks++;
    return 0;
  }

  /** The chunk that the slot is in. */
  public ByteBuffer memory(int slot) {
    return chunks[slot >> chunkBits];
  }

  /** Where the slot is in {@link #memory}. */
  public int offset(int slot) {
    return (slot & (1 << chunkBits) - 1) * slotSize;
  }

  /** Whether the slot is in a chunk that exists. */
  public boolean exists(int slot) {
    return slot > 0 && slot >> chunkBits < nChunks;
  }

  public int chunkCount() {
    return nChunks;
  }

  /** Slots of a run in that chunk. */
  public int runLengthIn(int chunk) {
    return runLength[chunkClass[chunk]];
  }

  public int chunkSlots() {
    return 1 << chunkBits;
  }

  public void unmap() {
    for (int i = 0; i < nChunks; i++) {
      Bpf.unmap(chunks[i]);
    }
    nChunks = 0;
  }
}
