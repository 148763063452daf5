// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.map.Slots;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;

/**
 * The action lists of all flows: equal lists are one, because a hundred thousand flows have a
 * handful of lists. A list is known by its <em>acts word</em> (ABI header, {@code DP_ACTS_*}),
 * which is what a flow's record has; the empty list and a single output are in the word itself and
 * occupy nothing.
 *
 * <p>A list may be taken away only after a grace period: a program may be running it. That is the
 * caller's to see to.
 *
 * <p>One thread at a time.
 */
final class ActionTable {
  private static final int[] RUN_LENGTHS = {1, 2, 4, 8, 16, 32, 64};
  private static final int EMPTY = 0;
  private static final int GONE = -1;

  private final Slots slots;

  // By a list's first slot.
  private int[] references = new int[1024];
  private int[] hash = new int[1024];
  private byte[] length = new byte[1024];

  /** Open addressing: a list's first slot, EMPTY or GONE. */
  private int[] table = new int[1024];

  private int used;
  private int lists;

  ActionTable(Slots slots) {
    this.slots = slots;
  }

  static Slots slots(int outerFd) {
    return new Slots(
        "dp_action_chunk",
        outerFd,
        Abi.Action.SIZE,
        Abi.ACTION_CHUNK_BITS,
        Abi.ACTION_CHUNKS,
        RUN_LENGTHS);
  }

  /** Distinct lists that occupy slots. */
  int size() {
    return lists;
  }

  /** Whether the list is in its word and needs no slots. */
  private static boolean isImmediate(OdpActions a) {
    return a.isEmpty() || a.size() == 1 && a.kind(0) == OdpActionKind.OUTPUT;
  }

  private static long immediate(OdpActions a) {
    return a.isEmpty() ? 0 : Abi.ACTS_SINGLE | a.arg(0) & 0xffffffffL;
  }

  private static long word(int start, OdpActions a) {
    return (KernelActions.isLight(a) ? Abi.ACTS_LIGHT : 0) | (long) a.size() << 32 | start;
  }

  /** Takes a reference; returns the acts word, or a negative errno. */
  long acquire(OdpActions a) {
    if (isImmediate(a)) {
      return immediate(a);
    }
    int h = a.hashCode();
    int mask = table.length - 1;
    int at = h & mask;
    int firstGone = -1;
    for (; table[at] != EMPTY; at = at + 1 & mask) {
      int list = table[at];
      if (list == GONE) {
        firstGone = firstGone < 0 ? at : firstGone;
      } else if (hash[list] == h && equal(list, a)) {
        references[list]++;
        return word(list, a);
      }
    }
    int list = slots.allocate(slots.classFor(a.size()));
    if (list < 0) {
      return list;
    }
    write(list, a);
    note(list, h, a.size());
    if (firstGone >= 0) {
      table[firstGone] = list;
    } else {
      table[at] = list;
      used++;
      rehashIfFull();
    }
    return word(list, a);
  }

  /** Keeps what a new list is; it has one reference. */
  private void note(int list, int h, int n) {
    if (list >= references.length) {
      int room = Math.max(2 * references.length, list + 1);
      references = Arrays.copyOf(references, room);
      hash = Arrays.copyOf(hash, room);
      length = Arrays.copyOf(length, room);
    }
    references[list] = 1;
    hash[list] = h;
    length[list] = (byte) n;
    lists++;
  }

  private void rehashIfFull() {
    if (used * 2 > table.length) {
      rehash();
    }
  }

  /** Begins to take over the lists of an earlier process. Returns 0 or a negative errno. */
  int beginAdoption() {
    return slots.beginAdoption();
  }

  /**
   * Takes a reference to a list that a flow of an earlier process has.
   *
   * @param scratch is written over
   * @return false: there can be no such list
   */
  boolean adopt(long acts, OdpActions scratch) {
    int n = (int) (acts >>> 32) & 0xffff;
    if ((acts & Abi.ACTS_SINGLE) != 0 || n == 0) {
      return true;
    }
    int list = (int) acts;
    if (list > 0 && list < references.length && references[list] > 0) {
      references[list]++;
      return length[list] == n;
    }
    int runClass = slots.classFor(n);
    if (n > Abi.MAX_ACTIONS || !slots.canOccupy(list, runClass)) {
      return false;
    }
    slots.occupy(list, runClass);
    read(acts, scratch);
    note(list, scratch.hashCode(), n);
    int mask = table.length - 1;
    int at = hash[list] & mask;
    while (table[at] != EMPTY) {
      at = at + 1 & mask;
    }
    table[at] = list;
    used++;
    rehashIfFull();
    return true;
  }

