// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.LinkMonitor;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.sys.Sys;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.odp.OdpActions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Devices and processes that come and go. */
@Tag("system")
class LifecycleTest extends BetweenTwoHosts {
  private String ping(String to) {
    try {
      return lab.hosts.get(0).exec("ping", "-c1", "-W2", to);
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void closeLeavesNothing() throws Exception {
    Path rundir = Files.createTempDirectory("bee-close");
    Path pins = Path.of("/sys/fs/bpf", "beeswitch-" + Pins.nameOf(rundir));
    TestNetns ns = TestNetns.create();
    ns.exec("ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1");
    String before = ns.exec("ip", "-o", "link");
    ns.call(
        () -> {
          try (BpfDpif d = BpfDpif.open(rundir)) {
            d.setExecutors(1);
            d.portAdd("d0", PortKind.SYSTEM);
            d.portAdd("br0", PortKind.INTERNAL);
            assertThat(Files.exists(pins)).isTrue();
            assertThat(ns.exec("ip", "-o", "link")).contains("br0");
          }
          return null;
        });
    assertThat(Files.exists(pins)).isFalse();
    assertThat(ns.exec("ip", "-o", "link")).isEqualTo(before);
    ns.close();
    Files.delete(rundir);
  }

  @Test
  void theHostItselfTalksThroughAnInternalPort() throws Exception {
    OdpPort local = lab.inSwitch(() -> lab.dpif.portAdd("br0", PortKind.INTERNAL));
    lab.switchNs.exec("ip", "link", "set", "br0", "up");
    lab.switchNs.exec("ip", "addr", "add", "10.0.0.9/24", "dev", "br0");
    lab.ports.add(local);
    lab.wire(0, 2);
    lab.wire(2, 0);
    assertThat(ping("10.0.0.9")).contains("1 received");
    assertThat(lab.dpif.ports()).hasSize(3);
    lab.inSwitch(
        () -> {
          lab.dpif.portDel(local);
          return null;
        });
    assertThat(lab.switchNs.exec("ip", "-o", "link")).doesNotContain("br0");
    assertThatThrownBy(() -> lab.inSwitch(() -> lab.dpif.portAdd("s0", PortKind.INTERNAL)))
        .isInstanceOfSatisfying(
            DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
  }

  @Test
  void aDeviceThatGoesAndComesBackIsThatPortAgain() throws Exception {
    lab.wire(0, 1);
    lab.wire(1, 0);
    Links links = lab.inSwitch(Links::open);
    try (LinkMonitor monitor = lab.inSwitch(() -> LinkMonitor.open(links))) {
      assertThat(ping(lab.address(1))).contains("1 received");
      lab.switchNs.exec("ip", "link", "del", "s1");
      follow(monitor, () -> port("s1").ifindex() == 0);
      ping(lab.address(1));
      assertThat(lab.dpif.coverage().get(DropReason.OUTPUT_NO_PORT.text())).isPositive();
      lab.hosts.get(1).veth("h1", lab.switchNs, "s1");
      lab.hosts.get(1).address("h1", "10.0.0.2/24");
      follow(monitor, () -> port("s1").ifindex() != 0);
      lab.hosts.get(0).exec("ip", "neigh", "flush", "dev", "h0");
      assertThat(ping(lab.address(1))).contains("1 received");
      assertThat(port("s1").number().number()).isEqualTo(lab.port(1));
    } finally {
      links.close();
    }
  }

  /** Names say which device a port is; without a device of its name it keeps the one it has. */
  @Test
  void devicesThatExchangeTheirNamesExchangeTheirPorts() throws Exception {
    Links links = lab.inSwitch(Links::open);
    try (LinkMonitor monitor = lab.inSwitch(() -> LinkMonitor.open(links))) {
      follow(monitor, () -> true);
      int first = port("s0").ifindex();
      int second = port("s1").ifindex();
      lab.switchNs.exec("ip", "link", "set", "dev", "s0", "name", "x");
      follow(monitor, () -> monitor.links().stream().anyMatch(l -> l.name().equals("x")));
      assertThat(port("s0").ifindex()).isEqualTo(first);
      lab.switchNs.exec("ip", "link", "set", "dev", "s1", "name", "s0");
      lab.switchNs.exec("ip", "link", "set", "dev", "x", "name", "s1");
      follow(monitor, () -> port("s0").ifindex() == second && port("s1").ifindex() == first);
      lab.wire(0, 1);
      lab.wire(1, 0);
      assertThat(ping(lab.address(1))).contains("1 received");
    } finally {
      links.close();
    }
  }

  /** Attached by links or by tc, before the port came: it goes, and they are there. */
  @Test
  void programsOfOthersStay() throws Exception {
    lab.switchNs.exec("ip", "link", "add", "vy0", "type", "veth", "peer", "name", "vy1");
    lab.switchNs.exec("tc", "qdisc", "add", "dev", "vy0", "clsact");
    String filter = "filter add dev vy0 ingress protocol all prio 9 bpf da bytecode";
    List<String> tc = new java.util.ArrayList<>(List.of("tc"));
    tc.addAll(List.of(filter.split(" ")));
    tc.add("1,6 0 0 0");
    lab.switchNs.exec(tc.toArray(String[]::new));
    String filters = lab.switchNs.exec("tc", "filter", "show", "dev", "vy0", "ingress");
    Links links = lab.inSwitch(Links::open);
    int ifindex = lab.inSwitch(() -> links.get("vy0")).ifindex();
    links.close();
    int other =
        lab.inSwitch(() -> Bpf.attachIngress(lab.dpif.system().program("dp_execute"), ifindex));
    try {
      assertThat(other).isPositive();
      OdpPort port = lab.inSwitch(() -> lab.dpif.portAdd("vy0", PortKind.SYSTEM));
      lab.inSwitch(
          () -> {
            lab.dpif.portDel(port);
            return null;
          });
      assertThat(Bpf.ifindexOf(other)).isEqualTo(ifindex);
      assertThat(lab.switchNs.exec("tc", "filter", "show", "dev", "vy0", "ingress"))
          .isEqualTo(filters);
    } finally {
      Sys.close(other);
    }
  }

  @Test
  void theOutputsMtuIsFollowed() throws Exception {
    lab.wire(0, 1);
    lab.wire(1, 0);
    Links links = lab.inSwitch(Links::open);
    try (LinkMonitor monitor = lab.inSwitch(() -> LinkMonitor.open(links))) {
      follow(monitor, () -> true);
      String mtu = DropReason.OUTPUT_MTU.text();
      lab.hosts.get(0).exec("ping", "-c1", "-W2", "-s", "1400", "-M", "dont", lab.address(1));
      assertThat(lab.dpif.coverage()).containsEntry(mtu, 0L);
      lab.switchNs.exec("ip", "link", "set", "s1", "mtu", "1000");
      follow(monitor, () -> maxLen(1) == 1014);
      assertThatThrownBy(
              () -> lab.hosts.get(0).exec("ping", "-c1", "-W1", "-s", "1400", lab.address(1)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(lab.dpif.coverage().get(mtu)).isPositive();
    } finally {
      links.close();
    }
  }

  private int maxLen(int host) {
    return lab.dpif
        .system()
        .memory("dp_ports")
        .getInt(
            lab.port(host) * org.beeswitch.dpif.bpf.map.Abi.Port.SIZE
                + org.beeswitch.dpif.bpf.map.Abi.Port.MAX_LEN);
  }

  /** Lets the datapath hear of devices until something is so. */
  private void follow(LinkMonitor monitor, java.util.function.BooleanSupplier wanted)
      throws Exception {
    long end = System.nanoTime() + 10_000_000_000L;
    do {
      lab.inSwitch(() -> monitor.doWork(lab.dpif::onLink));
      assertThat(System.nanoTime()).isLessThan(end);
    } while (!wanted.getAsBoolean());
  }

  private DpifPort port(String name) {
    List<DpifPort> all = lab.dpif.ports();
    return all.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void portsThatCannotBeSayWhyInOneLine() throws Exception {
    assertRefused("nodevice0", PortKind.SYSTEM, Errno.ENODEV, "no such device");
    assertRefused("s0", PortKind.SYSTEM, Errno.EBUSY, "port already");
    lab.switchNs.exec("ip", "link", "add", "vx0", "type", "veth", "peer", "name", "vx1");
    assertRefused("vx0", PortKind.INTERNAL, Errno.EEXIST, "a device of that name exists");
    lab.switchNs.exec("ip", "link", "add", "lb0", "type", "bridge");
    lab.switchNs.exec("ip", "link", "set", "vx1", "master", "lb0");
    assertRefused("vx1", PortKind.SYSTEM, Errno.EBUSY, "nomaster");
    assertRefused("lo", PortKind.SYSTEM, Errno.EINVAL, "not an Ethernet device");
    Path other = Files.createTempDirectory("bee-other");
    lab.inSwitch(
        () -> {
          try (BpfDpif second = BpfDpif.open(other)) {
            assertThatThrownBy(() -> second.portAdd("s0", PortKind.SYSTEM))
                .isInstanceOfSatisfying(
                    DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
          }
          return null;
        });
    Files.delete(other);
    OdpActions none = new OdpActions();
    assertThat(lab.putByPort(0, none)).isPositive();
  }

  private void assertRefused(String name, PortKind kind, int errno, String why) {
    assertThatThrownBy(() -> lab.inSwitch(() -> lab.dpif.portAdd(name, kind)))
        .isInstanceOfSatisfying(
            DpifException.class,
            e -> {
              assertThat(e.errno()).isEqualTo(errno);
              assertThat(e.getMessage()).contains(why).doesNotContain("\n");
            });
  }
}
