// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.PatientClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.FakeController;
import org.beeswitch.test.controllers.Program;
import org.beeswitch.vswitchd.control.ControlClient;
import org.beeswitch.vswitchd.control.Unixctl;

/**
 * The machine that the daemon runs on, with what is around it, and how its operator speaks to it.
 *
 * <pre>
 *   h1 - p1 \             / p4 - h4
 *   h2 - p2 - br0 patch br1
 *   h3 - p3 /             \ p5 - h5
 * </pre>
 *
 * br0 has three controllers and is lost without them; br1 learns. Host N is 10.0.0.N at {@code
 * eth0}, without IPv6, so that nobody says anything of his own accord.
 */
final class Site implements AutoCloseable {
  static final int HOSTS = 5;
  static final int OF13 = 4;

  private static final Path ROOT =
      Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath();

  final TestNetns machine = TestNetns.create();
  final FakeController steady;
  final FakeController fickle;
  final FakeController slave;

  private final Datapath datapath;
  private final Path dir;
  private final List<TestNetns> hosts = new ArrayList<>();
  private final Program daemon;
  private final String devicesBefore;

  Site(Datapath datapath) throws Exception {
    this.datapath = datapath;
    this.dir = Files.createTempDirectory("bee-soak-");
    for (int i = 1; i <= HOSTS; i++) {
      hosts.add(TestNetns.create());
      wire(i);
    }
    steady = FakeController.listen(machine);
    fickle = FakeController.listen(machine);
    slave = FakeController.listen(machine);
    devicesBefore = devices();
    Path conf = Files.writeString(dir.resolve("conf.toml"), configuration());
    List<String> command =
        List.of(
            ROOT.resolve("bin/beeswitchd").toString(),
            "--datapath",
            datapath.option(),
            "--rundir",
            rundir().toString(),
            "--conf",
            conf.toString());
    daemon = Program.start(machine, "beeswitchd", command, line -> {});
    daemon.awaitLine("beeswitchd ready");
    machine.exec("ip", "link", "set", "dev", "br0", "up");
    machine.exec("ip", "link", "set", "dev", "br1", "up");
  }

  private String configuration() {
    return """
    [[bridge]]
    name = "br0"
    fail-mode = "secure"
    controllers = ["%s", "%s", "%s"]
    port = [{name = "p1", ofport = 1}, {name = "p2", ofport = 2}, {name = "p3", ofport = 3},
      {name = "to-br1", ofport = 10, peer = "to-br0"}]
    [[bridge]]
    name = "br1"
    port = [{name = "p4", ofport = 1}, {name = "p5", ofport = 2},
      {name = "to-br0", ofport = 10, peer = "to-br1"}]
    """
        .formatted(steady.target(), fickle.target(), slave.target());
  }

  /** The wire between a host and its port. */
  void wire(int n) {
    TestNetns h = host(n);
    h.veth("eth0", machine, "p" + n);
    h.exec("ip", "link", "set", "dev", "eth0", "address", "02:00:00:00:00:0" + n);
    h.address("eth0", address(n) + "/24");
  }

  TestNetns host(int n) {
    return hosts.get(n - 1);
  }

  static String address(int n) {
    return "10.0.0." + n;
  }

  Datapath datapath() {
    return datapath;
  }

  Path rundir() {
    return dir.resolve("run");
  }

  Program daemon() {
    return daemon;
  }

  long pid() throws IOException {
    return Long.parseLong(Files.readString(rundir().resolve("beeswitchd.pid")).strip());
  }

  /** A program of the distribution, or one of Open vSwitch's, as an operator starts it. */
  String tool(String... command) {
    return TestNetns.run(command);
  }

  static String beectl() {
    return ROOT.resolve("bin/beectl").toString();
  }

  // The control socket.

  /** What a command prints; what it complains of is an IllegalStateException. */
  String control(String method, String... arguments) throws IOException {
    try (ControlClient c = ControlClient.connect(rundir())) {
      Unixctl.Reply r = c.call(method, List.of(arguments));
      if (r.result() == null) {
        throw new IllegalStateException(method + " " + List.of(arguments) + ": " + r.error());
      }
      return r.result();
    }
  }

