// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.FlowLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OdpTextTest {
  private static final OdpText.PortNamer NAMES = n -> n == 100 ? "br0" : "p" + n;
  private static final OdpText.PortResolver PORTS =
      s -> s.equals("br0") ? 100 : s.matches("p\\d+") ? Integer.parseInt(s.substring(1)) : -1;

  /** Remembers text under a number: what cookies mean is the client's business. */
  private static final class Remembered implements OdpText.Userdata {
    private final List<String> texts = new ArrayList<>();

    @Override
    public void format(StringBuilder sb, UpcallKind kind, long c0, long c1, long c2) {
      sb.append(texts.get((int) c0));
    }

    @Override
    public void parse(String text, OdpActions actions) {
      actions.userspace(UpcallKind.CONTROLLER.code(), texts.size(), 0, 0);
      texts.add(text);
    }
  }

  /** A flow as OVS prints it, in the long and in the short form. */
  record Dumped(String verbose, String brief) {
    private static String key(String line) {
      return line.substring(0, line.indexOf(", packets:"));
    }

    private static String actions(String line) {
      return line.substring(line.indexOf("actions:") + "actions:".length());
    }

    @Override
    public String toString() {
      return key(brief);
    }
  }

  static List<Dumped> ovsFlows() throws Exception {
    try (InputStream in = OdpTextTest.class.getResourceAsStream("ovs-dump-flows.txt")) {
      List<String> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(l -> !l.startsWith("#"))
              .toList();
      List<Dumped> all = new ArrayList<>();
      for (int i = 0; i + 1 < lines.size(); i += 2) {
        all.add(new Dumped(lines.get(i), lines.get(i + 1)));
      }
      return all;
    }
  }

  @ParameterizedTest
  @MethodSource("ovsFlows")
  void readsAndPrintsKeysAsOvs(Dumped d) throws Exception {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    OdpText.parseKey(Dumped.key(d.verbose()), key, mask, PORTS);
    assertThat(OdpText.formatKeyVerbose(key, mask, NAMES)).isEqualTo(Dumped.key(d.verbose()));
    assertThat(OdpText.formatKey(key, mask, OdpText.PortNamer.NUMBERS))
        .isEqualTo(Dumped.key(d.brief()));
  }

  @ParameterizedTest
  @MethodSource("ovsFlows")
  void readsAndPrintsActionsAsOvs(Dumped d) throws Exception {
    OdpKey key = new OdpKey();
    OdpText.parseKey(Dumped.key(d.verbose()), key, new OdpKey(), PORTS);
    Remembered userdata = new Remembered();
    OdpActions a = new OdpActions();
    OdpText.parseActions(Dumped.actions(d.brief()), a, PORTS, userdata);
    assertThat(OdpText.formatActions(a, key, OdpText.PortNamer.NUMBERS, userdata))
        .isEqualTo(Dumped.actions(d.brief()));
    assertThat(OdpText.formatActions(a, key, NAMES, userdata))
        .isEqualTo(Dumped.actions(d.verbose()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0)",
        "recirc_id(0x1f),dp_hash(0x3/0xf),in_port(4),packet_type(ns=0,id=0),eth_type(0x8847),"
            + "mpls(label=100,tc=1,ttl=2,bos=0,label=7,tc=0,ttl=64,bos=1)",
        "ct_state(-new+est+trk),ct_zone(0x5),ct_mark(0x1/0xff),"
            + "ct_label(0x10000000000000002/0xffffffffffffffff0000000000000003),"
            + "recirc_id(0),in_port(1),packet_type(ns=0,id=0)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x88a8),vlan(vid=1),encap(eth_type(0x8100),"
            + "vlan(vid=2/0xf),encap(eth_type(0x0800),ipv4(tos=0x20/0xe0,frag=first)))",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x86dd),ipv6(label=0x5/0xff,proto=58,frag=no),"
            + "icmpv6(type=135,code=0),nd(target=fd00::/ffff::),nd_ext(nd_reserved=0x1)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x86dd),ipv6(frag=no),ipv6_exthdr(0x40/0x42)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x88e7),"
            + "pbb(uca=1,isid=0x123456,c_dst=02:00:00:00:00:01)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=2,frag=no),"
            + "igmp(type=22,group=224.0.0.0/240.0.0.0)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x0806),arp(sip=10.0.0.0/255.0.0.0,op=2)",
        "in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(proto=6),tcp_flags(syn|ack)",
      })
  void keysComeBackAsTheyWere(String text) throws Exception {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    OdpText.parseKey(text, key, mask, OdpText.PortResolver.NONE);
    assertThat(OdpText.formatKey(key, mask, OdpText.PortNamer.NUMBERS)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drop",
        "1,2,3",
        "push_vlan(tpid=0x88a8,vid=5,pcp=7),1,pop_vlan,2",
        "set(eth(src=00:00:00:00:00:01,dst=00:00:00:00:00:02)),set(ipv4(ttl=63)),2",
        "set(ipv4(tos=0x4/0xfc)),set(skb_mark(0x1/0xff)),2",
        "set(vlan(vid=7)),set(encap(vlan(pcp=1))),2",
        "trunc(100),1,recirc(0x5)",
        "userspace(pid=0,slow_path(action)),userspace(pid=0,slow_path(lldp,match))",
        "userspace(pid=0,userdata(000000000000000100000000000000020000000000000003))",
        "set(word35(0x1/0xff)),1",
        "1,drop",
      })
  void actionsComeBackAsTheyWere(String text) throws Exception {
    OdpActions a = new OdpActions();
    OdpText.parseActions(text, a, OdpText.PortResolver.NONE, OdpText.Userdata.RAW);
    assertThat(OdpText.formatActions(a, null, OdpText.PortNamer.NUMBERS, OdpText.Userdata.RAW))
        .isEqualTo(text);
  }

  @Test
  void setsOfOneHeaderThatFollowOneAnotherAreOne() {
    OdpActions a = new OdpActions();
    a.set(FlowLayout.IPV4 - FlowLayout.ODP, 0x0a000001L << 32, 0xffffffffL << 32);
    a.set(FlowLayout.NW - FlowLayout.ODP, 63L << 40, 0xffL << 40);
    a.set(FlowLayout.TP - FlowLayout.ODP, 80L << 32, 0xffffL << 32);
    a.set(FlowLayout.NW - FlowLayout.ODP, 62L << 40, 0xffL << 40);
    OdpKey udp = new OdpKey();
    udp.words()[FlowLayout.ETH_DST_TYPE - FlowLayout.ODP] = 0x0800;
    udp.words()[FlowLayout.NW - FlowLayout.ODP] = 17L << 32;
    assertThat(OdpText.formatActions(a, udp, OdpText.PortNamer.NUMBERS, OdpText.Userdata.RAW))
        .isEqualTo("set(ipv4(src=10.0.0.1,ttl=63)),set(udp(dst=80)),set(ipv4(ttl=62))");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in_port",
        "in_port(",
        "in_port(x)",
        "eth(src=1)",
        "nothing(1)",
        "vlan(vid=1)",
        "eth_type(0x12345)",
        "ipv4(src=1.2.3)",
        "ipv4(ttl=300)",
        "encap()",
        "in_port(1))",
        "packet_type(ns=1,id=0x800)",
        "tcp_flags(+syn-xyz)",
        "mpls(ttl=1)",
        "eth(src)"
      })
  void refusesWhatIsNoKey(String text) {
    assertThatThrownBy(
            () -> OdpText.parseKey(text, new OdpKey(), new OdpKey(), OdpText.PortResolver.NONE))
        .isInstanceOf(OdpSyntaxException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "set()",
        "set(eth(src=1))",
        "push_vlan(1)",
        "userspace(1)",
        "trunc(x)",
        "userspace(pid=0,foo)",
        "push_vlan(tpid=1)",
        "set(word99(0/1))",
        "userspace(pid=0,userdata(12))"
      })
  void refusesWhatAreNoActions(String text) {
    assertThatThrownBy(
            () ->
                OdpText.parseActions(
                    text, new OdpActions(), OdpText.PortResolver.NONE, OdpText.Userdata.RAW))
        .isInstanceOf(OdpSyntaxException.class);
  }

  @Test
  void statisticsAreInOvsForm() {
    FlowStats s = new FlowStats();
    assertThat(OdpText.formatStats(s, 5)).isEqualTo("packets:0, bytes:0, used:never");
    s.packets = 1;
    s.bytes = 98;
    s.usedNs = 1_000_000_000L;
    s.tcpFlags = 0x12;
    assertThat(OdpText.formatStats(s, 1_123_999_999L))
        .isEqualTo("packets:1, bytes:98, used:0.123s, flags:S.");
  }
}
