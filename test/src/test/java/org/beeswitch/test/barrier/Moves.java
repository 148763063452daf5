// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.test.ovs.RealOvs;

/**
 * A numbered stream enters a switch by port 1 and is moved to and fro between ports 2 and 3, each
 * time by other messages and a barrier. What had not been sent when the barrier's reply was there
 * and still leaves by the old port, is late.
 *
 * <p>Far ends are the devices {@code w1}, {@code w2} and so on of one namespace, as {@link RealOvs}
 * makes them.
 */
final class Moves implements AutoCloseable {
  private static final int OF13 = 4;

  /** Packets after the reply that are waited for and judged. */
  private static final int JUDGED = 150;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long DST = 0x0a0000000002L;
  private static final long SRC = 0x0a0000000001L;
  private static final int DESTINATIONS = 64;

  /** Kinds of changes that move the stream. */
  enum Way {
    /** A rule that the stream meets gets another output, or makes room for another one. */
    RULE,
    /** A rule above the one that the stream meets comes and goes. */
    RULE_ABOVE,
    /** The rule is met in a third table, for what the second has written into the metadata. */
    TWO_GOTOS_DEEP,
    /** The default route, under more specific ones, or one that covers the stream's addresses. */
    ROUTE,
    /** The stream leaves by both ports, and port 2 is configured down and up. */
    PORT_DOWN,
    /**
     * The same, but it is somebody else who sets the device of port 2 down and up: what the switch
     * promises begins with its PORT_STATUS.
     */
    LINK_DOWN,
    /** NORMAL forwards the stream to an address that shows itself at another port. */
    MAC
  }

  /** What the moves of one kind have shown. */
  record Outcome(int moves, int judged, int late, int lateMoves, long latestNumber) {}

  /** Waits until an address has been learned at a port. */
  interface Learned {
    void await(long mac, int port) throws Exception;
  }

  private final TestNetns netns;
  private final OfClient<Decoded, OfFrame> client;
  private final Learned learned;
  private final Random random;
  private final NumberedStream stream;
  private final Arrivals arrivals;
  private final FlowTextParser parser = new FlowTextParser(Names.NONE);
  private final Host host2;
  private final Host host3;
  private int at = 2;

  Moves(
      TestNetns netns, OfClient<Decoded, OfFrame> client, int rate, Learned learned, Random random)
      throws Exception {
    this.netns = netns;
    this.client = client;
    this.learned = learned;
    this.random = random;
    this.stream = NumberedStream.open(netns, "w1", rate, packets());
    this.arrivals = Arrivals.at(netns, "w2", "w3");
    this.host2 = Host.at(netns, "w2");
    this.host3 = Host.at(netns, "w3");
  }

  /** One flow for most rules, one for each destination for routes. */
  private static Packet[] packets() {
    Packet[] all = new Packet[DESTINATIONS];
    for (int i = 0; i < all.length; i++) {
      all[i] =
          new PacketBuilder()
              .eth(DST, SRC)
              .ipv4(0x0a000001L, 0x0a400000L + i * 0x4321L)
              .udp(1000, 2000)
              .payload(22)
              .packet();
    }
    return all;
  }

  NumberedStream stream() {
    return stream;
  }

  Arrivals arrivals() {
    return arrivals;
  }

