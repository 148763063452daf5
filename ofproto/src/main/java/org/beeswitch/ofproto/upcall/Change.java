// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.List;
import org.beeswitch.flow.Match;

/** What a new version changed, in the terms in which a translation can have depended on it. */
public sealed interface Change {
  /** A rule's place in its table. */
  record RuleAt(Match match, int priority) {}

  /** Rules in these places were added, removed or got other instructions in a table. */
  record InTable(int bridge, int table, List<RuleAt> rules) implements Change {}

  /** A bridge's ports, or how it treats packets in general. */
  record InPorts(int bridge) implements Change {}

  /** What is learned of an address in a VLAN. */
  record InMac(int bridge, int vlan, long mac) implements Change {}
}
