// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Peer;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The daemon under everything at once: controllers, rules, ports, bridges, tools and traffic come
 * and go. In {@code bin/test} for seconds and with the kernel datapath alone, which shows that
 * nothing gets lost on the way; in {@code bin/soak} for an hour with each datapath, which shows
 * that nothing grows.
 *
 * <p>There are two rounds, each followed by a rest. What the daemon holds after the second is
 * compared with what it holds after the first, when it has met everything once: whatever kept one
 * object for each event would show.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class SoakTest {
  private static final int SECONDS =
      Seed.sized(6, Integer.getInteger("beeswitch.soakSeconds", 3600));
  private static final boolean LONG = SECONDS > 60;

  /** A leak of a hundred bytes for each of an hour's two million new flows would be 200 MB. */
  private static final long HEAP_MAY_GROW_KB = LONG ? 6 << 10 : 12 << 10;

  /** The code cache fills, malloc keeps what it had at the busiest moment. */
  private static final long RSS_MAY_GROW_KB = 64 << 10;

  /** Connections of the moment, and a compiler's thread. */
  private static final int A_FEW = 5;

  /** Chunks and tables are made as flows need them, in numbers that double. */
  private static final int MAPS_MAY_GROW = 24;

  /** A second for a megaflow to be idle in, a round to see it. */
  private static final int IDLE_S = 60;

  /** In {@code dpctl/show}, where masks are counted. */
  private static final Pattern NO_MASKS = Pattern.compile("masks: hit:\\d+ total:0 ");

  /** What says that we are wrong; others may move under such a load. */
  private static final Set<String> ALWAYS_ZERO =
      Set.of(
          "revalidate_corrected",
          "dp_flow_refused",
          "upcall_flow_put_failed",
          "drop_action_failed",
          "drop_bad_action",
          "drop_no_scratch",
          "drop_pull",
          "drop_tail_call",
          "drop_upcall_no_handler",
          "openflow_internal_errors",
          "xlate_bridge_not_found",
          "xlate_recursion_too_deep",
          "xlate_too_many_resubmits");

  private Site site;
  private Rules rules;
  private Ports ports;
  private Guests guests;
  private Traffic traffic;

  static Stream<Datapath> datapaths() {
    return LONG ? Stream.of(Datapath.BPF, Datapath.NETDEV) : Stream.of(Datapath.BPF);
  }

  @ParameterizedTest
  @MethodSource("datapaths")
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void everythingAtOnceLeavesTheDaemonAsItWas(Datapath datapath) throws Exception {
    TestNetns.assumeRoot();
    datapath.assumeAvailable();
    try (Site s = new Site(datapath)) {
      site = s;
      String name = "SoakTest " + datapath + " ";
      Peer steady = s.steady.accept();
      rules = new Rules(s, steady, Seed.random(name + "rules"), Seed.random(name + "mess"));
      ports = new Ports(s, Seed.random(name + "ports"), Seed.random(name + "bridges"));
      guests =
          new Guests(
              s,
              Seed.random(name + "fickle"),
              Seed.random(name + "slave"),
              Seed.random(name + "tools"));
      String devicesWere = s.devicesBefore();
      rules.begin();
      try (Traffic t = Traffic.open(s, Seed.random(name + "traffic"))) {
        traffic = t;
        round(Math.max(2, SECONDS / 6));
        nothingIsAmiss();
        Level before = Level.of(s.pid());
        say("after the first round", before);
        round(SECONDS);
        nothingIsAmiss();
        whatIsCachedGoes();
        Level after = Level.of(s.pid());
        say("after the second round", after);
        nothingHasGrown(before, after);
      }
      knownRulesForward();
      theEndLeavesNothing(devicesWere);
    }
  }

  private void say(String when, Level l) throws Exception {
    System.out.printf("figure: soak %s, %s: %s%n", site.datapath(), when, l);
  }

  // A round.

  private void round(int seconds) throws Exception {
    Churn churn = new Churn();
    churn.start("accounts", 5, rules::keepAccounts);
    churn.start("mess", 20, this::mess);
    churn.start("fickle controller", 200, guests::fickle);
    churn.start("slave", 50, guests::slave);
    churn.start("tools", 20, guests::tools);
    churn.start("programs", LONG ? 10_000 : 1_000, guests::programs);
    churn.start("ports", 50, ports::flap);
    churn.start("bridges", 200, ports::bridge);
    churn.start("frames", 20, traffic::frames);
    churn.start("pings", 100, traffic::pings);
    churn.start("tcp", 50, traffic::tcp);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long nextReport = System.nanoTime() + TimeUnit.SECONDS.toNanos(Math.max(60, seconds / 20));
    while (System.nanoTime() < end && !churn.hasFailed() && site.daemon().isAlive()) {
      Thread.sleep(100);
      if (System.nanoTime() > nextReport) {
        nextReport += TimeUnit.SECONDS.toNanos(Math.max(60, seconds / 20));
        say("megaflows " + site.memory("udpif keys"), Level.of(site.pid()));
      }
    }
    assertThat(site.daemon().isAlive()).as("%s", site.daemon()).isTrue();
    Map<String, AtomicLong> counts = churn.stop();
    ports.mend();
    rules.end();
    System.out.printf(
        "figure: soak %s, %d s: %s; %d rules told to be gone, %d packet-ins, %d frames, %d TCP"
            + " connections; %s%n",
        site.datapath(),
        seconds,
        counts,
        rules.added(),
        rules.packetIns(),
        traffic.framesSent(),
        traffic.connectionsServed(),
        moved());
  }

  private void mess() throws Exception {
    try (OfClient<Decoded, OfFrame> c = site.connect("br0")) {
      rules.makeAMess(c);
    }
  }

  /** Counters that are not zero. */
  private Map<String, Long> moved() throws Exception {
    Map<String, Long> all = new TreeMap<>(site.coverage());
    all.values().removeIf(n -> n == 0);
    return all;
  }

  // What is checked.

  private void nothingIsAmiss() throws Exception {
    SoftAssertions all = new SoftAssertions();
    Map<String, Long> c = site.coverage();
    for (String name : ALWAYS_ZERO) {
      all.assertThat(c.getOrDefault(name, 0L)).as(name).isZero();
    }
    List<String> complaints = new ArrayList<>();
    for (String line : site.daemon().lines()) {
      if ((line.contains(" WARN ") || line.contains(" ERROR ") || line.contains("Exception"))
          && !isExpected(line)) {
        complaints.add(line);
      }
    }
    all.assertThat(complaints).as("the daemon's log").isEmpty();
    all.assertAll();
    // What was refused on its way to controllers is counted, and nothing else is missing.
    Await.until(
        "every packet-in has come or is counted as lost",
        () -> {
          long missing = rules.packetInsMissing();
          return missing >= 0 && missing <= lost();
        });
    Await.until("user space and the datapath have the same megaflows", this::megaflowsAgree);
  }

  /** The fickle controller goes in the middle of a message. */
  private static boolean isExpected(String line) {
    return line.contains("connection dropped mid-packet");
  }

  private long lost() throws Exception {
    Map<String, Long> c = site.coverage();
    return Stream.of(
            "drop_upcall_ring",
            "drop_upcall_limit",
            "upcall_refused.controller",
            "packet_in_inbox_full",
            "packet_in_queue_full",
            "packet_in_no_bridge")
        .mapToLong(n -> c.getOrDefault(n, 0L))
        .sum();
  }

  private boolean megaflowsAgree() throws Exception {
    long keys = site.memory("udpif keys");
    long flows = number(site.control("dpctl/show"), "flows: ");
    boolean agree = keys == flows && keys == site.control("dpctl/dump-flows").lines().count();
    if (agree && site.datapath() == Datapath.BPF) {
      agree = Level.Bpf.of(site.pid()).records() == keys;
    }
    return agree && site.memory("udpif keys") == keys;
  }

  private static long number(String text, String name) {
    int at = text.indexOf(name) + name.length();
    return Long.parseLong(text.substring(at).replaceFirst("(?s)\\D.*", ""));
  }

  /** Nobody sends any more: what is cached goes, and with it masks and lists of actions. */
  private void whatIsCachedGoes() throws Exception {
    Await.until("idle megaflows go", IDLE_S, () -> site.memory("udpif keys") == 0);
    Await.until(
        "what belonged to them is free",
        () -> {
          String show = site.control("dpctl/show");
          return number(show, "flows: ") == 0
              && (site.datapath() == Datapath.NETDEV || NO_MASKS.matcher(show).find())
              && site.coverage().getOrDefault("dp_action_lists", 0L) == 0
              && megaflowsAgree();
        });
  }

  private static void nothingHasGrown(Level before, Level after) {
    SoftAssertions all = new SoftAssertions();
    all.assertThat(after.rssKb()).as("RSS").isLessThan(before.rssKb() + RSS_MAY_GROW_KB);
    all.assertThat(after.heapKb()).as("heap").isLessThan(before.heapKb() + HEAP_MAY_GROW_KB);
    all.assertThat(after.fds()).as("descriptors").isLessThanOrEqualTo(before.fds() + A_FEW);
    all.assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + A_FEW);
    all.assertThat(after.maps()).as("maps").isLessThanOrEqualTo(before.maps() + MAPS_MAY_GROW);
    all.assertThat(after.programs()).as("programs").isEqualTo(before.programs());
    all.assertThat(after.links()).as("links").isEqualTo(before.links());
    all.assertThat(after.netlink()).as("rtnetlink sockets").isEqualTo(before.netlink());
    all.assertAll();
  }

  /** Hosts reach each other through rules of which each has its share. */
  private void knownRulesForward() throws Exception {
    for (int[] way : new int[][] {{1, 2}, {2, 1}}) {
      String rule = "priority=60001,in_port=%d,cookie=%d,actions=output:%d";
      site.change(
          "br0", Site.flow(FlowMod.Command.ADD, rule.formatted(way[0], 0x600d0 + way[0], way[1])));
    }
    for (int[] pair : new int[][] {{1, 2}, {3, 4}, {4, 5}}) {
      pingsSoon(pair[0], pair[1]);
    }
    assertThat(site.flows("br0"))
        .filteredOn(f -> f.cookie() >>> 4 == 0x600d)
        .hasSize(2)
        .allSatisfy(f -> assertThat(f.packetCount()).isPositive());
  }

  private void pingsSoon(int from, int to) throws Exception {
    try {
      Await.until("host " + from + " pings " + to, () -> site.pings(from, to));
    } catch (AssertionError e) {
      throw new AssertionError(
          String.join(
              "\n",
              "what the switch has now:",
              String.valueOf(site.flows("br0")),
              String.valueOf(site.flows("br1")),
              site.control("fdb/show", "br0"),
              site.control("fdb/show", "br1"),
              site.control("dpctl/show"),
              site.control("dpctl/dump-flows")),
          e);
    }
  }

  private void theEndLeavesNothing(String devicesWere) throws Exception {
    Level.Bpf bpf = Level.Bpf.of(site.pid());
    assertThat(site.daemon().stop()).as("%s", site.daemon()).isZero();
    assertThat(site.rundir()).isEmptyDirectory();
    assertThat(site.devices()).isEqualTo(devicesWere);
    // The kernel frees maps when a grace period is over.
    Await.until("no map, program or link is left", () -> bpf.alive().isEmpty());
  }
}
