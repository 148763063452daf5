// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.FakeController;
import org.beeswitch.test.controllers.Peer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What an operator watches a switch with, on a real Open vSwitch and on ours by either datapath:
 * {@code monitor} and {@code snoop}, of {@code ovs-ofctl} and of {@code beectl}, and {@code dpctl}.
 * The same is done to all three, and the same is to be shown.
 */
@Tag("system")
class WatchingTest {
  private static final int PORTS = 4;

  private static final String PACKET_IN_FLOWS =
      """
      in_port=2,actions=set_field:5->metadata,goto_table:3
      table=3,cookie=7,priority=0,actions=CONTROLLER:128
      in_port=3,actions=write_actions(CONTROLLER)
      in_port=4,tcp,send_flow_rem,cookie=9,actions=CONTROLLER:20
      in_port=4,arp,actions=push_vlan:0x8100,set_field:4101->vlan_vid,CONTROLLER
      """;

  private static final String ARP =
      "ffffffffffff0a0000000001080600010800060400010a00000000010a0000010000000000000a000002";

  private static final String FORWARDING_FLOWS =
      """
      in_port=1,dl_dst=0a:00:00:00:00:02,actions=output:2
      in_port=1,priority=40000,dl_vlan=5,actions=pop_vlan,output:3
      in_port=2,ip,nw_src=10.0.0.0/24,actions=set_field:1.2.3.4->nw_src,dec_ttl,output:1,output:3
      in_port=2,arp,actions=CONTROLLER:65535
      in_port=2,icmp6,nd_target=fe80::2,actions=set_field:fe80::9->ipv6_src,set_queue:7,LOCAL
      in_port=3,tcp,tcp_flags=+syn-ack,tp_dst=80,actions=push_vlan:0x8100,set_field:4101->vlan_vid,1
      in_port=3,udp,actions=drop
      in_port=3,priority=1,actions=NORMAL
      """;

  private static final String UDP =
      OfctlCommand.PACKET.substring(0, 46) + "1166c3" + OfctlCommand.PACKET.substring(52);

  /** A neighbour solicitation of fe80::2. */
  private static final String SOLICITATION =
      "3333ff000002"
          + "0a0000000001"
          + "86dd"
          + "6000000000183aff"
          + "fe800000000000000000000000000001"
          + "ff0200000000000000000001ff000002"
          + "8700000000000000"
          + "fe800000000000000000000000000002";

  /** Device, frame: each of another megaflow. */
  private static final List<List<String>> FRAMES =
      List.of(
          List.of("w1", OfctlCommand.PACKET),
          List.of("w1", tagged(OfctlCommand.PACKET)),
          List.of("w2", OfctlCommand.PACKET),
          List.of("w2", ARP),
          List.of("w2", SOLICITATION),
          List.of("w3", OfctlCommand.PACKET),
          List.of("w3", UDP),
          List.of("w3", ARP));

  private static final int HITS_EACH = 3;

  /** What is sent to all switches by a controller, in hexadecimal; barriers between. */
  private static final List<String> REQUESTS =
      List.of(
          "0405 0008 000000a1", // features
          "0407 0008 000000a2", // config
          "0412 0010 000000a3 000d 0000 00000000", // descriptions of ports
          "0463 0008 000000a4", // no such type
          "0418 0018 000000a5 00000002 00000000 0000000000000001", // master
          "040e 0038 000000a6 0000000000000019 0000000000000000 0000 0000 0000 0005 ffffffff"
              + "ffffffff ffffffff 0001 0000 0001 0004 00000000"); // a rule; tells of its end

  private static final String PACKET_OUT =
      "040d 005e 000000a7 ffffffff 00000002 0010 000000000000"
          + "0000 0010 fffffff9 0000 000000000000"
          + OfctlCommand.PACKET;

  private static final String DELETE =
      "040e 0038 000000a8 0000000000000019 ffffffffffffffff 0003 0000 0000 0005 ffffffff"
          + "ffffffff ffffffff 0000 0000 0001 0004 00000000";

