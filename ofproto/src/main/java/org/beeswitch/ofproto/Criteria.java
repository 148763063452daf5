// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.Comparator;
import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.state.Rule;

/**
 * Which rules the match of a non-strict request is about (OF 1.3.5, 6.4; OVS {@code
 * rule_criteria}): those within it. A match on packet_type 0 is about those with a field of
 * Ethernet packets too, which do not say what that implies ({@link Match#impliesEthernet}).
 *
 * @param wider without packet_type 0
 * @param isOfEthernet whether that was in it
 */
record Criteria(Match wider, boolean isOfEthernet) {
  private static final Match ETHERNET = Match.builder().exact(Field.PACKET_TYPE, 0).build();

  static Criteria of(Match m) {
    if (!m.isWithin(ETHERNET)) {
      return new Criteria(m, false);
    }
    Match.Builder b = m.toBuilder();
    b.maskWords()[Field.PACKET_TYPE.word()] &= ~Field.PACKET_TYPE.wordMask();
    return new Criteria(b.build(), true);
  }

  /** The rules of a table that are meant, in the order in which OVS lists and changes them. */
  List<Rule> select(Classifier<Rule> table) {
    List<Rule> rules = table.within(wider, Comparator.comparingLong(Rule::sequence));
    rules.removeIf(r -> !isMeant(r.match()));
    return rules;
  }

  private boolean isMeant(Match rule) {
    return !isOfEthernet || rule.impliesEthernet() || rule.isWithin(ETHERNET);
  }
}
