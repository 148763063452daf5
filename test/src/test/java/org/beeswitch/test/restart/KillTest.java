// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.restart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.test.barrier.Arrivals;
import org.beeswitch.test.barrier.Host;
import org.beeswitch.test.barrier.NumberedStream;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.FakeController;
import org.beeswitch.test.controllers.Peer;
import org.beeswitch.test.controllers.Program;
import org.beeswitch.testing.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Daemons are killed and started again under a numbered stream that enters by port 1 and leaves by
 * port 2 or 3. No packet is lost until the new daemon is ready, and those that a change of its
 * tables costs later are counted; once these tables are there, none goes where only the tables of
 * the one before would send it.
 */
@Tag("system")
@Tag("slow")
@Tag("soak")
class KillTest {
  private static final int RATE = 50_000;
  private static final int IN_SHORT = 2;
  private static final long SRC = 0x0a0000000001L;
  private static final long DST = 0x0a0000000002L;
  private static final int DESTINATIONS = 64;

  /** What makes the tables of a daemon. */
  enum Tables {
    FLOWS,
    CONTROLLER,
    NEITHER
  }

  /** A daemon's start, and how to know that its tables are there. */
  private static final class Switch implements AutoCloseable {
    final RestartLab lab;
    final Tables tables;
    final @Nullable FakeController controller;
    final Host[] hosts = new Host[2];
    final List<Peer> peers = new ArrayList<>();
    Program daemon;

    Switch(RestartLab lab, Tables tables) throws Exception {
      this.lab = lab;
      this.tables = tables;
      this.controller = tables == Tables.CONTROLLER ? FakeController.listen(lab.netns) : null;
      hosts[0] = Host.at(lab.netns, "w2");
      hosts[1] = Host.at(lab.netns, "w3");
      this.daemon = start(2);
      tellTables(2);
    }

    /** Starts a daemon whose tables are to lead to a port. */
    Program start(int port) throws Exception {
      List<String> c = new ArrayList<>(List.of("--bridge", "br0", "--dpid", "1"));
      // Numbers that are not the datapath's, of which the later daemons are told one.
      c.addAll(List.of("--port", "p1=11", "--port", "p2=12", "--port", "p3=13"));
      switch (tables) {
        case FLOWS -> {
          Path flows = lab.dir().resolve("flows");
          Files.writeString(flows, "in_port=11,actions=output:1" + port + "\n");
          c.addAll(List.of("--fail-mode", "secure", "--flows", flows.toString()));
        }
        case CONTROLLER ->
            c.addAll(List.of("--fail-mode", "secure", "--controller", controller.target()));
        case NEITHER -> {}
      }
      daemon = lab.startReady(c.toArray(String[]::new));
      return daemon;
    }

    /** When this returns, packets that enter leave by that port alone. */
    void tellTables(int port) throws Exception {
      switch (tables) {
        case FLOWS -> {}
        case CONTROLLER -> {
          Peer p = controller.accept();
          peers.add(p);
          p.tell(flow("in_port=11,actions=output:1" + port));
        }
        case NEITHER -> {
          hosts[port - 2].says(DST, SRC);
          Await.until(
              "the address is learned at port 1" + port,
              () -> lab.beectl("fdb", "show", "br0").lines().anyMatch(l -> isDst(l, "1" + port)));
        }
      }
    }

    private boolean isDst(String line, String port) {
      return line.strip().startsWith(port + " ") && line.contains("0a:00:00:00:00:02");
    }

    @Override
    public void close() throws Exception {
      for (Peer p : peers) {
        p.close();
      }
      if (controller != null) {
        controller.close();
      }
      for (Host h : hosts) {
        h.close();
      }
    }
  }

  private static FlowMod flow(String text) throws Exception {
    return new FlowTextParser(Names.NONE).flowMod(FlowMod.Command.ADD, text);
  }

  private static Packet[] packets() {
    Packet[] all = new Packet[DESTINATIONS];
    for (int i = 0; i < DESTINATIONS; i++) {
      all[i] =
          new PacketBuilder()
              .eth(DST, SRC)
              .ipv4(0x0a000001L, 0x0a400000L + i)
              .udp(1000, 2000)
              .payload(22)
              .packet();
    }
    return all;
  }

