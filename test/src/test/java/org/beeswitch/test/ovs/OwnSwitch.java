// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.beeswitch.cli.Beectl;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.PatientClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.test.controllers.Datapath;

/**
 * {@code bin/beeswitchd} as it was built, with the bridge, the ports and the addresses that a
 * {@link RealOvs} has.
 */
public final class OwnSwitch implements Subject {
  private static final Path BIN =
      Path.of(System.getProperty("beeswitch.root", "..")).toAbsolutePath().resolve("bin");
  private static final int TIMEOUT_S = 60;

  private final TestNetns netns = TestNetns.create();
  private final Path rundir;
  private final Process daemon;

  OwnSwitch(int ports) throws IOException {
    this(Datapath.NETDEV, ports);
  }

  public OwnSwitch(Datapath datapath, int ports) throws IOException {
    rundir = Files.createTempDirectory("ownbee");
    List<String> c =
        new ArrayList<>(List.of("nsenter", "--net=" + netns.path())); // bpffs stays in sight
    c.add(BIN.resolve("beeswitchd").toString());
    c.addAll(List.of("--datapath", datapath.option(), "--rundir", rundir.toString()));
    c.addAll(List.of("--bridge", "br0", "--dpid", "0000000000000001"));
    c.addAll(List.of("--fail-mode", "secure", "--protocols", "OpenFlow13"));
    for (int i = 1; i <= ports; i++) {
      RealOvs.wire(netns, i);
      c.addAll(List.of("--port", "p" + i + "=" + i));
    }
    daemon =
        new ProcessBuilder(c)
            .redirectError(rundir.resolve("log").toFile())
            .redirectOutput(rundir.resolve("out").toFile())
            .start();
    try {
      awaitReady();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    netns.exec("ip", "link", "set", "br0", "up");
  }

  private void awaitReady() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
    while (!Files.readString(rundir.resolve("out")).contains("beeswitchd ready")) {
      if (!daemon.isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException("beeswitchd is not ready: " + log());
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public Path rundir() {
    return rundir;
  }

  public long pid() {
    return daemon.pid();
  }

  @Override
  public TestNetns netns() {
    return netns;
  }

  public String log() {
    try {
      return Files.readString(rundir.resolve("log"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An OpenFlow connection to br0, with Beeswitch's own codec. */
  @Override
  public OfClient<Decoded, OfFrame> connect() throws IOException {
    return PatientClient.connect(
        Target.parse("unix:" + rundir.resolve("br0.mgmt")),
        rundir,
        new OfMessageCodec(Sender.SWITCH),
        Duration.ofSeconds(TIMEOUT_S));
  }

  /** A connection to its control socket. */
  public Unixctl unixctl() throws IOException {
    return new Unixctl(rundir.resolve("beeswitchd." + daemon.pid() + ".ctl"));
  }

  /** Runs {@code ovs-ofctl -O OpenFlow13} on br0. */
  @Override
  public RealOvs.Output ofctl(String... arguments) {
    List<String> c = new ArrayList<>(List.of("-O", "OpenFlow13"));
    c.addAll(List.of(arguments));
    return RealOvs.command("ovs-ofctl", c, rundir);
  }

  /** Runs {@code beectl} in this process: what it prints, on stderr and then on stdout. */
  RealOvs.Output beectl(List<String> arguments, String stdin) {
    List<String> c = new ArrayList<>(List.of("--rundir", rundir.toString()));
    c.addAll(arguments);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Beectl.run(
            c.toArray(String[]::new),
            new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new RealOvs.Output(
        status, err.toString(StandardCharsets.UTF_8) + out.toString(StandardCharsets.UTF_8));
  }

  /** Runs {@code bin/beectl}, a process. */
  RealOvs.Output beectlProcess(List<String> arguments) {
    List<String> c = new ArrayList<>(List.of("--rundir", rundir.toString()));
    c.addAll(arguments);
    return RealOvs.command(BIN.resolve("beectl").toString(), c, rundir);
  }

  @Override
  public void close() {
    daemon.destroy();
    try {
      if (!daemon.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
        daemon.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      daemon.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    netns.close();
    try (Stream<Path> files = Files.walk(rundir)) {
      for (Path f : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(f);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("clean up " + rundir, e);
    }
  }
}
