// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.beeswitch.netdev.sys.Sys;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class LinksTest {
  private static final long PATIENCE_NS = 20_000_000_000L;

  private TestNetns ns;
  private Links links;

  @BeforeEach
  void open() throws Exception {
    TestNetns.assumeRoot();
    ns = TestNetns.create();
    links = ns.call(Links::open);
  }

  @AfterEach
  void close() {
    if (ns != null) {
      links.close();
      ns.close();
    }
  }

  private static void assertErrno(int errno, ThrowingCallable code) {
    assertThatThrownBy(code)
        .isInstanceOfSatisfying(NetdevException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void anEmptyNamespaceHasLoopbackOnly() throws Exception {
    assertThat(links.all()).extracting(Link::name).contains("lo");
    Link lo = links.get("lo");
    assertThat(lo.isLoopback()).isTrue();
    assertThat(lo.isUp()).isTrue();
    assertThat(links.find(lo.ifindex())).contains(lo);
  }

  @Test
  void aVethPairIsMadeAndDeleted() throws Exception {
    links.createVeth("a", "b");
    Link a = links.get("a");
    Link b = links.get("b");
    assertThat(a.kind()).isEqualTo("veth");
    assertThat(a.peerIfindex()).isEqualTo(b.ifindex());
    assertThat(a.isUp()).isFalse();
    links.delete(a.ifindex());
    assertThat(links.find("a")).isEmpty();
    assertThat(links.find("b")).isEmpty();
    assertThat(links.find(b.ifindex())).isEmpty();
  }

  @Test
  void settingsAreWhatIpShows() throws Exception {
    links.createVeth("a", "b");
    int a = links.get("a").ifindex();
    links.setMtu(a, 9000);
    links.setMac(a, 0x0200_0000_00fbL);
    links.setPromisc(a, true);
    links.setUp(a, true);
    assertThat(ns.exec("ip", "link", "show", "a"))
        .contains("mtu 9000", "02:00:00:00:00:fb", "PROMISC", "NO-CARRIER", ",UP");
    Link link = links.get("a");
    assertThat(link.mtu()).isEqualTo(9000);
    assertThat(link.mac()).isEqualTo(0x0200_0000_00fbL);
    assertThat(link.isPromisc()).isTrue();
    assertThat(link.isUp()).isTrue();
    assertThat(link.isRunning()).isFalse();
    links.setUp(links.get("b").ifindex(), true);
    // The kernel makes it so in a work queue of its own.
    long deadline = System.nanoTime() + PATIENCE_NS;
    while (!links.get("a").isRunning()) {
      assertThat(System.nanoTime()).as("a does not run").isLessThan(deadline);
    }
    assertThat(links.get("a").carrier()).isTrue();
    links.setUp(a, false);
    links.setPromisc(a, false);
    links.rename(a, "z");
    assertThat(links.get("z").ifindex()).isEqualTo(a);
    assertThat(links.get("z").isPromisc()).isFalse();
    assertThat(links.get("z").isUp()).isFalse();
  }

  @Test
  void aDeviceMovesToAnotherNamespace() throws Exception {
    try (TestNetns other = TestNetns.create();
        Links there = other.call(Links::open)) {
      links.createVeth("a", "b");
      int fd = Sys.open(other.path().toString(), 0);
      links.setNetns(links.get("b").ifindex(), fd);
      Sys.close(fd);
      assertThat(links.find("b")).isEmpty();
      assertThat(there.find("b")).isPresent();
      assertThat(links.get("a").peerElsewhere()).isTrue();
    }
  }

  @Test
  void refusalsCarryTheKernelsErrno() throws Exception {
    links.createVeth("a", "b");
    assertErrno(Errno.EEXIST, () -> links.createVeth("a", "c"));
    assertErrno(Errno.EEXIST, () -> links.createVeth("c", "b"));
    assertErrno(Errno.ENODEV, () -> links.get("nosuch"));
    assertErrno(Errno.ENODEV, () -> links.setUp(99_999, true));
    assertErrno(Errno.ENODEV, () -> links.stats(99_999));
    assertErrno(Errno.ENODEV, () -> links.delete(99_999));
    assertErrno(Errno.EINVAL, () -> links.createVeth("sixteen-bytes-xx", "c"));
    assertErrno(Errno.EINVAL, () -> links.setMtu(links.get("a").ifindex(), 17));
    assertThat(links.find("a-name-no-device-can-have")).isEmpty();
  }

  @Test
  void aRefusalSaysWhatWasTriedOnWhatAndWhatToDo() {
    assertThatThrownBy(() -> links.get("nosuch"))
        .hasMessage(
            "nosuch: look up: No such device (ENODEV); 'ip link' lists the devices there are");
  }

  @Test
  void ipv6IsDisabledForOneDevice() throws Exception {
    ns.exec("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=0");
    links.createVeth("a", "b");
    ns.call(
        () -> {
          links.disableIpv6("a");
          return 0;
        });
    assertThat(ns.exec("sysctl", "-n", "net.ipv6.conf.a.disable_ipv6").trim()).isEqualTo("1");
    assertThat(ns.exec("sysctl", "-n", "net.ipv6.conf.b.disable_ipv6").trim()).isEqualTo("0");
    assertErrno(
        Errno.ENODEV,
        () ->
            ns.call(
                () -> {
                  links.disableIpv6("nosuch");
                  return 0;
                }));
  }

  @Test
  void aVethIsTenGigabitCopperAsForOvs() throws Exception {
    links.createVeth("a", "b");
    LinkFeatures f = links.features("a");
    assertThat(f.current()).isEqualTo(LinkFeatures.F_10GB_FD | LinkFeatures.F_COPPER);
    assertThat(f.advertised()).isZero();
    assertThat(f.supported()).isZero();
    assertThat(f.currentSpeedKbps()).isEqualTo(10_000_000);
    assertThat(f.maxSpeedKbps()).isZero();
    assertThat(links.driver("a")).isEqualTo("veth");
    assertThat(links.features("lo")).isEqualTo(LinkFeatures.NONE);
    assertThat(links.features("nosuch")).isEqualTo(LinkFeatures.NONE);
    assertThat(links.driver("nosuch")).isEmpty();
  }

  @Test
  void statisticsCountWhatWentThrough() throws Exception {
    try (TestNetns host = TestNetns.create()) {
      ns.veth("a", host, "b");
      ns.address("a", "10.0.0.1/24");
      host.address("b", "10.0.0.2/24");
      ns.exec("ping", "-c", "3", "-i", "0.01", "-W", "5", "10.0.0.2");
      NetdevStats s = links.stats(links.get("a").ifindex());
      // Three requests of 98 bytes and an ARP request of 42, and their answers.
      assertThat(s.txPackets()).isEqualTo(4);
      assertThat(s.txBytes()).isEqualTo(3 * 98 + 42);
      assertThat(s.rxPackets()).isGreaterThanOrEqualTo(4);
      assertThat(s.rxErrors()).isZero();
      assertThat(s.collisions()).isZero();
    }
  }

  @Test
  void aMonitorTellsOfDevicesThatComeChangeAndGo() throws Exception {
    links.createVeth("a", "b");
    try (LinkMonitor monitor = ns.call(() -> LinkMonitor.open(links))) {
      List<LinkEvent> events = new ArrayList<>();
      monitor.doWork(events::add);
      assertThat(events).allMatch(e -> e instanceof LinkEvent.Added);
      assertThat(events).extracting(e -> e.link().name()).contains("lo", "a", "b");

      events.clear();
      assertThat(monitor.doWork(events::add)).isZero();

      links.createVeth("c", "d");
      monitor.doWork(events::add);
      assertThat(events).extracting(e -> e.link().name()).contains("c", "d");
      assertThat(events.get(0)).isInstanceOf(LinkEvent.Added.class);

      events.clear();
      links.setUp(links.get("c").ifindex(), true);
      links.setUp(links.get("d").ifindex(), true);
      // The kernel reports carrier from a work queue of its own.
      awaitEvent(monitor, events, "c", Link::isRunning);

      events.clear();
      links.setMtu(links.get("c").ifindex(), 1400);
      awaitEvent(monitor, events, "c", l -> l.mtu() == 1400);
      links.rename(links.get("c").ifindex(), "e");
      awaitEvent(monitor, events, "e", l -> true);

      events.clear();
      Link e = links.get("e");
      links.delete(e.ifindex());
      monitor.doWork(events::add);
      assertThat(events.stream().filter(x -> x instanceof LinkEvent.Removed))
          .extracting(x -> x.link().name())
          .containsExactlyInAnyOrder("e", "d");
    }
  }

  private static void awaitEvent(
      LinkMonitor monitor, List<LinkEvent> events, String name, Predicate<Link> p)
      throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NS;
    while (events.stream().noneMatch(e -> e.link().name().equals(name) && p.test(e.link()))) {
      assertThat(System.nanoTime()).as("no event for %s in %s", name, events).isLessThan(deadline);
      Thread.onSpinWait();
      monitor.doWork(events::add);
    }
  }

  @Test
  void aBurstLargerThanTheQueueIsMadeUpForByComparison() throws Exception {
    links.createVeth("a", "b");
    int a = links.get("a").ifindex();
    try (LinkMonitor monitor = ns.call(() -> LinkMonitor.open(links))) {
      monitor.doWork(e -> {});
      // Each change is announced with some 1.5 kB; the queue is 8 MB as the kernel counts.
      for (int i = 0; i < 6_000; i++) {
        links.setMtu(a, 1_000 + (i & 1));
      }
      links.createVeth("late", "later");
      List<LinkEvent> events = new ArrayList<>();
      awaitEvent(monitor, events, "later", l -> true);
      assertThat(monitor.overruns()).isPositive();
      assertThat(events).extracting(e -> e.link().name()).contains("late", "later");
      assertThat(monitor.links()).containsExactlyInAnyOrderElementsOf(links.all());
    }
  }

  @Test
  void aPortThatLeavesABridgeIsNotRemoved() throws Exception {
    links.createVeth("a", "b");
    ns.exec("ip", "link", "add", "name", "br", "type", "bridge");
    try (LinkMonitor monitor = ns.call(() -> LinkMonitor.open(links))) {
      List<LinkEvent> events = new ArrayList<>();
      ns.exec("ip", "link", "set", "dev", "a", "master", "br");
      awaitEvent(monitor, events, "a", l -> l.masterIfindex() != 0);
      ns.exec("ip", "link", "set", "dev", "a", "nomaster");
      events.clear();
      awaitEvent(monitor, events, "a", l -> l.masterIfindex() == 0);
      ns.exec("ip", "link", "del", "dev", "br");
      awaitEvent(monitor, events, "br", l -> true);
      assertThat(events.stream().filter(e -> e instanceof LinkEvent.Removed))
          .extracting(e -> e.link().name())
          .doesNotContain("a");
      assertThat(monitor.links()).extracting(Link::name).contains("a");
    }
  }

  @Test
  void devicesOfTwoNamespacesAreClaimedApart() throws Exception {
    try (TestNetns other = TestNetns.create();
        Links there = other.call(Links::open)) {
      // Both loopbacks are device 1.
      try (DeviceClaim here = ns.call(() -> DeviceClaim.of(links.get("lo")));
          DeviceClaim apart = other.call(() -> DeviceClaim.of(there.get("lo")))) {
        assertErrno(Errno.EBUSY, () -> ns.call(() -> DeviceClaim.of(links.get("lo"))));
      }
      ns.call(() -> DeviceClaim.of(links.get("lo"))).close();
    }
  }
}
