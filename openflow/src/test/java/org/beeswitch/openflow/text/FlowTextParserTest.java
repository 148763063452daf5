// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.junit.jupiter.api.Test;

/** Flows in text, against what a real {@code ovs-ofctl} made of them. */
class FlowTextParserTest {
  @Test
  void makesOfFlowsWhatOvsMakesOfThem() throws Exception {
    List<String> differences = new ArrayList<>();
    for (ParseFlowCase c : ParseFlowCase.all()) {
      String ours = ParseFlowCase.ours(c.flow());
      if (!ours.equals(c.expected())) {
        differences.add(c.flow() + "\n  ours " + ours + "\n  OVS  " + c.expected());
      }
    }
    assertThat(differences).isEmpty();
  }

  @Test
  void whatIsPrintedReadsAsTheSameFlow() throws Exception {
    for (ParseFlowCase c : ParseFlowCase.all()) {
      if (c.isError()) {
        continue;
      }
      FlowMod m = new FlowTextParser(Names.NONE).flowMod(FlowMod.Command.ADD, c.flow());
      if (m.match().toBuilder().has(Field.PACKET_TYPE)) {
        continue; // all that is left of the match is that it is Ethernet, which is not printed
      }
      String text =
          MatchText.append(new StringBuilder(), m.match(), m.priority(), Names.NONE)
              + " actions="
              + ActionText.append(new StringBuilder(), m.instructions(), Names.NONE);
      FlowMod again = new FlowTextParser(Names.NONE).flowMod(FlowMod.Command.ADD, text);
      assertThat(again.match()).as(text).isEqualTo(m.match());
      assertThat(again.instructions()).as(text).isEqualTo(m.instructions());
    }
  }

  @Test
  void normalizationIsWarnedAbout() throws Exception {
    FlowTextParser p = new FlowTextParser(Names.NONE);
    p.flowMod(FlowMod.Command.ADD, "nw_src=1.2.3.4,actions=1");
    assertThat(p.warnings())
        .containsExactly(
            "normalization changed ofp_match, details:", " pre: nw_src=1.2.3.4", "post: ");
    assertThat(p.warnings()).isEmpty();
  }

  @Test
  void aLineMayBeginWithItsCommand() throws Exception {
    FlowTextParser p = new FlowTextParser(Names.NONE);
    assertThat(p.line("delete table=5").command()).isEqualTo(FlowMod.Command.DELETE);
    assertThat(p.line(" delete_strict,priority=3,ip").command())
        .isEqualTo(FlowMod.Command.DELETE_STRICT);
    assertThat(p.line("modify ip actions=1").command()).isEqualTo(FlowMod.Command.MODIFY);
    assertThat(p.line("modify_strict ip actions=1").command())
        .isEqualTo(FlowMod.Command.MODIFY_STRICT);
    assertThat(p.line("add ip actions=1").command()).isEqualTo(FlowMod.Command.ADD);
    assertThat(p.line("ip actions=1").command()).isEqualTo(FlowMod.Command.ADD);
  }

  @Test
  void errorsInAFileNameTheLine() throws Exception {
    FlowTextParser p = new FlowTextParser(Names.NONE);
    List<FlowMod> flows =
        p.file("f", List.of("# nothing", "", "ip,actions=1 # one", "  delete", "actions=drop"));
    assertThat(flows).hasSize(3);
    assertThatThrownBy(() -> p.file("f", List.of("actions=1", "", "foo=1,actions=1")))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessage("f:3: unknown keyword foo");
  }

  @Test
  void portsMayBeCalledByName() throws Exception {
    Names names = Names.ofPorts(Map.of(OfPort.of(3), "eth1", OfPort.of(4), "4x"));
    FlowMod m =
        new FlowTextParser(names)
            .flowMod(FlowMod.Command.ADD, "in_port=eth1,actions=output:eth1,eth1,\"4x\"");
    StringBuilder s = new StringBuilder();
    FlowText.append(s, m, names);
    assertThat(s).hasToString(" ADD in_port=eth1 actions=output:eth1,output:eth1,output:\"4x\"");
    s.setLength(0);
    FlowText.append(s, m, Names.NONE);
    assertThat(s).hasToString(" ADD in_port=3 actions=output:3,output:3,output:4");
  }

  @Test
  void aFilterSelectsByCookieTableAndOutput() throws Exception {
    MultipartRequest.RuleFilter f =
        new FlowTextParser(Names.NONE)
            .filter("table=2,cookie=5/0xff,out_port=LOCAL,out_group=7,ip");
    assertThat(f.tableId()).isEqualTo(2);
    assertThat(f.cookie()).isEqualTo(5);
    assertThat(f.cookieMask()).isEqualTo(0xff);
    assertThat(f.outPort()).isEqualTo(OfPort.LOCAL);
    assertThat(f.outGroup()).isEqualTo(7);
    assertThat(MatchText.of(f.match(), Names.NONE)).isEqualTo("ip");
    assertThatThrownBy(() -> new FlowTextParser(Names.NONE).filter("cookie=5"))
        .hasMessage("cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=5/-1)");
    assertThatThrownBy(() -> new FlowTextParser(Names.NONE).filter("priority=5"))
        .hasMessage("unknown keyword priority");
  }

