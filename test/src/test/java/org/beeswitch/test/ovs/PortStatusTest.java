// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What controllers hear of ports whose devices change, go and come back is what they hear from Open
 * vSwitch, message by message; and so is what LOCAL's MTU becomes.
 *
 * <p>Between two states both may or may not have seen one more, as the kernel announces them apart;
 * such messages are not compared.
 */
@Tag("system")
@Tag("slow")
@Timeout(300)
class PortStatusTest {
  private static final int PORTS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long OTHER_MAC = 0x020000000c02L;

  /** A switch with ports p1..p3, and the ways to change it. */
  private interface Switch {
    TestNetns netns();

    OfClient<Decoded, OfFrame> connect() throws IOException;

    RealOvs.Output ofctl(String... words);

    void addPort(String name, String... settings) throws IOException;

    void delPort(String name) throws IOException;
  }

  private record Ovs(RealOvs ovs) implements Switch {
    @Override
    public TestNetns netns() {
      return ovs.netns();
    }

    @Override
    public OfClient<Decoded, OfFrame> connect() throws IOException {
      return ovs.connect();
    }

    @Override
    public RealOvs.Output ofctl(String... words) {
      return ovs.ofctl(words);
    }

    @Override
    public void addPort(String name, String... settings) {
      List<String> c = new ArrayList<>(List.of("add-port", "br0", name));
      c.addAll(List.of("--", "set", "interface", name));
      c.addAll(List.of(settings));
      ovs.vsctl(c.toArray(String[]::new));
    }

    @Override
    public void delPort(String name) {
      ovs.vsctl("del-port", name);
    }
  }

  private record Own(OwnSwitch own, Unixctl ctl) implements Switch {
    @Override
    public TestNetns netns() {
      return own.netns();
    }

    @Override
    public OfClient<Decoded, OfFrame> connect() throws IOException {
      return own.connect();
    }

    @Override
    public RealOvs.Output ofctl(String... words) {
      return own.ofctl(words);
    }

    @Override
    public void addPort(String name, String... settings) throws IOException {
      List<String> c = new ArrayList<>(List.of("br0", name, "--", "set", "interface", name));
      c.addAll(List.of(settings));
      ctl.call("add-port", c.toArray(String[]::new));
    }

    @Override
    public void delPort(String name) throws IOException {
      ctl.call("del-port", name);
    }
  }

  /** Does things to a switch and keeps what it says about each. */
  private static final class Watch implements AutoCloseable {
    private final Switch sw;
    private final OfClient<Decoded, OfFrame> client;
    private final Map<String, List<PortStatus>> heard = new LinkedHashMap<>();
    private int markers;

    Watch(Switch sw) throws IOException {
      this.sw = sw;
      this.client = sw.connect();
      // Only who wants packet-ins gets unasked messages on a service connection.
      SwitchConfig wanted = new SwitchConfig(SwitchConfig.Frag.NORMAL, false, 128);
      client.transactNoReply(
          List.of(new OfFrame(client.version(), client.nextXid(), new SetConfig(wanted))));
    }

    private interface Doing {
      void run() throws Exception;
    }

    /** Does something and listens until a port is as it has to be then. */
    void step(String what, Doing doing, Predicate<PortDesc> end) throws Exception {
      stepTo(what, doing, s -> end.test(s.port()));
    }

    /** Does something and listens until a port is said to be deleted. */
    void deletion(String what, Doing doing) throws Exception {
      stepTo(what, doing, s -> s.reason() == PortStatus.Reason.DELETE);
    }

    private void stepTo(String what, Doing doing, Predicate<PortStatus> end) throws Exception {
      doing.run();
      List<PortStatus> all = new ArrayList<>();
      PortStatus last;
      do {
        last = next(what);
        all.add(last);
      } while (!end.test(last));
      heard.put(what, all);
    }

    /** Does something that nothing is said about. */
    void silently(String what, Doing doing) throws Exception {
      doing.run();
      List<PortStatus> all = new ArrayList<>();
      for (int i = 0; i < 2; i++) { // the first may be told before what came before it
        long marker = 0x020000000d00L + ++markers;
        ip("link set p3 address " + mac(marker));
        PortStatus s;
        do {
          s = next(what);
          all.add(s);
        } while (s.port().hwAddr() != marker);
      }
      all.removeIf(s -> s.port().name().equals("p3"));
      heard.put(what, all);
    }

    private PortStatus next(String what) throws IOException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (System.nanoTime() - end < 0) {
        if (client.receive(PATIENCE) instanceof Decoded.Good g
            && g.frame().message() instanceof PortStatus s
            && !s.port().name().equals("br0")) {
          return s;
        }
      }
      throw new AssertionError(what + ": no message in " + PATIENCE);
    }

