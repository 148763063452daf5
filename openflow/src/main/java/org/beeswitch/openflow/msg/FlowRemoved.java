// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.beeswitch.flow.Match;

/** OFPT_FLOW_REMOVED: a rule with SEND_FLOW_REM is gone, with its final counters. */
public record FlowRemoved(
    Match match,
    int priority,
    long cookie,
    Reason reason,
    int tableId,
    int durationSec,
    int durationNsec,
    int idleTimeout,
    int hardTimeout,
    long packetCount,
    long byteCount)
    implements OfMessage {
  /** Why, by the number on the wire. */
  public enum Reason {
    IDLE_TIMEOUT,
    HARD_TIMEOUT,
    DELETE,
    GROUP_DELETE,
    METER_DELETE,
    EVICTION
  }

  @Override
  public Type type() {
    return Type.FLOW_REMOVED;
  }
}