  /** Barriers that only see whether a snoop sees. */
  private static final String MARK = "0414 0008 0000fade";

  private static RealOvs ovs;
  private static OwnSwitch netdev;
  private static OwnSwitch bpf;

  @BeforeAll
  static void start() throws Exception {
    RealOvs.assumePossible();
    Datapath.BPF.assumeAvailable();
    ovs = RealOvs.start(PORTS);
    netdev = new OwnSwitch(Datapath.NETDEV, PORTS);
    bpf = new OwnSwitch(Datapath.BPF, PORTS);
  }

  @AfterAll
  static void stop() throws Exception {
    for (Subject s : Stream.of(bpf, netdev, ovs).filter(Objects::nonNull).toList()) {
      s.close();
    }
  }

  /** The frame behind a tag of VLAN 5. */
  private static String tagged(String frame) {
    return frame.substring(0, 24) + "81000005" + frame.substring(24);
  }

  private static void ofctl(Subject s, String... words) {
    RealOvs.Output o = s.ofctl(words);
    assertThat(o.status()).as(o.text()).isZero();
  }

  private static void flows(Subject s, String flows) {
    RealOvs.Output o = RealOvs.ofctl(s.rundir(), List.of("replace-flows", "br0", "-"), flows);
    assertThat(o.status()).as(o.text()).isZero();
  }

  /** The link of port 4 goes, is seen to go, and comes back. */
  private static void takeLinkDown(Subject s, List<Watcher> watchers) throws Exception {
    s.netns().exec("ip", "link", "set", "w4", "down");
    try {
      Watcher.awaitAll(watchers, "LINK_DOWN", () -> {});
    } finally {
      s.netns().exec("ip", "link", "set", "w4", "up");
      Await.until(
          "the link is back", () -> s.ofctl("dump-ports-desc", "br0", "4").text().contains("LIVE"));
    }
  }

  // monitor

  private static void packetOut(Subject s, String port, String packet, String actions) {
    ofctl(s, "packet-out", "br0", "in_port=" + port + ",packet=" + packet + ",actions=" + actions);
  }

  /** Sends a frame that nothing else sends to the controllers, until all have printed it. */
  private static void mark(Subject s, int n, List<Watcher> monitors) throws Exception {
    String type = String.format("%04x", 0x7000 + n);
    String frame = "0200000000ff0200000000fe" + type + "00".repeat(46);
    Watcher.awaitAll(
        monitors, "dl_type=0x" + type, () -> packetOut(s, "controller", frame, "CONTROLLER"));
  }

  /** Packets, a rule that goes and a port that changes, each seen before the next. */
  private static List<String> monitored(Subject s, List<Watcher> monitors) throws Exception {
    flows(s, PACKET_IN_FLOWS);
    int n = 0;
    mark(s, n++, monitors);
    for (String port : List.of("2", "3", "4")) {
      packetOut(s, port, OfctlCommand.PACKET, "TABLE");
      mark(s, n++, monitors);
    }
    packetOut(s, "4", ARP, "TABLE");
    mark(s, n++, monitors);
    ofctl(s, "del-flows", "br0", "cookie=9/-1");
    Watcher.awaitAll(monitors, "OFPT_FLOW_REMOVED", () -> {}); // OVS tells it when it has the time
    takeLinkDown(s, monitors);
    return monitors.stream().map(m -> normal(m.text())).toList();
  }

  /** Without markers, of which there may be more, and without what differs in two runs. */
  private static String normal(String text) {
    return text.replaceAll("(?m)^[A-Z0-9_]+PACKET_IN.*\\n.*dl_type=0x70.*\\n(0000.*\\n)*", "")
        .replaceAll("(?m)^OFPT_BARRIER_.*xid=0xfade.*\\n", "")
        .replaceAll("(?m)^OFPT_ECHO_.*\\n", "")
        .replaceAll("LOCAL\\(br0\\): addr:[0-9a-f:]+", "LOCAL(br0)")
        .replaceAll("duration[0-9.]+s", "duration")
        // The link is taken up again.
        .replaceAll("(?s)(state: +LINK_DOWN\\n[^\\n]*\\n[^\\n]*\\n).*", "$1");
  }

