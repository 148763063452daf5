// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.nio.file.Path;
import java.util.Locale;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.BpfDpif;
import org.beeswitch.dpif.netdev.NetdevDpif;
import org.beeswitch.vswitchd.config.ConfigException;

/** The backends, and the only place that names them. */
enum DatapathType {
  /** In the kernel, by eBPF programs at the tc hook. */
  BPF {
    @Override
    Dpif open(Path rundir) throws DpifException {
      return BpfDpif.open(rundir);
    }
  },
  /** In the daemon, by packet sockets. */
  NETDEV {
    @Override
    Dpif open(Path rundir) throws DpifException {
      return NetdevDpif.open(POLL_THREADS);
    }
  };

  /** One keeps packets of a connection in order whatever its ports, and leaves a core to others. */
  private static final int POLL_THREADS = 1;

  /**
   * Opens the datapath of the daemon with that rundir.
   *
   * @throws DpifException what the machine lacks, and what to do
   */
  abstract Dpif open(Path rundir) throws DpifException;

  static DatapathType parse(String text) throws ConfigException {
    for (DatapathType t : values()) {
      if (t.text().equals(text)) {
        return t;
      }
    }
    throw new ConfigException("datapath \"" + text + "\" is neither bpf nor netdev");
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
