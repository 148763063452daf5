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
 * <p><b>Tables.</b> For each table look-up: which bridge's which table, and in what the flow
 * presented to it differed from the packet's own (fields that actions had rewritten, metadata and
 * registers). A flow-mod in that table with match M concerns the megaflow if some packet of the
 * megaflow is presented with a key that M matches. Words that no action touched are known as far as
 * the megaflow's mask goes; words that differ are constants. So {@link #mayMatch} compares M with
 * the original key under the megaflow's mask, except for the words listed here, which are compared
 * in full. It errs towards yes.
 *
 * <p><b>Everything else.</b> A set of bits by kind: ports of a bridge, its MAC table (by entry),
 * its fragment handling.
 *
 * <p>Layout of {@code w}, one record after another: a head {@code kind:8 count:8 bridge:16 arg:32}
 * and {@code count} pairs of words {@code (index, value)}; a MAC record has one word, {@code vlan
 * << 48 | mac}.
 *
 * <p>Mutable and reused by the translator; a ukey keeps a {@link #copy}.
 */
public final class Dependencies {
  private static final int TABLE = 1;
  private static final int MAC = 2;
  private static final int PORTS = 3;

  private long[] w;
  private int n;

  Dependencies() {
    this(new long[32], 0);
  }

  private Dependencies(long[] w, int n) {
    this.w = w;
    this.n = n;
  }

  void clear() {
    n = 0;
  }

  /**
   * Notes a look-up of {@code flow} where the packet came with {@code original}; both flow words.
   */
  void table(int bridge, int table, long[] flow, long[] original) {
    room(1 + 2 * WORDS);
    int head = n++;
    for (int i = 0; i < WORDS; i++) {
      if (flow[i] != original[i]) {
        w[n++] = i;
        w[n++] = flow[i];
      }
    }
    w[head] = head(TABLE, (n - head - 1) / 2, bridge, table);
  }

  /** Notes that the entry of an address, or its absence, was looked at. */
  void mac(int bridge, int vlan, long mac) {
    room(2);
    w[n++] = head(MAC, 1, bridge, 0);
    w[n++] = (long) vlan << 48 | mac;
  }

  /** Notes that the bridge's ports were looked at, as every output does. */
  void ports(int bridge) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == PORTS && bridge(i) == bridge) {
        return;
      }
    }
    room(1);
    w[n++] = head(PORTS, 0, bridge, 0);
  }

  /**
   * Whether a rule with match {@code m} in the table could have been, or now could be, found for a
   * packet of the megaflow.
   *
   * @param key the packet that was translated, flow words
   * @param mask of the megaflow, flow words: the bits in which all its packets are like that one
   */
  public boolean mayMatch(int bridge, int table, Match m, long[] key, long[] mask) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == TABLE
          && bridge(i) == bridge
          && (int) w[i] == table
          && mayMatch(i, m, key, mask)) {
        return true;
      }
    }
    return false;
  }

  private boolean mayMatch(int record, Match m, long[] key, long[] mask) {
    int d = record + 1;
    int end = next(record);
    for (int i = 0; i < m.mask().size(); i++) {
      int word = m.mask().wordAt(i);
      while (d < end && w[d] < word) {
        d += 2;
      }
      boolean rewritten = d < end && w[d] == word;
      long value = rewritten ? w[d + 1] : key[word];
      // A rewritten word may keep bits of the packet's: only bits that the mask fixes, or that
      // differ from the packet's, are known.
      long known = word < ODP ? -1L : rewritten ? mask[word] | value ^ key[word] : mask[word];
      if (((value ^ m.valueAt(i)) & m.mask().maskAt(i) & known) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether any table of the bridge was looked up, under whatever key. */
  public boolean looksAtBridge(int bridge) {
    for (int i = 0; i < n; i = next(i)) {
      if (bridge(i) == bridge) {
        return true;
      }
    }
    return false;
  }

  public boolean looksAtPorts(int bridge) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == PORTS && bridge(i) == bridge) {
        return true;
      }
    }
    return false;
  }

  public boolean looksAtMac(int bridge, int vlan, long mac) {
    for (int i = 0; i < n; i = next(i)) {
      if (kind(i) == MAC && bridge(i) == bridge && w[i + 1] == ((long) vlan << 48 | mac)) {
        return true;
      }
    }
    return false;
  }

  public Dependencies copy() {
    return new Dependencies(Arrays.copyOf(w, n), n);
  }

  private static long head(int kind, int count, int bridge, int arg) {
    return (long) kind << 56 | (long) count << 48 | (long) bridge << 32 | arg;
  }

  private int kind(int i) {
    return (int) (w[i] >>> 56);
  }

  private int bridge(int i) {
    return (int) (w[i] >>> 32) & 0xffff;
  }

  private int next(int i) {
    int count = (int) (w[i] >>> 48) & 0xff;
    return i + 1 + (kind(i) == MAC ? count : 2 * count);
  }

  private void room(int more) {
    if (n + more > w.length) {
      w = Arrays.copyOf(w, Math.max(2 * w.length, n + more));
    }
  }
}
