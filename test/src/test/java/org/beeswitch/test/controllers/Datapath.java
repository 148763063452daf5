// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;

/** What the daemon under test forwards with. */
public enum Datapath {
  NETDEV,
  BPF;

  /** As {@code --datapath} wants it. */
  public String option() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isAvailable() {
    return this != BPF || Files.exists(Path.of("/sys/kernel/btf/vmlinux"));
  }

  /** Skips the calling test, loudly, on a machine that has not got it. */
  public void assumeAvailable() {
    if (!isAvailable()) {
      System.err.println("SKIPPED: the kernel datapath needs a kernel with BTF");
    }
    Assumptions.assumeTrue(isAvailable(), "needs a kernel with BTF");
  }
}
