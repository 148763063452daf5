// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.RandomPackets;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.ofproto.connmgr.SwitchIdentity;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Mutator;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A whole switch, stepped, under broken messages and broken packets: nothing throws, every bad
 * message is answered with its own bytes, every packet is accounted for, and nothing piles up.
 */
@Tag("soak")
class HostileInputTest {
  private static final int MESSAGES = Seed.sized(30_000, 1_000_000);
  private static final int PACKETS = Seed.sized(10_000, 1_000_000);
  private static final int ERROR = 1;
  private static final int MULTIPART_REQUEST = 18;

  /** Messages and packets after which the bridge is emptied, or gets other rules. */
  private static final int ROUND = 1_000;

  private static final int RULES_PER_TABLE = 12;

  /** What the heap may grow by, whatever the number of messages. */
  private static final long SLACK = 48L << 20;

  @Test
  void everyBadMessageIsAnsweredAndNothingPilesUp() throws Exception {
    Mutator mutator =
        new Mutator(Seed.random("HostileInputTest"), Mutator.encode(Samples.toSwitch()));
    OfMessageCodec codec = new OfMessageCodec(Sender.CONTROLLER);
    FakeController peer = new FakeController();
    int bad = 0;
    int errors = 0;
    long heapBefore = 0;
    try (SteppedSwitch sw = new SteppedSwitch(0)) {
      Connmgr connmgr =
          new Connmgr(
              listener -> new Ofproto(sw.backer, "br", new SteppedSwitch.Devices(), listener),
              1,
              SwitchIdentity.OVS,
              () -> {});
      for (int i = 1; i <= 4; i++) {
        sw.addPort(connmgr.ofproto(), "p" + i, i);
      }
      connmgr.connected(peer, FakeController.OF13);
      for (int i = 0; i < MESSAGES; i++) {
        byte[] m = mutator.next();
        m[0] = FakeController.OF13;
        if (awaitsMore(m)) {
          continue;
        }
        ByteBuffer.wrap(m).putInt(4, i + 1);
        Frame frame = Frame.wrap(m);
        peer.clear();
        try {
          Decoded d = codec.decode(frame);
          connmgr.message(peer, d, frame);
          if (d instanceof Decoded.Bad) {
            bad++;
            assertThat(peer.frames).hasSize(1);
            assertThat(isErrorAbout(peer.frames.get(0), m)).isTrue();
          }
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("message " + HexFormat.of().formatHex(m), e);
        }
        errors += peer.frames.stream().anyMatch(f -> isErrorAbout(f, m)) ? 1 : 0;
        if (i % ROUND == 0) {
          connmgr.ofproto().flushRules(sw.nowNs);
          sw.settle();
          sw.drain();
          connmgr.doWork(sw.nowNs);
        }
        if (i == MESSAGES / 4) {
          heapBefore = heap();
        }
      }
      connmgr.ofproto().flushRules(sw.nowNs);
      sw.settle();
      long grown = heap() - heapBefore;
      System.out.printf(
          "figure: %d mutated messages: %d not understood, %d errors in all; heap grew by %d KiB%n",
          MESSAGES, bad, errors, grown >> 10);
      assertThat(bad).isGreaterThan(MESSAGES / 10);
      assertThat(grown).as("bytes of heap").isLessThan(SLACK);
    }
  }

  /** A part of a multipart request is judged when all are there. */
  private static boolean awaitsMore(byte[] m) {
    return m[1] == MULTIPART_REQUEST && m.length >= 12 && (m[11] & 1) != 0;
  }

  private static boolean isErrorAbout(byte[] answer, byte[] message) {
    return answer[1] == ERROR
        && Arrays.equals(answer, 4, 8, message, 4, 8)
        && Arrays.equals(
            answer, answer.length - message.length, answer.length, message, 0, message.length);
  }

  private static long heap() {
    System.gc();
    Runtime r = Runtime.getRuntime();
    return r.totalMemory() - r.freeMemory();
  }

  @Test
  void everyPacketIsAccountedFor() throws Exception {
    Random random = Seed.random("HostileInputTest-packets");
    RandomPackets good = new RandomPackets(random.nextLong());
    RandomTables tables = new RandomTables(random.nextLong());
    long sent = 0;
    try (SteppedSwitch sw = new SteppedSwitch(RandomTables.PORTS)) {
      byte[] last = good.next();
      for (int i = 0; i < PACKETS; i++) {
        if (i % ROUND == 0) {
          newRules(sw, tables);
        }
        byte[] frame = mutated(random, i % 2 == 0 ? good.next() : tables.frame(), last);
        last = frame;
        try {
          sw.send(1 + random.nextInt(RandomTables.PORTS), frame);
        } catch (RuntimeException e) {
          throw new AssertionError("packet " + HexFormat.of().formatHex(frame), e);
        }
        sent++;
        if (i % ROUND == ROUND - 1) {
          sw.revalidate();
        }
      }
      sw.revalidate();
      Map<String, Long> coverage = sw.dpif.coverage();
      long runts = coverage.getOrDefault(DropReason.RUNT.text(), 0L);
      long upcallsLost =
          coverage.getOrDefault(DropReason.UPCALL_LIMIT.text(), 0L)
              + coverage.getOrDefault(DropReason.UPCALL_RING.text(), 0L)
              + coverage.getOrDefault(DropReason.TOO_LONG.text(), 0L);
      long lookedUp = sw.dpif.stats().hit() + sw.dpif.stats().missed();
      long table0 = sw.br0.tableStats().get(0).lookupCount();
      System.out.printf(
          "figure: %d mutated packets: %d hits, %d misses, %d lookups of table 0; drops %s%n",
          sent, sw.dpif.stats().hit(), sw.dpif.stats().missed(), table0, drops(coverage));
      assertThat(lookedUp + runts).as("packets in the datapath").isEqualTo(sent);
      assertThat(table0).as("packets in table 0").isEqualTo(lookedUp - upcallsLost);
    }
  }

  private static Map<String, Long> drops(Map<String, Long> coverage) {
    Map<String, Long> m = new TreeMap<>(coverage);
    m.entrySet().removeIf(e -> !e.getKey().startsWith("drop_") || e.getValue() == 0);
    return m;
  }

  private static void newRules(SteppedSwitch sw, RandomTables tables) {
    List<FlowMod> all = new ArrayList<>();
    all.add(
        SteppedSwitch.flowMod(
            FlowMod.Command.DELETE, TableId.ALL, 0, Match.ANY, Instructions.NONE));
    for (int t = 0; t < RandomTables.TABLES; t++) {
      for (int i = 0; i < RULES_PER_TABLE; i++) {
        all.add(
            SteppedSwitch.flowMod(
                FlowMod.Command.ADD, t, i, tables.match(), tables.instructions(t)));
      }
    }
    assertThat(sw.br0.flowMods(all, sw.nowNs).error()).isNull();
  }

  private static byte[] mutated(Random random, byte[] frame, byte[] other) {
    byte[] b = frame;
    switch (random.nextInt(5)) {
      case 0 -> b = Arrays.copyOf(b, random.nextInt(b.length + 1));
      case 1 -> b = Arrays.copyOf(b, b.length + random.nextInt(64));
      case 2 -> {
        int n = Math.min(b.length, other.length);
        int from = random.nextInt(n + 1);
        System.arraycopy(other, from, b, from, n - from);
      }
      default -> {}
    }
    for (int n = random.nextInt(5); n > 0 && b.length > 0; n--) {
      int at = random.nextInt(Math.min(b.length, 64));
      b[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (b[at] ^ 1 << n);
    }
    return b;
  }
}
