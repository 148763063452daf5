// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.MiniMaskCache;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.Dependencies;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;

class DependencyIndexTest {
  /**
   * Whatever has come and gone, and however often was asked: the same ukeys as by comparing each.
   */
  @Property(tries = 300)
  void findsWhatALookAtEachUkeyFinds(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    SplittableRandom r = new SplittableRandom(seed);
    Snapshot s = tables.snapshot();
    Xlate xlate = new Xlate(q -> q);
    DependencyIndex index = new DependencyIndex(new MiniMaskCache());
    List<Ukey> ukeys = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      switch (r.nextInt(4)) {
        case 0, 1 -> {
          Ukey k = ukey(xlate, s, tables, i);
          index.add(k);
          ukeys.add(k);
        }
        case 2 -> {
          if (!ukeys.isEmpty()) {
            index.remove(ukeys.remove(r.nextInt(ukeys.size())));
          }
        }
        default -> {
          int table = r.nextInt(4);
          Change.RuleAt rule = new Change.RuleAt(tables.match(), 16 * r.nextInt(9));
          List<Ukey> found = new ArrayList<>();
          index.newRound();
          index.begin(0, table, rule);
          while (index.isSearching()) {
            assertThat(index.search(1 + r.nextInt(50), found)).isPositive();
          }
          assertThat(found).containsExactlyInAnyOrderElementsOf(concerned(ukeys, table, rule));
        }
      }
    }
    ukeys.forEach(index::remove);
    index.newRound();
    index.begin(0, 0, new Change.RuleAt(tables.match(), 1_000));
    assertThat(index.isSearching()).isFalse();
  }

  /**
   * While ukeys come and go between the pieces of a search: of those that were there all the time,
   * the same as by comparing each.
   */
  @Property(tries = 100)
  void findsThoseThatStayWhileOthersComeAndGo(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    SplittableRandom r = new SplittableRandom(seed);
    Snapshot s = tables.snapshot();
    Xlate xlate = new Xlate(q -> q);
    DependencyIndex index = new DependencyIndex(new MiniMaskCache());
    ChangeSearch search = new ChangeSearch(index);
    List<Ukey> ukeys = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      come(index, ukeys, xlate, s, tables);
    }
    for (int round = 0; round < 20; round++) {
      Set<Ukey> stayed = new HashSet<>(ukeys);
      List<Change.RuleAt> rules = new ArrayList<>();
      for (int i = r.nextInt(4); i >= 0; i--) {
        rules.add(new Change.RuleAt(tables.match(), 16 * r.nextInt(9)));
      }
      int table = r.nextInt(4);
      long mac = 0x0a0000000001L + r.nextInt(2);
      List<Change> changes = new ArrayList<>();
      changes.add(new Change.InTable(0, table, rules));
      changes.add(new Change.InMac(0, 0, mac));
      if (r.nextInt(8) == 0) {
        changes.add(new Change.InPorts(0));
      }
      List<Ukey> found = new ArrayList<>();
      search.begin(changes);
      while (!search.search(1 + r.nextInt(30), ukeys.toArray(Ukey[]::new), ukeys.size(), found)) {
        for (int i = r.nextInt(6); i > 0; i--) {
          if (r.nextInt(2) == 0) {
            come(index, ukeys, xlate, s, tables);
          } else if (!ukeys.isEmpty()) {
            Ukey k = go(index, ukeys, r.nextInt(ukeys.size()));
            stayed.remove(k);
          }
        }
      }
      Set<Ukey> all = new HashSet<>();
      for (Change c : changes) {
        if (c instanceof Change.InPorts) {
          all.addAll(ukeys);
        } else if (c instanceof Change.InMac) {
          ukeys.stream().filter(k -> looksAt(k.dependencies, 0, mac)).forEach(all::add);
        }
      }
      rules.forEach(rule -> all.addAll(concerned(ukeys, table, rule)));
      all.retainAll(stayed);
      assertThat(found).doesNotHaveDuplicates();
      found.retainAll(stayed);
      assertThat(found).containsExactlyInAnyOrderElementsOf(all);
    }
  }

  private static void come(
      DependencyIndex index, List<Ukey> ukeys, Xlate xlate, Snapshot s, RandomTables tables) {
    Ukey k = ukey(xlate, s, tables, ukeys.size());
    index.add(k);
    ukeys.add(k);
  }

  /** As {@link Udpif} has them: the last takes the place of the one that goes. */
  private static Ukey go(DependencyIndex index, List<Ukey> ukeys, int i) {
    Ukey gone = ukeys.get(i);
    index.remove(gone);
    Ukey last = ukeys.remove(ukeys.size() - 1);
    if (last != gone) {
      ukeys.set(i, last);
    }
    return gone;
  }

  @Property(tries = 200)
  void findsThoseThatLookedAnAddressUp(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Snapshot s = tables.snapshot();
    Xlate xlate = new Xlate(q -> q);
    DependencyIndex index = new DependencyIndex(new MiniMaskCache());
    List<Ukey> ukeys = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Ukey k = ukey(xlate, s, tables, i);
      index.add(k);
      ukeys.add(k);
    }
    for (long mac : new long[] {0x0a0000000001L, 0x0a0000000002L, 0x0a00000000ffL}) {
      for (int vlan : new int[] {0, 1, 42}) {
        List<Ukey> found = new ArrayList<>();
        index.newRound();
        assertThat(index.concerned(0, vlan, mac, found)).isTrue();
        assertThat(found)
            .containsExactlyInAnyOrderElementsOf(
                ukeys.stream().filter(k -> looksAt(k.dependencies, vlan, mac)).toList());
      }
    }
  }

  private static Ukey ukey(Xlate xlate, Snapshot s, RandomTables tables, int id) {
    byte[] frame = tables.frame();
    Flow f = new Flow();
    FlowParser.parse(frame, 0, frame.length, f, new Layers());
    f.words()[FlowLayout.PORT_RECIRC] = (long) tables.port() << 32;
    XlateOut x = xlate.translate(s, f);
    Ukey k = new Ukey();
    k.become(
        id, f, x.mask, x, x.actions.copy(), new MiniMaskCache(), new long[FlowLayout.WORDS], 0);
    return k;
  }

  private static List<Ukey> concerned(List<Ukey> ukeys, int table, Change.RuleAt rule) {
    List<Ukey> l = new ArrayList<>();
    for (Ukey k : ukeys) {
      Dependencies d = k.dependencies;
      boolean any = false;
      for (int r = 0; r < d.end(); r = d.next(r)) {
        if (d.kind(r) == Dependencies.TABLE
            && d.table(r) == table
            && rule.priority() >= d.priority(r)) {
          Flow f = new Flow();
          long[] known = new long[FlowLayout.WORDS];
          k.toFlow(f);
          k.mask.orInto(known);
          d.present(r, f.words(), known);
          any |= Dependencies.mayMatch(rule.match(), f.words(), known);
        }
      }
      if (any) {
        l.add(k);
      }
    }
    return l;
  }

  private static boolean looksAt(Dependencies d, int vlan, long mac) {
    for (int r = 0; r < d.end(); r = d.next(r)) {
      if (d.kind(r) == Dependencies.MAC && d.macKey(r) == Dependencies.macKey(vlan, mac)) {
        return true;
      }
    }
    return false;
  }
}
