// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.beeswitch.netdev.sys.Sys;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace for a test: a host, or a machine of its own for the switch.
 *
 * <p>What a test does in a namespace of its own it cannot do to the machine, and all devices in it
 * go with it. Names are {@code beePID-N}, so that runs do not meet. Closing removes the namespace;
 * what a killed run left behind, the next run removes, by the pid in the name.
 *
 * <p>Devices are made by {@code ip}, which is not what the product uses: a second opinion.
 */
public final class TestNetns implements AutoCloseable {
  private static final String PREFIX = "bee";
  private static final Path NETNS_DIR = Path.of("/var/run/netns");
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final long COMMAND_TIMEOUT_S = 60;
  private static boolean swept;

  private final String name;

  private TestNetns(String name) {
    this.name = name;
  }

  /** Skips the calling test, loudly, where namespaces cannot be made. */
  public static void assumeRoot() {
    boolean root = "root".equals(System.getProperty("user.name"));
    if (!root) {
      System.err.println("SKIPPED: tests with network namespaces need root");
    }
    Assumptions.assumeTrue(root, "needs root");
  }

  /**
   * A new namespace with loopback up, empty otherwise. Devices have no IPv6 until they are given an
   * address, and do not ask for routers then: what hosts say of their own accord comes when no test
   * expects it. (What groups they listen to they say all the same, MLD.)
   */
  public static TestNetns create() {
    sweep();
    TestNetns ns =
        new TestNetns(PREFIX + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet());
    run("ip", "netns", "add", ns.name);
    try {
      ns.exec(
          "sysctl",
          "-qw",
          "net.ipv6.conf.default.disable_ipv6=1",
          "net.ipv6.conf.default.router_solicitations=0");
      ns.exec("ip", "link", "set", "lo", "up");
    } catch (RuntimeException e) {
      ns.close();
      throw e;
    }
    return ns;
  }

  /** Removes namespaces of processes that are no more. */
  private static synchronized void sweep() {
    if (swept || !Files.isDirectory(NETNS_DIR)) {
      return;
    }
    swept = true;
    List<String> stale = new ArrayList<>();
    try (Stream<Path> all = Files.list(NETNS_DIR)) {
      all.map(p -> String.valueOf(p.getFileName()))
          .filter(n -> n.matches(PREFIX + "[0-9]+-[0-9]+"))
          .filter(
              n ->
                  ProcessHandle.of(Long.parseLong(n.substring(PREFIX.length(), n.indexOf('-'))))
                      .isEmpty())
          .forEach(stale::add);
    } catch (IOException e) {
      throw new IllegalStateException("list " + NETNS_DIR, e);
    }
    stale.forEach(n -> run("ip", "netns", "del", n));
  }

  public String name() {
    return name;
  }

  /** Where the namespace can be opened. */
  public Path path() {
    return NETNS_DIR.resolve(name);
  }

  /** Runs a command in the namespace; returns what it printed, fails if it fails. */
  public String exec(String... command) {
    return run(command(command));
  }

  /** Starts a command in the namespace; the caller ends it. Its stderr goes to ours. */
  public Process start(String... command) throws IOException {
    return new ProcessBuilder(command(command))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private String[] command(String... command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(List.of(command));
    return all.toArray(String[]::new);
  }

  /** A veth pair, up: {@code device} here and {@code peer} in another namespace, or here too. */
  public void veth(String device, TestNetns other, String peer) {
    run(
        "ip",
        "link",
        "add",
        "name",
        device,
        "netns",
        name,
        "type",
        "veth",
        "peer",
        "name",
        peer,
        "netns",
        other.name);
    exec("ip", "link", "set", "dev", device, "up");
    other.exec("ip", "link", "set", "dev", peer, "up");
  }

  /** Gives a device an address, such as {@code "10.0.0.1/24"} or {@code "fd00::1/64"}. */
  public void address(String device, String cidr) {
    if (cidr.indexOf(':') >= 0) {
      exec("sysctl", "-qw", "net.ipv6.conf." + device + ".disable_ipv6=0");
      exec("ip", "addr", "add", cidr, "dev", device, "nodad");
    } else {
      exec("ip", "addr", "add", cidr, "dev", device);
    }
  }

  /**
   * Calls code on a thread of its own that is in the namespace: sockets that it opens stay there
   * when it is over. Throws what the code throws.
   */
  public <T> T call(Callable<T> code) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                enter();
                result.complete(code.call());
              } catch (Throwable t) {
                result.completeExceptionally(t);
              }
            },
            name);
    thread.start();
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      } else if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Moves the calling thread into the namespace, for good. */
  public void enter() {
    int fd = Sys.open(path().toString(), Sys.O_RDONLY | Sys.O_CLOEXEC);
    int r = fd < 0 ? fd : Sys.setns(fd, Sys.CLONE_NEWNET);
    Sys.close(fd);
    if (r < 0) {
      throw new IllegalStateException("enter " + name + ": " + Sys.strerror(-r));
    }
  }

  /** Runs a command outside; returns what it printed on stdout and stderr. */
  public static String run(String... command) {
    try {
      Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
      p.getOutputStream().close();
      String output;
      try (InputStream in = p.getInputStream()) {
        output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (!p.waitFor(COMMAND_TIMEOUT_S, TimeUnit.SECONDS)) {
        p.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + ": does not end");
      }
      if (p.exitValue() != 0) {
        throw new IllegalStateException(
            String.join(" ", command) + ": exit " + p.exitValue() + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(String.join(" ", command), e);
    }
  }

  @Override
  public void close() {
    run("ip", "netns", "del", name);
  }
}