  @ParameterizedTest
  @EnumSource
  void noPacketIsLostAndNoneGoesTheOldWay(Tables tables) throws Exception {
    Random random = Seed.random("KillTest" + tables);
    int kills = Seed.sized(IN_SHORT, 10);
    long atLeast = Seed.sized(0, 1_000_000);
    long[] readyMs = new long[kills];
    try (RestartLab lab = new RestartLab(3);
        Switch s = new Switch(lab, tables);
        Arrivals arrivals = Arrivals.at(lab.netns, "w2", "w3");
        NumberedStream stream = NumberedStream.start(lab.netns, "w1", RATE, packets())) {
      Await.until("a megaflow forwards", () -> arrivals.count(0, 0, stream.sent()) > 0);
      stream.awaitSent(stream.sent() + RATE / 4);
      long from = stream.sent();
      List<Absence> absences = new ArrayList<>();
      int port = 2;
      for (int k = 0; k < kills; k++) {
        long killed = stream.sent();
        s.daemon.kill();
        stream.awaitSent(stream.sent() + RATE / 10 + random.nextInt(RATE / 4));
        int next = 5 - port;
        long began = System.nanoTime();
        s.start(next);
        readyMs[k] = (System.nanoTime() - began) / 1_000_000;
        absences.add(new Absence(killed, stream.sent()));
        s.tellTables(next);
        long told = stream.sent();
        port = next;
        Await.until(
            "packets leave by port " + next,
            () -> arrivals.count(next - 2, told, stream.sent()) > 0);
        stream.awaitSent(told + RATE / 10 + random.nextInt(RATE / 4));
        long now = stream.sent();
        arrivals.awaitAll(stream, from, now);
        assertThat(arrivals.count(5 - port - 2, told, now))
            .as(
                "%s, kill %d: packets after number %d by the old port %d",
                tables, k, told, 5 - port)
            .isZero();
        assertThat(s.daemon.lines().toString()).doesNotContain("WARN").doesNotContain("ERROR");
        assertThat(lab.counter("adopt_kept") + lab.counter("adopt_corrected")).isPositive();
        assertThat(lab.counter("dp_adopted_dead_records")).isZero();
        assertThat(lab.counter("revalidate_corrected")).isZero();
      }
      stream.awaitSent(from + atLeast);
      long last = stream.sent();
      arrivals.awaitAll(stream, from, last);
      // The tables change at the end of an absence, as they might at any time: packets miss until
      // a handler has the new megaflow, and what is more than the port's share of the ring is
      // counted.
      long refused = lab.counter("drop_upcall_limit") + lab.counter("drop_upcall_ring");
      // What waits in the ring is forwarded yet, on a busy machine after a while.
      Await.holds(
          () -> {
            long ours = stream.refused() + arrivals.missed();
            return lost(absences, arrivals) <= ours && lost(from, last, arrivals) <= ours + refused;
          });
      long lostMeanwhile = lost(absences, arrivals);
      long lost = lost(from, last, arrivals);
      System.out.printf(
          Locale.ROOT,
          "figure: killed %d times, %s: %d packets lost until ready again, %d of %d in all, %d"
              + " refused by the sender's device, %d not seen by the test; ready again after %d ms"
              + " (median)%n",
          kills,
          tables,
          lostMeanwhile,
          lost,
          last - from,
          stream.refused(),
          arrivals.missed(),
          median(readyMs));
      long ours = stream.refused() + arrivals.missed();
      assertThat(lostMeanwhile).as("lost while it restarted").isLessThanOrEqualTo(ours);
      assertThat(lost).as("lost in all").isLessThanOrEqualTo(ours + refused);
    }
  }

  /** The numbers that the stream had when a daemon was killed, and when the next one was ready. */
  private record Absence(long killed, long ready) {}

  private static long lost(List<Absence> absences, Arrivals arrivals) {
    return absences.stream().mapToLong(a -> lost(a.killed(), a.ready(), arrivals)).sum();
  }

  private static long lost(long after, long last, Arrivals arrivals) {
    return last - after - arrivals.countAnywhere(after, last);
  }

  private static long median(long[] ms) {
    long[] sorted = ms.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
