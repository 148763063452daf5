// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
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
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Counters are exact while rules go with their packets in flight: what FLOW_REMOVED messages and
 * the rules that are left have counted is what entered, less what drop counters say; and table and
 * devices have counted the same.
 */
@Tag("system")
@Tag("soak")
class ExactCountersTest {
  private static final int PACKETS = Seed.sized(50_000, 1_000_000);
  private static final int RULES = 1_000;

  /** What the sender may be ahead of the switch, so that few packets are lost in queues. */
  private static final int AHEAD = 400;

  private static final long PATIENCE_NS = 20_000_000_000L;

  @ParameterizedTest
  @EnumSource
  void removedAndRemainingRulesHaveCountedEveryPacket(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 2)) {
      Random random = Seed.random("ExactCountersTest");
      s.add(1, Match.ANY); // every packet meets a rule
      s.flowMods(IntStream.range(0, RULES).mapToObj(ExactCountersTest::add).toList());
      Packet[] packets = new Packet[RULES];
      for (int i = 0; i < RULES; i++) {
        packets[i] =
            new PacketBuilder()
                .eth(2, 4)
                .ipv4("10.0.0.1", "10.0.0.2")
                .udp(1000, i)
                .payload(58)
                .packet();
      }
      long length = packets[0].length();
      long in = kernelCounter(s, "s1", "rx");
      long out = kernelCounter(s, "s2", "tx");
      CompletableFuture<Void> sender = CompletableFuture.runAsync(() -> sendAll(s, packets));
      int removed = 0;
      while (!sender.isDone()) {
        int i = random.nextInt(RULES);
        s.flowMods(
            List.of(
                InProcessSwitch.flowMod(
                    FlowMod.Command.DELETE_STRICT, 0, 10, match(i), Instructions.NONE, 0)));
        removed++;
        LockSupport.parkNanos(random.nextInt(500_000));
        s.flowMods(List.of(add(i)));
        s.wire(2).receive(); // so that its queue does not fill
      }
      sender.get();
      long end = System.nanoTime() + PATIENCE_NS;
      while (!(s.dealtWith() == PACKETS && s.flowsRemoved.size() == removed)
          && System.nanoTime() < end) {
        LockSupport.parkNanos(1_000_000);
      }
      List<FlowStats> left =
          s.onMain(() -> s.br0().flowStats(MultipartRequest.RuleFilter.ALL, System.nanoTime()));
      long lost = s.lost();
      long bytes =
          left.stream().mapToLong(FlowStats::byteCount).sum()
              + s.flowsRemoved.stream().mapToLong(FlowRemoved::byteCount).sum();
      long inRemoved = s.flowsRemoved.stream().mapToLong(FlowRemoved::packetCount).sum();
      long counted = left.stream().mapToLong(FlowStats::packetCount).sum() + inRemoved;
      long forwarded =
          inRemoved
              + left.stream()
                  .filter(r -> r.priority() == 10)
                  .mapToLong(FlowStats::packetCount)
                  .sum();
      System.out.printf(
          "figure: %s: %d packets, %d rules removed that had forwarded %d, %d dropped and"
              + " counted%n",
          backend, PACKETS, removed, inRemoved, lost);
      assertThat(s.flowsRemoved).hasSize(removed);
      assertThat(inRemoved).isPositive();
      assertThat(counted).as("%s", s.backer().coverage()).isEqualTo(PACKETS - lost);
      assertThat(bytes).isEqualTo(counted * length);
      List<TableStats> tables = s.onMain(() -> s.br0().tableStats());
      assertThat(tables.get(0).lookupCount()).isEqualTo(counted);
      assertThat(tables.get(0).matchedCount()).isEqualTo(counted);
      assertThat(kernelCounter(s, "s1", "rx") - in).isEqualTo(PACKETS);
      assertThat(kernelCounter(s, "s2", "tx") - out).isEqualTo(forwarded);
    }
  }

  private static long kernelCounter(InProcessSwitch s, String device, String way) {
    String file = "/sys/class/net/" + device + "/statistics/" + way + "_packets";
    return Long.parseLong(s.netns.exec("cat", file).trim());
  }

  private static void sendAll(InProcessSwitch s, Packet[] packets) {
    for (int i = 0; i < PACKETS; i++) {
      s.wire(1).send(packets[i % packets.length]);
      if (i % 32 == 0) {
        while (i - s.dealtWith() > AHEAD) {
          LockSupport.parkNanos(20_000);
        }
      }
    }
  }

  private static Match match(int rule) {
    return Match.builder()
        .exact(Field.ETH_TYPE, EthType.IPV4)
        .exact(Field.IP_PROTO, IpProto.UDP)
        .exact(Field.UDP_DST, rule)
        .build();
  }

  private static FlowMod add(int rule) {
    List<Action> actions = new ArrayList<>();
    actions.add(new Action.Output(OfPort.of(2), 0));
    return InProcessSwitch.flowMod(
        FlowMod.Command.ADD,
        0,
        10,
        match(rule),
        Instructions.apply(actions),
        FlowFlags.SEND_FLOW_REM);
  }
}
