// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.restart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.test.barrier.Arrivals;
import org.beeswitch.test.barrier.NumberedStream;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Program;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a daemon leaves, by whatever end, and what the next one makes of it. */
@Tag("system")
@Tag("slow")
class RestartTest {
  private static final int RATE = 1_000;

  private static Packet packet() {
    return new PacketBuilder()
        .eth(0x0a0000000002L, 0x0a0000000001L)
        .ipv4(0x0a000001L, 0x0a000002L)
        .udp(1000, 2000)
        .payload(22)
        .packet();
  }

  private static String wire(RestartLab lab, String flow) throws Exception {
    Path flows = lab.dir().resolve("flows");
    Files.writeString(flows, flow + "\n");
    return flows.toString();
  }

  /** How many of the next packets arrive at w2. */
  private static int arriving(NumberedStream stream, Arrivals arrivals, int of) {
    long from = stream.sent();
    arrivals.awaitAll(stream, from, from + of);
    return arrivals.count(0, from, from + of);
  }

  @Test
  void exitKeepAndAStartThatFailsLeaveTheKernelForwarding() throws Exception {
    try (RestartLab lab = new RestartLab(2);
        Arrivals arrivals = Arrivals.at(lab.netns, "w2")) {
      String flows = wire(lab, "in_port=1,actions=output:2");
      String[] options = {
        "--bridge",
        "br0",
        "--port",
        "p1=1",
        "--port",
        "p2=2",
        "--fail-mode",
        "secure",
        "--flows",
        flows
      };
      Program first = lab.startReady(options);
      try (NumberedStream stream = NumberedStream.start(lab.netns, "w1", RATE, packet())) {
        Await.until("a megaflow", () -> arriving(stream, arrivals, 10) == 10);
        lab.beectl("exit", "--keep");
        assertThat(first.awaitEnd()).isZero();
        assertThat(arriving(stream, arrivals, 100)).isEqualTo(100);

        Files.writeString(Path.of(flows), "in_port=1,actions=\n");
        Program failing =
            lab.start(
                "--bridge",
                "br0",
                "--port",
                "p1=1",
                "--port",
                "p2",
                "--flows",
                lab.dir().resolve("nosuch").toString());
        assertThat(failing.awaitEnd()).isEqualTo(1);
        assertThat(arriving(stream, arrivals, 100)).isEqualTo(100);

        wire(lab, "in_port=1,actions=drop");
        Program last = lab.startReady(options);
        assertThat(arriving(stream, arrivals, 100)).isZero();
        assertThat(lab.counter("adopt_corrected")).isPositive();
        assertNothingIsLeftBy(lab, last);
      }
    }
  }

  /** Each thing is looked for in its own way. */
  private static void assertNothingIsLeftBy(RestartLab lab, Program daemon) throws Exception {
    assertThat(Files.exists(lab.pins())).isTrue();
    assertThat(daemon.stop()).as(daemon.toString()).isZero();
    assertThat(Files.exists(lab.pins())).as("pins").isFalse();
    try (Stream<Path> files = Files.list(lab.rundir())) {
      assertThat(files).as("sockets and files").isEmpty();
    }
    String links = lab.netns.exec("ip", "-br", "link");
    assertThat(links.lines().map(l -> l.replaceAll("[@ ].*", "")))
        .as("devices")
        .allMatch(name -> name.matches("lo|[pw][0-9]"));
    assertThat(lab.netns.exec("ip", "-d", "link", "show", "p1")).contains("promiscuity 0");
    assertThat(lab.netns.exec("tc", "qdisc", "show")).as("qdiscs").doesNotContain("clsact");
    assertThat(lab.netns.exec("tc", "filter", "show", "dev", "p1", "ingress")).isEmpty();
    // A tcx program would keep this from the host: tc does not list it.
    lab.netns.exec("ip", "addr", "add", "10.9.9.1/24", "dev", "p1");
    long before = received(lab);
    Await.until("the host has p1 back", () -> received(lab) > before);
  }

  /** IP packets that p1's host has seen; those of the stream are for another MAC address. */
  private static long received(RestartLab lab) throws Exception {
    lab.netns.exec("sh", "-c", "ping -n -c 1 -W 1 -I w1 10.9.9.1 >/dev/null 2>&1 || true");
    String arp = lab.netns.exec("cat", "/proc/net/snmp");
    return arp.lines()
        .filter(l -> l.startsWith("Ip: ") && !l.contains("InReceives"))
        .mapToLong(l -> Long.parseLong(l.split(" ")[3]))
        .sum();
  }