  @Test
  void monitorShowsWhatItShowsOnOpenVswitch() throws Exception {
    List<String> standard = List.of("-P", "standard", "-m", "monitor", "br0", "65534");
    List<String> preferred = List.of("monitor", "br0", "65534");
    List<String> deaf = List.of("monitor", "br0");
    List<String> expected;
    try (Watcher a = Watcher.ovsOfctl(ovs, preferred);
        Watcher b = Watcher.ovsOfctl(ovs, standard);
        Watcher c = Watcher.ovsOfctl(ovs, deaf)) {
      expected = monitored(ovs, List.of(a, b));
      assertThat(c.text()).as("without miss_send_len").isEmpty();
    }
    assertThat(expected.get(0)).contains("NXT_PACKET_IN2", "OFPT_FLOW_REMOVED", "LINK_DOWN");
    assertThat(expected.get(1)).contains("OFPT_PACKET_IN", "00000000  0a 00 00 00 00 02 0a 00-00");
    for (OwnSwitch own : List.of(netdev, bpf)) {
      try (Watcher a = Watcher.ovsOfctl(own, preferred);
          Watcher b = Watcher.ovsOfctl(own, standard);
          Watcher c = Watcher.ovsOfctl(own, deaf);
          Watcher d = Watcher.beectl(own, preferred);
          Watcher e = Watcher.beectl(own, standard);
          Watcher f = Watcher.beectl(own, deaf)) {
        List<String> got = monitored(own, List.of(a, b, d, e));
        assertThat(got.subList(0, 2)).isEqualTo(expected);
        assertThat(got.subList(2, 4)).as("beectl").isEqualTo(expected);
        assertThat(c.text() + f.text()).as("without miss_send_len").isEmpty();
      }
    }
  }

  // snoop

  /** What snoops show of a connection to a controller. */
  private static List<String> snooped(Subject s, Peer peer, List<Watcher> snoops) throws Exception {
    flows(s, PACKET_IN_FLOWS);
    Watcher.awaitAll(snoops, "xid=0xfade", () -> peer.sendBytes(TwoSwitches.hex(MARK)));
    for (String request : REQUESTS) {
      peer.sendBytes(TwoSwitches.hex(request));
      peer.barrier();
    }
    peer.sendBytes(TwoSwitches.hex(PACKET_OUT));
    peer.await(PacketIn.class);
    peer.sendBytes(TwoSwitches.hex(DELETE));
    peer.await(FlowRemoved.class);
    takeLinkDown(s, snoops);
    peer.await(PortStatus.class, p -> (p.port().state() & PortDesc.STATE_LINK_DOWN) != 0);
    return snoops.stream().map(w -> normal(w.text())).toList();
  }

  @Test
  void snoopShowsWhatItShowsOnOpenVswitch() throws Exception {
    List<String> snoop = List.of("snoop", "br0");
    List<String> expected;
    try (FakeController controller = FakeController.listen(ovs.netns())) {
      ovs.vsctl("set-controller", "br0", controller.target());
      ovs.vsctl("set", "controller", "br0", "connection_mode=out-of-band");
      try (Peer peer = controller.accept();
          Watcher a = Watcher.ovsOfctl(ovs, snoop)) {
        expected = snooped(ovs, peer, List.of(a));
      } finally {
        ovs.vsctl("del-controller", "br0");
      }
    }
    assertThat(expected.get(0))
        .contains("OFPT_FEATURES_REPLY", "OFPBRC_BAD_TYPE", "OFPT_PACKET_IN", "OFPT_FLOW_MOD")
        .contains("OFPT_FLOW_REMOVED", "OFPT_PORT_STATUS");
    for (OwnSwitch own : List.of(netdev, bpf)) {
      try (FakeController controller = FakeController.listen(own.netns())) {
        own.beectl(List.of("set-controller", "br0", controller.target()), "");
        try (Peer peer = controller.accept();
            Watcher a = Watcher.ovsOfctl(own, snoop);
            Watcher b = Watcher.beectl(own, snoop)) {
          List<String> got = snooped(own, peer, List.of(a, b));
          assertThat(got.get(0)).isEqualTo(expected.get(0));
          assertThat(got.get(1)).as("beectl").isEqualTo(expected.get(0));
        } finally {
          own.beectl(List.of("del-controller", "br0"), "");
        }
      }
    }
  }

