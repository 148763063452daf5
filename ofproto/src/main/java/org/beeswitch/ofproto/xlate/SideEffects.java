// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import java.util.Arrays;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.TableCounters;

/**
 * What forwarding packets along one translation does besides forwarding: rules and tables that
 * count them, learned addresses that they refresh (OVS's {@code xlate_cache}). Data, so that each
 * counter delta of a megaflow is replayed without translating again.
 *
 * <p>Mutable and reused by the translator that fills it; a ukey keeps a copy in one of its own
 * ({@link #copyFrom}), which nothing changes as long as its megaflow is there.
 */
public final class SideEffects {
  private Object[] targets = {};
  private byte[] kinds = {};
  private int n;

  private static final byte RULE = 0;
  private static final byte TABLE_MATCH = 1;
  private static final byte TABLE_MISS = 2;
  private static final byte MAC = 3;
  private static final byte PORT_RX = 4;
  private static final byte PORT_TX = 5;

  /** Forgets all, so that rules can go that only this refers to. */
  public void clear() {
    Arrays.fill(targets, 0, n, null);
    n = 0;
  }

  private void add(byte kind, Object target) {
    if (n == targets.length) {
      int room = Math.max(4, 2 * n);
      targets = Arrays.copyOf(targets, room);
      kinds = Arrays.copyOf(kinds, room);
    }
    targets[n] = target;
    kinds[n++] = kind;
  }

  void rule(Counter c) {
    add(RULE, c);
  }

  void table(TableCounters t, boolean matched) {
    add(matched ? TABLE_MATCH : TABLE_MISS, t);
  }

  void macSeen(MacEntry e) {
    add(MAC, e);
  }

  /** A patch port that the packet came out of: no device counts for it. */
  void patchRx(Counter c) {
    add(PORT_RX, c);
  }

  /** A patch port that the packet went into. */
  void patchTx(Counter c) {
    add(PORT_TX, c);
  }

  /** Credits {@code packets} of {@code bytes}, the last at {@code usedNs}. */
  public void replay(long packets, long bytes, long usedNs) {
    for (int i = 0; i < n; i++) {
      switch (kinds[i]) {
        case RULE, PORT_RX, PORT_TX -> ((Counter) targets[i]).add(packets, bytes, usedNs);
        case TABLE_MATCH -> ((TableCounters) targets[i]).add(packets, true);
        case TABLE_MISS -> ((TableCounters) targets[i]).add(packets, false);
        case MAC -> ((MacEntry) targets[i]).touch(usedNs);
        default -> throw new IllegalStateException("side effect " + kinds[i]);
      }
    }
  }

  /** Whether the same counters and addresses are met in the same order. */
  public boolean sameAs(SideEffects o) {
    if (n != o.n || !Arrays.equals(kinds, 0, n, o.kinds, 0, n)) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      if (targets[i] != o.targets[i]) {
        return false;
      }
    }
    return true;
  }

  /** Makes this a copy, for keeping; takes room for exactly the entries if it had less. */
  public void copyFrom(SideEffects o) {
    clear();
    if (o.n > targets.length) {
      targets = new Object[o.n];
      kinds = new byte[o.n];
    }
    n = o.n;
    System.arraycopy(o.targets, 0, targets, 0, n);
    System.arraycopy(o.kinds, 0, kinds, 0, n);
  }
}