  @Test
  void aPacketsFlowReadsAndPrintsAsTheTraceOfOvs() throws Exception {
    assertThat(trace("in_port=1,arp,arp_op=1"))
        .isEqualTo(
            "arp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,"
                + "arp_spa=0.0.0.0,arp_tpa=0.0.0.0,arp_op=1,arp_sha=00:00:00:00:00:00,"
                + "arp_tha=00:00:00:00:00:00");
    assertThat(trace("in_port=1,ip,nw_src=10.1.1.1,nw_proto=17,nw_frag=later"))
        .isEqualTo(
            "udp,in_port=1,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,"
                + "nw_src=10.1.1.1,nw_dst=0.0.0.0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=later");
    assertThat(trace("in_port=LOCAL,icmp6,icmpv6_type=135,nd_target=fe80::1,vlan_tci=0x1005"))
        .isEqualTo(
            "icmp6,in_port=LOCAL,dl_vlan=5,dl_vlan_pcp=0,vlan_tci1=0x0000,"
                + "dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,ipv6_src=::,ipv6_dst=::,"
                + "ipv6_label=0x00000,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no,icmp_type=135,"
                + "icmp_code=0,nd_target=fe80::1,nd_sll=00:00:00:00:00:00,"
                + "nd_tll=00:00:00:00:00:00");
    assertThatThrownBy(() -> trace("tp_src=5")).hasMessageContaining("prerequisites not met");
    assertThatThrownBy(() -> trace("tcp,ip"))
        .hasMessage("tcp,ip: Ethernet type set multiple times");
    assertThatThrownBy(() -> trace("ip,nw_src=1.0.0.0/8"))
        .hasMessageEndingWith("bad value for nw_src (1.0.0.0/8: wildcards not allowed here)");
  }

  @Test
  void aMegaflowPrintsAsInTheTraceOfOvs() throws Exception {
    Flow f =
        new FlowTextParser(Names.NONE)
            .flow("in_port=1,tcp,nw_src=10.1.1.1,nw_dst=10.2.2.2,tp_src=5,tp_dst=6");
    FlowMask m = new FlowMask();
    m.unwildcard(Field.IN_PORT);
    m.unwildcard(Field.ETH_TYPE);
    m.unwildcard(Field.IP_DSCP);
    m.words()[Field.IPV4_SRC.word()] |= 0xff000000L << 32;
    m.words()[Field.IP_FRAG.word()] |= 3L << Field.IP_FRAG.shift();
    assertThat(PacketText.appendMegaflow(new StringBuilder(), f, m, Names.NONE))
        .hasToString("recirc_id=0,eth,ip,in_port=1,nw_src=10.0.0.0/8,nw_tos=0,nw_frag=no");
  }

  private static String trace(String text) throws FlowSyntaxException {
    Flow f = new FlowTextParser(Names.NONE).flow(text);
    return PacketText.append(new StringBuilder(), f, Names.NONE).toString();
  }

  /** docs/departures.md: D-TEXT-TOS, D-TEXT-METADATA, D-TEXT-ACTION. */
  @Test
  void whatDiffersFromOvsIsListed() {
    assertThat(ParseFlowCase.ours("ip,actions=set_field:4->nw_tos"))
        .isEqualTo(" ADD ip actions=set_field:1->ip_dscp");
    assertThat(ParseFlowCase.ours("actions=write_metadata:0x1234/0xff"))
        .isEqualTo(" ADD actions=write_metadata:0x34/0xff");
    for (String action :
        List.of(
            "resubmit(,1)",
            "move:NXM_NX_REG0[]->NXM_NX_REG1[]",
            "ct(commit)",
            "controller(id=5)",
            "dec_ttl(1,2)",
            "output:NXM_NX_REG0[]",
            "set_field:5->xreg0")) {
      assertThat(ParseFlowCase.ours("actions=" + action))
          .endsWith(": this action is not supported yet");
    }
  }