  // dpctl

  private static void send(TestNetns netns, String device, String frame, int n) throws Exception {
    netns.call(
        () -> {
          try (Links links = Links.open();
              PacketSocket socket = PacketSocket.tapInto(links, device)) {
            for (int i = 0; i < n; i++) {
              assertThat(socket.send(Packet.of(TwoSwitches.hex(frame)))).isZero();
            }
          }
          return null;
        });
  }

  /** What is shown of each megaflow when its packets have been counted; and of all lookups. */
  private static Map<String, String> megaflows(Subject s) throws Exception {
    flows(s, "");
    Await.until("no megaflow is left", () -> lines(dpctl(s, List.of("dump-flows"))).isEmpty());
    flows(s, FORWARDING_FLOWS);
    Map<String, String> shown = new LinkedHashMap<>();
    String before = dpctl(s, List.of("show"));
    List<String> dump = List.of("dump-flows", "--names");
    List<String> known = new ArrayList<>();
    for (List<String> f : FRAMES) {
      send(s.netns(), f.get(0), f.get(1), 1);
      List<String> added = new ArrayList<>();
      Await.until(
          "a megaflow of " + f,
          () -> {
            lines(dpctl(s, dump)).stream().filter(l -> !known.contains(key(l))).forEach(added::add);
            return !added.isEmpty();
          });
      String key = key(added.get(0));
      known.add(key);
      send(s.netns(), f.get(0), f.get(1), HITS_EACH);
      Await.until(
          "its packets are counted",
          () ->
              lines(dpctl(s, dump)).stream()
                  .filter(l -> key(l).equals(key) && l.contains("packets:" + HITS_EACH + ","))
                  .findFirst()
                  .map(l -> shown.put(f.toString(), comparable(l)) == null)
                  .isPresent());
    }
    String after = dpctl(s, List.of("show"));
    for (String counter : List.of("hit", "missed", "lost")) {
      shown.put(counter, String.valueOf(number(after, counter) - number(before, counter)));
    }
    return shown;
  }

  private static List<String> lines(String text) {
    return text.lines().filter(l -> !l.startsWith("flow-dump from")).toList();
  }

  /** Without the time, with ports in order, and with D-PACKET-IN-COOKIE and D-QUEUE subtracted. */
  private static String comparable(String line) {
    int at = line.indexOf("actions:") + "actions:".length();
    String actions = line.substring(at);
    if (actions.matches("(,?(p\\d|br0))+")) {
      actions = Stream.of(actions.split(",")).sorted().collect(Collectors.joining(","));
    }
    return line.substring(0, at).replaceAll("used:[0-9.]+s", "used")
        + actions
            .replaceAll(",recirc_id=\\d+,", ",recirc_id=0,")
            .replace("set(skb_priority(0x10008))", "set(skb_priority(0x7))");
  }

  private static String key(String line) {
    return line.substring(0, line.indexOf(", packets:"));
  }

  /** The counter of {@code lookups:}. */
  private static long number(String show, String counter) {
    Matcher m = Pattern.compile("lookups:.* ?" + counter + ":(\\d+)").matcher(show);
    assertThat(m.find()).as(show).isTrue();
    return Long.parseLong(m.group(1));
  }

