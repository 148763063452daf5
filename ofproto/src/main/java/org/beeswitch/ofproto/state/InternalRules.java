// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;

/**
 * What is in the internal table of every bridge (OVS {@code ofproto_init_tables} and {@code
 * add_internal_flows}). Packets that no rule of a table matches are counted there, and so are
 * fragments that are dropped by configuration; nothing is ever looked up in it, and controllers may
 * read it but not change it.
 *
 * @param missed packets that a table had no rule for: dropped, as OpenFlow 1.3 wants it
 * @param fragments fragments dropped because of {@code OFPC_FRAG_DROP}
 * @param table these, and two that OVS has for OpenFlow 1.0's misses and for recirculation
 */
public record InternalRules(Rule missed, Rule fragments, Classifier<Rule> table) {
  private static final int MAX_LEN = 0xffff;

  static InternalRules create(long nowNs) {
    Instructions drop = Instructions.NONE;
    Instructions toController =
        Instructions.builder()
            .apply(List.of(new Action.Output(OfPort.CONTROLLER, MAX_LEN)))
            .build();
    Rule recirculated = rule(2, Field.RECIRC_ID, 0, drop, nowNs);
    Rule missedAtController = rule(0, Field.REG0, 1, toController, nowNs);
    Rule missed = rule(0, Field.REG0, 2, drop, nowNs);
    Rule fragments = rule(0, Field.REG0, 3, drop, nowNs);
    return new InternalRules(
        missed,
        fragments,
        Classifier.<Rule>empty()
            .with(recirculated)
            .with(missedAtController)
            .with(missed)
            .with(fragments));
  }

  private static Rule rule(int priority, Field f, long value, Instructions i, long nowNs) {
    return new Rule(
        BridgeState.TABLE_INTERNAL,
        priority,
        Match.builder().exact(f, value).build(),
        0,
        0,
        0,
        0,
        i,
        new Counter(nowNs),
        nowNs,
        nowNs);
  }
}
