// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.ovs.OwnSwitch;
import org.beeswitch.test.ovs.RealOvs;
import org.beeswitch.test.ovs.Unixctl;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The barrier law at a switch that runs as a daemon, under traffic: no packet that enters after a
 * barrier's reply is forwarded by what was there before. And what Open vSwitch does in its place.
 * Its sibling: a statistics reply holds all that was forwarded before its request.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class BarrierTest {
  private static final int RATE = 50_000;
  private static final int PORTS = 4;

  /** Nobody waits longer for a barrier whatever the machine does meanwhile. */
  private static final long SLOW_NS = 1_000_000_000L;

  /** Started by the first test that wants one. */
  private static final Map<Datapath, OwnSwitch> DAEMONS = new EnumMap<>(Datapath.class);

  private static OwnSwitch daemon(Datapath datapath) throws Exception {
    datapath.assumeAvailable();
    OwnSwitch s = DAEMONS.get(datapath);
    if (s == null) {
      s = new OwnSwitch(datapath, PORTS);
      DAEMONS.put(datapath, s);
    }
    return s;
  }

  @AfterAll
  static void stop() {
    DAEMONS.values().forEach(OwnSwitch::close);
    DAEMONS.clear();
  }

  @ParameterizedTest
  @EnumSource
  void nothingThatEntersAfterABarriersReplyMeetsWhatWasThereBefore(Datapath datapath)
      throws Exception {
    Random random = Seed.random("BarrierTest" + datapath);
    OwnSwitch s = daemon(datapath);
    try (Unixctl ctl = s.unixctl();
        Moves moves =
            new Moves(s.netns(), s.connect(), RATE, (m, p) -> awaitLearned(ctl, m, p), random)) {
      moves.prepareOthers();
      allWays(datapath, moves, 1);
      int others = Seed.sized(10_000, 50_000);
      try (OtherMegaflows o = OtherMegaflows.start(s.netns(), "w4", others)) {
        Await.until(others + " megaflows", () -> flows(ctl) >= others);
        o.filled();
        allWays(datapath, moves, others);
        System.out.printf(
            "%s: %d megaflows at the end; packets that the captures missed: %d%n",
            datapath, flows(ctl), moves.arrivals().missed());
        moves.stream().pause();
        barriersThatConcernNothing(datapath, moves, others);
      }
      assertThat(counter(ctl, "revalidate_corrected")).isZero();
      assertThat(counter(ctl, "revalidate_checked")).isPositive();
      assertThat(s.log()).doesNotContain("WARN").doesNotContain("ERROR");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStatisticsReplyHoldsWhatWasForwardedBeforeItsRequest(Datapath datapath) throws Exception {
    OwnSwitch s = daemon(datapath);
    try (Moves moves = new Moves(s.netns(), s.connect(), RATE, (m, p) -> {}, new Random(1))) {
      NumberedStream stream = moves.stream();
      Arrivals arrivals = moves.arrivals();
      long first = stream.sent();
      Counts before = Counts.of(moves);
      moves.send(moves.flow("table=0,priority=100,in_port=1,actions=output:2"));
      stream.resume();
      for (int i = 0; i < Seed.sized(20, 500); i++) {
        stream.awaitSent(stream.sent() + 500);
        int arrived = arrivals.count(0, first, stream.sent());
        Counts c = Counts.of(moves).since(before);
        assertThat(c.rule()).as("%s", c).isBetween((long) arrived, stream.sent() - first);
        assertThat(c.lookups()).as("%s", c).isGreaterThanOrEqualTo(arrived);
        assertThat(c.in()).as("%s", c).isGreaterThanOrEqualTo(arrived);
        assertThat(c.out()).as("%s", c).isGreaterThanOrEqualTo(arrived);
      }
      stream.pause();
      long sent = stream.sent() - first - stream.refused();
      // What waits in queues is forwarded yet, on a busy machine for a while.
      Await.until(
          "rule, table and ports agree with what arrived",
          () -> {
            long arrived = arrivals.count(0, first, stream.sent()) + arrivals.missed();
            Counts c = Counts.of(moves).since(before);
            return c.equals(new Counts(arrived, arrived, sent, arrived));
          });
      System.out.printf(
          "figure: %s: %d packets sent, %d arrived, %s%n",
          datapath, sent, arrivals.count(0, first, stream.sent()), Counts.of(moves).since(before));
      moves.send(moves.flow(FlowMod.Command.DELETE, "table=0"));
    }
  }

  /** Packets as a rule, its table and the devices have counted them. */
  private record Counts(long rule, long lookups, long in, long out) {
    static Counts of(Moves m) throws Exception {
      long rule =
          m
              .ask(
                  new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL),
                  MultipartReply.Flow.class)
              .stream()
              .flatMap(part -> part.flows().stream())
              .filter(f -> f.priority() == 100)
              .mapToLong(FlowStats::packetCount)
              .sum();
      long lookups =
          m.ask(new MultipartRequest.Table(), MultipartReply.Table.class)
              .get(0)
              .tables()
              .get(0)
              .lookupCount();
      return new Counts(rule, lookups, port(m, 1).rxPackets(), port(m, 2).txPackets());
    }

    private static PortStats port(Moves m, int port) throws Exception {
      return m.ask(new MultipartRequest.Port(OfPort.of(port)), MultipartReply.Port.class)
          .get(0)
          .ports()
          .get(0);
    }

    Counts since(Counts b) {
      return new Counts(rule - b.rule, lookups - b.lookups, in - b.in, out - b.out);
    }
  }

  private static void allWays(Datapath datapath, Moves moves, int others) throws Exception {
    int n = Seed.sized(8, 1_000);
    for (Moves.Way way : Moves.Way.values()) {
      long from = moves.stream().sent();
      long fromNs = System.nanoTime();
      Moves.Outcome o = moves.make(way, n);
      System.out.printf(
          Locale.ROOT,
          "figure: barrier law, %s, %s, %d other megaflows: %d moves, %d packets judged, %d late;"
              + " %.0f packets a second%n",
          datapath,
          way,
          others,
          o.moves(),
          o.judged(),
          o.late(),
          (moves.stream().sent() - from) * 1e9 / (System.nanoTime() - fromNs));
      assertThat(o.late()).as("%s by the old port after the barrier: %s", way, o).isZero();
      assertThat(o.judged()).as("%s: %s", way, o).isPositive();
    }
  }

  private static void barriersThatConcernNothing(Datapath datapath, Moves moves, int others)
      throws Exception {
    int n = Seed.sized(500, 5_000);
    long[] ns = new long[n];
    for (int i = -2 * n; i < n; i++) { // most of them for the compiler to know the daemon
      String mac = String.format("06:ee:00:00:%02x:%02x", i >> 8 & 0xff, i & 0xff);
      long from = System.nanoTime();
      moves.send(moves.flow("table=1,priority=5,eth_src=" + mac + ",actions=output:3"));
      if (i >= 0) {
        ns[i] = System.nanoTime() - from;
      }
    }
    Arrays.sort(ns);
    System.out.printf(
        Locale.ROOT,
        "figure: flow-mod and barrier that concern none of %d megaflows, %s: median %.3f ms,"
            + " 99 %% %.3f ms, longest %.3f ms%n",
        others,
        datapath,
        ns[n / 2] / 1e6,
        ns[n * 99 / 100] / 1e6,
        ns[n - 1] / 1e6);
    assertThat(ns[n / 2]).isLessThan(SLOW_NS);
  }

  private static void awaitLearned(Unixctl ctl, long mac, int port) throws Exception {
    String text = String.format("%02x:%02x:%02x:%02x:%02x:%02x", bytes(mac));
    Pattern line = Pattern.compile("(?m)^ +" + port + " +0 +" + text);
    Await.until(text + " at port " + port, () -> line.matcher(ctl.call("fdb/show", "br0")).find());
  }

  private static Object[] bytes(long mac) {
    Object[] b = new Object[6];
    for (int i = 0; i < 6; i++) {
      b[i] = mac >>> 40 - 8 * i & 0xff;
    }
    return b;
  }

  private static long flows(Unixctl ctl) throws Exception {
    return number(ctl.call("dpctl/show"), "flows: (\\d+)");
  }

  private static long counter(Unixctl ctl, String name) throws Exception {
    return number(ctl.call("coverage/show"), "(?m)^" + name + " +(\\d+)");
  }

  private static long number(String text, String pattern) {
    Matcher m = Pattern.compile(pattern).matcher(text);
    assertThat(m.find()).as("%s in %s", pattern, text).isTrue();
    return Long.parseLong(m.group(1));
  }

  /** D-BARRIER: Open vSwitch answers first, and its revalidators follow. */
  @Test
  void openVswitchAnswersBeforeItsDatapathHasTheChange() throws Exception {
    RealOvs.assumePossible();
    Random random = Seed.random("BarrierTest ovs");
    try (RealOvs ovs = RealOvs.start(PORTS);
        Moves moves =
            new Moves(
                ovs.netns(),
                ovs.connect(),
                RATE,
                (mac, port) -> {
                  throw new IllegalStateException("moves by RULE have no addresses to learn");
                },
                random)) {
      Moves.Outcome o = moves.make(Moves.Way.RULE, Seed.sized(30, 1_000));
      System.out.printf(
          "figure: barrier law, Open vSwitch, RULE: %d moves, %d packets judged, %d late, the"
              + " latest %d packets after the reply%n",
          o.moves(), o.judged(), o.late(), o.latestNumber());
      assertThat(o.lateMoves()).as("moves with late packets: %s", o).isPositive();
      Moves.Outcome link = moves.make(Moves.Way.LINK_DOWN, Seed.sized(4, 1_000));
      System.out.printf(
          "figure: barrier law, Open vSwitch, LINK_DOWN: %d moves, %d packets judged, %d late%n",
          link.moves(), link.judged(), link.late());
    }
  }
}
