// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.restart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.daemon.Installation;

/**
 * A namespace with ports p1, p2, ... whose far ends are w1, w2, ... beside them, and daemons that
 * come one after the other on one rundir.
 */
final class RestartLab extends Installation {
  RestartLab(int ports) throws IOException {
    super(Datapath.BPF);
    for (int i = 1; i <= ports; i++) {
      netns.veth("w" + i, netns, "p" + i);
    }
  }

  /** Where the kernel side is held. */
  Path pins() throws Exception {
    byte[] path = rundir().toString().getBytes(StandardCharsets.UTF_8);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(path);
    return Path.of("/sys/fs/bpf", "beeswitch-" + HexFormat.of().formatHex(digest, 0, 8));
  }

  /** A counter of {@code beectl coverage}. */
  long counter(String name) {
    return beectl("coverage")
        .lines()
        .filter(l -> l.startsWith(name + " "))
        .mapToLong(l -> Long.parseLong(l.substring(name.length()).strip()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no counter " + name));
  }

  @Override
  public void close() throws Exception {
    // Whoever is there last is told to leave nothing.
    if (!stopAll() && Files.exists(pins())) {
      startReady("--bridge", "br9").stop();
    }
    super.close();
  }
}
