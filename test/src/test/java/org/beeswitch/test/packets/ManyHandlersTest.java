// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.TableStats;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Several handlers install megaflows while {@code main} publishes and a revalidator buries, with
 * threads and devices as in the daemon. Each rule writes its version into the packets that it
 * forwards, and each packet says which version of its rule was published when it was sent: it must
 * meet that one or a later one.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class ManyHandlersTest {
  private static final int PORTS = 4;
  private static final int HANDLERS = 4;
  private static final int RULES = 48;
  private static final int SOURCE_PORTS = 8;
  private static final int BURST = 16;
  private static final long NAP_NS = 3_000_000;
  private static final long PATIENCE_NS = 20_000_000_000L;
  private static final long MAGIC = 0x7665_7273_696f_6e73L;
  private static final int TRAILER = 12;
  private static final int UDP_DST_AT = 36;

  /** By rule: the version that every packet sent from now on meets, or a later one. */
  private final AtomicIntegerArray published = new AtomicIntegerArray(RULES);

  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  @ParameterizedTest
  @EnumSource
  void everyPacketMeetsWhatWasPublishedBeforeItOrLater(Backend backend) throws Exception {
    backend.assumeAvailable();
    Random random = Seed.random("ManyHandlersTest" + backend);
    try (InProcessSwitch s = InProcessSwitch.start(backend, PORTS, HANDLERS)) {
      s.add(0, 10, udp().build(), Instructions.builder().gotoTable(1).build());
      for (int rule = 0; rule < RULES; rule++) {
        publish(s, rule, FlowMod.Command.ADD, random);
      }
      List<CompletableFuture<Void>> senders = new ArrayList<>();
      for (int port = 1; port <= PORTS; port++) {
        Wire wire = s.wire(port);
        Random own = new Random(random.nextLong());
        senders.add(
            CompletableFuture.runAsync(
                () -> exchange(wire, own), r -> new Thread(r, wire.toString()).start()));
      }
      int changes = Seed.sized(400, 30_000);
      for (int i = 0; i < changes; i++) {
        change(s, random);
        LockSupport.parkNanos(random.nextInt(1_000_000));
      }
      stopping = true;
      for (CompletableFuture<Void> sender : senders) {
        sender.get();
      }
      settle(s);
      System.out.printf(
          "%s: %d changes, %d packets in, %d out, %d megaflows in the end; %s%n",
          backend, changes, sent.get(), received.get(), s.dpif().stats().flows(), stale(s));
      assertThat(violations).isEmpty();
      assertThat(received.get()).isPositive();
      assertEachWasCountedOnce(s);
      // They idle out, and each is gone here a moment before it is there.
      Await.until(
          "user space and the datapath have the same megaflows",
          () -> s.dpif().stats().flows() == s.backer().udpif().flowCount());
      assertThat(s.backer().coverage())
          .containsEntry("revalidate_corrected", 0L)
          .containsEntry("upcall_flow_put_failed", 0L);
    }
  }

  /** Sends and receives at one wire. */
  private void exchange(Wire wire, Random random) {
    Packet p =
        new PacketBuilder()
            .eth(0x020000000000L, 0x0600000000L + wire.port().number())
            .ipv4("10.0.0.1", "10.0.0.2")
            .udp(0, 0)
            .payload(TRAILER)
            .packet();
    while (!stopping) {
      for (int i = 0; i < BURST; i++) {
        int rule = random.nextInt(RULES);
        byte[] b = p.data();
        int at = p.offset();
        Be.put16(b, at + UDP_DST_AT - 2, random.nextInt(SOURCE_PORTS));
        Be.put16(b, at + UDP_DST_AT, rule);
        Be.put64(b, at + p.length() - TRAILER, MAGIC);
        Be.put32(b, at + p.length() - 4, published.get(rule));
        wire.send(p);
        sent.incrementAndGet();
      }
      receive(wire);
      LockSupport.parkNanos(NAP_NS);
    }
  }

  private void receive(Wire wire) {
    for (Packet p : wire.receive()) {
      byte[] b = p.data();
      int at = p.offset();
      int trailer = at + p.length() - TRAILER;
      if (p.length() > UDP_DST_AT + TRAILER && Be.get64(b, trailer) == MAGIC) {
        received.incrementAndGet();
        long met = Be.get48(b, at) & 0xffff_ffffL;
        long wanted = Be.get32(b, trailer + 8);
        if (met < wanted) {
          violations.add(
              "rule " + Be.get16(b, at + UDP_DST_AT) + ": met " + met + ", not " + wanted);
        }
      }
    }
  }

  private void change(InProcessSwitch s, Random random) throws Exception {
    int rule = random.nextInt(RULES);
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> publish(s, rule, FlowMod.Command.ADD, random);
      case 3 -> publish(s, rule, FlowMod.Command.MODIFY_STRICT, random);
      case 4 -> {
        s.flowMods(List.of(flowMod(FlowMod.Command.DELETE_STRICT, rule, Instructions.NONE)));
        publish(s, rule, FlowMod.Command.ADD, random);
      }
      default -> other(s, random);
    }
  }

  private void publish(InProcessSwitch s, int rule, FlowMod.Command c, Random random)
      throws Exception {
    int version = published.get(rule) + 1;
    List<Action> actions =
        List.of(
            Action.SetField.exact(Field.ETH_DST, 0x020000000000L | version),
            new Action.Output(OfPort.of(1 + random.nextInt(PORTS)), 0),
            new Action.Output(OfPort.of(1 + random.nextInt(PORTS)), 0));
    s.flowMods(List.of(flowMod(c, rule, Instructions.apply(actions))));
    published.set(rule, version);
  }

  private static FlowMod flowMod(FlowMod.Command c, int rule, Instructions i) {
    Match m = udp().exact(Field.UDP_DST, rule).build();
    return InProcessSwitch.flowMod(c, 1, 10, m, i, FlowFlags.SEND_FLOW_REM);
  }

  /** A rule that no packet meets, but that has look-ups know more, or less again. */
  private static void other(InProcessSwitch s, Random random) throws Exception {
    Match m =
        switch (random.nextInt(3)) {
          case 0 -> udp().exact(Field.UDP_SRC, SOURCE_PORTS + random.nextInt(4)).build();
          case 1 ->
              udp()
                  .masked(
                      Field.IPV4_SRC, 0x0a010000L, 0xffffff00L << random.nextInt(9) & 0xffffffffL)
                  .build();
          default -> udp().exact(Field.ETH_SRC, 0x0a0000000000L).build();
        };
    FlowMod.Command c = random.nextBoolean() ? FlowMod.Command.ADD : FlowMod.Command.DELETE_STRICT;
    s.flowMods(List.of(InProcessSwitch.flowMod(c, random.nextInt(2), 20, m, Instructions.NONE, 0)));
  }

  private static Match.Builder udp() {
    return Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).exact(Field.IP_PROTO, IpProto.UDP);
  }

  /** Waits until every packet has been dealt with and every megaflow been translated again. */
  private void settle(InProcessSwitch s) {
    long end = System.nanoTime() + PATIENCE_NS;
    while (s.dealtWith() != sent.get() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    for (int port = 1; port <= PORTS; port++) {
      receive(s.wire(port));
    }
    long checked = checked(s) + s.backer().udpif().flowCount();
    end = System.nanoTime() + PATIENCE_NS;
    while (checked(s) < checked && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(checked(s)).as("megaflows translated again").isGreaterThanOrEqualTo(checked);
  }

  private static long checked(InProcessSwitch s) {
    return s.backer().coverage().get("revalidate_checked");
  }

  private static String stale(InProcessSwitch s) {
    return s.backer().coverage().entrySet().stream()
        .filter(e -> e.getKey().startsWith("upcall_") || e.getKey().startsWith("revalidate_"))
        .filter(e -> e.getValue() != 0)
        .toList()
        .toString();
  }

  private void assertEachWasCountedOnce(InProcessSwitch s) throws Exception {
    // A rule that goes is told of when the last packet of its megaflows has been counted.
    Await.holds(() -> byRules(s) == s.onMain(() -> s.br0().tableStats()).get(1).matchedCount());
    List<TableStats> tables = s.onMain(() -> s.br0().tableStats());
    long counted = sent.get() - s.lost();
    String all = s.backer().coverage().toString();
    assertThat(tables.get(0).lookupCount()).as(all).isEqualTo(counted);
    assertThat(tables.get(0).matchedCount()).as(all).isEqualTo(counted);
    assertThat(tables.get(1).lookupCount()).as(all).isEqualTo(counted);
    assertThat(byRules(s)).as(all).isEqualTo(tables.get(1).matchedCount());
  }

  private static long byRules(InProcessSwitch s) throws Exception {
    List<FlowStats> left =
        s.onMain(() -> s.br0().flowStats(MultipartRequest.RuleFilter.ALL, System.nanoTime()));
    return left.stream().filter(r -> r.tableId() == 1).mapToLong(FlowStats::packetCount).sum()
        + s.flowsRemoved.stream().mapToLong(FlowRemoved::packetCount).sum();
  }
}
