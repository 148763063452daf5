// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.ofproto.SteppedSwitch.output;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.MacTable;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens at the limits of translation and learning, and what it does just below them. */
class LimitsTest {
  private static final Action NORMAL = new Action.Output(OfPort.NORMAL, 0);
  private static final long FIRST = 0x0a0000000000L;
  private SteppedSwitch sw;

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(3);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private static byte[] frame(long src, long dst) {
    return new PacketBuilder().eth(dst, src).ipv4(1, 2, 0, 64, 0).udp(1, 2).bytes();
  }

  @Test
  void aPacketCanPassAllTables() {
    for (int t = 0; t < BridgeState.TABLES - 1; t++) {
      Instructions next =
          Instructions.builder()
              .metadata((long) t << 8, 0xff00)
              .write(List.of(Action.SetField.exact(Field.ETH_SRC, t)))
              .gotoTable(t + 1)
              .build();
      Match m = Match.builder().masked(Field.METADATA, (t - 1 & 0xff) << 8, 0xff00).build();
      sw.add(t, 1, t == 0 ? Match.ANY : m, next);
    }
    sw.add(
        BridgeState.TABLES - 1,
        1,
        Match.ANY,
        Instructions.builder().write(List.of(output(2))).build());
    byte[] sent = sw.send(1, frame(FIRST, 2)).get(0).frame();
    assertThat(sent[11] & 0xff).isEqualTo(BridgeState.TABLES - 2);
    assertThat(sw.portsOf(1, frame(FIRST, 2))).containsExactly(2);
    assertThat(sw.upcalls()).isEqualTo(1);
  }

  @Test
  void rulesOfMoreMasksThanThereAreViewsConcernTheSamePackets() {
    // What every packet's look-up knows: all of both addresses.
    sw.add(2, Match.builder().exact(Field.ETH_DST, 9).exact(Field.ETH_SRC, 9).build(), output(3));
    sw.add(1, Match.ANY, output(2));
    for (int i = 0; i < 20; i++) {
      assertThat(sw.portsOf(1, frame(FIRST, FIRST + (1L << i)))).containsExactly(2);
    }
    for (int round = 0; round < 2; round++) {
      int port = 3 - round;
      for (int i = 0; i < 20; i++) {
        long mask = 0xffff_ffff_ffffL << i & 0xffff_ffff_ffffL;
        Match m = Match.builder().masked(Field.ETH_DST, FIRST + (1L << i), mask).build();
        sw.add(10 + i, m, output(port));
        assertThat(sw.portsOf(1, frame(FIRST, FIRST + (1L << i)))).containsExactly(port);
      }
    }
    sw.revalidate();
    assertThat(sw.backer.coverage()).containsEntry("revalidate_corrected", 0L);
    assertThat(sw.backer.coverage().get("dependency_view_evicted")).isPositive();
  }

  /** As many as fit into one rule: each packet is translated, and goes everywhere. */
  @Test
  void aListLongerThanAMegaflowTakesRunsInUserSpace() {
    List<Action> most = new ArrayList<>();
    for (int i = 0; i < 2_100; i++) {
      most.add(Action.SetField.exact(Field.ETH_SRC, i));
      most.add(output(2));
    }
    most.add(output(3));
    sw.add(0, 1, Match.ANY, Instructions.apply(most));
    for (int i = 1; i <= 3; i++) {
      assertThat(sw.portsOf(1, frame(FIRST, 2))).as("packet %d", i).contains(2).endsWith(3);
      assertThat(sw.upcalls()).isEqualTo(i);
    }
    Map<String, Long> c = sw.backer.coverage();
    assertThat(c).containsEntry("xlate_actions_oversize", 1L);
    assertThat(c).containsEntry("upcall_slow_path_flow", 1L);
    assertThat(c).containsEntry("xlate_too_many_actions", 0L);
    sw.revalidate();
    assertThat(sw.backer.coverage()).containsEntry("revalidate_corrected", 0L);
  }

  @Test
  void aListThatIsFullIsCutAndCounted() {
    List<Action> many = new ArrayList<>();
    many.add(output(3));
    for (int i = 0; i < 2_000; i++) {
      many.add(Action.SetField.exact(Field.ETH_SRC, i));
      many.add(output(2));
    }
    for (int t = 0; t < 17; t++) {
      sw.add(t, 1, Match.ANY, Instructions.builder().apply(many).gotoTable(t + 1).build());
    }
    sw.add(17, 1, Match.ANY, Instructions.apply(List.of(output(1))));
    assertThat(sw.portsOf(1, frame(FIRST, 2))).contains(2, 3).doesNotContain(1);
    assertThat(sw.backer.coverage()).containsEntry("xlate_too_many_actions", 1L);
  }

