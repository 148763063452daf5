// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.List;
import org.beeswitch.flow.Match;

/** What a new version changed, in the terms in which a translation can have depended on it. */
public sealed interface Change {
  /** Rules with these matches were added, removed or got other instructions in a table. */
  record InTable(int bridge, int table, List<Match> matches) implements Change {}

  /** A bridge's ports, or how it treats packets in general. */
  record InPorts(int bridge) implements Change {}

  /** What is learned of an address in a VLAN. */
  record InMac(int bridge, int vlan, long mac) implements Change {}

  /** Anything: every megaflow is concerned. */
  record InEverything() implements Change {}
}
