// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.WORDS;

import java.util.Arrays;
import org.beeswitch.flow.Match;

/**
 * What a translation depended on, so that a change can find the megaflows that it concerns without
 * translating them again.
 *
 * <p><b>Tables.</b> For each table look-up: which bridge's which table, the priority of the rule
 * that was found, and in what the flow presented to the table differed from the packet's own
 * (fields that actions had rewritten, metadata and registers). A rule with match M that comes, goes
 * or changes in that table concerns the megaflow if its priority is not below the one found and
 * some packet of the megaflow is presented with a key that M matches. Of a presented key these bits
 * are <em>known</em>: the whole pipeline part, the bits of the megaflow's mask, and those that
 * differ from the packet's. M concerns the megaflow unless it contradicts a known bit. That errs
 * towards yes.
 *
 * <p><b>Addresses.</b> Each look-up in a MAC table, whether or not it found something.
 *
 * <p><b>Ports.</b> Each bridge that the packet was in.
 *
 * <p>Layout: records one after another, each a head {@code kind:8 count:8 bridge:16 table:8
 * priority+1:24} and its words. A TABLE record has {@code count} pairs {@code (word index, value)},
 * ascending, of the words that differ; a MAC record one word {@code vlan << 48 | mac}. {@link
 * #next} walks.
 *
 * <p>Mutable and reused by the translator; a ukey keeps a copy in one of its own ({@link
 * #copyFrom}).
 */
public final class Dependencies {
  public static final int TABLE = 1;
  public static final int MAC = 2;
  public static final int PORTS = 3;

  private long[] w = {};
  private int n;

  void clear() {
    n = 0;
  }

  /**
   * Notes a look-up of {@code flow} where the packet came with {@code original}; both flow words.
   *
   * @param priority of the rule found; -1: none
   */
  void table(int bridge, int table, int priority, long[] flow, long[] original) {
    room(1 + 2 * WORDS);
    int head = n++;
    for (int i = 0; i < WORDS; i++) {
      if (flow[i] != original[i]) {
        w[n++] = i;
        w[n++] = flow[i];
      }
    }
    w[head] = head(TABLE, (n - head - 1) / 2, bridge, table, priority + 1);
  }

  /** Notes that the entry of an address, or its absence, was looked at. */
  void mac(int bridge, int vlan, long mac) {
    room(2);
    w[n++] = head(MAC, 1, bridge, 0, 0);
    w[n++] = macKey(vlan, mac);
  }

  /** Notes that the packet was in the bridge. */
  void ports(int bridge) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == PORTS && bridge(i) == bridge) {
        return;
      }
    }
    room(1);
    w[n++] = head(PORTS, 0, bridge, 0, 0);
  }

  /** Word of a MAC record. */
  public static long macKey(int vlan, long mac) {
    return (long) vlan << 48 | mac;
  }

  // Walking: for (int r = 0; r < end(); r = next(r)).

  public int end() {
    return n;
  }

  /** The record behind the one at {@code r}. */
  public int next(int r) {
    return r + 1 + (kind(r) == TABLE ? 2 * count(r) : count(r));
  }

  public int kind(int r) {
    return (int) (w[r] >>> 56);
  }

  public int bridge(int r) {
    return (int) (w[r] >>> 32) & 0xffff;
  }

  /** Table of a TABLE record. */
  public int table(int r) {
    return (int) (w[r] >>> 24) & 0xff;
  }

  /** Priority of the rule that a TABLE record's look-up found; -1: none. */
  public int priority(int r) {
    return (int) (w[r] & 0xffffff) - 1;
  }

  /** Address of a MAC record, as {@link #macKey}. */
  public long macKey(int r) {
    return w[r + 1];
  }

  /**
   * Writes the key that was presented in the TABLE record, and which of its bits are known.
   *
   * @param key the packet's flow; gets the presented one
   * @param mask of the megaflow; gets the known bits. Both flow words
   */
  public void present(int r, long[] key, long[] mask) {
    Arrays.fill(mask, 0, ODP, -1L);
    for (int d = r + 1; d < next(r); d += 2) {
      int word = (int) w[d];
      mask[word] |= w[d + 1] ^ key[word];
      key[word] = w[d + 1];
    }
  }

  /** Whether a match contradicts no known bit of a presented key. */
  public static boolean mayMatch(Match m, long[] presented, long[] known) {
    for (int i = 0; i < m.mask().size(); i++) {
      int word = m.mask().wordAt(i);
      if (((presented[word] ^ m.valueAt(i)) & m.mask().maskAt(i) & known[word]) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the packet was in the bridge. */
  public boolean looksAtBridge(int bridge) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == PORTS && bridge(i) == bridge) {
        return true;
      }
    }
    return false;
  }

  /** Whether the address was looked up there. */
  public boolean looksAtMac(int bridge, int vlan, long mac) {
    long key = macKey(vlan, mac);
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == MAC && bridge(i) == bridge && macKey(i) == key) {
        return true;
      }
    }
    return false;
  }

  /** Makes this a copy, for keeping; takes room for exactly that if it had less. */
  public void copyFrom(Dependencies o) {
    if (o.n > w.length) {
      w = new long[o.n];
    }
    n = o.n;
    System.arraycopy(o.w, 0, w, 0, n);
  }

  private static long head(int kind, int count, int bridge, int table, int priority) {
    return (long) kind << 56
        | (long) count << 48
        | (long) bridge << 32
        | (long) table << 24
        | priority;
  }

  private int count(int r) {
    return (int) (w[r] >>> 48) & 0xff;
  }

  private void room(int more) {
    if (n + more > w.length) {
      w = Arrays.copyOf(w, Math.max(2 * w.length, n + more));
    }
  }
}
