// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPFF_* bits of a flow-mod and of flow statistics (OF 1.3.5, 7.3.4.1). */
public final class FlowFlags {
  private FlowFlags() {}

  public static final int SEND_FLOW_REM = 1;
  public static final int CHECK_OVERLAP = 1 << 1;
  public static final int RESET_COUNTS = 1 << 2;
  public static final int NO_PKT_COUNTS = 1 << 3;
  public static final int NO_BYT_COUNTS = 1 << 4;

  /** All that 1.3 knows. */
  public static final int ALL = (1 << 5) - 1;
}
