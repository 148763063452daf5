// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;

/**
 * What the switch is to be: an immutable value, whoever made it (flags, file, control socket). The
 * daemon goes from one to the next by {@link Step}s. Does not say where the switch runs: datapath
 * type and rundir are fixed for the life of a daemon.
 *
 * @param bridges in the order given
 * @param tls the key and the authorities of connections over TLS; null: none can be made
 */
public record Configuration(List<BridgeConfig> bridges, @Nullable TlsSettings tls) {
  public static final Configuration EMPTY = new Configuration(List.of(), null);

  public Configuration {
    bridges = List.copyOf(bridges);
    Map<String, String> bridgeOfPort = new HashMap<>();
    Set<String> names = new HashSet<>();
    for (BridgeConfig b : bridges) {
      if (!names.add(b.name())) {
        throw new IllegalArgumentException("there are two bridges " + b.name());
      }
      for (PortConfig p : b.ports()) {
        String other = bridgeOfPort.put(p.name(), b.name());
        if (other != null) {
          throw new IllegalArgumentException(
              "port " + p.name() + " is wanted in bridge " + b.name() + " and is one of " + other);
        }
      }
    }
    for (String port : bridgeOfPort.keySet()) {
      if (names.contains(port)) {
        throw new IllegalArgumentException(
            "port " + port + " of bridge " + bridgeOfPort.get(port) + " has the name of a bridge");
      }
    }
  }

  public @Nullable BridgeConfig bridge(String name) {
    return bridges.stream().filter(b -> b.name().equals(name)).findFirst().orElse(null);
  }

  /** With {@code b} added, or in the place of the bridge of its name. */
  public Configuration with(BridgeConfig b) {
    List<BridgeConfig> all = new ArrayList<>();
    boolean there = false;
    for (BridgeConfig old : bridges) {
      boolean same = old.name().equals(b.name());
      all.add(same ? b : old);
      there |= same;
    }
    if (!there) {
      all.add(b);
    }
    return new Configuration(all, tls);
  }

  public Configuration without(String bridge) {
    return new Configuration(bridges.stream().filter(b -> !b.name().equals(bridge)).toList(), tls);
  }

  public Configuration withTls(@Nullable TlsSettings settings) {
    return new Configuration(bridges, settings);
  }
}
