// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Match;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * TCP between the sockets of two hosts with all their offloads on: packets with partial checksums,
 * of up to 64 kB, which nobody is to cut or to complete on the way.
 */
@Tag("system")
class OffloadTest {
  private static final long STREAM_BYTES = 200_000_000;

  /** Through user space packet by packet. */
  private static final long SLOW_STREAM_BYTES = 20_000_000;

  private static final int MANY_UPCALLS = 100;
  private static final int MORE_STREAMS = 20;

  /** Through a controller, as segments, hence some thousand messages. */
  private static final long CONTROLLER_STREAM_BYTES = 2_000_000;

  /** Three segments are more than any frame on the wire has. */
  private static final long LARGE_PACKET = 3 * 1514;

  private static final int VIRTUAL_PORT = 80;

  /** Two hosts, a bridge between them. */
  private record Lab(InProcessSwitch s, TestNetns client, TestNetns server)
      implements AutoCloseable {
    static Lab create(Backend backend) throws Exception {
      TestNetns client = TestNetns.create();
      TestNetns server = TestNetns.create();
      Lab lab = new Lab(InProcessSwitch.start(backend, List.of(client, server)), client, server);
      try {
        client.address("f1", "10.0.0.1/24");
        client.address("f1", "fd00::1/64");
        server.address("f2", "10.0.0.2/24");
        server.address("f2", "fd00::2/64");
        // The virtual server's address, which nobody has.
        String mac = server.exec("cat", "/sys/class/net/f2/address").strip();
        for (String virtual : List.of("10.0.0.100", "fd00::100")) {
          client.exec("ip", "neigh", "add", virtual, "lladdr", mac, "dev", "f1");
        }
        return lab;
      } catch (Exception | Error e) {
        lab.close();
        throw e;
      }
    }

    void rules(Rule... rules) throws Exception {
      List<FlowMod> all = new ArrayList<>();
      for (Rule r : rules) {
        all.add(
            InProcessSwitch.flowMod(
                FlowMod.Command.ADD, 0, r.priority, r.match, Instructions.apply(r.actions), 0));
      }
      s.replaceRules(all);
    }

    void transfer(String address, long bytes) throws Exception {
      try (ServerSocket listening = TcpStream.listen(server, address, 0);
          TcpStream stream =
              TcpStream.connect(client, listening, address, listening.getLocalPort())) {
        stream.transfer(bytes);
      }
    }

    /** Bytes per packet of what the rule of a priority has forwarded. */
    long meanLength(int priority) throws Exception {
      List<FlowStats> all =
          s.onMain(() -> s.br0().flowStats(MultipartRequest.RuleFilter.ALL, System.nanoTime()));
      Optional<FlowStats> rule = all.stream().filter(f -> f.priority() == priority).findFirst();
      return rule.map(f -> f.byteCount() / Math.max(1, f.packetCount())).orElseThrow();
    }

    @Override
    public void close() throws Exception {
      s.close();
      client.close();
      server.close();
    }
  }

  private record Rule(int priority, Match match, List<Action> actions) {
    static Rule of(int priority, Match.Builder match, Action... actions) {
      return new Rule(priority, match.build(), List.of(actions));
    }
  }

  @ParameterizedTest
  @EnumSource
  void tcpArrivesIntactAndInLargePackets(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (Lab lab = Lab.create(backend)) {
      lab.rules(Rule.of(2, from(1), out(2)), Rule.of(1, from(2), out(1)));
      for (String address : List.of("10.0.0.2", "fd00::2")) {
        lab.transfer(address, STREAM_BYTES);
      }
      assertThat(lab.meanLength(2)).isGreaterThan(LARGE_PACKET);
    }
  }

