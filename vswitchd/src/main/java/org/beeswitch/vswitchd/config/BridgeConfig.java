// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.beeswitch.netdev.Links;
import org.beeswitch.ofproto.connmgr.SwitchIdentity;
import org.beeswitch.openflow.channel.VersionSet;
import org.jspecify.annotations.Nullable;

/**
 * A bridge that the switch is to have.
 *
 * @param name also that of its LOCAL device
 * @param dpid datapath id; null: LOCAL's MAC address
 * @param ports without LOCAL
 * @param controllers in the order given, none twice
 * @param identity what it says of itself to controllers (OFPMP_DESC)
 * @param flows file of flows to be installed when the bridge is made; null: none
 */
public record BridgeConfig(
    String name,
    @Nullable Long dpid,
    List<PortConfig> ports,
    List<ControllerConfig> controllers,
    FailMode failMode,
    VersionSet protocols,
    SwitchIdentity identity,
    @Nullable Path flows) {

  public BridgeConfig {
    ports = List.copyOf(ports);
    controllers = List.copyOf(controllers);
    if (!Links.isValidName(name)) {
      throw new IllegalArgumentException(
          "\"" + name + "\" cannot be the name of a bridge: 1 to 15 bytes without /, : and spaces");
    }
    Set<Integer> numbers = new HashSet<>();
    Set<String> names = new HashSet<>(Set.of(name));
    for (PortConfig p : ports) {
      if (!names.add(p.name())) {
        throw new IllegalArgumentException("bridge " + name + " has two ports " + p.name());
      }
      if (p.ofPort() != null && !numbers.add(p.ofPort())) {
        throw new IllegalArgumentException(
            "bridge " + name + " has two ports with OpenFlow port number " + p.ofPort());
      }
    }
    Set<String> targets = new HashSet<>();
    for (ControllerConfig c : controllers) {
      if (!targets.add(c.target().text())) {
        throw new IllegalArgumentException(
            "bridge " + name + " has controller " + c.target().text() + " twice");
      }
    }
  }

  /** A bridge with OVS's defaults. */
  public static BridgeConfig of(String name) {
    return new BridgeConfig(
        name,
        null,
        List.of(),
        List.of(),
        FailMode.STANDALONE,
        Protocols.DEFAULT,
        SwitchIdentity.OVS,
        null);
  }

  public @Nullable PortConfig port(String portName) {
    return ports.stream().filter(p -> p.name().equals(portName)).findFirst().orElse(null);
  }

  public BridgeConfig withPort(PortConfig p) {
    List<PortConfig> all = new ArrayList<>(ports);
    all.add(p);
    return withPorts(all);
  }

  public BridgeConfig withoutPort(String portName) {
    return withPorts(ports.stream().filter(p -> !p.name().equals(portName)).toList());
  }

  public BridgeConfig withPorts(List<PortConfig> p) {
    return new BridgeConfig(name, dpid, p, controllers, failMode, protocols, identity, flows);
  }

  public BridgeConfig withControllers(List<ControllerConfig> c) {
    return new BridgeConfig(name, dpid, ports, c, failMode, protocols, identity, flows);
  }

  public BridgeConfig withFailMode(FailMode m) {
    return new BridgeConfig(name, dpid, ports, controllers, m, protocols, identity, flows);
  }

  public BridgeConfig withDpid(@Nullable Long id) {
    return new BridgeConfig(name, id, ports, controllers, failMode, protocols, identity, flows);
  }

  public BridgeConfig withProtocols(VersionSet v) {
    return new BridgeConfig(name, dpid, ports, controllers, failMode, v, identity, flows);
  }

  public BridgeConfig withFlows(@Nullable Path file) {
    return new BridgeConfig(name, dpid, ports, controllers, failMode, protocols, identity, file);
  }

  /** Reads a datapath id: 1 to 16 hexadecimal digits, as OVS with or without {@code 0x}; not 0. */
  public static long parseDpid(String text) throws ConfigException {
    String digits = text.startsWith("0x") ? text.substring(2) : text;
    try {
      if (digits.length() <= 16 && !digits.startsWith("-") && !digits.startsWith("+")) {
        long dpid = Long.parseUnsignedLong(digits, 16);
        if (dpid != 0) {
          return dpid;
        }
      }
    } catch (NumberFormatException e) {
      // The same complaint as for what is too long.
    }
    throw new ConfigException(
        "datapath id \"" + text + "\" is not 1 to 16 hexadecimal digits other than 0");
  }
}
