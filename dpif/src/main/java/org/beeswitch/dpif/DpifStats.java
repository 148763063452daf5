// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/**
 * Totals of a datapath since it was made (OVS {@code struct dpif_dp_stats}).
 *
 * @param hit packets that a flow matched
 * @param missed packets that no flow matched
 * @param lost misses that could not be sent up
 * @param flows flows now installed
 * @param masks distinct masks of these
 * @param masksTried masks that packets were compared with; {@link #NOT_COUNTED}
 * @param cacheHit packets that needed none of that; {@link #NOT_COUNTED}
 */
public record DpifStats(
    long hit, long missed, long lost, long flows, long masks, long masksTried, long cacheHit) {
  /** Of a counter that the datapath has not got. */
  public static final long NOT_COUNTED = -1;
}
