// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.nio.file.Path;
import org.beeswitch.vswitchd.config.ConfigException;

/** Flows in {@code ovs-ofctl}'s syntax, loaded before anything is forwarded. */
final class FlowFile {
  private FlowFile() {}

  static void load(Path file, Bridge bridge, long nowNs) throws ConfigException {
    if (nowNs != 0)
      throw new ConfigException(file + ": --flows is not there yet for " + bridge.name() + nowNs);
  }
}
