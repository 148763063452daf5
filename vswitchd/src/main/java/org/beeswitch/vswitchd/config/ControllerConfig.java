// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import org.beeswitch.openflow.channel.RconnSettings;
import org.beeswitch.openflow.channel.Target;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a bridge is to have, with the names and units of OVS's table Controller.
 *
 * @param maxBackoffMs longest wait between two attempts, 1000 at least; null: the default
 * @param inactivityProbeMs silence before a probe, 5000 at least; 0: no probes; null: the default
 */
public record ControllerConfig(
    Target target, @Nullable Integer maxBackoffMs, @Nullable Integer inactivityProbeMs) {
  public ControllerConfig {
    if (maxBackoffMs != null && maxBackoffMs < 1000) {
      throw new IllegalArgumentException(
          "controller "
              + target.text()
              + ": max-backoff "
              + maxBackoffMs
              + " is less than 1000 ms");
    }
    if (inactivityProbeMs != null && inactivityProbeMs < 0) {
      throw new IllegalArgumentException(
          "controller " + target.text() + ": inactivity-probe is less than 0");
    }
  }

  public static ControllerConfig of(Target target) {
    return new ControllerConfig(target, null, null);
  }

  /** Reads a target. */
  public static ControllerConfig parse(String text) throws ConfigException {
    try {
      return of(Target.parse(text));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("controller " + e.getMessage(), e);
    }
  }

  /** In whole seconds, a probe's rounded up. */
  public RconnSettings settings(RconnSettings defaults) {
    return new RconnSettings(
        inactivityProbeMs == null ? defaults.probeIntervalS() : (inactivityProbeMs + 999) / 1000,
        maxBackoffMs == null ? defaults.maxBackoffS() : maxBackoffMs / 1000);
  }
}
