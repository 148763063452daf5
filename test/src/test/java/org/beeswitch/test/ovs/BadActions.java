// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.test.ovs.MessageBytes.*;

/** Flow-mods with wrong or odd actions and matches. */
final class BadActions {
  private final BadMessages to;

  private BadActions(BadMessages to) {
    this.to = to;
  }

  static void addTo(BadMessages to) {
    BadActions c = new BadActions(to);
    c.actions();
    c.matches();
  }

  private void actions() {
    long[] ports = {0, 99, 0xfeff, 0xff00, 0xffff, 0x10000, 0xfffffeffL, 0xffffff00L, 0xfffffff7L};
    for (long p : ports) {
      to.same(String.format("output to 0x%x", p), add().apply(output(p)).message());
    }
    for (long p = 0xfffffff8L; p <= 0xffffffffL; p++) {
      to.same(String.format("output to 0x%x", p), add().apply(output(p)).message());
      to.same(
          String.format("in the set, output to 0x%x", p), add().does(write(output(p))).message());
      to.same(
          String.format("output to 0x%x with a length", p), add().apply(output(p, 100)).message());
    }
    to.same("output to the ingress port", add().match(inPort(1)).apply(output(1)).message());
    to.same(
        "output with padding that is not zero",
        add().apply("0000 0010 00000001 0000 000000000001").message());
    to.same("output of 8 bytes", add().apply("0000 0008 00000001").message());
    to.same("output of 24 bytes", add().apply("0000 0018 00000001" + ZERO8 + ZERO8).message());
    to.same("an action of length 0", add().apply("0000 0000 00000001").message());
    to.same("an action of length 4", add().apply("0000 0004").message());
    to.same("an action longer than its list", add().apply("0000 0020 00000001" + ZERO8).message());
    for (int type : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 28, 29, 0x7fff, 0xfffe}) {
      to.same(
          "action type " + type, add().apply(String.format("%04x0008 00000000", type)).message());
    }
    to.same("group 1, which is not there", add().apply("0016 0008 00000001").message());
    to.same("group ALL", add().apply("0016 0008 fffffffc").message());
    to.same("group ANY", add().apply("0016 0008 ffffffff").message());
    to.same("queue of 0xffffffff", add().apply("0015 0008 ffffffff").message());
    to.same("pop VLAN of what may have none", add().apply("0012 0008 00000000").message());
    to.same("pop VLAN with padding that is not zero", add().apply("0012 0008 00000001").message());
    to.same("push VLAN of 0x8100", add().apply("0011 0008 8100 0000").message());
    to.same("push VLAN of 0x88a8", add().apply("0011 0008 88a8 0000").message());
    to.same("push VLAN of 0x0800", add().apply("0011 0008 0800 0000").message());
    to.same("push VLAN of 0", add().apply("0011 0008 0000 0000").message());
    to.same(
        "push VLAN with padding that is not zero", add().apply("0011 0008 8100 0001").message());
    to.same("push VLAN three times", add().apply("0011000881000000".repeat(3)).message());
    to.same("dec TTL of anything", add().apply("0018 0008 00000000").message());
    to.same("dec TTL of IPv4", add().match(ethType(0x800)).apply("0018 0008 00000000").message());
    to.same("dec TTL of ARP", add().match(ethType(0x806)).apply("0018 0008 00000000").message());
    to.same(
        "dec TTL, padding not zero",
        add().match(ethType(0x800)).apply("0018 0008 00000001").message());
    to.same("set TTL of 0", add().match(ethType(0x800)).apply("0017 0008 00 000000").message());
    to.same("set TTL of anything", add().apply("0017 0008 40 000000").message());
    to.same(
        "set TTL, padding not zero",
        add().match(ethType(0x800)).apply("0017 0008 40 000001").message());
    to.differs("R-MPLS", "push MPLS", add().apply("0013 0008 8847 0000").message());
    to.same("push MPLS of 0x0800", add().apply("0013 0008 0800 0000").message());
    to.same("pop MPLS of anything", add().apply("0014 0008 0800 0000").message());
    to.differs(
        "R-MPLS",
        "pop MPLS of MPLS",
        add().match(ethType(0x8847)).apply("0014 0008 0800 0000").message());
    to.same("set MPLS TTL of anything", add().apply("000f 0008 40 000000").message());
    to.same("dec MPLS TTL of anything", add().apply("0010 0008 00000000").message());
    to.differs(
        "R-MPLS",
        "dec MPLS TTL of MPLS",
        add().match(ethType(0x8848)).apply("0010 0008 00000000").message());

