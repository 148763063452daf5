// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.beeswitch.flow.Match;

/**
 * A rule with its counters.
 *
 * @param flags {@link FlowFlags}
 * @param packetCount -1 if not known; so is {@code byteCount}
 */
public record FlowStats(
    int tableId,
    Match match,
    int priority,
    long cookie,
    int durationSec,
    int durationNsec,
    int idleTimeout,
    int hardTimeout,
    int flags,
    int importance,
    long packetCount,
    long byteCount,
    Instructions instructions) {}
