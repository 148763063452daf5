// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ports;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Devices of ports change, go and come back, and ports do: each is a port again when it can be, and
 * a stream between two other ports loses nothing.
 */
@Tag("system")
@Tag("slow")
class DevicesUnderTrafficTest {
  private static final int SMALL = 40;
  private static final int LARGE = 1_400;
  private static final String NO_PORT = "drop_output_no_port";
  private static final String MTU = "drop_output_mtu";

  @ParameterizedTest
  @EnumSource
  @Timeout(300)
  void whateverHappensToADeviceCostsOthersNothing(Datapath datapath) throws Exception {
    try (Traffic t = new Traffic(datapath);
        TestNetns elsewhere = TestNetns.create()) {
      assertWorks(t);

      t.ip("link del p3");
      t.assertDrops("w4", SMALL, NO_PORT);
      t.ip("link add p3 type veth peer name w3");
      t.ip("link set p3 up");
      t.ip("link set w3 up");
      assertWorks(t);

      t.ip("link set p3 name q3");
      assertWorks(t);
      assertThat(t.own.ofctl("dump-ports", "br0", "3").text()).doesNotContain("?");
      t.ip("link add p3 type veth peer name x3"); // now this is port 3, and the other nobody's
      t.ip("link set p3 up");
      t.ip("link set x3 up");
      t.assertCrosses("x3", "w4", SMALL);
      t.assertCrosses("w4", "x3", SMALL);
      t.ip("link del p3");
      t.assertDrops("w4", SMALL, NO_PORT);
      t.ip("link set q3 name p3");
      assertWorks(t);

      t.ip("link set p3 netns " + elsewhere.name());
      t.assertDrops("w4", SMALL, NO_PORT);
      elsewhere.exec("ip", "link", "set", "p3", "netns", t.own.netns().name());
      t.ip("link set p3 up");
      assertWorks(t);

      t.ip("link set p4 mtu 1000");
      t.assertDrops("w3", LARGE, MTU);
      t.assertCrosses("w3", "w4", SMALL);
      t.ip("link set p4 mtu 1500");
      t.assertCrosses("w3", "w4", LARGE);

      t.ip("link set p3 down");
      t.ip("link set p3 up");
      t.ip("link set p3 address 02:00:00:00:0c:03");
      assertWorks(t);
      t.assertNothingLost(datapath + ", a device that changes, goes and returns");
      assertThat(t.own.log()).doesNotContain("WARN").doesNotContain("ERROR");
    }
  }

  private static void assertWorks(Traffic t) throws Exception {
    t.assertCrosses("w3", "w4", SMALL);
    t.assertCrosses("w4", "w3", LARGE);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("soak")
  @Timeout(1_800)
  void portsThatFlapLeaveNothingBehind(Datapath datapath) throws Exception {
    int times = Seed.sized(25, 1_000);
    Path batch = Files.createTempFile("flap", ".ip");
    try (Traffic t = new Traffic(datapath)) {
      flap(t, 2, batch); // what is made once is there now
      assertWorks(t);
      String qdiscs = t.own.netns().exec("tc", "qdisc", "show");
      Held before = Held.by(t.own.pid());
      flap(t, times, batch);
      assertWorks(t);
      // Some of it is let go of a moment later.
      Await.holds(() -> Held.by(t.own.pid()).isAtMost(before));
      Held after = Held.by(t.own.pid());
      assertThat(after.isAtMost(before)).as("%s, %s before", after, before).isTrue();
      assertThat(t.own.netns().exec("tc", "qdisc", "show")).isEqualTo(qdiscs);
      assertThat(t.own.ofctl("dump-ports-desc", "br0").text()).contains(" 3(p3): ");
      System.out.printf(
          "figure: %s, %d times each down and up, deleted and added, vanished and returned:"
              + " %s before, %s after%n",
          datapath, times, before, after);
      t.assertNothingLost(datapath + ", a port that flaps");
      assertThat(t.own.log()).doesNotContain("WARN").doesNotContain("ERROR");
    } finally {
      Files.delete(batch);
    }
  }

  private static void flap(Traffic t, int times, Path batch) throws Exception {
    Files.writeString(batch, "link set p3 down\nlink set p3 up\n".repeat(times));
    t.ip("-batch " + batch);
    for (int i = 0; i < times; i++) {
      t.ctl.call("del-port", "br0", "p3");
      t.ctl.call("add-port", "br0", "p3");
    }
    String again =
        "link del p3\nlink add p3 type veth peer name w3\nlink set p3 up\nlink set w3 up\n";
    Files.writeString(batch, again.repeat(times));
    t.ip("-batch " + batch);
  }

  /** What a process holds on to. */
  private record Held(long files, long sockets, long bpfLinks, long threads) {
    static Held by(long pid) throws Exception {
      Path proc = Path.of("/proc/" + pid);
      long sockets = 0;
      long links = 0;
      long files = 0;
      try (Stream<Path> fds = Files.list(proc.resolve("fd"))) {
        for (Path fd : fds.toList()) {
          String what = target(fd);
          files += what.startsWith("/") ? 0 : 1; // jars are opened when they are needed
          sockets += what.startsWith("socket:") ? 1 : 0;
          links += what.contains("bpf_link") || what.contains("bpf-link") ? 1 : 0;
        }
      }
      try (Stream<Path> tasks = Files.list(proc.resolve("task"))) {
        return new Held(files, sockets, links, tasks.count());
      }
    }

    private static String target(Path fd) {
      try {
        return Files.readSymbolicLink(fd).toString();
      } catch (java.io.IOException e) {
        return ""; // closed meanwhile
      }
    }

    boolean isAtMost(Held other) {
      return files <= other.files && bpfLinks <= other.bpfLinks && threads <= other.threads + 2;
    }
  }
}
