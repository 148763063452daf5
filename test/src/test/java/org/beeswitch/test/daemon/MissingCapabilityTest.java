// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the daemon says on a machine that lacks something the kernel datapath needs: one line, with
 * what to do, status 1, and nothing left. What is missing is taken away in a mount namespace or by
 * the capability bounding set, for this one process.
 */
@Tag("system")
class MissingCapabilityTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // without             | by                                      | the complaint
        "BTF of the kernel     | mount -t tmpfs none /sys/kernel/btf       | CONFIG_DEBUG_INFO_BTF",
        "libbpf                | mount --bind /dev/null \"$LIBBPF\"        | apt install libbpf1",
        "capabilities of root  | set -- setpriv --bounding-set=-all \"$@\" | run as root, or with",
      })
  void aMissingCapabilityIsNamedInOneLine(String what, String takeAway, String complaint)
      throws Exception {
    String findLibbpf =
        "LIBBPF=$(readlink -f \"$(ldconfig -p | awk '/libbpf[.]so[.]1 / {print $NF; exit}')\"); ";
    try (Machine m = new Machine(Datapath.BPF)) {
      String before = m.devices();
      List<String> command =
          new ArrayList<>(
              List.of("unshare", "-m", "sh", "-c", findLibbpf + takeAway + "; exec \"$@\"", "sh"));
      command.addAll(
          List.of(Machine.ROOT.resolve("bin/beeswitchd").toString(), "--datapath", "bpf"));
      command.addAll(List.of("--bridge", "br0", "--port", "p1", "--rundir", m.rundir().toString()));
      Program d = m.run("beeswitchd", command.toArray(String[]::new));
      m.assertRefused(d, complaint, before);
    }
  }
}