  private static String dpctl(Subject s, List<String> words) {
    if (s instanceof OwnSwitch own) {
      List<String> all = new ArrayList<>(List.of("dpctl"));
      all.addAll(words);
      RealOvs.Output o = own.beectl(all, "");
      assertThat(o.status()).as(o.text()).isZero();
      return o.text();
    }
    List<String> all = new ArrayList<>(words);
    all.set(0, "dpctl/" + words.get(0));
    return ovs.appctl(all.toArray(String[]::new));
  }

  @Test
  void dpctlShowsWhatItShowsOnOpenVswitch() throws Exception {
    Map<String, String> expected = megaflows(ovs);
    assertThat(expected).containsEntry("hit", String.valueOf(HITS_EACH * FRAMES.size()));
    assertDepartures(ovs, true);
    for (OwnSwitch own : List.of(netdev, bpf)) {
      assertThat(megaflows(own)).isEqualTo(expected);
      assertDepartures(own, false);
      assertThat(dpctl(own, List.of("dump-flows"))).contains("in_port(").doesNotContain("p1");
    }
    assertThat(shape(dpctl(netdev, List.of("show", "-s"))))
        .isEqualTo(shape(dpctl(ovs, List.of("show", "-s"))));
    assertThat(dpctl(bpf, List.of("show")))
        .containsPattern("\n  masks: hit:\\d+ total:[1-9]\\d* hit/pkt:\\d+\\.\\d\\d\n")
        .containsPattern("\n  cache: hit:[1-9]\\d* hit-rate:\\d+\\.\\d\\d%\n");
  }

  /** What the comparison leaves out is there: D-QUEUE, D-DPCTL and D-ANY-VLAN. */
  private static void assertDepartures(Subject s, boolean isOvs) throws Exception {
    send(s.netns(), "w2", SOLICITATION, 1);
    List<String> dump = List.of("dump-flows", "-m");
    Await.until("the packet's megaflow", () -> dpctl(s, dump).contains("set(skb_priority("));
    assertThat(dpctl(s, dump).contains("set(skb_priority(0x7))")).as("D-QUEUE").isEqualTo(isOvs);
    assertThat(dpctl(s, dump).contains("ufid:")).as("D-DPCTL").isEqualTo(isOvs);
    send(s.netns(), "w3", UDP, 1);
    Await.until(
        "a megaflow for untagged packets", () -> udp(s).anyMatch(l -> !l.contains("vlan(")));
    if (isOvs) {
      send(s.netns(), "w3", tagged(UDP), 1);
      Await.until("one for tagged packets", () -> udp(s).anyMatch(l -> l.contains("vlan(vid=5")));
    } else {
      Await.until(
          "a tagged packet is counted",
          () -> {
            send(s.netns(), "w3", tagged(UDP), 1);
            return udp(s).anyMatch(l -> bytes(l) % (UDP.length() / 2) != 0);
          });
      assertThat(udp(s).filter(l -> l.contains("vlan("))).as("D-ANY-VLAN").isEmpty();
    }
  }

  /** Megaflows of UDP packets from port 3. */
  private static Stream<String> udp(Subject s) {
    return lines(dpctl(s, List.of("dump-flows", "--names"))).stream()
        .filter(l -> l.contains("in_port(p3)") && l.contains("proto=17"));
  }

  private static int bytes(String line) {
    return Integer.parseInt(line.replaceFirst(".*, bytes:(\\d+),.*", "$1"));
  }

  /** Without numbers and the datapath's name and its own device; ports by name. */
  private static String shape(String show) {
    return Stream.of(show.split("\\n(?! {4})"))
        .filter(l -> !l.contains("@") && !l.contains(": ovs-netdev"))
        .map(l -> l.replaceAll("\\([0-9.]+ [KM]iB\\)", "").replaceAll(":\\d+| \\d+", ""))
        .map(l -> l.replaceAll(" +(\\n|$| TX bytes)", "$1"))
        .sorted()
        .collect(Collectors.joining("\n"));
  }
}