  /** One tag there and two back, over a wire between two ports of the switch. */
  @ParameterizedTest
  @EnumSource
  void tcpArrivesIntactThroughTagsThatArePushedAndPopped(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (Lab lab = Lab.create(backend)) {
      lab.s.netns.veth("s3", lab.s.netns, "s4");
      lab.s.addPort("s3", OfPort.of(3));
      lab.s.addPort("s4", OfPort.of(4));
      Action push = new Action.PushVlan(EthType.VLAN);
      Action pushOuter = new Action.PushVlan(EthType.VLAN_8021AD);
      Action pop = new Action.PopVlan();
      lab.rules(
          Rule.of(4, from(1), push, Action.SetField.exact(Field.VLAN_VID, 0x1000 | 10), out(3)),
          Rule.of(3, from(4).exact(Field.VLAN_VID, 0x1000 | 10), pop, out(2)),
          Rule.of(2, from(2), push, pushOuter, out(4)),
          Rule.of(1, from(3).exact(Field.VLAN_VID, 0x1000), pop, pop, out(1)));
      for (String address : List.of("10.0.0.2", "fd00::2")) {
        lab.transfer(address, STREAM_BYTES);
      }
      assertThat(lab.meanLength(3)).isGreaterThan(LARGE_PACKET);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tcpArrivesIntactAtARewrittenAddressAndPort(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (Lab lab = Lab.create(backend);
        ServerSocket v4 = TcpStream.listen(lab.server, "10.0.0.2", 0);
        ServerSocket v6 = TcpStream.listen(lab.server, "fd00::2", 0)) {
      long virtual4 = AddressText.parseIpv4("10.0.0.100");
      long real4 = AddressText.parseIpv4("10.0.0.2");
      Ipv6Address virtual6 = new Ipv6Address(0xfd00L << 48, 0x100);
      Ipv6Address real6 = new Ipv6Address(0xfd00L << 48, 2);
      lab.rules(
          Rule.of(
              10,
              tcp(EthType.IPV4).exact(Field.IPV4_DST, virtual4).exact(Field.TCP_DST, VIRTUAL_PORT),
              Action.SetField.exact(Field.IPV4_DST, real4),
              Action.SetField.exact(Field.TCP_DST, v4.getLocalPort()),
              new Action.DecNwTtl(),
              out(2)),
          Rule.of(
              9,
              tcp(EthType.IPV4)
                  .exact(Field.IPV4_SRC, real4)
                  .exact(Field.TCP_SRC, v4.getLocalPort()),
              Action.SetField.exact(Field.IPV4_SRC, virtual4),
              Action.SetField.exact(Field.TCP_SRC, VIRTUAL_PORT),
              out(1)),
          Rule.of(
              8,
              tcp(EthType.IPV6)
                  .masked(Field.IPV6_DST, virtual6.hi(), virtual6.lo(), -1L, -1L)
                  .exact(Field.TCP_DST, VIRTUAL_PORT),
              Action.SetField.exact(Field.IPV6_DST, real6.hi(), real6.lo()),
              Action.SetField.exact(Field.TCP_DST, v6.getLocalPort()),
              new Action.DecNwTtl(),
              out(2)),
          Rule.of(
              7,
              tcp(EthType.IPV6)
                  .masked(Field.IPV6_SRC, real6.hi(), real6.lo(), -1L, -1L)
                  .exact(Field.TCP_SRC, v6.getLocalPort()),
              Action.SetField.exact(Field.IPV6_SRC, virtual6.hi(), virtual6.lo()),
              Action.SetField.exact(Field.TCP_SRC, VIRTUAL_PORT),
              out(1)),
          Rule.of(1, Match.builder(), new Action.Output(OfPort.NORMAL, 0)));
      try (TcpStream stream = TcpStream.connect(lab.client, v4, "10.0.0.100", VIRTUAL_PORT)) {
        stream.transfer(STREAM_BYTES);
      }
      try (TcpStream stream = TcpStream.connect(lab.client, v6, "fd00::100", VIRTUAL_PORT)) {
        stream.transfer(STREAM_BYTES);
      }
      assertThat(lab.meanLength(10)).isGreaterThan(LARGE_PACKET);
      assertThat(lab.meanLength(8)).isGreaterThan(LARGE_PACKET);
    }
  }

  /** Large packets go up and are sent on by execute, again and again. */
  @ParameterizedTest
  @EnumSource
  void tcpArrivesIntactWhileMegaflowsAreThrownAway(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (Lab lab = Lab.create(backend)) {
      lab.rules(
          Rule.of(2, tcp(EthType.IPV4).exact(Field.IN_PORT, 1), new Action.DecNwTtl(), out(2)),
          Rule.of(1, Match.builder(), new Action.Output(OfPort.NORMAL, 0)));
      AtomicBoolean over = new AtomicBoolean();
      Thread flusher =
          new Thread(
              () -> {
                while (!over.get()) {
                  lab.s.backer().udpif().flush();
                  LockSupport.parkNanos(1_000_000);
                }
              });
      flusher.start();
      try {
        // How often it comes to throw them away while a stream runs is the machine's affair.
        for (int i = 0; i < MORE_STREAMS && lab.s.upcalls() <= MANY_UPCALLS; i++) {
          lab.transfer("10.0.0.2", SLOW_STREAM_BYTES);
          lab.transfer("fd00::2", SLOW_STREAM_BYTES);
        }
      } finally {
        over.set(true);
        flusher.join();
      }
      assertThat(lab.s.upcalls()).isGreaterThan(MANY_UPCALLS);
    }
  }

  /**
   * A controller that forwards every packet itself gets large packets as segments with complete
   * checksums, and what it sends reaches the socket.
   */
  @ParameterizedTest
  @EnumSource
  void tcpArrivesIntactThroughAController(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (Lab lab = Lab.create(backend)) {
      lab.rules(Rule.of(1, Match.builder(), new Action.Output(OfPort.CONTROLLER, 0xffff)));
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger longest = new AtomicInteger();
      Thread controller =
          new Thread(
              () -> {
                while (!over.get()) {
                  PacketIn m = lab.s.packetIns.poll();
                  if (m == null) {
                    LockSupport.parkNanos(50_000);
                  } else {
                    longest.accumulateAndGet(m.data().length(), Math::max);
                    forward(lab.s, m);
                  }
                }
              });
      controller.start();
      try {
        lab.transfer("10.0.0.2", CONTROLLER_STREAM_BYTES);
        lab.transfer("fd00::2", CONTROLLER_STREAM_BYTES);
      } finally {
        over.set(true);
        controller.join();
      }
      assertThat(longest.get()).isEqualTo(1514);
    }
  }

  private static void forward(InProcessSwitch s, PacketIn m) {
    int from = m.match().equals(from(1).build()) ? 1 : 2;
    try {
      s.onMain(
          () ->
              s.br0()
                  .packetOut(
                      new PacketOut(
                          BufferId.NONE, OfPort.of(from), List.of(out(3 - from)), m.data()),
                      System.nanoTime()));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static Match.Builder from(int port) {
    return Match.builder().exact(Field.IN_PORT, port);
  }

  private static Match.Builder tcp(int ethType) {
    return Match.builder().exact(Field.ETH_TYPE, ethType).exact(Field.IP_PROTO, IpProto.TCP);
  }

  private static Action out(int port) {
    return new Action.Output(OfPort.of(port), 0);
  }
}
