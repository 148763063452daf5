// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
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

  /** Class of a chunk that was taken over and has nothing in it. */
  private static final byte NO_CLASS = -1;

  /** Chunks of no class, for whichever class needs one next. */
  private int[] spare = new int[0];

  /** While chunks are taken over: the runs in use. */
  private final BitSet occupied = new BitSet();

  /**
   * @param runLength slots in a run of each class, ascending powers of two
   */
  public Slots(
      String name, int outerFd, int slotSize, int chunkBits, int maxChunks, int... runLength) {
    for (int n : runLength) {
      if (Integer.bitCount(n) != 1 || n > 1 << chunkBits) {
        throw new IllegalArgumentException("runs of " + n + " slots");
      }
    }
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

  /** Makes the first chunk of a class beforehand, for its first run not to wait. */
  public int prepare(int runClass) {
    return freshEnd[runClass] == 0 && nFree[runClass] == 0 ? addChunks(runClass) : 0;
  }

  /** The class whose runs take that many slots; the last class if none does. */
  public int classFor(int slots) {
    int c = 0;
    while (c < runLength.length - 1 && runLength[c] < slots) {
      c++;
    }
    return c;
  }

  /** Returns a run of that class, or of a longer one; or -ENOSPC or what the kernel said. */
  public int allocate(int runClass) {
    int run = take(runClass);
    if (run > 0) {
      return run;
    }
    int error = addChunks(runClass);
    if (error == 0) {
      return take(runClass);
    }
    // No chunk is left: one that served longer runs may be empty by now, and stays theirs.
    for (int c = runClass + 1; c < runLength.length && error == -Errno.ENOSPC; c++) {
      run = take(c);
      if (run > 0) {
        return run;
      }
    }
    return error;
  }

  /** A run of that class from the chunks that there are; 0: none. */
  private int take(int c) {
    if (nFree[c] > 0) {
      return free[c][--nFree[c]];
    }
    if (fresh[c] + runLength[c] > freshEnd[c]) {
      return 0;
    }
    int run = fresh[c];
    fresh[c] += runLength[c];
    return run;
  }

  public void release(int run) {
    int c = chunkClass[run >> chunkBits];
    if (nFree[c] == free[c].length) {
      free[c] = Arrays.copyOf(free[c], 2 * nFree[c]);
    }
    free[c][nFree[c]++] = run;
  }

  /**
   * Makes as many chunks as there are of the class, so that the kernel's grace period, which each
   * change of the outer map waits for, is paid a few times only.
   */
  private int addChunks(int runClass) {
    if (spare.length > 0) {
      int chunk = spare[spare.length - 1];
      spare = Arrays.copyOf(spare, spare.length - 1);
      give(chunk, 1, runClass);
      return 0;
    }
    int want = 0;
    for (int i = 0; i < nChunks; i++) {
      want += chunkClass[i] == runClass ? 1 : 0;
    }
    int n = Math.min(Math.max(1, want), chunks.length - nChunks);
    if (n == 0) {
      return -Errno.ENOSPC;
    }
    int[] fds = new int[n];
    int made = 0;
    int error = 0;
    for (; made < n && error == 0; made++) {
      error = makeChunk(nChunks + made, fds, made);
    }
    if (error == 0) {
      error = Bpf.setElements(outerFd, nChunks, fds);
    }
    for (int i = 0; i < made; i++) {
      Sys.close(fds[i]); // The outer map holds it.
    }
    if (error < 0) {
      return error;
    }
    nChunks += n;
    give(nChunks - n, n, runClass);
    return 0;
  }

  /** Has a class take its next runs from these chunks. */
  private void give(int chunk, int n, int runClass) {
    Arrays.fill(chunkClass, chunk, chunk + n, (byte) runClass);
    // Lengths are powers of two, so that no run crosses a chunk's end.
    fresh[runClass] = chunk == 0 ? runLength[runClass] : chunk << chunkBits;
    freshEnd[runClass] = chunk + n << chunkBits;
  }

  private int makeChunk(int number, int[] fds, int i) {
    fds[i] = Bpf.createMap(Bpf.MAP_TYPE_ARRAY, name, 4, slotSize, 1 << chunkBits, Bpf.F_MMAPABLE);
    if (fds[i] < 0) {
      return fds[i];
    }
    return mapChunk(number, fds[i]);
  }

  private int mapChunk(int number, int fd) {
    @Nullable ByteBuffer mapped = Bpf.map(fd, 0, (long) slotSize << chunkBits, true);
    if (mapped == null) {
      return -Errno.ENOMEM;
    }
    chunks[number] = mapped;
    return 0;
  }

  /**
   * Begins to take over the chunks of an earlier process. Which runs are in use the caller says by
   * {@link #occupy}, and then {@link #endAdoption}; nothing is allocated until then.
   *
   * @return 0 or a negative errno
   */
  public int beginAdoption() {
    while (nChunks < chunks.length) {
      int fd = Bpf.getElement(outerFd, nChunks);
      if (fd < 0) {
        return fd == -Errno.ENOENT ? 0 : fd;
      }
      int error = mapChunk(nChunks, fd);
      Sys.close(fd);
      if (error < 0) {
        return error;
      }
      chunkClass[nChunks++] = NO_CLASS;
    }
    return 0;
  }

  /** Whether {@link #occupy} can be. */
  public boolean canOccupy(int run, int runClass) {
    if (!exists(run) || (run & runLength[runClass] - 1) != 0 || occupied.get(run)) {
      return false;
    }
    int chunk = run >> chunkBits;
    int c = Math.max(runClass, chunkClass[chunk]);
    return (run & runLength[c] - 1) == 0 && (c == chunkClass[chunk] || isAligned(chunk, c));
  }

  /** Whether all runs in use in a chunk begin where runs of that class do. */
  private boolean isAligned(int chunk, int runClass) {
    int end = chunk + 1 << chunkBits;
    for (int run = occupied.nextSetBit(chunk << chunkBits);
        run >= 0 && run < end;
        run = occupied.nextSetBit(run + 1)) {
      if ((run & runLength[runClass] - 1) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Says that a run that was taken over is in use. A chunk's class is that of the longest run in
   * it: shorter ones may have been put there when there was no other room.
   */
  public void occupy(int run, int runClass) {
    if (!canOccupy(run, runClass)) {
      throw new IllegalStateException(name + ": " + run + " is no free run of class " + runClass);
    }
    int chunk = run >> chunkBits;
    chunkClass[chunk] = (byte) Math.max(runClass, chunkClass[chunk]);
    occupied.set(run);
  }

  /** Whether {@link #occupy} has been said of the run. */
  public boolean isOccupied(int run) {
    return occupied.get(run);
  }

  /** Whether nothing in the chunk is in use, and it has no class. */
  public boolean isSpare(int chunk) {
    return chunkClass[chunk] == NO_CLASS;
  }

  /** Ends what {@link #beginAdoption} began: what nobody occupies is free. */
  public void endAdoption() {
    for (int chunk = nChunks - 1; chunk >= 0; chunk--) {
      if (isSpare(chunk)) {
        spare = Arrays.copyOf(spare, spare.length + 1);
        spare[spare.length - 1] = chunk;
        continue;
      }
      int n = runLengthIn(chunk);
      for (int run = (chunk + 1 << chunkBits) - n; run >= chunk << chunkBits; run -= n) {
        if (run != 0 && !occupied.get(run)) {
          release(run);
        }
      }
    }
    occupied.clear();
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

  /** Slots of a run in that chunk; of a spare one, the shortest there are. */
  public int runLengthIn(int chunk) {
    return runLength[Math.max(0, chunkClass[chunk])];
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