    void ip(String command) {
      sw.netns().exec(("ip " + command).split(" "));
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  private static String mac(long m) {
    return String.format("%012x", m).replaceAll("(..)(?!$)", "$1:");
  }

  private static boolean isLive(PortDesc p) {
    return p.isLive();
  }

  private static boolean isDown(PortDesc p) {
    return p.config() == PortDesc.CONFIG_PORT_DOWN
        && p.state() == PortDesc.STATE_LINK_DOWN
        && p.hwAddr() != 0;
  }

  private static boolean hasNoLink(PortDesc p) {
    return p.config() == 0 && p.state() == PortDesc.STATE_LINK_DOWN;
  }

  private static boolean isAway(PortDesc p) {
    return p.hwAddr() == 0;
  }

  private static Map<String, List<PortStatus>> devices(Switch sw) throws Exception {
    try (Watch w = new Watch(sw);
        TestNetns elsewhere = TestNetns.create()) {
      w.step("down", () -> w.ip("link set p2 down"), PortStatusTest::isDown);
      w.step("up", () -> w.ip("link set p2 up"), PortStatusTest::isLive);
      w.step("wire cut", () -> w.ip("link set w2 down"), PortStatusTest::hasNoLink);
      w.step("wire back", () -> w.ip("link set w2 up"), PortStatusTest::isLive);
      w.step(
          "address",
          () -> w.ip("link set p2 address " + mac(OTHER_MAC)),
          p -> p.hwAddr() == OTHER_MAC);
      w.silently("renamed", () -> w.ip("link set p2 name q2"));
      w.silently("named again", () -> w.ip("link set q2 name p2"));
      w.silently("MTU", () -> w.ip("link set p2 mtu 1400"));

      w.step("vanished", () -> w.ip("link del p2"), PortStatusTest::isAway);
      String veth = "link add p2 address " + RealOvs.portMac(2) + " type veth peer name w2";
      w.step("returned", () -> w.ip(veth), PortStatusTest::isDown);
      w.step("returned, up", () -> w.ip("link set p2 up"), PortStatusTest::hasNoLink);
      w.step("returned, wire", () -> w.ip("link set w2 up"), PortStatusTest::isLive);
      w.step(
          "moved away",
          () -> w.ip("link set p2 netns " + elsewhere.name()),
          PortStatusTest::isAway);
      w.step(
          "moved back",
          () -> elsewhere.exec("ip", "link", "set", "p2", "netns", sw.netns().name()),
          PortStatusTest::isDown);
      w.step("moved back, up", () -> w.ip("link set p2 up"), PortStatusTest::isLive);

      w.step("port-mod down", () -> sw.ofctl("mod-port", "br0", "2", "down"), p -> isDown(p));
      w.step("port-mod up", () -> sw.ofctl("mod-port", "br0", "2", "up"), PortStatusTest::isLive);
      w.deletion("deleted", () -> sw.delPort("p2"));
      w.step("added", () -> sw.addPort("p2", "ofport_request=2"), PortStatusTest::isLive);
      w.step(
          "patch added",
          () -> sw.addPort("pa", "type=patch", "options:peer=pb", "ofport_request=7"),
          PortStatusTest::isLive);
      w.silently("patch set down", () -> sw.ofctl("mod-port", "br0", "7", "down"));
      w.step(
          "patch mutes",
          () -> sw.ofctl("mod-port", "br0", "7", "no-receive"),
          p -> p.config() != 0);
      w.deletion("patch deleted", () -> sw.delPort("pa"));
      return w.heard;
    }
  }

  /** Without what one may have seen and the other not, and without addresses made up. */
  private static List<String> canonical(List<PortStatus> all) {
    List<String> l = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      PortStatus s = all.get(i);
      if (i == all.size() - 1
          || s.reason() != PortStatus.Reason.MODIFY
          || s.port().config() == 0 && s.port().state() == 0) {
        PortDesc d = s.port();
        String text = s.reason() + " " + d;
        l.add(d.name().equals("pa") ? text.replace("hwAddr=" + d.hwAddr(), "hwAddr=any") : text);
      }
    }
    return l;
  }

  private static Map<String, List<String>> canonical(Map<String, List<PortStatus>> heard) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    heard.forEach((step, statuses) -> all.put(step, canonical(statuses)));
    return all;
  }

  /** LOCAL's MTU is as Open vSwitch has it. */
  private static void assertLocalFollows(Switch sw) throws Exception {
    assertMtuAfter(sw, "link set p1 mtu 1400", 1_400);
    assertMtuAfter(sw, "link set p2 mtu 9000", 1_400);
    assertMtuAfter(sw, "link set br0 mtu 1300", 1_300);
    assertMtuAfter(sw, "link set br0 mtu 2000", 1_400);
    assertMtuAfter(sw, "link set p1 mtu 1450", 1_450);
    assertMtuAfter(sw, "link del p1", 1_450);
    assertMtuAfter(sw, "link set p3 mtu 1350", 1_350);
  }

  private static void assertMtuAfter(Switch sw, String change, int mtu) throws Exception {
    sw.netns().exec(("ip " + change).split(" "));
    Await.until(
        "MTU " + mtu + " of br0 after " + change + " in " + sw,
        () -> sw.netns().exec("ip", "-o", "link", "show", "br0").contains(" mtu " + mtu + " "));
  }

  @Test
  void controllersHearWhatTheyHearFromOpenVswitch() throws Exception {
    RealOvs.assumePossible();
    Map<String, List<String>> expected;
    try (RealOvs ovs = RealOvs.start(PORTS)) {
      expected = canonical(devices(new Ovs(ovs)));
      assertLocalFollows(new Ovs(ovs));
    }
    for (Datapath datapath : Datapath.values()) {
      try (OwnSwitch own = new OwnSwitch(datapath, PORTS);
          Unixctl ctl = own.unixctl()) {
        assertThat(canonical(devices(new Own(own, ctl)))).as("%s", datapath).isEqualTo(expected);
        assertLocalFollows(new Own(own, ctl));
        assertThat(own.log()).doesNotContain("WARN").doesNotContain("ERROR");
      }
    }
    System.out.printf("port status: %d changes told as Open vSwitch tells them%n", expected.size());
  }
}