  /** So that others' addresses stay (OVS {@code evict_mac_entry_fairly}). */
  @Test
  void aPortThatFillsTheMacTablePushesOutItsOwnAddresses() {
    sw.add(0, Match.ANY, NORMAL);
    sw.send(2, frame(FIRST + 0x77_0000, 2));
    MacTable t = sw.br0.state().macs();
    for (int i = 1; t.size() < MacTable.MAX; i++) {
      t = t.with(new MacEntry(FIRST + i, 0, 1, sw.nowNs + i));
    }
    sw.backer.commit(sw.br0.state().withMacs(t), List.of());
    sw.nowNs += 100_000_000_000L;
    sw.send(1, frame(FIRST + 0x66_0000, 2));
    MacTable now = sw.br0.state().macs();
    assertThat(now.size()).isEqualTo(MacTable.MAX);
    assertThat(now.get(0, FIRST + 0x66_0000)).isNotNull();
    assertThat(now.get(0, FIRST + 1)).as("the oldest of port 1").isNull();
    assertThat(now.get(0, FIRST + 0x77_0000)).as("the oldest of all, at port 2").isNotNull();
    assertThat(sw.backer.coverage()).containsEntry("mac_learning_evicted", 1L);
  }

  @Test
  void anAddressIsForgottenWhenNothingCameFromItFor300Seconds() {
    sw.add(0, Match.ANY, NORMAL);
    sw.send(1, frame(FIRST, 2));
    assertThat(sw.portsOf(2, frame(FIRST + 2, FIRST))).containsExactly(1);
    sw.nowNs += 200_000_000_000L;
    sw.send(1, frame(FIRST, 2));
    sw.nowNs += 200_000_000_000L;
    assertThat(sw.portsOf(2, frame(FIRST + 2, FIRST))).containsExactly(1);
    sw.nowNs += 101_000_000_000L;
    sw.settle();
    assertThat(sw.portsOf(2, frame(FIRST + 2, FIRST))).containsExactly(1, 3);
  }

  /** {@code main} never comes to it: the packet goes on without, and so do those after it. */
  @Test
  void aHandlerDoesNotWaitForLongToLearn() {
    sw.backer.learner().learnAtOnce(() -> {});
    sw.add(0, Match.ANY, NORMAL);
    assertThat(sw.portsOf(1, frame(FIRST, 2))).containsExactly(2, 3);
    Map<String, Long> c = sw.backer.coverage();
    assertThat(c).containsEntry("mac_learning_late", 1L);
    assertThat(sw.backer.learner().learn(0, 0, FIRST, 1)).isFalse();
  }

  /** As much as its port is owed; then addresses are learned beside the packets. */
  @Test
  void aPortCannotKeepHandlersWaitingForEver() {
    MacLearner learner = sw.backer.learner();
    learner.learnAtOnce(() -> {});
    AtomicLong clock = new AtomicLong(System.nanoTime());
    LongSupplier eachLookTakesTime = () -> clock.addAndGet(MILLISECONDS.toNanos(10));
    learner.clock(eachLookTakesTime);
    int waited = 0;
    while (sw.backer.coverage().get("mac_learning_not_waited") == 0) {
      learner.learn(sw.br0.number(), 0, FIRST + waited++, 1);
      assertThat(waited).as("20 ms each, 200 ms in one go").isLessThan(200);
      sw.backer.doWork(sw.nowNs);
    }
    learner.clock(clock::get); // no time passes in which it would be granted waits again
    for (int i = 0; i <= MacLearner.LATER; i++) {
      learner.learn(sw.br0.number(), 0, FIRST + 1_000 + i, 1);
    }
    assertThat(sw.backer.coverage().get("mac_learning_refused")).isPositive();
    learner.clock(eachLookTakesTime);
    assertThat(learner.learn(sw.br0.number(), 0, FIRST + 99, 2))
        .as("another port's waits, in vain here")
        .isFalse();
    assertThat(sw.backer.coverage()).containsEntry("mac_learning_late", (long) waited);
    sw.settle();
    assertThat(sw.br0.state().macs().get(0, FIRST + 99)).isNotNull();
    assertThat(sw.br0.state().macs().size()).isGreaterThan(MacLearner.LATER);
    learner.learnAtOnce(() -> sw.backer.doWork(sw.nowNs));
    assertThat(learner.learn(sw.br0.number(), 0, FIRST + 98, 2)).isTrue();
  }