  @Test
  void portsKeepTheirNumbersAndBridgesThatAreGoneAreGone() throws Exception {
    try (RestartLab lab = new RestartLab(4)) {
      Program first =
          lab.startReady(
              "--bridge", "br0", "--port", "p1", "--port", "p2", "--port", "p3", "--bridge", "br1");
      String address = lab.netns.exec("cat", "/sys/class/net/br0/address");
      String before = lab.beectl("dpctl", "show");
      first.kill();
      lab.netns.exec("ip", "link", "del", "p2");
      Program second =
          lab.startReady("--bridge", "br0", "--port", "p4", "--port", "p3", "--port", "p2");
      assertThat(lab.netns.exec("ip", "-br", "link")).contains("br0").doesNotContain("br1");
      assertThat(lab.netns.exec("cat", "/sys/class/net/br0/address")).isEqualTo(address);
      String ports = lab.beectl("dump-ports-desc", "br0");
      assertThat(ports).contains(" 2(p2): addr:00:00:00:00:00:00", " 3(p3): ", " 4(p4): ");
      assertThat(ports).doesNotContain("(p1)");
      String after = lab.beectl("dpctl", "show");
      for (String port : List.of("br0", "p3")) {
        String line = before.lines().filter(l -> l.contains(": " + port)).findFirst().orElseThrow();
        assertThat(after).contains(line.strip());
      }
      assertThat(second.lines().stream().filter(l -> l.contains("WARN")))
          .singleElement()
          .asString()
          .contains("port p2: its device has gone while no daemon ran");
      lab.netns.veth("w9", lab.netns, "p2");
      Await.until(
          "p2 is back",
          () -> !lab.beectl("dump-ports-desc", "br0").contains("(p2): addr:00:00:00:00:00:00"));
    }
  }

  @Test
  void aSecureBridgeWaitsForTheTimeToBeOver() throws Exception {
    try (RestartLab lab = new RestartLab(2);
        Arrivals arrivals = Arrivals.at(lab.netns, "w2")) {
      String[] options = {
        "--bridge",
        "br0",
        "--port",
        "p1=1",
        "--port",
        "p2=2",
        "--fail-mode",
        "secure",
        "--restore-wait",
        "3600"
      };
      Program first = lab.startReady(options);
      lab.beectl("add-flow", "br0", "in_port=1,actions=output:2");
      try (NumberedStream stream = NumberedStream.start(lab.netns, "w1", RATE, packet())) {
        Await.until("a megaflow", () -> arriving(stream, arrivals, 10) == 10);
        first.kill();
        Program second = lab.startReady(options);
        // Tables are empty, and a tool's barrier is no controller's.
        lab.beectl("add-flow", "br0", "in_port=2,actions=output:1");
        assertThat(arriving(stream, arrivals, 100)).isEqualTo(100);
        assertThat(lab.counter("adopt_kept")).isZero();
        second.kill();
        options[options.length - 1] = "1";
        Program third = lab.startReady(options);
        third.awaitLine("the time is over");
        assertThat(arriving(stream, arrivals, 100)).isZero();
        assertThat(lab.counter("adopt_uncredited_packets")).isPositive();
        third.kill();
        options[options.length - 1] = "0";
        Program fourth = lab.startReady(options);
        assertThat(fourth.printed("none may stay")).isTrue();
        assertThat(lab.counter("adopt_kept") + lab.counter("adopt_corrected")).isZero();
      }
    }
  }

  @Test
  @Tag("soak")
  void daemonsThatAreKilledWhileTheyStartLeaveNothingThatTheNextCannotUse() throws Exception {
    Random random = Seed.random("RestartTest");
    int kills = Seed.sized(2, 200);
    try (RestartLab lab = new RestartLab(2)) {
      String[] options = {"--bridge", "br0", "--port", "p1", "--port", "p2"};
      for (int k = 0; k < kills; k++) {
        Program p = lab.start(options);
        // Anywhere from the JVM's start to some time after it is ready.
        LockSupport.parkNanos(300_000_000L + random.nextInt(1_500_000_000));
        p.kill();
        assertThat(p.lines().toString()).doesNotContain("ERROR").doesNotContain("Exception");
      }
      Program last = lab.startReady(options);
      assertThat(lab.beectl("dump-ports-desc", "br0")).contains(" 1(p1): ", " 2(p2): ");
      assertNothingIsLeftBy(lab, last);
    }
  }
}
