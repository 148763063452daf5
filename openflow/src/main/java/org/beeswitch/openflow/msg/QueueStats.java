// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Counters of a queue; -1 is "not known". */
public record QueueStats(
    OfPort port,
    int queueId,
    long txBytes,
    long txPackets,
    long txErrors,
    int durationSec,
    int durationNsec) {}
