// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.MessageCodec;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.PatientClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfFrame;
import org.junit.jupiter.api.Assumptions;

/**
 * A private Open vSwitch with a userspace bridge {@code br0} that speaks OpenFlow 1.3: the
 * reference that tests compare with.
 *
 * <p>It lives in a network namespace and a run directory of its own, so that it meets neither the
 * machine's Open vSwitch nor another test's. Ports {@code p1..pN} have the OpenFlow numbers 1 to N
 * and the addresses {@link #portMac}; the other ends of their wires are {@code w1..wN} in the same
 * namespace. It reads two VLAN tags, as Beeswitch does (D-VLAN-LIMIT). Its processes are started
 * and stopped by their pids; a test that fails leaves nothing behind as long as it closes this.
 */
public final class RealOvs implements Subject {
  private static final Path SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");
  private static final int TIMEOUT_S = 60;
  private static final int CONNECTIONS = 20;

  /** How the bridge behaves without a controller. */
  public enum FailMode {
    SECURE,
    STANDALONE
  }

  private final TestNetns netns;
  private final Path rundir;
  private final int ports;
  private final List<Process> processes = new ArrayList<>();

  private RealOvs(TestNetns netns, Path rundir, int ports) {
    this.netns = netns;
    this.rundir = rundir;
    this.ports = ports;
  }

