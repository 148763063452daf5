// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One namespace with a wire from p1 to h1 and one from p2 to h2: p are ports, h the far ends. */
@Tag("system")
class PacketSocketTest {
  private static final long TIMEOUT_NS = 20_000_000_000L;

  private TestNetns ns;
  private TestNetns host;
  private Links links;
  private Links hostLinks;
  private final Packet[] got = new Packet[PacketNetdev.MAX_BATCH];

  @BeforeEach
  void open() throws Exception {
    TestNetns.assumeRoot();
    ns = TestNetns.create();
    host = TestNetns.create();
    ns.veth("p1", host, "h1");
    ns.veth("p2", host, "h2");
    links = ns.call(Links::open);
    hostLinks = host.call(Links::open);
    Arrays.setAll(got, i -> new Packet(2048));
  }

  @AfterEach
  void close() {
    if (links != null) {
      links.close();
    }
    if (hostLinks != null) {
      hostLinks.close();
    }
    if (ns != null) {
      ns.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private PacketSocket port(String name) throws Exception {
    return ns.call(() -> PacketSocket.open(links, name));
  }

  private PacketSocket farEnd(String name) throws Exception {
    return host.call(() -> PacketSocket.tapInto(hostLinks, name));
  }

  /** Waits for packets and returns how many came at once. */
  private int receive(PacketNetdev from) throws Exception {
    try (NetdevPoll poll = new NetdevPoll()) {
      poll.add(from, 0);
      int[] ready = new int[1];
      long deadline = System.nanoTime() + TIMEOUT_NS;
      while (System.nanoTime() < deadline) {
        if (poll.await(TIMEOUT_NS, ready) == 1) {
          int n = from.receive(got, got.length);
          if (n > 0) {
            return n;
          }
        }
      }
    }
    throw new AssertionError("no packet at " + from.name());
  }

  private void assertArrives(Packet sent) {
    assertThat(got[0].bytes()).isEqualTo(sent.bytes());
    assertThat(got[0].csumStart).isEqualTo(sent.csumStart);
    assertThat(got[0].csumOffset).isEqualTo(sent.csumOffset);
    assertThat(got[0].gsoType).isEqualTo(sent.gsoType);
    assertThat(got[0].gsoSize).isEqualTo(sent.gsoSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 18, 1472})
  void aPlainPacketArrivesAsItIs(int payload) throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      Packet sent = Frames.udp(payload);
      assertThat(h1.send(sent)).isZero();
      assertThat(receive(p1)).isEqualTo(1);
      assertArrives(sent);
      assertThat(p1.send(sent)).isZero();
      assertThat(receive(h1)).isEqualTo(1);
      assertArrives(sent);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000, 1448, 8_000, 30_000, 65_000})
  void partialChecksumAndGsoSurvive(int payload) throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      Packet sent = Frames.tcp(payload, payload > 1448 ? 1448 : 0);
      assertThat(h1.send(sent)).isZero();
      assertThat(receive(p1)).isEqualTo(1);
      assertArrives(sent);
      assertThat(p1.send(got[0])).isZero();
      assertThat(receive(h1)).isEqualTo(1);
      assertArrives(sent);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x8100, 0x88a8})
  void aVlanTagComesBackIntoTheBytes(int tpid) throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      Packet sent = Frames.tagged(Frames.udp(100), tpid, 0x6064);
      assertThat(h1.send(sent)).isZero();
      assertThat(receive(p1)).isEqualTo(1);
      assertArrives(sent);
      Packet two = Frames.tagged(Frames.tagged(Frames.udp(100), 0x8100, 7), tpid, 0);
      assertThat(h1.send(two)).isZero();
      assertThat(receive(p1)).isEqualTo(1);
      assertArrives(two);
      Packet gso = Frames.tagged(Frames.tcp(20_000, 1448), tpid, 100);
      assertThat(h1.send(gso)).isZero();
      assertThat(receive(p1)).isEqualTo(1);
      assertArrives(gso);
    }
  }

  @Test
  void aDeviceWithoutOffloadsGetsSegmentsWithWholeChecksums() throws Exception {
    ns.exec("ethtool", "-K", "p1", "tx", "off", "tso", "off", "gso", "off");
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      assertThat(p1.send(Frames.tcp(4 * 1448, 1448))).isZero();
      int n = 0;
      while (n < 4) {
        int more = receive(h1);
        for (int i = 0; i < more; i++) {
          assertThat(got[i].csumStart).isEqualTo(-1);
          assertThat(got[i].gsoType).isEqualTo(Packet.GSO_NONE);
          assertThat(got[i].length()).isEqualTo(Frames.ETH + Frames.IPV4 + Frames.TCP + 1448);
          assertThat(Frames.tcpChecksumIsRight(got[i].bytes())).isTrue();
        }
        n += more;
      }
      assertThat(n).isEqualTo(4);
    }
  }

  @Test
  void oneCallReceivesABatch() throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      for (int i = 0; i < 40; i++) {
        assertThat(h1.send(Frames.udp(i))).isZero();
      }
      assertThat(receive(p1)).isEqualTo(PacketNetdev.MAX_BATCH);
      assertThat(got[31].length()).isEqualTo(Frames.udp(31).length());
      assertThat(p1.receive(got, 3)).isEqualTo(3);
      assertThat(p1.receive(got, got.length)).isEqualTo(5);
      assertThat(p1.receive(got, got.length)).isZero();
    }
  }

  @Test
  void theHostGetsNothingFromAPort() throws Exception {
    ns.address("p1", "10.0.0.1/24");
    host.address("h1", "10.0.0.2/24");
    ping(true);
    try (PacketSocket p1 = port("p1")) {
      // An answer would come within microseconds; ping waits for it a second.
      host.exec("ip", "neigh", "flush", "all");
      ping(false);
      assertThat(receive(p1)).isPositive();
      assertThat(got[0].bytes()).startsWith(-1, -1, -1, -1, -1, -1).hasSizeGreaterThan(40);
    }
    assertThat(ns.exec("tc", "qdisc", "show", "dev", "p1")).doesNotContain("clsact");
    host.exec("ip", "neigh", "flush", "all");
    ping(true);
  }

  private void ping(boolean answered) {
    String[] ping = {"ping", "-c", "1", "-W", "1", "10.0.0.1"};
    if (answered) {
      host.exec(ping);
    } else {
      assertThatThrownBy(() -> host.exec(ping)).hasMessageContaining("exit 1");
    }
  }

  @Test
  void aPortDoesNotSeeWhatItselfOrItsHostSends() throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      assertThat(p1.send(Frames.udp(100))).isZero();
      assertThat(receive(h1)).isEqualTo(1);
      ns.address("p1", "10.0.0.1/24");
      assertThatThrownBy(() -> ns.exec("ping", "-c", "1", "-W", "1", "10.0.0.2"))
          .isInstanceOf(IllegalStateException.class);
      assertThat(receive(h1)).isPositive();
      assertThat(p1.receive(got, got.length)).isZero();
    }
  }

  @Test
  void aDeviceIsTakenOnceOnly() throws Exception {
    try (PacketSocket p1 = port("p1")) {
      assertThat(p1.state().up()).isTrue();
      assertThatThrownBy(() -> port("p1"))
          .isInstanceOfSatisfying(
              NetdevException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
    }
    port("p1").close();
  }

  @Test
  void whatAKilledSwitchLeftIsAdoptedAndRemoved() throws Exception {
    ns.call(() -> IngressDrop.attach(links.get("p1")));
    try (PacketSocket p1 = port("p1")) {
      assertThat(ns.exec("tc", "filter", "show", "dev", "p1", "ingress")).contains("0xbee5");
      assertThat(p1.send(Frames.udp(1))).isZero();
    }
    assertThat(ns.exec("tc", "qdisc", "show", "dev", "p1")).doesNotContain("clsact");
  }

  @Test
  void filtersOfOthersStay() throws Exception {
    ns.exec("tc", "qdisc", "add", "dev", "p1", "clsact");
    port("p1").close();
    assertThat(ns.exec("tc", "qdisc", "show", "dev", "p1")).contains("clsact");
    ns.exec("tc", "qdisc", "del", "dev", "p1", "clsact");
    try (PacketSocket p1 = port("p1")) {
      assertThat(p1.pollFd()).isPositive();
      ns.exec(
          "tc",
          "filter",
          "add",
          "dev",
          "p1",
          "egress",
          "protocol",
          "all",
          "prio",
          "9",
          "bpf",
          "da",
          "bytecode",
          "1,6 0 0 0");
    }
    assertThat(ns.exec("tc", "filter", "show", "dev", "p1", "egress")).contains("bytecode");
    assertThat(ns.exec("tc", "filter", "show", "dev", "p1", "ingress")).isBlank();
  }

  @Test
  void whatCannotLeaveSaysWhy() throws Exception {
    try (PacketSocket p1 = port("p1")) {
      assertThat(p1.send(Frames.udp(1473))).isEqualTo(-Errno.EMSGSIZE);
      Packet wrong = Frames.tcp(10, 0);
      wrong.csumStart = 2_000;
      assertThat(p1.send(wrong)).isEqualTo(-Errno.EINVAL);
      p1.setUp(false);
      assertThat(p1.send(Frames.udp(10))).isEqualTo(-Errno.ENETDOWN);
      assertThat(p1.receive(got, got.length)).isZero();
      p1.setUp(true);
      assertThat(p1.send(Frames.udp(10))).isZero();
      links.delete(links.get("p1").ifindex());
      assertThat(p1.send(Frames.udp(10))).isNegative();
      assertThat(p1.receive(got, got.length)).isZero();
    }
  }

  @Test
  void aDeviceGoesDownAndUpAndStillReceives() throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      p1.setUp(false);
      p1.receive(got, got.length);
      p1.setUp(true);
      assertThat(h1.send(Frames.udp(10))).isZero();
      assertThat(receive(p1)).isEqualTo(1);
    }
  }

  @Test
  void whatTheQueueRefusesIsCounted() throws Exception {
    try (PacketSocket p1 = port("p1");
        PacketSocket h1 = farEnd("h1")) {
      Packet big = Frames.tcp(60_000, 1448);
      int sent = 0;
      while (p1.drops().get("netdev_rx_queue_full") == 0 && sent < 10_000) {
        assertThat(h1.send(big)).isZero();
        sent++;
      }
      int received = 0;
      for (int n = p1.receive(got, got.length); n > 0; n = p1.receive(got, got.length)) {
        received += n;
      }
      assertThat(received).isPositive();
      assertThat(p1.drops().get("netdev_rx_queue_full")).isEqualTo(sent - received);
      assertThat(p1.stats().rxDropped()).isEqualTo(sent - received);
    }
  }

  @Test
  void loopbackIsNoPort() {
    assertThatThrownBy(() -> port("lo"))
        .isInstanceOfSatisfying(
            NetdevException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    assertThatThrownBy(() -> port("nosuch"))
        .isInstanceOfSatisfying(
            NetdevException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
  }
}