  void endAdoption() {
    slots.endAdoption();
  }

  /** Makes room for a list of up to MAX_ACTIONS that one owner rewrites; see {@link #overwrite}. */
  int allocatePrivate() {
    return slots.allocate(RUN_LENGTHS.length - 1);
  }

  /** Writes a list into private room; returns its acts word. */
  long overwrite(int room, OdpActions a) {
    if (isImmediate(a)) {
      return immediate(a);
    }
    write(room, a);
    return word(room, a);
  }

  void release(long acts) {
    int n = (int) (acts >>> 32) & 0xffff;
    if ((acts & Abi.ACTS_SINGLE) != 0 || n == 0) {
      return;
    }
    int list = (int) acts;
    if (--references[list] > 0) {
      return;
    }
    int mask = table.length - 1;
    int at = hash[list] & mask;
    while (table[at] != list) {
      at = at + 1 & mask;
    }
    table[at] = GONE;
    lists--;
    slots.release(list);
  }

  /** Reads a list back. */
  void read(long acts, OdpActions out) {
    out.clear();
    if ((acts & Abi.ACTS_SINGLE) != 0) {
      out.output((int) acts);
      return;
    }
    int start = (int) acts;
    int n = (int) (acts >>> 32) & 0xffff;
    if (n == 0) {
      return;
    }
    ByteBuffer m = slots.memory(start);
    for (int i = 0, at = slots.offset(start); i < n; i++, at += Abi.Action.SIZE) {
      out.addRaw(
          fromAbiHead(Mem.getLong(m, at)),
          Mem.getKeyWord(m, at + Abi.Action.VALUE),
          Mem.getKeyWord(m, at + Abi.Action.MASK),
          Mem.getKeyWord(m, at + Abi.Action.EXTRA));
    }
  }

  private void write(int start, OdpActions a) {
    ByteBuffer m = slots.memory(start);
    for (int i = 0, at = slots.offset(start); i < a.size(); i++, at += Abi.Action.SIZE) {
      Mem.putLong(m, at, toAbiHead(a.raw(i, 0)));
      Mem.putKeyWord(m, at + Abi.Action.VALUE, a.raw(i, 1));
      Mem.putKeyWord(m, at + Abi.Action.MASK, a.raw(i, 2));
      Mem.putKeyWord(m, at + Abi.Action.EXTRA, a.raw(i, 3));
    }
  }

  private boolean equal(int start, OdpActions a) {
    if (length[start] != a.size()) {
      return false;
    }
    ByteBuffer m = slots.memory(start);
    for (int i = 0, at = slots.offset(start); i < a.size(); i++, at += Abi.Action.SIZE) {
      if (Mem.getLong(m, at) != toAbiHead(a.raw(i, 0))
          || Mem.getKeyWord(m, at + Abi.Action.VALUE) != a.raw(i, 1)
          || Mem.getKeyWord(m, at + Abi.Action.MASK) != a.raw(i, 2)
          || Mem.getKeyWord(m, at + Abi.Action.EXTRA) != a.raw(i, 3)) {
        return false;
      }
    }
    return true;
  }

  /**
   * OdpActions has kind:16 word:16 arg:32 from the highest bit down; the struct, on a little-endian
   * machine, from the lowest bit up.
   */
  private static long toAbiHead(long w) {
    return w >>> 48 | (w >>> 32 & 0xffff) << 16 | w << 32;
  }

  private static long fromAbiHead(long w) {
    return w << 48 | (w >>> 16 & 0xffff) << 32 | w >>> 32;
  }

  private void rehash() {
    int[] old = table;
    table = new int[lists * 4 > old.length ? 2 * old.length : old.length];
    int mask = table.length - 1;
    used = 0;
    for (int list : old) {
      if (list > 0) {
        int at = hash[list] & mask;
        while (table[at] != EMPTY) {
          at = at + 1 & mask;
        }
        table[at] = list;
        used++;
      }
    }
  }

  void unmap() {
    slots.unmap();
  }
}
