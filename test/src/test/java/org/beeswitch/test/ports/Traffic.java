// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ports;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.test.barrier.Arrivals;
import org.beeswitch.test.barrier.NumberedStream;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.ovs.OwnSwitch;
import org.beeswitch.test.ovs.Unixctl;

/**
 * A daemon with ports p1..p4 that forwards numbered packets from w1 to w2 all the while, and 3 and
 * 4 to each other.
 */
final class Traffic implements AutoCloseable {
  private static final int PORTS = 4;

  /** Less than a second of it fits into the queue of a packet socket. */
  static final int RATE = 4_000;

  private static final int PAYLOAD = 50;

  final OwnSwitch own;
  final Unixctl ctl;
  final NumberedStream stream;
  final Arrivals arrivals;

  /** The stream's number when its megaflow was there. */
  private final long from;

  private final List<AutoCloseable> parts = new ArrayList<>();

  Traffic(Datapath datapath) throws Exception {
    datapath.assumeAvailable();
    TestNetns.assumeRoot();
    try {
      own = keep(new OwnSwitch(datapath, PORTS));
      ctl = keep(own.unixctl());
      flows("in_port=1,actions=2", "in_port=3,actions=4", "in_port=4,actions=3");
      arrivals = keep(Arrivals.at(own.netns(), "w2", "w4"));
      stream = keep(NumberedStream.start(own.netns(), "w1", RATE, frame(PAYLOAD)));
      // Its first packets wait for their megaflow, in a ring that need not have room for all.
      Await.until("the stream's megaflow forwards", () -> arrivals.count(0, 0, stream.sent()) > 0);
      from = stream.sent();
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.add(part);
    return part;
  }

  static Packet frame(int payload) {
    return new PacketBuilder()
        .eth(0x020000000001L, 0x020000000002L)
        .ipv4("10.0.0.1", "10.0.0.2")
        .udp(1000, 2000)
        .payload(payload)
        .packet();
  }

  /** Puts rules into br0, in ovs-ofctl's syntax; when it returns the datapath has them. */
  void flows(String... rules) throws Exception {
    FlowTextParser parser = new FlowTextParser(Names.NONE);
    try (OfClient<Decoded, OfFrame> c = own.connect()) {
      List<OfFrame> frames = new ArrayList<>();
      for (String r : rules) {
        frames.add(new OfFrame(c.version(), c.nextXid(), parser.flowMod(FlowMod.Command.ADD, r)));
      }
      assertThat(c.transactNoReply(frames)).isEmpty();
    }
  }

  void ip(String command) {
    own.netns().exec(("ip " + command).split(" "));
  }

  /** Sends packets into one wire's end until one arrives at another's. */
  void assertCrosses(String from, String to, int payload) throws Exception {
    own.netns()
        .call(
            () -> {
              Packet[] batch = new Packet[PacketNetdev.MAX_BATCH];
              for (int i = 0; i < batch.length; i++) {
                batch[i] = new Packet(2_048);
              }
              Packet sent = frame(payload);
              try (Links links = Links.open();
                  PacketSocket in = PacketSocket.tapInto(links, from);
                  PacketSocket out = PacketSocket.tapInto(links, to)) {
                Await.until(
                    payload + " bytes from " + from + " arrive at " + to,
                    () -> {
                      in.send(sent);
                      int n = out.receive(batch, batch.length);
                      for (int i = 0; i < n; i++) {
                        if (batch[i].length() == sent.length()) {
                          return true;
                        }
                      }
                      return false;
                    });
              }
              return null;
            });
  }

  /** Sends packets into a wire's end until the switch has counted one as dropped. */
  void assertDrops(String from, int payload, String counter) throws Exception {
    long before = counter(counter);
    own.netns()
        .call(
            () -> {
              try (Links links = Links.open();
                  PacketSocket in = PacketSocket.tapInto(links, from)) {
                Packet p = frame(payload);
                Await.until(
                    counter + " counts packets from " + from,
                    () -> {
                      in.send(p);
                      return counter(counter) > before;
                    });
              }
              return null;
            });
  }

  /** Of {@code beectl coverage}; 0 if it is not there. */
  long counter(String name) throws Exception {
    Matcher m =
        Pattern.compile("(?m)^" + Pattern.quote(name) + " +(\\d+)")
            .matcher(ctl.call("coverage/show"));
    return m.find() ? Long.parseLong(m.group(1)) : 0;
  }

  /**
   * Ends the stream and fails if a packet of it is missing that no queue of the kernel had to drop
   * because the machine did not let its reader run.
   */
  void assertNothingLost(String what) throws Exception {
    stream.pause();
    long last = stream.sent();
    arrivals.awaitAll(stream, from, last - 1);
    // The last one is not in what is awaited above, and a busy switch may have more to send.
    Await.holds(() -> lost(last) <= excused());
    long lost = lost(last);
    long excused = excused();
    System.out.printf(
        "figure: %s: %d of %d packets of other ports lost, %d of them in queues of the kernel%n",
        what, lost, last - from, Math.min(lost, excused));
    assertThat(lost).as(what).isLessThanOrEqualTo(excused);
  }

  /** Packets of the stream that have not arrived at w2. */
  private long lost(long last) {
    return last - from - arrivals.count(0, from, last);
  }

  /** Packets of the stream that queues of the kernel had to drop, or at the worst others'. */
  private long excused() throws Exception {
    return stream.refused()
        + arrivals.missed()
        + counter("netdev_rx_queue_full")
        + droppedByKernel("w1")
        + droppedByKernel("p1")
        + droppedByKernel("p2")
        + droppedByKernel("w2");
  }

  private long droppedByKernel(String device) throws Exception {
    JsonNode d =
        new ObjectMapper()
            .readTree(own.netns().exec("ip", "-j", "-s", "link", "show", "dev", device))
            .get(0)
            .path("stats64");
    return d.path("rx").path("dropped").asLong() + d.path("tx").path("dropped").asLong();
  }

  @Override
  public void close() throws Exception {
    for (int i = parts.size() - 1; i >= 0; i--) {
      parts.get(i).close();
    }
  }
}
