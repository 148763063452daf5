// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import org.beeswitch.netdev.Links;
import org.beeswitch.openflow.msg.OfPort;
import org.jspecify.annotations.Nullable;

/**
 * A port that a bridge is to have.
 *
 * @param name of a Linux device; of a patch port, any name that no device could not have
 * @param ofPort the OpenFlow port number wanted; null: the bridge's choice
 * @param peer the patch port at the other end of the patch; null: this is a device
 */
public record PortConfig(String name, @Nullable Integer ofPort, @Nullable String peer) {
  public PortConfig {
    if (ofPort != null && !OfPort.of(ofPort).isPhysical()) {
      throw new IllegalArgumentException(
          "port "
              + name
              + ": OpenFlow port number "
              + ofPort
              + " is not in 1.."
              + OfPort.MAX_NUMBER);
    }
    if (!Links.isValidName(name)) {
      throw new IllegalArgumentException(
          "\"" + name + "\" cannot be the name of a device: 1 to 15 bytes without /, : and spaces");
    }
  }

  /** Reads {@code DEV[=N]}. */
  public static PortConfig parse(String text) throws ConfigException {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    Integer number = null;
    if (equals >= 0) {
      try {
        number = Integer.valueOf(text.substring(equals + 1));
      } catch (NumberFormatException e) {
        throw new ConfigException(
            "port \"" + text + "\": a port is DEVICE or DEVICE=N, N an OpenFlow port number", e);
      }
    }
    try {
      return new PortConfig(name, number, null);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String toString() {
    return name + (ofPort == null ? "" : "=" + ofPort) + (peer == null ? "" : " patch to " + peer);
  }
}
