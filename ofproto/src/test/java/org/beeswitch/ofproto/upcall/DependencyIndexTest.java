// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
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
          index.concerned(0, table, rule, found);
          assertThat(found).containsExactlyInAnyOrderElementsOf(concerned(ukeys, table, rule));
        }
      }
    }
    ukeys.forEach(index::remove);
    List<Ukey> found = new ArrayList<>();
    index.newRound();
    index.concerned(0, 0, new Change.RuleAt(tables.match(), 1_000), found);
    assertThat(found).isEmpty();
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
        index.concerned(0, vlan, mac, found);
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
