// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.restart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;

/**
 * A namespace with ports p1, p2, ... whose far ends are w1, w2, ... beside them, and daemons that
 * come one after the other on one rundir.
 */
final class RestartLab implements AutoCloseable {
  private static final Path BIN =
      Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath().resolve("bin");

  final TestNetns netns;
  private final Path dir;
  private final List<Program> started = new ArrayList<>();

  RestartLab(int ports) throws IOException {
    TestNetns.assumeRoot();
    Datapath.BPF.assumeAvailable();
    netns = TestNetns.create();
    dir = Files.createTempDirectory("bee-restart-");
    for (int i = 1; i <= ports; i++) {
      netns.veth("w" + i, netns, "p" + i);
    }
  }

  Path dir() {
    return dir;
  }

  Path rundir() {
    return dir.resolve("run");
  }

  /** Where the kernel side is held. */
  Path pins() throws Exception {
    byte[] path = rundir().toString().getBytes(StandardCharsets.UTF_8);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(path);
    return Path.of("/sys/fs/bpf", "beeswitch-" + HexFormat.of().formatHex(digest, 0, 8));
  }

  Program start(String... options) throws IOException {
    List<String> c =
        new ArrayList<>(List.of(BIN.resolve("beeswitchd").toString(), "--datapath", "bpf"));
    c.addAll(List.of(options));
    c.addAll(List.of("--rundir", rundir().toString()));
    Program p = Program.start(netns, "beeswitchd", c, line -> {});
    started.add(p);
    return p;
  }

  Program startReady(String... options) throws Exception {
    Program p = start(options);
    p.awaitLine("beeswitchd ready");
    return p;
  }

  String beectl(String... words) {
    List<String> c = new ArrayList<>(List.of(BIN.resolve("beectl").toString()));
    c.addAll(List.of("--rundir", rundir().toString()));
    c.addAll(List.of(words));
    return TestNetns.run(c.toArray(String[]::new));
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
    boolean ended = false;
    for (Program p : started) {
      if (p.isAlive()) {
        p.stop();
        ended = true;
      }
    }
    if (!ended && Files.exists(pins())) {
      startReady("--bridge", "br9").stop();
    }
    netns.close();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
