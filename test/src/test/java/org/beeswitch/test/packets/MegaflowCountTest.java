// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Megaflows are wide: how many there are depends on the rules, not on the traffic. */
@Tag("system")
class MegaflowCountTest {
  private static final int CONNECTIONS = 10_000;
  private static final int DESTINATIONS = 100_000;
  private static final int ROUTES = 100;

  /** What the sender may be ahead of the switch, so that no queue overflows. */
  private static final int AHEAD = 400;

  private static final long PATIENCE_NS = 20_000_000_000L;
  private static final long A = 0x020000000001L;
  private static final long B = 0x020000000002L;

  @ParameterizedTest
  @EnumSource
  void connectionsBetweenTwoAddressesShareAMegaflowPerDirectionAndEtherType(Backend backend)
      throws Exception {
    backend.assumeAvailable();
    Random r = Seed.random("MegaflowCountTest");
    try (InProcessSwitch s = InProcessSwitch.start(backend, 3)) {
      s.add(1, Match.ANY, new Action.Output(OfPort.NORMAL, 0));
      // One connection there and back settles learning.
      sendAll(s, 1, 1, i -> connection(r, A, B));
      sendAll(s, 2, 1, i -> connection(r, B, A));
      long upcalls = s.upcalls();
      sendAll(s, 1, 1, i -> connection(r, A, B));
      sendAll(s, 1, CONNECTIONS, i -> connection(r, A, B));
      sendAll(s, 2, CONNECTIONS, i -> connection(r, B, A));
      System.out.printf(
          "%s: %d connections: %d megaflows, %d upcalls%n",
          backend, CONNECTIONS, s.backer().udpif().flowCount(), s.upcalls() - upcalls);
      assertThat(s.upcalls() - upcalls).isLessThanOrEqualTo(2 * 4);
      assertThat(s.backer().udpif().flowCount()).isLessThanOrEqualTo(2);
      sendAll(s, 1, 1, i -> connection6(r, A, B));
      sendAll(s, 2, 1, i -> connection6(r, B, A));
      sendAll(s, 1, CONNECTIONS, i -> connection6(r, A, B));
      assertThat(s.backer().udpif().flowCount()).isLessThanOrEqualTo(4);
      forEachMask(
          s,
          m -> {
            assertThat(m[FlowLayout.IPV4 - FlowLayout.ODP]).isZero();
            assertThat(m[FlowLayout.TP - FlowLayout.ODP]).isZero();
            assertThat(m[FlowLayout.IPV6_DST - FlowLayout.ODP]).isZero();
            // Of the IP header nothing but whether it is a fragment.
            assertThat(m[FlowLayout.NW - FlowLayout.ODP] << 8).isZero();
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void destinationsOfARouteShareAMegaflow(Backend backend) throws Exception {
    backend.assumeAvailable();
    Random r = Seed.random("MegaflowCountTest");
    try (InProcessSwitch s = InProcessSwitch.start(backend, 2)) {
      NavigableSet<Integer> routes = new TreeSet<>(); // the upper 24 bits
      while (routes.size() < ROUTES) {
        routes.add(10 << 16 | r.nextInt(1 << 16));
      }
      List<FlowMod> rules = new ArrayList<>();
      for (int route : routes) {
        Match m =
            Match.builder()
                .exact(Field.ETH_TYPE, EthType.IPV4)
                .masked(Field.IPV4_DST, (long) route << 8, 0xffffff00L)
                .build();
        rules.add(
            InProcessSwitch.flowMod(
                FlowMod.Command.ADD, 0, 10, m, Instructions.apply(List.of(output(2))), 0));
      }
      s.replaceRules(rules);
      List<Integer> all = new ArrayList<>(routes);
      sendAll(
          s,
          1,
          DESTINATIONS,
          i -> {
            boolean routed = r.nextInt(4) > 0;
            long dst =
                routed
                    ? (long) all.get(r.nextInt(ROUTES)) << 8 | r.nextInt(256)
                    : r.nextInt() & 0xffffffffL;
            return new PacketBuilder()
                .eth(B, A)
                .ipv4(r.nextInt() & 0xffffffffL, dst)
                .udp(r.nextInt(0x10000), r.nextInt(0x10000))
                .packet();
          });
      int megaflows = s.backer().udpif().flowCount();
      int unrouted = gaps(routes);
      System.out.printf(
          "%s: %d destinations over %d routes and %d prefixes without: %d megaflows%n",
          backend, DESTINATIONS, ROUTES, unrouted, megaflows);
      assertThat(megaflows).isBetween(ROUTES, ROUTES + unrouted);
      forEachMask(
          s,
          m -> {
            assertThat(m[FlowLayout.IPV4 - FlowLayout.ODP] & 0xffffffff_000000ffL).isZero();
            assertThat(m[FlowLayout.TP - FlowLayout.ODP]).isZero();
          });
    }
  }

  /** How many prefixes it takes to say which addresses have no route: a trie's, for misses. */
  private static int gaps(NavigableSet<Integer> routes) {
    return gaps(routes, 0, 24);
  }

  private static int gaps(NavigableSet<Integer> routes, int prefix, int bits) {
    int first = prefix << bits;
    Integer found = routes.ceiling(first);
    if (found == null || found >= first + (1 << bits)) {
      return 1;
    }
    return bits == 0
        ? 0
        : gaps(routes, prefix << 1, bits - 1) + gaps(routes, prefix << 1 | 1, bits - 1);
  }

  private static Packet connection(Random r, long from, long to) {
    return new PacketBuilder()
        .eth(to, from)
        .ipv4(r.nextInt() & 0xffffffffL, r.nextInt() & 0xffffffffL)
        .tcp(r.nextInt(0x10000), r.nextInt(0x10000), 2, 0)
        .packet();
  }

  private static Packet connection6(Random r, long from, long to) {
    return new PacketBuilder()
        .eth(to, from)
        .ipv6(
            new Ipv6Address(r.nextLong(), r.nextLong()),
            new Ipv6Address(r.nextLong(), r.nextLong()))
        .tcp(r.nextInt(0x10000), r.nextInt(0x10000), 2, 0)
        .packet();
  }

  /** Sends packets and waits until the switch is through with them; none may be lost. */
  private static void sendAll(InProcessSwitch s, int port, int n, IntFunction<Packet> packet) {
    DpifStats before = s.dpif().stats();
    long upcalls = s.upcalls();
    long end = System.nanoTime() + PATIENCE_NS;
    for (int i = 0; i <= n; i++) {
      while (i - done(s, before, upcalls) > (i == n ? 0 : AHEAD)) {
        s.wires().forEach(Wire::receive); // so that queues do not fill
        if (System.nanoTime() > end) {
          throw new AssertionError(
              (i - done(s, before, upcalls)) + " packets are missing: " + s.backer().coverage());
        }
        LockSupport.parkNanos(20_000);
      }
      if (i < n) {
        s.wire(port).send(packet.apply(i));
        end = System.nanoTime() + PATIENCE_NS;
      }
    }
    assertThat(s.dpif().stats().lost()).isEqualTo(before.lost());
  }

  private static long done(InProcessSwitch s, DpifStats before, long upcallsBefore) {
    long served = s.upcalls() - upcallsBefore;
    DpifStats now = s.dpif().stats();
    return now.hit() - before.hit() + Math.min(served, now.missed() - before.missed());
  }

  private interface MaskCheck {
    void check(long[] mask);
  }

  private static void forEachMask(InProcessSwitch s, MaskCheck c) {
    s.dpif().flowDump((id, key, mask, actions, stats) -> c.check(mask.words()));
  }

  private static Action output(int port) {
    return new Action.Output(OfPort.of(port), 0);
  }
}
