// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;

/** Flow-mods for tests, by what they say of rules; all else is as tools leave it. */
public final class FlowMods {
  private FlowMods() {}

  /**
   * @param cookie of an ADD; other commands go by no cookie
   */
  public static FlowMod of(
      FlowMod.Command c, int table, int priority, Match m, Instructions i, long cookie, int flags) {
    return of(c, table, priority, m, i, cookie, 0, 0, flags);
  }

  /** The same with timeouts. */
  public static FlowMod of(
      FlowMod.Command c,
      int table,
      int priority,
      Match m,
      Instructions i,
      long cookie,
      int idleS,
      int hardS,
      int flags) {
    return new FlowMod(
        c,
        m,
        priority,
        table,
        0,
        0,
        c == FlowMod.Command.ADD ? cookie : FlowMod.NO_COOKIE,
        idleS,
        hardS,
        BufferId.NONE,
        OfPort.ANY,
        GroupId.ANY,
        flags,
        0,
        i);
  }
}