  @Test
  void aStreamOfAddressesLeavesTheTableFullAndOthersInIt() {
    MacLearner learner = sw.backer.learner();
    for (int i = 0; i < 100; i++) {
      learner.learn(sw.br0.number(), 0, FIRST + 0x77_0000 + i, 2);
    }
    long began = System.nanoTime();
    for (int i = 0; i < 3 * MacTable.MAX; i++) {
      sw.nowNs++;
      learner.learn(sw.br0.number(), 0, FIRST + i, 1);
      MacTable t = sw.br0.state().macs();
      assertThat(t.size()).isLessThanOrEqualTo(MacTable.MAX);
    }
    System.out.printf(
        "figure: %d ns to learn an address, most of them in a full table%n",
        (System.nanoTime() - began) / (3 * MacTable.MAX));
    MacTable now = sw.br0.state().macs();
    assertThat(now.get(0, FIRST)).isNull();
    assertThat(now.get(0, FIRST + 3 * MacTable.MAX - 1)).isNotNull();
    for (int i = 0; i < 100; i++) {
      assertThat(now.get(0, FIRST + 0x77_0000 + i)).as("port 2's").isNotNull();
    }
    assertThat(sw.backer.coverage()).containsEntry("mac_learning_evicted", 2L * MacTable.MAX + 100);
  }

  @Test
  void nothingIsLearnedForAPortThatHasGone() {
    sw.br0.removePort(OfPort.of(1));
    assertThat(sw.backer.learner().learn(sw.br0.number(), 0, FIRST, 1)).isTrue();
    assertThat(sw.br0.state().macs().size()).isZero();
  }

  @Test
  void reservedPortsGoWhereOvsSendsThem() throws Exception {
    sw.addPort(sw.br0, "br0", OfPort.LOCAL.number());
    byte[] f = frame(FIRST, 2);
    Map<OfPort, List<Integer>> expected =
        Map.of(
            OfPort.IN_PORT,
            List.of(1),
            OfPort.ALL,
            List.of(2, 3, 4),
            OfPort.FLOOD,
            List.of(2, 3, 4),
            OfPort.LOCAL,
            List.of(4),
            OfPort.of(1),
            List.of(),
            OfPort.ANY,
            List.of());
    expected.forEach(
        (port, wires) -> {
          sw.add(1, Match.ANY, new Action.Output(port, 0));
          assertThat(sw.portsOf(1, f)).as("output to %s", port).isEqualTo(wires);
          assertThat(sw.portsOf(1, f)).as("output to %s, by the megaflow", port).isEqualTo(wires);
        });
  }

  @Test
  void aQueueIsThePriorityThatTheDatapathHasForIt() {
    sw.add(1, Match.ANY, new Action.SetQueue(3), output(2), new Action.PopQueue(), output(3));
    byte[] f = frame(FIRST, 2);
    assertThat(sw.send(1, f))
        .containsExactly(SteppedSwitch.Sent.of(2, f), SteppedSwitch.Sent.of(3, f));
    assertThat(sw.portsOf(1, f)).containsExactly(2, 3);
    assertThat(sw.upcalls()).isEqualTo(1);
  }

  @Test
  void bridgesThatComeAndGoHaveNumbersOfOthersThatAreLongGone() {
    int live = sw.br0.number();
    List<Integer> given = new ArrayList<>();
    for (int i = 0; i < 2 * Backer.BRIDGE_NUMBERS; i++) {
      Ofproto o = new Ofproto(sw.backer, "x" + i, new SteppedSwitch.Devices(), sw);
      given.add(o.number());
      o.remove();
    }
    assertThat(sw.backer.current().bridgeNumbers()).isLessThanOrEqualTo(Backer.BRIDGE_NUMBERS);
    assertThat(given).doesNotContain(live);
    for (int i = 0; i + Backer.BRIDGE_NUMBERS / 2 <= given.size(); i += 100) {
      assertThat(given.subList(i, i + Backer.BRIDGE_NUMBERS / 2)).doesNotHaveDuplicates();
    }
  }

  @Test
  void moreBridgesThanThereAreNumbersHaveNumbersOfTheirOwn() {
    Set<Integer> given = new HashSet<>();
    for (int i = 0; i < Backer.BRIDGE_NUMBERS; i++) {
      given.add(new Ofproto(sw.backer, "x" + i, new SteppedSwitch.Devices(), sw).number());
    }
    assertThat(given).hasSize(Backer.BRIDGE_NUMBERS).doesNotContain(sw.br0.number());
  }
}
