// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.beeswitch.flow.Match;

/**
 * OFPT_FLOW_MOD (OF 1.3.5, 7.3.4.1).
 *
 * <p>Cookies as OVS keeps them apart: {@code cookie} and {@code cookieMask} select rules and are
 * both 0 in an ADD; {@code newCookie} is what a rule gets: the wire's cookie in an ADD, {@link
 * #NO_COOKIE} ("leave it") in all else that 1.3 can say.
 *
 * @param priority 0 to 65535
 * @param tableId 0 to 255; {@link TableId#ALL}
 * @param outPort ANY unless a delete (in 1.3) is restricted to rules with this output
 * @param outGroup {@link GroupId#ANY} unless a delete is restricted to rules with this group
 * @param flags {@link FlowFlags}
 * @param importance 1.4's; 0 before
 */
public record FlowMod(
    Command command,
    Match match,
    int priority,
    int tableId,
    long cookie,
    long cookieMask,
    long newCookie,
    int idleTimeout,
    int hardTimeout,
    int bufferId,
    OfPort outPort,
    int outGroup,
    int flags,
    int importance,
    Instructions instructions)
    implements OfMessage {
  /** No new cookie. */
  public static final long NO_COOKIE = -1;

  public FlowMod {
    if (priority < 0 || priority > 0xffff) {
      throw new IllegalArgumentException("priority " + priority + " is not 0 - 65535");
    }
    if (tableId < 0 || tableId > 0xff) {
      throw new IllegalArgumentException("table " + tableId + " is not 0 - 255");
    }
  }

  /** What to do, by the number on the wire. */
  public enum Command {
    ADD,
    MODIFY,
    MODIFY_STRICT,
    DELETE,
    DELETE_STRICT;

    public boolean isStrict() {
      return this == MODIFY_STRICT || this == DELETE_STRICT;
    }

    public boolean isDelete() {
      return this == DELETE || this == DELETE_STRICT;
    }
  }

  @Override
  public Type type() {
    return Type.FLOW_MOD;
  }
}
