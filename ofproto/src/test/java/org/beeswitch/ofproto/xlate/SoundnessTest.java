// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Match;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.openflow.msg.Instructions;

/** The laws of translation, on random tables and packets. */
class SoundnessTest {
  /** Packets of one snapshot; each pair that agrees under a mask is compared. */
  private static final int PACKETS = 60;

  /**
   * Any packet that a megaflow matches gets the same actions from a fresh translation. Cookies of
   * packet-ins differ in nothing but what the rules say, so they are compared too.
   */
  @Property(tries = 1_500)
  void packetsThatAgreeUnderTheMaskGetTheSameActions(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Snapshot s = tables.snapshot();
    Xlate first = new Xlate(q -> q);
    Xlate second = new Xlate(q -> q);
    Flow[] flows = new Flow[PACKETS];
    for (int i = 0; i < PACKETS; i++) {
      flows[i] = flow(tables.frame(), tables.port());
    }
    for (Flow f : flows) {
      XlateOut x = first.translate(s, f);
      OdpActions actions = x.actions.copy();
      long[] mask = x.mask.words().clone();
      for (Flow g : flows) {
        if (agree(f, g, mask)) {
          XlateOut y = second.translate(s, g);
          assertThat(y.actions).as("flow %s and %s under mask %s", f, g, x.mask).isEqualTo(actions);
        }
      }
    }
  }

  /**
   * If a flow-mod changes what a packet's fresh translation gives, then its dependencies say that
   * the flow-mod concerns it.
   */
  @Property(tries = 3_000)
  void aFlowModThatChangesATranslationIsFoundByItsDependencies(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    SplittableRandom r = new SplittableRandom(seed);
    Snapshot s = tables.snapshot();
    BridgeState b = s.bridge(0);
    assertThat(b).isNotNull();
    int table = r.nextInt(4);
    Match m = tables.match();
    Rule rule =
        new Rule(
            table,
            16 * r.nextInt(9),
            m,
            9,
            0,
            0,
            0,
            Instructions.apply(tables.actions()),
            new Counter(0),
            0,
            0);
    Classifier<Rule> changed = b.table(table).with(rule);
    Snapshot next = s.with(b.withTable(table, changed));
    Xlate before = new Xlate(q -> q);
    Xlate after = new Xlate(q -> q);
    for (int i = 0; i < PACKETS; i++) {
      Flow f = flow(tables.frame(), tables.port());
      XlateOut x = before.translate(s, f);
      XlateOut y = after.translate(next, f);
      if (!y.actsAs(x.actions, f.words())) {
        assertThat(finds(x, f, rule))
            .as(
                "flow %s, new rule in table %s at %s with %s %s: %s, then %s; %s",
                f,
                table,
                rule.priority(),
                m,
                rule.instructions(),
                RandomTables.text(x.actions),
                RandomTables.text(y.actions),
                RandomTables.text(b))
            .isTrue();
      }
    }
  }

  private static boolean finds(XlateOut x, Flow f, Rule rule) {
    Dependencies d = x.dependencies;
    for (int r = 0; r < d.end(); r = d.next(r)) {
      if (d.kind(r) == Dependencies.TABLE
          && d.table(r) == rule.tableId()
          && d.priority(r) <= rule.priority()) {
        long[] key = f.words().clone();
        long[] known = x.mask.words().clone();
        d.present(r, key, known);
        if (Dependencies.mayMatch(rule.match(), key, known)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Flow flow(byte[] frame, int odpPort) {
    Flow f = new Flow();
    FlowParser.parse(frame, 0, frame.length, f, new Layers());
    f.words()[FlowLayout.PORT_RECIRC] = (long) odpPort << 32;
    return f;
  }

  private static boolean agree(Flow f, Flow g, long[] mask) {
    for (int i = FlowLayout.ODP; i < FlowLayout.WORDS; i++) {
      if (((f.words()[i] ^ g.words()[i]) & mask[i]) != 0) {
        return false;
      }
    }
    return true;
  }
}