    String tcp = ethType(0x800) + ipProto(6);
    to.same("set-field tcp_dst of anything", add().apply(setField(tcpDst(80))).message());
    to.same("set-field tcp_dst of TCP", add().match(tcp).apply(setField(tcpDst(80))).message());
    to.same(
        "set-field tcp_dst of UDP",
        add().match(ethType(0x800), ipProto(17)).apply(setField(tcpDst(80))).message());
    to.same("in the set, tcp_dst of anything", add().does(write(setField(tcpDst(80)))).message());
    to.same("set-field in_port", add().apply(setField(inPort(1))).message());
    to.same("set-field of no field", add().apply("0019 0008 0000 0000").message());
    to.same("set-field of 4 bytes", add().apply("0019 0004").message());
    to.same("set-field, no padding", add().apply("0019 000a 80000602 0000").message());
    to.same(
        "set-field, padding not zero",
        add().match(tcp).apply("0019 0010 80001c02 0050 000000000001").message());
    to.same(
        "set-field eth_dst with a mask",
        add().apply(setField("8000070c 000000000001 0000000000ff")).message());
    to.same(
        "set-field eth_dst with mask 0",
        add().apply(setField("8000070c 000000000000 000000000000")).message());
    to.same(
        "set-field eth_dst outside its mask",
        add().apply(setField("8000070c 000000000101 0000000000ff")).message());
    to.same("set-field eth_dst of 5 bytes", add().apply(setField("80000605 0000000001")).message());
    to.same(
        "set-field eth_dst of 7 bytes", add().apply(setField("80000607 00000000000101")).message());
    to.same("set-field vlan_vid of anything", add().apply(setField("80000c02 1005")).message());
    to.same(
        "set-field vlan_vid of 0x2005",
        add().match("80000c02 1001").apply(setField("80000c02 2005")).message());
    to.same(
        "set-field vlan_vid, not present",
        add().match("80000c02 1001").apply(setField("80000c02 0005")).message());
    to.same(
        "set-field vlan_pcp of 8",
        add().match("80000c02 1001").apply(setField("80000e01 08")).message());
    to.same("set-field vlan_pcp of anything", add().apply(setField("80000e01 03")).message());
    to.same(
        "set-field ip_dscp of 64",
        add().match(ethType(0x800)).apply(setField("80001001 40")).message());
    to.same(
        "set-field ip_ecn of 4",
        add().match(ethType(0x800)).apply(setField("80001201 04")).message());
    to.same(
        "set-field ipv6_label of 0x100000",
        add().match(ethType(0x86dd)).apply(setField("80003804 00100000")).message());
    to.same("set-field eth_type", add().apply(setField(ethType(0x800))).message());
    to.same(
        "set-field ip_proto", add().match(ethType(0x800)).apply(setField(ipProto(6))).message());
    to.same(
        "set-field mpls_bos",
        add().match(ethType(0x8847)).apply(setField("80004801 01")).message());
    to.differs(
        "D-SET-LEN",
        "set-field of an unknown field",
        add().apply(setField("80007e04 00000000")).message());
    to.differs(
        "D-SET-LEN",
        "set-field of an unknown class",
        add().apply(setField("12340004 00000000")).message());
    to.same(
        "set-field after push VLAN",
        add().apply("0011000881000000", setField("80000c02 1005")).message());
    to.same(
        "set-field after pop VLAN",
        add()
            .match("80000c02 1001")
            .apply("0012000800000000", setField("80000c02 1005"))
            .message());
    to.same("set-field arp_op of anything", add().apply(setField("80002a02 0001")).message());
    to.same("set-field metadata", add().apply(setField("80000408 0000000000000001")).message());
    to.differs(
        "D-SET-LEN",
        "set-field tcp_flags",
        add().match(tcp).apply(setField("ffff540600004f4e4600" + "0002")).message());
    to.same("an experimenter's action", add().apply("ffff0010 12345678" + ZERO8).message());
    to.same(
        "a Nicira action that is none",
        add().apply("ffff0010 00002320 7777 000000000000").message());
    to.same("an experimenter's action of 4 bytes", add().apply("ffff0004").message());
    to.same("two errors: the first counts", add().apply(output(0), setField(tcpDst(80))).message());
    to.same(
        "set-field that does not fit, then a bad port",
        add().apply(setField(tcpDst(80)), output(0)).message());
    to.same("400 actions", add().apply(output(1).repeat(400)).message());
    to.same("4,000 actions", add().apply(output(1).repeat(4000)).message());
  }

  private void matches() {
    to.same("in_port 0", add().match(inPort(0)).message());
    to.same("in_port 99", add().match(inPort(99)).message());
    to.same("in_port ANY", add().match(inPort(0xffffffffL)).message());
    to.same("in_port 0x10000", add().match(inPort(0x10000)).message());
    to.same("in_port CONTROLLER", add().match(inPort(0xfffffffdL)).message());
    to.same("in_port with a mask", add().match("80000108 00000001 ffffffff").message());
    to.same("in_port with half a mask", add().match("80000108 00000001 0000ffff").message());
    to.same("in_port of 2 bytes", add().match("80000002 0001").message());
    to.same("a field twice", add().match(inPort(1), inPort(1)).message());
    to.same("a field twice, differently", add().match(inPort(1), inPort(2)).message());
    to.same("tcp_dst of nothing", add().match(tcpDst(80)).message());
    to.same("tcp_dst of UDP", add().match(ethType(0x800), ipProto(17), tcpDst(80)).message());
    to.same(
        "tcp_dst before ip_proto", add().match(tcpDst(80), ethType(0x800), ipProto(6)).message());
    to.same("ip_proto of nothing", add().match(ipProto(6)).message());
    to.same("ipv4_dst of IPv6", add().match(ethType(0x86dd), "80001804 0a000001").message());
    to.same(
        "ipv4_dst outside its mask",
        add().match(ethType(0x800), "80001908 0a000001 ff000000").message());
    to.same(
        "ipv4_dst with mask 0",
        add().match(ethType(0x800), "80001908 00000000 00000000").message());
    to.same(
        "ipv4_dst with a full mask",
        add().match(ethType(0x800), "80001908 0a000001 ffffffff").message());
    to.same(
        "ipv4_dst with a mask with a hole",
        add().match(ethType(0x800), "80001908 0a000001 ff0000ff").message());
    to.same(
        "eth_dst with a full mask", add().match("8000070c 0a0000000001 ffffffffffff").message());
    to.same("eth_type with a mask", add().match("80000b04 0800 ff00").message());
    to.same("vlan_vid 0x2001", add().match("80000c02 2001").message());
    to.same("vlan_vid 0x0001", add().match("80000c02 0001").message());
    to.same("vlan_vid 0x1fff", add().match("80000c02 1fff").message());
    to.same("vlan_vid present", add().match("80000d04 1000 1000").message());
    to.same("vlan_pcp of nothing", add().match("80000e01 03").message());
    to.same("vlan_pcp of no VLAN", add().match("80000c02 0000", "80000e01 03").message());
    to.same("vlan_pcp 8", add().match("80000c02 1001", "80000e01 08").message());
    to.same("ip_dscp 64", add().match(ethType(0x800), "80001001 40").message());
    to.same("ip_ecn 4", add().match(ethType(0x800), "80001201 04").message());
    to.same(
        "ip_frag of bits that mean nothing",
        add().match(ethType(0x800), "00013502 0080").message());
    to.same(
        "ip_frag of one bit and of such", add().match(ethType(0x800), "00013502 01fd").message());
    to.same(
        "ip_frag of all bits that mean something",
        add().match(ethType(0x800), "00013502 0103").message());
    to.same("arp_op 0x100", add().match(ethType(0x806), "80002a02 0100").message());
    to.same("arp_op of IP", add().match(ethType(0x800), "80002a02 0001").message());
    to.same("ipv6_label 0x100000", add().match(ethType(0x86dd), "80003804 00100000").message());
    to.same(
        "ipv6_label with a full mask",
        add().match(ethType(0x86dd), "80003908 00000001 000fffff").message());
    to.differs(
        "D-TCP-FLAGS",
        "tcp_flags with a full mask",
        add().match(ethType(0x800), ipProto(6), "00014504 0002 0fff").message());
    to.same(
        "nd_target of an echo",
        add()
            .match(ethType(0x86dd), ipProto(58), "80003a01 80", "80003e10" + "00".repeat(16))
            .message());
    to.same(
        "icmpv6_type of IPv4", add().match(ethType(0x800), ipProto(58), "80003a01 80").message());
    to.same("mpls_label of IP", add().match(ethType(0x800), "80004404 00000001").message());
    to.same("mpls_label 0x100000", add().match(ethType(0x8847), "80004404 00100000").message());
    to.same("mpls_tc 8", add().match(ethType(0x8847), "80004601 08").message());
    to.same("mpls_bos 2", add().match(ethType(0x8847), "80004801 02").message());
    to.differs(
        "D-IN-PHY-PORT", "in_phy_port", add().match(inPort(1), "80000204 00000001").message());
    to.differs("D-EXTHDR", "ipv6_exthdr", add().match(ethType(0x86dd), "80004e02 0001").message());
    to.differs(
        "D-PBB-MATCH", "pbb_isid", add().match(ethType(0x88e7), "80004a03 000001").message());
    packetTypes();
    to.same("tunnel_id", add().match("80004c08 0000000000000001").message());
    to.same(
        "metadata with a mask",
        add().match("80000510 0000000000000001 00000000000000ff").message());
    to.same("an unknown field", add().match("80007e04 00000000").message());
    to.same("an unknown class", add().match("12340004 00000000").message());
    to.same("an experimenter's field", add().match("ffff0008 12345678 00000000").message());
    to.same("a field of length 0", add().match("80000000").message());
    to.same("half a field", add().match("80000004 0000").message());
    to.same("half a header", add().match("8000").message());
    to.same("a match of type 0", add().rawMatch("0000 0004 00000000").message());
    to.same("a match of type 2", add().rawMatch("0002 0004 00000000").message());
    to.same("a match of length 3", add().rawMatch("0001 0003 00000000").message());
    to.same("a match of length 0", add().rawMatch("0001 0000 00000000").message());
    to.same("a match longer than the message", add().rawMatch("0001 0100 00000000").message());
    to.same("a match with rubbish after it", add().rawMatch("0001 0004 00000001").message());
  }

  /** Ethernet is 0, which a field of Ethernet's says too; 0x10800 is IP without Ethernet. */
  private void packetTypes() {
    String ethernet = "80005804 00000000";
    String ipAlone = "80005804 00010800";
    String ipv4Dst = "80001804 0a000001";
    String ethDst = "80000606 0a0000000001";
    to.same("packet_type 0", add().match(ethernet).message());
    to.same(
        "packet_type 0 and a rule of any",
        add().apply(output(1)).message(),
        add().match(ethernet).apply(output(2)).message(),
        flow(DELETE_STRICT).match(ethernet).message());
    to.same(
        "packet_type 0 of what is Ethernet",
        add().match(ethType(0x806)).message(),
        add().match(ethernet, ethType(0x806)).apply(output(2)).message());
    to.same(
        "delete of packet_type 0",
        add().message(),
        add().match(inPort(1)).message(),
        add().match(ethDst).message(),
        flow(DELETE).match(ethernet).message());
    to.same("packet_type 0 twice", add().match(ethernet, ethernet).message());
    to.same("packet_type after eth_type", add().match(ethType(0x800), ethernet).message());
    to.same("packet_type after eth_dst", add().match(ethDst, ipAlone).message());
    to.same(
        "packet_type after eth_dst with mask 0",
        add().match("8000070c" + "00".repeat(12), ethernet).message());
    to.same(
        "delete of eth_dst with mask 0",
        add().message(),
        add().match(ethDst).message(),
        flow(DELETE).match("8000070c" + "00".repeat(12)).message());
    to.same("packet_type with a mask", add().match("80005908 00000000 ffff0000").message());
    to.same("packet_type with mask 0", add().match("80005908 00000000 00000000").message());
    to.same("another packet_type", add().match(ipAlone).message());
    to.same(
        "no overlap of another packet_type and Ethernet",
        add().match(ethDst).message(),
        add().flags(2).match(ipAlone).message());
    to.same(
        "overlap of another packet_type and any",
        add().match(inPort(1)).message(),
        add().flags(2).match(ipAlone).message());
    to.same("another packet_type, then eth_dst", add().match(ipAlone, ethDst).message());
    to.same("another packet_type, then eth_type", add().match(ipAlone, ethType(0x800)).message());
    to.same("another packet_type, then ipv4_dst", add().match(ipAlone, ipv4Dst).message());
    to.same("another packet_type, then ip_proto", add().match(ipAlone, ipProto(6)).message());
    to.same(
        "another packet_type, then tcp_dst",
        add().match(ipAlone, ipProto(6), tcpDst(80)).message());
    to.same("another packet_type, then vlan_vid", add().match(ipAlone, "80000c02 1001").message());
    to.same(
        "another packet_type, and an action of IP",
        add().match(ipAlone).apply("0018 0008 00000000").message());
    to.same(
        "another packet_type, and a set-field of Ethernet",
        add().match(ipAlone).apply(setField(ethDst)).message());
  }
}
