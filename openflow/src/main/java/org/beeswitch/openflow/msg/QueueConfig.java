// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * A queue of a port.
 *
 * @param minRate in 1/10 percent; {@link #NO_RATE} if there is none. So is {@code maxRate}
 */
public record QueueConfig(int queueId, int minRate, int maxRate) {
  /** OFPQ_*_RATE_UNCFG. */
  public static final int NO_RATE = 0xffff;
}
