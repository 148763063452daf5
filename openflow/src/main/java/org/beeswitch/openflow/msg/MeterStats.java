// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/** Counters of a meter. */
public record MeterStats(
    int meterId,
    int flowCount,
    long packetInCount,
    long byteInCount,
    int durationSec,
    int durationNsec,
    List<BandCounter> bands) {
  public MeterStats {
    bands = List.copyOf(bands);
  }

  /** Counters of a band. */
  public record BandCounter(long packetCount, long byteCount) {}
}
