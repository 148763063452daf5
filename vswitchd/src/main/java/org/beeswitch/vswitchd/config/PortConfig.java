// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.util.List;
import org.beeswitch.netdev.Links;
import org.beeswitch.openflow.msg.OfPort;
import org.jspecify.annotations.Nullable;

/**
 * A port that a bridge is to have.
 *
 * @param name of a Linux device; of a patch port, any name that a device could have
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
    requireName(name);
    if (peer != null) {
      requireName(peer);
      if (peer.equals(name)) {
        throw new IllegalArgumentException("port " + name + ": a patch leads to another port");
      }
    }
  }

  private static void requireName(String name) {
    if (!Links.isValidName(name)) {
      throw new IllegalArgumentException(
          "\"" + name + "\" cannot be the name of a device: 1 to 15 bytes without /, : and spaces");
    }
  }

  /** Reads {@code DEV[=N]}: a device. */
  public static PortConfig parse(String text) throws ConfigException {
    return parse(text, null);
  }

  /** Reads {@code NAME[=N]:PEER}: one end of a patch. */
  public static PortConfig parsePatch(String text) throws ConfigException {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new ConfigException(
          "patch \"" + text + "\": a patch port is NAME:PEER or NAME=N:PEER, PEER its other end");
    }
    return parse(text.substring(0, colon), text.substring(colon + 1));
  }

  /**
   * Reads {@code DEV[=N]} with what ovs-vsctl's users add to it: {@code [-- set interface DEV]
   * type=patch options:peer=PEER ofport_request=N}.
   */
  public static PortConfig parse(List<String> words) throws ConfigException {
    String name = words.get(0);
    List<String> settings = words.subList(1, words.size());
    if (settings.size() > 3
        && settings.get(0).equals("--")
        && settings.get(1).equals("set")
        && settings.get(2).equalsIgnoreCase("interface")
        && settings.get(3).equals(name.replaceFirst("=.*", ""))) {
      settings = settings.subList(4, settings.size());
    }
    boolean patch = false;
    String peer = null;
    for (String s : settings) {
      if (s.equals("type=patch")) {
        patch = true;
      } else if (s.startsWith("options:peer=")) {
        peer = s.substring("options:peer=".length());
      } else if (s.startsWith("ofport_request=") && name.indexOf('=') < 0) {
        name += s.substring("ofport_request".length());
      } else {
        throw new ConfigException(
            "port "
                + words.get(0)
                + ": \""
                + s
                + "\" is none of type=patch, options:peer=PORT and ofport_request=N");
      }
    }
    if (patch != (peer != null)) {
      throw new ConfigException(
          "port " + words.get(0) + ": type=patch and options:peer=PORT go together");
    }
    return parse(name, peer);
  }

  private static PortConfig parse(String text, @Nullable String peer) throws ConfigException {
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
      return new PortConfig(name, number, peer);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String toString() {
    return name + (ofPort == null ? "" : "=" + ofPort) + (peer == null ? "" : " patch to " + peer);
  }
}
