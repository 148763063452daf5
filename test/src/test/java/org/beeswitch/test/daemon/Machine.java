// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;

/**
 * A machine of its own, a namespace, for daemons: with ports p1 and p2, which are wires to two
 * hosts, and what it takes to see whether something was left behind.
 */
final class Machine implements AutoCloseable {
  static final Path ROOT = Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath();

  final TestNetns netns;
  final TestNetns host1;
  final TestNetns host2;
  private final Datapath datapath;
  private final Path dir;
  private final List<Program> started = new ArrayList<>();

  Machine(Datapath datapath) throws IOException {
    TestNetns.assumeRoot();
    datapath.assumeAvailable();
    this.datapath = datapath;
    this.dir = Files.createTempDirectory("bee-daemon-");
    this.netns = TestNetns.create();
    this.host1 = host(1);
    this.host2 = host(2);
  }

  private TestNetns host(int n) {
    TestNetns host = TestNetns.create();
    host.veth("eth0", netns, "p" + n);
    host.address("eth0", "10.0.0." + n + "/24");
    return host;
  }

  Path rundir() {
    return dir.resolve("run");
  }

  Path dir() {
    return dir;
  }

  /** Starts {@code beeswitchd}, of which all but datapath and rundir is said here. */
  Program start(String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(ROOT.resolve("bin/beeswitchd").toString(), "--datapath", datapath.option()));
    command.addAll(List.of(options));
    command.addAll(List.of("--rundir", rundir().toString()));
    Program p = Program.start(netns, "beeswitchd", command, line -> {});
    started.add(p);
    return p;
  }

  /** As {@link #start}, and waits until it forwards. */
  Program startReady(String... options) throws Exception {
    Program p = start(options);
    p.awaitLine("beeswitchd ready");
    return p;
  }

  /** Another program in the machine. */
  Program run(String name, String... command) throws IOException {
    Program p = Program.start(netns, name, List.of(command), line -> {});
    started.add(p);
    return p;
  }

  /** What {@code beectl} prints; it has to succeed. */
  String beectl(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(ROOT.resolve("bin/beectl").toString(), "--rundir", rundir().toString()));
    command.addAll(List.of(words));
    return TestNetns.run(command.toArray(String[]::new));
  }

  boolean pings() {
    try {
      host1.exec("ping", "-n", "-c", "1", "-W", "1", "10.0.0.2");
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  void awaitPing() throws Exception {
    Await.until("host 1 pings host 2", this::pings);
  }

  /**
   * Devices, their qdiscs and what is attached to them; whether a wire is up is the hosts' affair.
   */
  String devices() {
    String links =
        netns
            .exec("ip", "-br", "link")
            .replaceAll(" +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN) +", " ")
            .replaceAll("NO-CARRIER,|,LOWER_UP", "");
    StringBuilder s = new StringBuilder(links);
    s.append(netns.exec("tc", "qdisc", "show"));
    for (String port : List.of("p1", "p2")) {
      s.append(netns.exec("tc", "filter", "show", "dev", port, "ingress"));
      // The TCX programs of a device are not tc's to show.
      s.append(netns.exec("sh", "-c", "bpftool net show dev " + port + " 2>/dev/null || true"));
    }
    return s.toString();
  }

  /** Names in the rundir; none if there is no rundir. */
  List<String> files() throws IOException {
    if (!Files.isDirectory(rundir())) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(rundir())) {
      return all.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    }
  }

  @Override
  public void close() throws Exception {
    for (Program p : started) {
      if (p.isAlive()) {
        p.stop();
      }
    }
    host1.close();
    host2.close();
    netns.close();
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