  /** Skips the calling test, loudly, where no Open vSwitch can be run. */
  public static void assumePossible() {
    TestNetns.assumeRoot();
    boolean installed =
        Files.isReadable(SCHEMA)
            && Stream.of("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "ovs-ofctl")
                .allMatch(RealOvs::isInstalled);
    if (!installed) {
      System.err.println("SKIPPED: comparing with Open vSwitch needs Debian's openvswitch-switch");
    }
    Assumptions.assumeTrue(installed, "needs openvswitch-switch");
  }

  private static boolean isInstalled(String program) {
    return Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")
        .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
  }

  /** A bridge with no rules. */
  public static RealOvs start(int ports) throws IOException {
    return start(ports, FailMode.SECURE);
  }

  public static RealOvs start(int ports, FailMode failMode) throws IOException {
    RealOvs ovs = new RealOvs(TestNetns.create(), Files.createTempDirectory("realovs"), ports);
    try {
      ovs.startDatabase();
      ovs.startSwitch(failMode);
    } catch (IOException | RuntimeException e) {
      ovs.close();
      throw e;
    }
    return ovs;
  }

  private void startDatabase() throws IOException {
    TestNetns.run("ovsdb-tool", "create", rundir + "/conf.db", SCHEMA.toString());
    daemon("ovsdb-server", "--remote=punix:" + rundir + "/db.sock", rundir + "/conf.db");
    vsctl("--retry", "--no-wait", "init");
    vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:vlan-limit=2");
  }

  private void startSwitch(FailMode failMode) throws IOException {
    for (int i = 1; i <= ports; i++) {
      wire(netns, i);
    }
    daemon("ovs-vswitchd", "unix:" + rundir + "/db.sock");
    List<String> c = new ArrayList<>();
    c.addAll(List.of("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev"));
    c.add("protocols=OpenFlow13");
    c.add("fail_mode=" + failMode.name().toLowerCase(Locale.ROOT));
    c.add("other_config:datapath-id=0000000000000001");
    c.add("other_config:hwaddr=\"" + LOCAL_MAC + "\"");
    for (int i = 1; i <= ports; i++) {
      c.addAll(List.of("--", "add-port", "br0", "p" + i));
      c.addAll(List.of("--", "set", "interface", "p" + i, "ofport_request=" + i));
    }
    vsctl(c.toArray(String[]::new));
    netns.exec("ip", "link", "set", "br0", "up");
  }

  /** Makes the device of port {@code n}, and the other end of its wire. */
  static void wire(TestNetns netns, int n) {
    netns.exec(
        ("ip link add p" + n + " address " + portMac(n) + " type veth peer name w" + n).split(" "));
    netns.exec("ip", "link", "set", "p" + n, "up");
    netns.exec("ip", "link", "set", "w" + n, "up");
  }

  /** The address of LOCAL, the device br0. */
  public static final String LOCAL_MAC = "02:00:00:00:0b:00";

  /** The address of port {@code n}. */
  public static String portMac(int n) {
    return String.format("02:00:00:00:0b:%02x", n);
  }

  private void daemon(String program, String... arguments) throws IOException {
    List<String> c = new ArrayList<>(List.of("ip", "netns", "exec", netns.name(), program));
    c.addAll(List.of(arguments));
    c.add("--unixctl=" + rundir + "/" + program + ".ctl");
    c.add("-vconsole:off");
    c.add("-vsyslog:off");
    c.add("--log-file=" + log(program));
    ProcessBuilder b = new ProcessBuilder(c);
    b.environment().put("OVS_RUNDIR", rundir.toString());
    b.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
    processes.add(b.start());
  }

  private Path log(String program) {
    return rundir.resolve(program + ".log");
  }

  /** Runs {@code ovs-vsctl}, and waits until the switch has done it. */
  public String vsctl(String... arguments) {
    List<String> c = new ArrayList<>();
    c.add("--db=unix:" + rundir + "/db.sock");
    c.add("--timeout=" + TIMEOUT_S);
    c.addAll(List.of(arguments));
    return succeed("ovs-vsctl", c);
  }

  /** Runs {@code ovs-appctl} on the switch. */
  public String appctl(String... arguments) {
    List<String> c = new ArrayList<>();
    c.add("--target=" + rundir + "/ovs-vswitchd.ctl");
    c.addAll(List.of(arguments));
    return succeed("ovs-appctl", c);
  }

  /** A connection for many commands. */
  Unixctl unixctl() throws IOException {
    return new Unixctl(rundir.resolve("ovs-vswitchd.ctl"));
  }

  /** What a command printed, on either stream, and its exit status. */
  public record Output(int status, String text) {}

  /** Runs {@code ovs-ofctl -O OpenFlow13} on br0, which finds it in this run directory. */
  @Override
  public Output ofctl(String... arguments) {
    return ofctl(rundir, List.of(arguments), "");
  }

  /** Runs {@code ovs-ofctl -O OpenFlow13} on br0, which it finds in a run directory. */
  public static Output ofctl(Path rundir, List<String> arguments, String stdin) {
    List<String> c = new ArrayList<>(List.of("-O", "OpenFlow13"));
    c.addAll(arguments);
    return command("ovs-ofctl", c, rundir, stdin);
  }

  private String succeed(String program, List<String> arguments) {
    Output o = command(program, arguments, rundir);
    if (o.status() != 0) {
      throw new IllegalStateException(
          program + " " + String.join(" ", arguments) + ": " + o.text() + logs());
    }
    return o.text();
  }

  /** Runs a program of Open vSwitch with this run directory. */
  public static Output command(String program, List<String> arguments, Path rundir) {
    return command(program, arguments, rundir, "");
  }

  private static Output command(String program, List<String> arguments, Path rundir, String stdin) {
    List<String> c = new ArrayList<>(List.of(program));
    c.addAll(arguments);
    ProcessBuilder b = new ProcessBuilder(c).redirectErrorStream(true);
    b.environment().put("OVS_RUNDIR", rundir.toString());
    try {
      Process p = b.start();
      try (OutputStream out = p.getOutputStream()) {
        out.write(stdin.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It has not waited for its input: what it says of that is what counts.
      }
      String text;
      try (InputStream in = p.getInputStream()) {
        text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (!p.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
        p.destroyForcibly();
        throw new IllegalStateException(String.join(" ", c) + ": does not end");
      }
      return new Output(p.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(String.join(" ", c), e);
    }
  }

  /** An OpenFlow connection to br0, with Beeswitch's own codec. */
  @Override
  public OfClient<Decoded, OfFrame> connect() throws IOException {
    return connect(new OfMessageCodec(Sender.SWITCH));
  }

  /**
   * An OpenFlow connection to br0. OVS may close the first ones while it is still configuring the
   * bridge.
   */
  public <I, O> OfClient<I, O> connect(MessageCodec<I, O> codec) throws IOException {
    return PatientClient.connect(
        Target.parse("unix:" + mgmt()), rundir, codec, Duration.ofSeconds(TIMEOUT_S), CONNECTIONS);
  }

  public Path mgmt() {
    return rundir.resolve("br0.mgmt");
  }

  @Override
  public Path rundir() {
    return rundir;
  }

  @Override
  public TestNetns netns() {
    return netns;
  }

  /** The last lines of the logs, for messages of failed tests. */
  public String logs() {
    StringBuilder s = new StringBuilder();
    for (String program : List.of("ovsdb-server", "ovs-vswitchd")) {
      try {
        List<String> lines = Files.readAllLines(log(program), StandardCharsets.UTF_8);
        lines
            .subList(Math.max(0, lines.size() - 10), lines.size())
            .forEach(l -> s.append("\n  ").append(l));
      } catch (IOException e) {
        s.append("\n  no log of ").append(program);
      }
    }
    return s.toString();
  }

  @Override
  public void close() {
    for (int i = processes.size() - 1; i >= 0; i--) {
      stop(processes.get(i));
    }
    netns.close();
    try (Stream<Path> files = Files.list(rundir)) {
      for (Path f : files.toList()) {
        Files.delete(f);
      }
      Files.delete(rundir);
    } catch (IOException e) {
      throw new UncheckedIOException("clean up " + rundir, e);
    }
  }

  private static void stop(Process p) {
    p.destroy();
    try {
      if (!p.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
        p.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      p.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return "RealOvs" + Arrays.asList(netns.name(), rundir);
  }
}
