// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

/**
 * How a connection is kept up.
 *
 * @param probeIntervalS seconds of silence before a probe, and then until the end; 0 for no probes,
 *     otherwise 5 at least
 */
public record RconnSettings(int probeIntervalS, int maxBackoffS) {
  private static final int MIN_PROBE_INTERVAL_S = 5;

  /** Of controllers. */
  public static final RconnSettings CONTROLLER = new RconnSettings(5, 8);

  /** Of the management socket. */
  public static final RconnSettings SERVICE = new RconnSettings(60, 8);

  public RconnSettings {
    probeIntervalS = probeIntervalS <= 0 ? 0 : Math.max(MIN_PROBE_INTERVAL_S, probeIntervalS);
    maxBackoffS = Math.max(1, maxBackoffS);
  }
}
