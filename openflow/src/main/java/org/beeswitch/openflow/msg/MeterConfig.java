// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * A meter as configured.
 *
 * @param flags KBPS, PKTPS, BURST, STATS
 */
public record MeterConfig(int meterId, int flags, List<MeterBand> bands) {
  public static final int KBPS = 1;
  public static final int PKTPS = 1 << 1;
  public static final int BURST = 1 << 2;
  public static final int STATS = 1 << 3;

  public MeterConfig {
    bands = List.copyOf(bands);
  }
}
