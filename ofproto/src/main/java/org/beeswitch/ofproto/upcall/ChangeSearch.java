// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the ukeys that the changes of a new version concern, in pieces that are as long as whoever
 * waits for the lock can wait: {@link Udpif} lets others in between. Ukeys that come meanwhile are
 * of the new version, and whether they are found does not matter.
 *
 * <p>{@code main} alone, with {@link Udpif}'s lock.
 */
final class ChangeSearch {
  private final DependencyIndex index;
  private List<Change> changes = List.of();

  /** The change that is being looked up. */
  private int at;

  /** In a table: its next rule. */
  private int nextRule;

  /** Where all ukeys are asked: those below this place still are to be; -1: they are not asked. */
  private int from = -1;

  ChangeSearch(DependencyIndex index) {
    this.index = index;
  }

  void begin(List<Change> all) {
    changes = all;
    at = 0;
    nextRule = 0;
    index.newRound();
  }

  /**
   * Goes on.
   *
   * @param pieces how much at most, about: entries of the index or ukeys
   * @param ukeys all that there are, the first {@code count}
   * @param out what is found is appended
   * @return whether everything has been looked up
   */
  boolean search(int pieces, @Nullable Ukey[] ukeys, int count, List<Ukey> out) {
    int left = pieces;
    while (at < changes.size()) {
      if (left <= 0) {
        return false;
      }
      Change c = changes.get(at);
      if (c instanceof Change.InTable t) {
        left -= inTable(t, left, out);
      } else if (from < 0
          && c instanceof Change.InMac m
          && index.concerned(m.bridge(), m.vlan(), m.mac(), out)) {
        at++;
        left--;
      } else {
        left -= amongAll(c, left, ukeys, count, out);
      }
    }
    changes = List.of();
    return true;
  }

  private int inTable(Change.InTable t, int most, List<Ukey> out) {
    if (!index.isSearching()) {
      if (nextRule == t.rules().size()) {
        nextRule = 0;
        at++;
        return 0;
      }
      index.begin(t.bridge(), t.table(), t.rules().get(nextRule++));
    }
    return 1 + index.search(most, out);
  }

  /** Down, since what goes has its place taken by the last, where this has been. */
  private int amongAll(Change c, int most, @Nullable Ukey[] ukeys, int count, List<Ukey> out) {
    from = from < 0 ? count : Math.min(from, count);
    int to = Math.max(0, from - most);
    int n = from - to;
    while (from > to) {
      Ukey k = ukeys[--from];
      if (k != null && concerns(c, k) && index.isNew(k)) {
        out.add(k);
      }
    }
    if (from == 0) {
      from = -1;
      at++;
    }
    return n + 1;
  }

  private static boolean concerns(Change c, Ukey k) {
    return c instanceof Change.InPorts p
        ? k.dependencies.looksAtBridge(p.bridge())
        : c instanceof Change.InMac m && k.dependencies.looksAtMac(m.bridge(), m.vlan(), m.mac());
  }
}
