// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real Open vSwitch of our own: ovsdb-server and ovs-vswitchd in a network namespace without a
 * name, with everything else in a temporary directory. One bridge, {@code br0}, on the netdev
 * datapath, OpenFlow 1.3 alone, fail mode secure. Nothing is left when it is closed.
 */
public final class RealOvs implements AutoCloseable {
  private static final long START_TIMEOUT_NS = 30_000_000_000L;

  private final Path dir;
  private final List<Process> daemons = new ArrayList<>();

  public RealOvs() throws IOException, InterruptedException {
    dir = Files.createTempDirectory("bee-ovs-");
    try {
      run("ovsdb-tool", "create", dir.resolve("db").toString(), schema());
      String socket = dir.resolve("db.sock").toString();
      start("ovsdb-server", dir.resolve("db").toString(), "--remote=punix:" + socket);
      await(dir.resolve("db.sock"));
      vsctl(socket, "--no-wait", "init");
      start("ovs-vswitchd", "unix:" + socket, "--disable-system", "-vconsole:off");
      vsctl(
          socket,
          "add-br br0 -- set bridge br0 datapath_type=netdev protocols=OpenFlow13 fail_mode=secure"
              .split(" "));
      await(mgmt());
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Whether this machine can run one. */
  public static boolean isAvailable() {
    return Files.isExecutable(Path.of("/usr/sbin/ovs-vswitchd"))
        && Files.isWritable(Path.of("/proc/sys/kernel/hostname"));
  }

  /** The socket for {@code ovs-ofctl}. */
  public Path mgmt() {
    return dir.resolve("br0.mgmt");
  }

  SocketChannel connect() throws IOException {
    SocketChannel ch = SocketChannel.open(StandardProtocolFamily.UNIX);
    ch.connect(UnixDomainSocketAddress.of(mgmt()));
    return ch;
  }

  private static String schema() {
    return "/usr/share/openvswitch/vswitch.ovsschema";
  }

  private void vsctl(String socket, String... args) throws IOException, InterruptedException {
    List<String> cmd = new ArrayList<>(List.of("ovs-vsctl", "--timeout=30", "--db=unix:" + socket));
    cmd.addAll(List.of(args));
    run(cmd.toArray(new String[0]));
  }

  private void start(String... cmd) throws IOException {
    List<String> all = new ArrayList<>(List.of("unshare", "--net", "--kill-child", "--fork"));
    all.addAll(List.of(cmd));
    all.add("--unixctl=" + dir.resolve(cmd[0] + ".ctl"));
    daemons.add(0, builder(all, cmd[0]).start());
  }

  private void run(String... cmd) throws IOException, InterruptedException {
    Process p = builder(List.of(cmd), cmd[0]).start();
    if (p.waitFor() != 0) {
      throw new IOException(
          String.join(" ", cmd) + ": " + Files.readString(dir.resolve(cmd[0] + ".out")));
    }
  }

  private ProcessBuilder builder(List<String> cmd, String name) {
    ProcessBuilder b = new ProcessBuilder(cmd);
    b.environment()
        .putAll(
            Map.of(
                "OVS_RUNDIR", dir.toString(),
                "OVS_LOGDIR", dir.toString(),
                "OVS_DBDIR", dir.toString(),
                "OVS_SYSCONFDIR", dir.toString()));
    b.redirectErrorStream(true);
    b.redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve(name + ".out").toFile()));
    return b;
  }

  private static void await(Path p) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_TIMEOUT_NS;
    while (!Files.exists(p)) {
      if (System.nanoTime() > deadline) {
        throw new IOException(p + " did not appear");
      }
      Thread.sleep(10);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Process p : daemons) {
      // unshare forwards nothing: its child dies with it (--kill-child).
      p.destroyForcibly();
      p.waitFor();
    }
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