  /** What port 4 brings depends on the tables of every {@link Way}, and meets no rule of theirs. */
  void prepareOthers() throws Exception {
    send(
        flow("table=0,priority=2000,in_port=4,actions=goto_table:1"),
        flow("table=1,priority=5,eth_src=06:ff:ff:ff:ff:ff,actions=output:2"),
        flow("table=1,priority=0,actions=goto_table:3"),
        flow("table=3,priority=0,actions=goto_table:4"));
    List<OfMessage> routes = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      int length = 16 + random.nextInt(9);
      String net = String.format("172.%d.%d.0/%d", 16 + i / 4, i % 4 * 64, length);
      routes.add(flow("table=4,priority=" + length + ",ip,nw_dst=" + net + ",actions=drop"));
    }
    routes.add(flow("table=4,priority=12,ip,nw_dst=172.16.0.0/12,actions=drop"));
    send(routes.toArray(OfMessage[]::new));
  }

  Outcome make(Way way, int n) throws Exception {
    begin(way);
    stream.resume();
    int judged = 0;
    int late = 0;
    int lateMoves = 0;
    long latest = 0;
    for (int i = 0; i < n; i++) {
      int old = at;
      change(way);
      long sent = stream.sent();
      arrivals.awaitAll(stream, sent, sent + JUDGED);
      judged += arrivals.countAnywhere(sent, sent + JUDGED);
      boolean leavesByBoth = (way == Way.PORT_DOWN || way == Way.LINK_DOWN) && at == 2;
      int lateNow = leavesByBoth ? 0 : arrivals.count(old - 2, sent, sent + JUDGED);
      late += lateNow;
      lateMoves += lateNow > 0 ? 1 : 0;
      if (lateNow > 0) {
        latest = Math.max(latest, arrivals.highest(old - 2, sent, sent + JUDGED) - sent);
      }
    }
    end(way);
    return new Outcome(n, judged, late, lateMoves, latest);
  }

  private void begin(Way way) throws Exception {
    at = 2;
    switch (way) {
      case RULE, RULE_ABOVE -> send(flow("table=0,priority=100,in_port=1,actions=output:2"));
      case TWO_GOTOS_DEEP ->
          send(
              flow("table=3,priority=10,metadata=1,actions=output:2"),
              flow("table=2,priority=0,actions=write_metadata:1,goto_table:3"),
              flow("table=0,priority=100,in_port=1,actions=goto_table:2"));
      case ROUTE ->
          send(
              flow("table=4,priority=0,actions=output:2"),
              flow("table=0,priority=100,in_port=1,actions=goto_table:4"));
      case PORT_DOWN -> {
        send(flow("table=0,priority=100,in_port=1,actions=output:2,output:3"));
        at = 2;
      }
      case LINK_DOWN -> {
        send(
            new SetConfig(new SwitchConfig(SwitchConfig.Frag.NORMAL, false, 0xffff)),
            flow("table=0,priority=100,in_port=1,actions=output:2,output:3"));
        at = 2;
      }
      case MAC -> {
        for (int p = 1; p <= 3; p++) {
          send(flow("table=0,priority=100,in_port=" + p + ",actions=NORMAL"));
        }
        host2.says(DST, SRC);
        learned.await(DST, 2);
      }
    }
  }

  private void end(Way way) throws Exception {
    if (way == Way.PORT_DOWN) {
      send(portMod(false));
    } else if (way == Way.LINK_DOWN && at == 3) {
      change(way);
    }
    send(
        flow(FlowMod.Command.DELETE, "table=0,in_port=1"),
        flow(FlowMod.Command.DELETE, "table=0,in_port=2"),
        flow(FlowMod.Command.DELETE, "table=0,in_port=3"),
        flow(FlowMod.Command.DELETE, "table=3,metadata=1"));
  }

  /** Moves the stream to the other port; when it returns the barrier has been answered. */
  private void change(Way way) throws Exception {
    int to = 5 - at;
    switch (way) {
      case RULE -> changeRule("table=0,priority=100", "in_port=1", to);
      case RULE_ABOVE ->
          send(
              to == 3
                  ? flow("table=0,priority=200,in_port=1,udp,tp_dst=2000,actions=output:3")
                  : flow(
                      FlowMod.Command.DELETE_STRICT,
                      "table=0,priority=200,in_port=1,udp,tp_dst=2000"));
      case TWO_GOTOS_DEEP -> changeRule("table=3,priority=10", "metadata=1", to);
      case ROUTE -> changeRoute(to);
      case PORT_DOWN -> send(portMod(to == 3));
      case LINK_DOWN -> {
        netns.exec("ip", "link", "set", "p2", to == 3 ? "down" : "up");
        awaitLink(to == 3);
        send();
      }
      case MAC -> {
        (to == 2 ? host2 : host3).says(DST, SRC);
        learned.await(DST, to);
      }
    }
    at = to;
  }

  /** Until the switch says of port 2 that its link is so. */
  private void awaitLink(boolean down) throws IOException {
    boolean said = false;
    while (!said) {
      Decoded d = client.receive(PATIENCE);
      assertThat(d).as("a PORT_STATUS of port 2, link down: %s", down).isNotNull();
      said =
          d instanceof Decoded.Good g
              && g.frame().message() instanceof PortStatus s
              && s.port().port().number() == 2
              && (s.port().state() & PortDesc.STATE_LINK_DOWN) != 0 == down;
    }
  }

  private void changeRule(String place, String match, int to) throws Exception {
    String rule = place + "," + match + ",actions=output:" + to;
    String table = place.substring(0, place.indexOf(','));
    switch (random.nextInt(4)) {
      case 0 -> send(flow(rule));
      case 1 -> send(flow(FlowMod.Command.MODIFY_STRICT, rule));
      case 2 -> send(flow(FlowMod.Command.MODIFY, table + "," + match + ",actions=output:" + to));
      default -> send(flow(FlowMod.Command.DELETE_STRICT, place + "," + match), flow(rule));
    }
  }

  private void changeRoute(int to) throws Exception {
    String covering = "table=4,priority=9,ip,nw_dst=10.0.0.0/9";
    send(
        switch (random.nextInt(3)) {
          case 0 ->
              List.of(
                  flow(FlowMod.Command.DELETE_STRICT, covering),
                  flow("table=4,priority=0,actions=output:" + to));
          case 1 ->
              List.of(
                  flow(FlowMod.Command.DELETE_STRICT, covering),
                  flow(FlowMod.Command.MODIFY_STRICT, "table=4,priority=0,actions=output:" + to));
          default -> List.of(flow(covering + ",actions=output:" + to));
        });
  }

  private static OfMessage portMod(boolean down) {
    return new PortMod(
        OfPort.of(2),
        0x020000000b02L, // RealOvs.portMac(2)
        down ? PortDesc.CONFIG_PORT_DOWN : 0,
        PortDesc.CONFIG_PORT_DOWN,
        0);
  }

  OfMessage flow(String text) throws FlowSyntaxException {
    return flow(FlowMod.Command.ADD, text);
  }

  OfMessage flow(FlowMod.Command c, String text) throws FlowSyntaxException {
    return parser.flowMod(c, text);
  }

  void send(OfMessage... messages) throws IOException {
    send(List.of(messages));
  }

  /** What a statistics request is answered. */
  <B extends MultipartReply.Body> List<B> ask(MultipartRequest.Body request, Class<B> kind)
      throws IOException {
    OfMessage m = new MultipartRequest(request, false);
    List<B> parts = new ArrayList<>();
    for (Decoded d : client.transact(new OfFrame(OF13, client.nextXid(), m))) {
      OfMessage reply = ((Decoded.Good) d).frame().message();
      parts.add(kind.cast(((MultipartReply) reply).body()));
    }
    return parts;
  }

  /** Sends these and a barrier; returns when its reply is there. No error may have come. */
  void send(List<OfMessage> messages) throws IOException {
    List<OfFrame> frames = new ArrayList<>();
    for (OfMessage m : messages) {
      frames.add(new OfFrame(OF13, client.nextXid(), m));
    }
    assertThat(client.transactNoReply(frames)).as("errors about %s", messages).isEmpty();
  }

  @Override
  public void close() throws Exception {
    stream.close();
    arrivals.close();
    host2.close();
    host3.close();
    client.close();
  }
}
