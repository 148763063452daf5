// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/** Counters of a group. */
public record GroupStats(
    int groupId,
    int refCount,
    long packetCount,
    long byteCount,
    int durationSec,
    int durationNsec,
    List<BucketCounter> buckets) {
  public GroupStats {
    buckets = List.copyOf(buckets);
  }

  /** Counters of a bucket. */
  public record BucketCounter(long packetCount, long byteCount) {}
}