  /** docs/departures.md: D-TEXT-NUMBER. */
  @Test
  void numbersThatDoNotFitAreRefused() {
    assertThat(ParseFlowCase.ours("ip,nw_dst=10.0.0.300,actions=1"))
        .isEqualTo("!10.0.0.300: invalid IP address");
    assertThat(ParseFlowCase.ours("dl_src=00:11:254:33:44:55,actions=1"))
        .isEqualTo("!00:11:254:33:44:55: invalid Ethernet address");
    assertThat(ParseFlowCase.ours("actions=mod_dl_src:00:11:22:33:44:55x"))
        .isEqualTo("!invalid mac address 00:11:22:33:44:55x");
    assertThat(ParseFlowCase.ours("reg0[4294967296..15]=1,actions=1"))
        .startsWith("!reg0[4294967296..15]: starting bit ");
    assertThat(ParseFlowCase.ours("reg0[3..9223372036854775808]=1,actions=1"))
        .startsWith("!reg0[3..9223372036854775808]: ending bit ");
    for (String label : List.of("0x100000", "1/0x1fffff")) {
      assertThat(ParseFlowCase.ours("ipv6,ipv6_label=" + label + ",actions=1"))
          .isEqualTo("!ipv6_label has 20 bits");
    }
  }

  @Test
  void negativeNumbersAreNoneHoweverLarge() {
    assertThat(ParseFlowCase.ours("idle_timeout=-0,actions=1")).isEqualTo(" ADD actions=output:1");
    for (String n : List.of("-1", "-18446744073709551615", "18446744073709551615")) {
      assertThat(ParseFlowCase.ours("idle_timeout=" + n + ",actions=1"))
          .isEqualTo("!invalid idle_timeout \"" + n + "\"");
    }
  }

  @Test
  void whatOvsSendsForTheSwitchToRefuseIsSent() {
    for (String match :
        List.of("packet_type=(1,0x800),dl_src=02:00:00:00:00:01", "icmp,ipv6_label=5")) {
      assertThat(MutatedFlowTextTest.Result.ours(match + ",actions=1").flow())
          .isEqualTo(" ***decode error: OFPBMC_BAD_PREREQ***");
    }
  }

  @Test
  void aSetFieldOfNoBitsNeedsTheField() {
    assertThat(ParseFlowCase.ours("tcp,actions=set_field:80/0x0->tcp_src"))
        .isEqualTo(" ADD tcp actions=drop");
    assertThat(ParseFlowCase.ours("actions=set_field:80/0x0->tcp_src"))
        .isEqualTo("!actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)");
  }

  @Test
  void aMaskOfAnIcmpCodeIsIgnored() {
    assertThat(MutatedFlowTextTest.Result.ours("icmp,tp_dst=0xe94f/0xc4bf,actions=1").flow())
        .isEqualTo(" ADD icmp,icmp_code=15 actions=output:1");
  }

  @Test
  void aMaskOfAnIpv6AddressThatBeginsWithADigitIsALength() {
    assertThat(ParseFlowCase.ours("ipv6,ipv6_src=::2/8::3,actions=1"))
        .isEqualTo("!::2/8::3: invalid IPv6 address");
    assertThat(ParseFlowCase.ours("ipv6,ipv6_src=::2/300::3,actions=1"))
        .endsWith("IPv6 network prefix bits not between 0 and 128, inclusive");
  }

  @Test
  void withARecirculationIdEthernetIsSaid() {
    assertThat(ParseFlowCase.ours("recirc_id=2,tcp,actions=1"))
        .isEqualTo(" ADD recirc_id=0x2,eth,tcp actions=output:1");
    assertThat(ParseFlowCase.ours("recirc_id=2,actions=1"))
        .isEqualTo(" ADD recirc_id=0x2 actions=output:1");
  }

  @Test
  void packetTypesOfOneDigitAreDecimal() {
    assertThat(ParseFlowCase.ours("packet_type=(0,8),actions=1"))
        .isEqualTo(" ADD packet_type=(0,8) actions=output:1");
    assertThat(ParseFlowCase.ours("packet_type=(1,10),actions=1"))
        .isEqualTo(" ADD packet_type=(1,0xa) actions=output:1");
  }

  @Test
  void aMaskOfFlagsIsANumber() {
    assertThat(ParseFlowCase.ours("tcp,tcp_flags=0x12/,actions=1"))
        .isEqualTo("!0x12/: unknown TCP flag(s)");
    assertThat(ParseFlowCase.ours("tcp,tcp_flags=0x12/0xg,actions=1"))
        .isEqualTo("!0x12/0xg: unknown TCP flag(s)");
    assertThat(ParseFlowCase.ours("tcp,tcp_flags=0x2/0x12,actions=1"))
        .isEqualTo(" ADD tcp,tcp_flags=+syn-ack actions=output:1");
  }

  @Test
  void thePortOfAPacketIsLoadedWhole() {
    assertThat(ParseFlowCase.ours("actions=load:0xfffe->NXM_OF_IN_PORT[]"))
        .isEqualTo(" ADD actions=load:0xfffe->NXM_OF_IN_PORT[]");
  }
}