  /** Every counter. */
  Map<String, Long> coverage() throws IOException {
    Map<String, Long> all = new HashMap<>();
    for (String line : control("coverage/show").split("\n")) {
      String[] words = line.split(" +");
      all.put(words[0], Long.parseLong(words[1]));
    }
    return all;
  }

  /** A number of {@code memory/show}: those that are 0 are not shown. */
  long memory(String name) throws IOException {
    for (String s : control("memory/show").strip().split("(?<=\\d) ")) {
      if (s.startsWith(name + ":")) {
        return Long.parseLong(s.substring(name.length() + 1));
      }
    }
    return 0;
  }

  // OpenFlow, at the management socket.

  OfClient<Decoded, OfFrame> connect(String bridge) throws IOException {
    return PatientClient.connect(
        Target.parse("unix:" + bridge + ".mgmt"),
        rundir(),
        new OfMessageCodec(Sender.SWITCH),
        Duration.ofSeconds(Await.PATIENCE_S));
  }

  static FlowMod flow(FlowMod.Command command, String text) throws FlowSyntaxException {
    return new FlowTextParser(Names.NONE).flowMod(command, text);
  }

  /** Sends messages and a barrier; returns errors. */
  static List<Decoded> send(OfClient<Decoded, OfFrame> c, List<? extends OfMessage> messages)
      throws IOException {
    List<OfFrame> frames = new ArrayList<>();
    for (OfMessage m : messages) {
      frames.add(new OfFrame(OF13, c.nextXid(), m));
    }
    return c.transactNoReply(frames);
  }

  /** Changes flows, of which none may be refused. */
  void change(String bridge, FlowMod... changes) throws IOException {
    try (OfClient<Decoded, OfFrame> c = connect(bridge)) {
      assertThat(send(c, List.of(changes))).isEmpty();
    }
  }

  static List<FlowStats> flows(OfClient<Decoded, OfFrame> c) throws IOException {
    List<FlowStats> all = new ArrayList<>();
    for (MultipartReply r : ask(c, new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL))) {
      all.addAll(((MultipartReply.Flow) r.body()).flows());
    }
    return all;
  }

  List<FlowStats> flows(String bridge) throws IOException {
    try (OfClient<Decoded, OfFrame> c = connect(bridge)) {
      return flows(c);
    }
  }

  static List<MultipartReply> ask(OfClient<Decoded, OfFrame> c, MultipartRequest.Body question)
      throws IOException {
    List<MultipartReply> all = new ArrayList<>();
    for (Decoded d : c.transact(new OfFrame(OF13, c.nextXid(), new MultipartRequest(question)))) {
      all.add((MultipartReply) ((Decoded.Good) d).frame().message());
    }
    return all;
  }

  boolean pings(int from, int to) {
    try {
      host(from).exec("ping", "-n", "-c", "1", "-W", "1", address(to));
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** {@link #devices} before the daemon was started. */
  String devicesBefore() {
    return devicesBefore;
  }

  /** Devices, their qdiscs and filters, and what is attached to them; in order of text. */
  String devices() {
    StringBuilder s = new StringBuilder();
    s.append(
        machine
            .exec("ip", "-br", "link")
            .replaceAll(" +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN) +", " ")
            .replaceAll("NO-CARRIER,|,LOWER_UP", "")
            .replaceAll("@if\\d+|(\\w\\w:){5}\\w\\w", ""));
    s.append(machine.exec("tc", "qdisc", "show"));
    for (int i = 1; i <= HOSTS; i++) {
      s.append(machine.exec("tc", "filter", "show", "dev", "p" + i, "ingress"));
      s.append(machine.exec("sh", "-c", "bpftool net show dev p" + i + " 2>/dev/null || true"));
    }
    return s.toString().lines().sorted().collect(Collectors.joining("\n"));
  }

  @Override
  public void close() throws Exception {
    if (daemon.isAlive()) {
      daemon.stop();
    }
    steady.close();
    fickle.close();
    slave.close();
    for (TestNetns h : hosts) {
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
