// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.LinkMonitor;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The userspace datapath between Linux devices. */
@Tag("system")
@Timeout(120)
class LinuxDevicesTest {
  private static int wire(NetdevDpif d, OdpPort from, OdpPort to) {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    key.words()[0] = (long) from.number() << 32;
    mask.words()[0] = -1L;
    OdpActions a = new OdpActions();
    a.output(to.number());
    return d.flowPut(key, mask, a);
  }

  /** Has the datapath hear of devices until the condition holds. */
  private static void follow(TestNetns ns, NetdevDpif d, LinkMonitor m, BooleanSupplier condition)
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time is over").isLessThan(end);
      ns.call(() -> m.doWork(d::onLink));
    }
  }

  @Test
  void hostsTalkTcpThroughItAndNothingIsLeftBehind() throws Exception {
    TestNetns.assumeRoot();
    int size = 20 << 20;
    try (TestNetns ns = TestNetns.create();
        TestNetns h1 = TestNetns.create();
        TestNetns h2 = TestNetns.create()) {
      ns.veth("p1", h1, "e1");
      ns.veth("p2", h2, "e2");
      h1.address("e1", "10.0.0.1/24");
      h2.address("e2", "10.0.0.2/24");
      try (NetdevDpif d = ns.call(() -> NetdevDpif.open(2))) {
        OdpPort p1 = ns.call(() -> d.portAdd("p1", PortKind.SYSTEM));
        OdpPort p2 = ns.call(() -> d.portAdd("p2", PortKind.SYSTEM));
        int forth = wire(d, p1, p2);
        wire(d, p2, p1);
        try (ServerSocket server =
            h2.call(() -> new ServerSocket(0, 1, InetAddress.getByName("10.0.0.2")))) {
          CompletableFuture<Integer> sum = CompletableFuture.supplyAsync(() -> receiveAll(server));
          try (Socket client = h1.call(() -> connect(server.getLocalPort()))) {
            byte[] data = new byte[size];
            new Random(1).nextBytes(data);
            OutputStream out = client.getOutputStream();
            out.write(data);
            client.shutdownOutput();
            assertThat(sum.get(60, TimeUnit.SECONDS)).isEqualTo(Arrays.hashCode(data));
          }
        }
        FlowStats s = new FlowStats();
        d.flowStats(forth, s);
        assertThat(s.bytes).isGreaterThan(size);
        assertThat(s.packets).as("GSO packets stayed whole").isLessThan(size / 1448);
        assertThatThrownBy(() -> ns.call(() -> d.portAdd("p1", PortKind.SYSTEM)))
            .isInstanceOfSatisfying(
                DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
        assertThatThrownBy(() -> ns.call(() -> d.portAdd("p9", PortKind.SYSTEM)))
            .isInstanceOfSatisfying(
                DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
      }
      assertThat(ns.exec("tc", "qdisc", "show")).doesNotContain("clsact");
      assertThat(ns.exec("ip", "link", "show", "p1")).doesNotContain("PROMISC");
    }
  }

  private static Socket connect(int port) throws java.io.IOException {
    Socket s = new Socket();
    s.connect(new InetSocketAddress("10.0.0.2", port), 5_000);
    return s;
  }

  private static int receiveAll(ServerSocket server) {
    try (Socket s = server.accept();
        InputStream in = s.getInputStream()) {
      return Arrays.hashCode(in.readAllBytes());
    } catch (java.io.IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void internalPortIsTheHostsDeviceAndGoesWithTheDatapath() throws Exception {
    TestNetns.assumeRoot();
    try (TestNetns ns = TestNetns.create();
        TestNetns h1 = TestNetns.create()) {
      ns.veth("p1", h1, "e1");
      h1.address("e1", "10.0.0.1/24");
      try (NetdevDpif d = ns.call(() -> NetdevDpif.open(1))) {
        OdpPort p1 = ns.call(() -> d.portAdd("p1", PortKind.SYSTEM));
        OdpPort local = ns.call(() -> d.portAdd("br0", PortKind.INTERNAL));
        ns.exec("ip", "link", "set", "dev", "br0", "up");
        ns.address("br0", "10.0.0.9/24");
        wire(d, p1, local);
        wire(d, local, p1);
        assertThat(h1.exec("ping", "-c", "3", "-i", "0.1", "-W", "5", "10.0.0.9"))
            .contains("3 received");
        assertThatThrownBy(() -> ns.call(() -> d.portAdd("lo", PortKind.INTERNAL)))
            .isInstanceOfSatisfying(
                DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
      }
      assertThat(ns.exec("ip", "link", "show")).doesNotContain("br0");
    }
  }

  @Test
  void portOutlivesItsDeviceAndWorksAgainWhenItIsBack() throws Exception {
    TestNetns.assumeRoot();
    try (TestNetns ns = TestNetns.create();
        TestNetns h1 = TestNetns.create();
        TestNetns h2 = TestNetns.create()) {
      ns.veth("p1", h1, "e1");
      ns.veth("p2", h2, "e2");
      h1.address("e1", "10.0.0.1/24");
      h2.address("e2", "10.0.0.2/24");
      try (NetdevDpif d = ns.call(() -> NetdevDpif.open(2));
          Links links = ns.call(Links::open);
          LinkMonitor m = ns.call(() -> LinkMonitor.open(links))) {
        OdpPort p1 = ns.call(() -> d.portAdd("p1", PortKind.SYSTEM));
        OdpPort p2 = ns.call(() -> d.portAdd("p2", PortKind.SYSTEM));
        wire(d, p1, p2);
        wire(d, p2, p1);
        ns.exec("ip", "link", "delete", "p2");
        follow(ns, d, m, () -> d.ports().get(1).ifindex() == 0);
        assertThat(d.ports().get(1).number()).isEqualTo(p2);
        ns.veth("p2", h2, "e2");
        h2.address("e2", "10.0.0.2/24");
        follow(ns, d, m, () -> d.ports().get(1).ifindex() != 0);
        assertThat(h1.exec("ping", "-c", "3", "-i", "0.1", "-W", "5", "10.0.0.2"))
            .contains("3 received");
      }
    }
  }

  /** Names say which device a port is; without a device of its name it keeps the one it has. */
  @Test
  void devicesThatExchangeTheirNamesExchangeTheirPorts() throws Exception {
    TestNetns.assumeRoot();
    try (TestNetns ns = TestNetns.create();
        TestNetns h = TestNetns.create()) {
      ns.veth("p1", h, "e1");
      ns.veth("p2", h, "e2");
      try (NetdevDpif d = ns.call(() -> NetdevDpif.open(1));
          Links links = ns.call(Links::open);
          LinkMonitor m = ns.call(() -> LinkMonitor.open(links))) {
        ns.call(() -> d.portAdd("p1", PortKind.SYSTEM));
        ns.call(() -> d.portAdd("p2", PortKind.SYSTEM));
        int first = d.ports().get(0).ifindex();
        int second = d.ports().get(1).ifindex();
        ns.exec("ip", "link", "set", "dev", "p1", "name", "x");
        follow(ns, d, m, () -> m.links().stream().anyMatch(l -> l.name().equals("x")));
        assertThat(d.ports().get(0).ifindex()).isEqualTo(first);
        ns.exec("ip", "link", "set", "dev", "p2", "name", "p1");
        ns.exec("ip", "link", "set", "dev", "x", "name", "p2");
        follow(
            ns,
            d,
            m,
            () -> d.ports().get(0).ifindex() == second && d.ports().get(1).ifindex() == first);
      }
    }
  }

  @Test
  void mtuIsTheDevicesAlsoAfterItHasChanged() throws Exception {
    TestNetns.assumeRoot();
    try (TestNetns ns = TestNetns.create();
        TestNetns h1 = TestNetns.create()) {
      ns.veth("p1", h1, "e1");
      try (NetdevDpif d = ns.call(() -> NetdevDpif.open(1));
          Links links = ns.call(Links::open);
          LinkMonitor m = ns.call(() -> LinkMonitor.open(links))) {
        d.setExecutors(1);
        OdpPort p1 = ns.call(() -> d.portAdd("p1", PortKind.SYSTEM));
        OdpActions a = new OdpActions();
        a.output(p1.number());
        // The device takes such a GSO packet whole; only the datapath knows its segments' length.
        assertThat(d.execute(0, Frames.tcp(3_000, 1_400), new OdpKey(), a)).isZero();
        ns.exec("ip", "link", "set", "dev", "p1", "mtu", "1000");
        follow(
            ns,
            d,
            m,
            () -> d.execute(0, Frames.tcp(3_000, 1_400), new OdpKey(), a) == -Errno.EMSGSIZE);
        assertThat(d.coverage().get(DropReason.OUTPUT_MTU.text())).isEqualTo(1);
      }
    }
  }
}
