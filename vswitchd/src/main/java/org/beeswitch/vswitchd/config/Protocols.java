// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.util.List;
import java.util.Map;
import org.beeswitch.openflow.channel.VersionSet;

/** OpenFlow versions by the names that operators write. */
public final class Protocols {
  /** What this switch speaks. */
  public static final VersionSet DEFAULT = VersionSet.OF13;

  private static final Map<String, Integer> NAMES =
      Map.of(
          "OpenFlow10", 1,
          "OpenFlow11", 2,
          "OpenFlow12", 3,
          "OpenFlow13", 4,
          "OpenFlow14", 5,
          "OpenFlow15", 6);

  private Protocols() {}

  /** Reads a list such as {@code OpenFlow13,OpenFlow14}, of which every element is spoken here. */
  public static VersionSet parse(List<String> names) throws ConfigException {
    if (names.isEmpty()) {
      return DEFAULT;
    }
    int[] versions = new int[names.size()];
    for (int i = 0; i < versions.length; i++) {
      Integer version = NAMES.get(names.get(i));
      if (version == null) {
        throw new ConfigException(
            "protocol \"" + names.get(i) + "\" is unknown: there is OpenFlow13");
      }
      if (!DEFAULT.contains(version)) {
        throw new ConfigException(
            "protocol " + names.get(i) + " is not spoken here yet: there is OpenFlow13");
      }
      versions[i] = version;
    }
    return VersionSet.of(versions);
  }
}
