// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.flow.RandomPackets;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Broken packets on real devices, through random tables: each is looked up in table 0 or counted as
 * dropped before, whatever its headers claim, and afterwards the switch forwards as before. ({@code
 * HostileInputTest} has the same for a switch in memory, {@code MegaflowSoundnessTest} whether what
 * leaves is right.)
 */
@Tag("system")
@Tag("soak")
class MutatedPacketsTest {
  private static final int PACKETS = Seed.sized(4_000, 1_000_000);

  /** Packets after which the bridge gets other rules. */
  private static final int ROUND = 500;

  private static final int RULES_PER_TABLE = 12;

  /** What the sender may be ahead of the switch, so that few packets are lost in queues. */
  private static final int AHEAD = 200;

  private static final long PATIENCE_NS = 20_000_000_000L;
  private static final int ETH_LEN = 14;

  /** The kernel itself drops a tag with less behind it, before anybody sees it. */
  private static final int VLAN_LEN = 20;

  private InProcessSwitch s;
  private RandomTables tables;

  @ParameterizedTest
  @EnumSource
  void everyPacketIsAccountedForAndForwardingGoesOn(Backend backend) throws Exception {
    backend.assumeAvailable();
    Random random = Seed.random("MutatedPacketsTest" + backend);
    RandomPackets packets = new RandomPackets(random.nextLong());
    tables = new RandomTables(random.nextLong());
    try (InProcessSwitch started = InProcessSwitch.start(backend, RandomTables.PORTS)) {
      s = started;
      for (int i = 0; i < PACKETS; i++) {
        if (i % ROUND == 0) {
          newRules();
        }
        byte[] frame = random.nextBoolean() ? packets.next() : packets.mutate(tables.frame());
        s.wire(1 + random.nextInt(RandomTables.PORTS)).send(Packet.of(sendable(frame)));
        while (i - s.dealtWith() > AHEAD) {
          LockSupport.parkNanos(20_000);
        }
        if (i % AHEAD == 0) {
          takeWhatLeft();
        }
      }
      long tableZero = awaitAccounts();
      DpifStats stats = s.dpif().stats();
      System.out.printf(
          "figure: %s: %d mutated packets: %d hits, %d misses, %d lookups of table 0; drops %s%n",
          backend, PACKETS, stats.hit(), stats.missed(), tableZero, drops());
      assertThat(lookedUp()).as("packets that the datapath has counted").isEqualTo(PACKETS);
      assertThat(tableZero).as("packets in table 0, drops %s", drops()).isEqualTo(expected());
      assertThat(drops()).doesNotContainKeys("drop_action_failed", "drop_bad_action");
      assertThat(s.backer().coverage()).containsEntry("revalidate_corrected", 0L);
      stillForwards();
    }
  }

  private static byte[] sendable(byte[] frame) {
    byte[] f = frame.length < ETH_LEN ? Arrays.copyOf(frame, ETH_LEN) : frame;
    int type = (f[12] & 0xff) << 8 | f[13] & 0xff;
    return EthType.isVlan(type) && f.length < VLAN_LEN ? Arrays.copyOf(f, VLAN_LEN) : f;
  }

  private void newRules() throws Exception {
    List<FlowMod> all = new ArrayList<>();
    for (int t = 0; t < RandomTables.TABLES; t++) {
      for (int i = 0; i < RULES_PER_TABLE; i++) {
        all.add(
            InProcessSwitch.flowMod(
                FlowMod.Command.ADD, t, i, tables.match(), tables.instructions(t), 0));
      }
    }
    s.replaceRules(all);
  }

  private void takeWhatLeft() {
    s.wires().forEach(Wire::receive);
    s.packetIns.clear();
  }

  /** Returns what table 0 has looked up, once it is all that it will. */
  private long awaitAccounts() throws Exception {
    long end = System.nanoTime() + PATIENCE_NS;
    long tableZero = tableZero();
    while ((lookedUp() != PACKETS || tableZero != expected()) && System.nanoTime() < end) {
      LockSupport.parkNanos(5_000_000);
      tableZero = tableZero();
    }
    return tableZero;
  }

  private long tableZero() throws Exception {
    return s.onMain(() -> s.br0().tableStats().get(0).lookupCount());
  }

  private long lookedUp() {
    DpifStats stats = s.dpif().stats();
    return stats.hit() + stats.missed() + s.lost() - stats.lost() + runts();
  }

  private long expected() {
    return PACKETS - s.lost() - runts();
  }

  private long runts() {
    return s.dpif().coverage().getOrDefault(DropReason.RUNT.text(), 0L);
  }

  private Map<String, Long> drops() {
    Map<String, Long> m = new TreeMap<>(s.dpif().coverage());
    m.entrySet().removeIf(e -> !e.getKey().startsWith("drop_") || e.getValue() == 0);
    return m;
  }

  private void stillForwards() throws Exception {
    takeWhatLeft();
    s.replaceRules(List.of());
    s.add(1, Match.ANY, new Action.Output(OfPort.of(2), 0));
    Tally tally = new Tally(s);
    for (int i = 0; i < 2; i++) {
      byte[] good =
          new PacketBuilder().eth(2, 4).ipv4(1, 2, 0, 64, 0).udp(1, 2).payload(60).bytes();
      tally.expect(OfPort.of(2), good);
      s.wire(1).send(Packet.of(good));
    }
    tally.await();
    assertThat(tally.complaints()).isEmpty();
  }
}
