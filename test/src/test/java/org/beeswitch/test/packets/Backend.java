// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.nio.file.Files;
import java.nio.file.Path;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.BpfDpif;
import org.beeswitch.dpif.bpf.sys.BpfObject;
import org.beeswitch.dpif.netdev.NetdevDpif;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.Assumptions;

/** The datapaths that forward between Linux devices. */
enum Backend {
  NETDEV {
    @Override
    void assumeAvailable() {
      TestNetns.assumeRoot();
    }

    @Override
    Dpif open(Path rundir) throws DpifException {
      return NetdevDpif.open(1);
    }
  },
  BPF {
    @Override
    void assumeAvailable() {
      TestNetns.assumeRoot();
      boolean bpf =
          Files.isReadable(Path.of("/sys/kernel/btf/vmlinux")) && BpfObject.isLibraryPresent();
      if (!bpf) {
        System.err.println("SKIPPED: tests of the BPF datapath need libbpf and a kernel with BTF");
      }
      Assumptions.assumeTrue(bpf, "needs BPF");
    }

    @Override
    Dpif open(Path rundir) throws DpifException {
      return BpfDpif.open(rundir);
    }
  };

  /** Skips the calling test, loudly, where this datapath cannot run. */
  abstract void assumeAvailable();

  /** Opens the datapath in the calling thread's network namespace. */
  abstract Dpif open(Path rundir) throws DpifException;
}
