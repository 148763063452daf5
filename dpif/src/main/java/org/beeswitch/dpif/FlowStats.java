// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/** Counters of one datapath flow since it was put; filled by {@link Dpif#flowStats}. */
public final class FlowStats {
  public long packets;
  public long bytes;

  /**
   * When it last forwarded a packet, in {@code System.nanoTime()}'s clock with the datapath's
   * precision; 0: never.
   */
  public long usedNs;

  /** OR of the TCP flags of its packets. */
  public int tcpFlags;
}
