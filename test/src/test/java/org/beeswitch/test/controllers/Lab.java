// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.PatientClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.jspecify.annotations.Nullable;

/**
 * A machine with the daemon on it, and hosts around: everything that a test with controllers needs,
 * made for it and taken away behind it.
 *
 * <p>Switch and controllers are processes in one network namespace and meet on its loopback, where
 * every port number is free. The daemon is {@code bin/beeswitchd} as it was built. What it logs is
 * repeated on stderr, so that a warning which the test has not announced fails it (LogWatch), and
 * on {@link #close} it has to leave with status 0.
 *
 * <pre>
 *   Lab lab = new Lab(Datapath.BPF, 2);
 *   Program ryu = lab.start("ryu", ...);
 *   lab.startSwitch("br0", lab.hosts(), "--controller", "tcp:127.0.0.1:6653");
 * </pre>
 */
final class Lab implements AutoCloseable {
  static final Path ROOT = Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath();

  private final Datapath datapath;
  private final TestNetns machine;
  private final Path dir;
  private final List<Host> hosts = new ArrayList<>();
  private final List<AutoCloseable> others = new ArrayList<>();
  private @Nullable Program daemon;

  Lab(Datapath datapath, int hostCount) throws IOException {
    TestNetns.assumeRoot();
    datapath.assumeAvailable();
    this.datapath = datapath;
    this.dir = Files.createTempDirectory("bee-controllers-");
    this.machine = TestNetns.create();
    for (int i = 1; i <= hostCount; i++) {
      hosts.add(Host.create(i, machine));
    }
  }

  /** Number {@code n}, at port {@code n} of a bridge that has them all. */
  Host host(int n) {
    return hosts.get(n - 1);
  }

  List<Host> hosts() {
    return hosts;
  }

  TestNetns machine() {
    return machine;
  }

  /** What a bridge with these hosts as ports is on the command line; options may follow. */
  static List<String> bridge(String name, List<Host> ports, String... options) {
    List<String> l = new ArrayList<>(List.of("--bridge", name));
    for (Host h : ports) {
      l.addAll(List.of("--port", h.port() + "=" + h.number()));
    }
    l.addAll(Arrays.asList(options));
    return l;
  }

  /** Starts the daemon with one bridge, and waits until it forwards. */
  void startSwitch(String bridge, List<Host> ports, String... options) throws Exception {
    startSwitch(bridge(bridge, ports, options));
  }

  void startSwitch(List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ROOT.resolve("bin/beeswitchd").toString());
    command.addAll(List.of("--datapath", datapath.option()));
    command.addAll(options);
    command.addAll(List.of("--rundir", dir.resolve("run").toString()));
    daemon = Program.start(machine, "beeswitchd", command, line -> System.err.println(line));
    daemon.awaitLine("beeswitchd ready");
  }

  /** A file with this text, for an option of the daemon. */
  Path file(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  /** Starts a controller; it is killed on close, unless it has ended. */
  Program start(String name, String... command) throws IOException {
    Program p = Program.start(machine, name, List.of(command), line -> {});
    others.add(p);
    return p;
  }

  private static String launcher(String name) {
    return ROOT.resolve("test/controllers").resolve(name).resolve("run").toString();
  }

  /**
   * Has one of the project's own launchers, in {@code test/controllers/}, fetch what it starts: the
   * first time on a machine that takes half a minute, and a network, which no lab has.
   */
  static void install(String launcher) throws Exception {
    TestNetns.assumeRoot();
    Process p =
        new ProcessBuilder(launcher(launcher), "--install").redirectErrorStream(true).start();
    p.getOutputStream().close();
    String output;
    try (InputStream in = p.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(p.waitFor()).as("installing %s: %s", launcher, output).isZero();
  }

  /** A controller of the project's own launchers; installed already, if it has to be. */
  Program startLauncher(String launcher, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher(launcher));
    command.addAll(List.of(arguments));
    return start(launcher, command.toArray(String[]::new));
  }

  /** Open vSwitch's learning switch. */
  Program startTestController(int port) throws IOException {
    return start(
        "ovs-testcontroller",
        "ovs-testcontroller",
        "--unixctl=" + dir.resolve("testcontroller" + port + ".ctl"),
        "-O",
        "OpenFlow13",
        "ptcp:" + port + ":127.0.0.1");
  }

  /** A controller that the test speaks for. */
  FakeController fakeController() throws Exception {
    return fakeController(FakeController.HELLO);
  }

  FakeController fakeController(byte[] hello) throws Exception {
    FakeController c = FakeController.listen(machine, hello);
    others.add(c);
    return c;
  }

  /** What the daemon has logged and printed. */
  List<String> log() {
    return daemon == null ? List.of() : daemon.lines();
  }

  /** The flows of a bridge, asked for at its management socket. */
  List<FlowStats> flows(String bridge) throws IOException {
    try (OfClient<Decoded, OfFrame> c =
        PatientClient.connect(
            Target.parse("unix:" + bridge + ".mgmt"),
            dir.resolve("run"),
            new OfMessageCodec(Sender.SWITCH),
            Duration.ofSeconds(Await.PATIENCE_S))) {
      OfFrame question =
          new OfFrame(
              4,
              1,
              new MultipartRequest(new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL)));
      List<FlowStats> all = new ArrayList<>();
      for (Decoded d : c.transact(question)) {
        MultipartReply r = (MultipartReply) ((Decoded.Good) d).frame().message();
        all.addAll(((MultipartReply.Flow) r.body()).flows());
      }
      return all;
    }
  }

  /** Waits until {@code from} has an answer from {@code to}. */
  void awaitPing(Host from, Host to) throws Exception {
    Await.until("host " + from.number() + " pings " + to.number(), () -> from.pings(to));
  }

  @Override
  public void close() throws Exception {
    try {
      if (daemon != null) {
        assertThat(daemon.stop()).as(daemon.toString()).isZero();
      }
    } finally {
      for (AutoCloseable c : others) {
        c.close();
      }
      for (Host h : hosts) {
        h.close();
      }
      machine.close();
      try (Stream<Path> files = Files.walk(dir)) {
        for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.deleteIfExists(p);
        }
      }
    }
  }
}
