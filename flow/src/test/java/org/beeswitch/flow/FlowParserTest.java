// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FlowParserTest {
  private static final String ETH = "0050568a0001 0050568a0002 ";
  private static final String IP4 = "4510002a 00014000 40060000 0a000001 0a000002 ";
  private static final String TCP = "1f90 0050 00000001 00000002 5012 ffff 0000 0000 ";
  private static final String IP6_ADDRS =
      "20010db8000000000000000000000001 20010db8000000000000000000000002 ";

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();

  private void parse(String... hex) {
    byte[] frame = bytes(hex);
    byte[] padded = new byte[frame.length + 64];
    Arrays.fill(padded, (byte) 0xee);
    System.arraycopy(frame, 0, padded, 16, frame.length);
    Arrays.fill(flow.words(), FlowLayout.ETH_DST_TYPE, FlowLayout.SKB, -1L); // must be overwritten
    FlowParser.parse(padded, 16, frame.length, flow, layers);
  }

  private static byte[] bytes(String... hex) {
    return HexFormat.of().parseHex(String.join("", hex).replace(" ", ""));
  }

  @Test
  void aTcpPacketHasPortsAndFlags() {
    parse(ETH, "0800", IP4, TCP, "6869");
    assertThat(flow.get(Field.ETH_DST)).isEqualTo(0x0050568a0001L);
    assertThat(flow.get(Field.ETH_SRC)).isEqualTo(0x0050568a0002L);
    assertThat(flow.get(Field.ETH_TYPE)).isEqualTo(0x800);
    assertThat(flow.get(Field.IPV4_SRC)).isEqualTo(0x0a000001);
    assertThat(flow.get(Field.IPV4_DST)).isEqualTo(0x0a000002);
    assertThat(flow.get(Field.IP_TTL)).isEqualTo(64);
    assertThat(flow.get(Field.IP_DSCP)).isEqualTo(4);
    assertThat(flow.get(Field.IP_PROTO)).isEqualTo(6);
    assertThat(flow.get(Field.TCP_SRC)).isEqualTo(8080);
    assertThat(flow.get(Field.TCP_DST)).isEqualTo(80);
    assertThat(flow.get(Field.TCP_FLAGS)).isEqualTo(0x12);
    assertThat(layers.l3).isEqualTo(14);
    assertThat(layers.l4).isEqualTo(34);
    assertThat(layers.end).isEqualTo(56);
  }

  @Test
  void aFrameShorterThanAnEthernetHeaderIsAllZero() {
    parse("0050568a0001 0050568a0002 08");
    assertThat(flow).isEqualTo(new Flow());
    assertThat(layers.l3).isEqualTo(-1);
  }

  @Test
  void twoVlanTagsAreReadAndAThirdIsTheEtherType() {
    parse(ETH, "88a8 2064 8100 00c8 0800", IP4, TCP, "6869");
    assertThat(flow.words()[FlowLayout.VLANS]).isEqualTo(0x88a8_3064_8100_10c8L);
    assertThat(flow.get(Field.VLAN_PCP)).isEqualTo(1);
    assertThat(flow.get(Field.TCP_DST)).isEqualTo(80);
    parse(ETH, "88a8 2064 8100 00c8 8100 0001 0800", IP4, TCP, "6869");
    assertThat(flow.get(Field.ETH_TYPE)).isEqualTo(0x8100);
    assertThat(flow.words()[FlowLayout.NW]).isZero();
  }

  @Test
  void aTagThatIsCutOffIsTheEtherType() {
    parse(ETH, "8100 0064 08");
    assertThat(flow.words()[FlowLayout.VLANS]).isZero();
    assertThat(flow.get(Field.ETH_TYPE)).isEqualTo(0x8100);
  }

  @Test
  void snapTypesAreEtherTypesAndOtherLlcIsNone() {
    parse(ETH, "0040 aaaa03 000000 0800", IP4, TCP, "6869");
    assertThat(flow.get(Field.TCP_DST)).isEqualTo(80);
    assertThat(layers.l3).isEqualTo(22);
    parse(ETH, "0026 424203 00000000");
    assertThat(flow.get(Field.ETH_TYPE)).isEqualTo(0x5ff);
    parse(ETH, "0026 aaaa03 000000 0100");
    assertThat(flow.get(Field.ETH_TYPE)).isEqualTo(0x5ff);
  }

  @Test
  void ipv4LongerThanTheFrameIsNotRead() {
    parse(ETH, "0800", IP4, TCP, "68");
    assertThat(flow.get(Field.IPV4_SRC)).isZero();
    assertThat(flow.get(Field.IP_PROTO)).isZero();
    assertThat(layers.l4).isEqualTo(-1);
  }

  @Test
  void laterFragmentsHaveNoPorts() {
    parse(ETH, "0800 45000020 00012000 40110000 0a000001 0a000002 1234 5678 000c 0000 00000000");
    assertThat(flow.get(Field.IP_FRAG)).isEqualTo(1);
    assertThat(flow.get(Field.UDP_SRC)).isEqualTo(0x1234);
    parse(ETH, "0800 45000020 00012001 40110000 0a000001 0a000002 1234 5678 000c 0000 00000000");
    assertThat(flow.get(Field.IP_FRAG)).isEqualTo(3);
    assertThat(flow.get(Field.UDP_SRC)).isZero();
  }

  @Test
  void extensionHeadersAreWalkedAndNoted() {
    parse(
        ETH,
        "86dd 61234567 0020 00 40",
        IP6_ADDRS,
        "2b00 000000000000 2c00 000000000000 1100 0001 00000001 1234 5678 0008 0000");
    assertThat(flow.get(Field.IPV6_LABEL)).isEqualTo(0x34567);
    assertThat(flow.words()[FlowLayout.NW] >>> 48 & 0xff).isEqualTo(0x12);
    assertThat(flow.get(Field.IP_FRAG)).isEqualTo(1);
    assertThat(flow.get(Field.UDP_DST)).isEqualTo(0x5678);
    assertThat(flow.get(Field.IPV6_EXTHDR))
        .isEqualTo(FlowParser.EXT_HOP | FlowParser.EXT_ROUTER | FlowParser.EXT_FRAG);
  }

  @Test
  void aWalkThatFailsLeavesOnlyTheAddresses() {
    parse(ETH, "86dd 60000000 0008 00 40", IP6_ADDRS, "1101 000000000000");
    assertThat(flow.words()[FlowLayout.IPV6_SRC]).isNotZero();
    assertThat(flow.words()[FlowLayout.NW]).isZero();
    assertThat(flow.words()[FlowLayout.TP]).isZero();
  }

  @Test
  void aNinthExtensionHeaderEndsTheWalk() {
    String eight = "3c00 000000000000 ".repeat(8);
    parse(ETH, "86dd 60000000 0050 3c 40", IP6_ADDRS, eight, "1100 000000000000 1234567800080000");
    assertThat(flow.get(Field.IP_PROTO)).isEqualTo(IpProto.DSTOPTS);
    assertThat(flow.get(Field.UDP_SRC)).isZero();
  }

  @Test
  void headersOutOfOrderAndRepeatedAreFlagged() {
    parse(
        ETH,
        "86dd 60000000 0018 3c 40",
        IP6_ADDRS,
        "3c00 000000000000 2b00 000000000000 3b00 000000000000");
    assertThat(flow.get(Field.IPV6_EXTHDR))
        .isEqualTo(
            FlowParser.EXT_DEST
                | FlowParser.EXT_ROUTER
                | FlowParser.EXT_UNSEQ
                | FlowParser.EXT_NONEXT);
    parse(ETH, "86dd 60000000 0010 2c 40", IP6_ADDRS, "2c00 000000000000 3200 000000000000");
    assertThat(flow.get(Field.IPV6_EXTHDR))
        .isEqualTo(FlowParser.EXT_FRAG | FlowParser.EXT_UNREP | FlowParser.EXT_ESP);
  }

  @Test
  void arpSharesTheAddressFields() {
    String arp = "0001 0800 06 04 0002 0050568a0002 0a000001 0050568a0001 0a000002";
    parse(ETH, "0806", arp);
    assertThat(flow.get(Field.ARP_OP)).isEqualTo(2);
    assertThat(flow.get(Field.ARP_SPA)).isEqualTo(0x0a000001);
    assertThat(flow.get(Field.ARP_THA)).isEqualTo(0x0050568a0001L);
    parse(ETH, "0806", arp.replace("0002 0050", "0102 0050"));
    assertThat(flow.get(Field.ARP_OP)).isZero();
    assertThat(flow.get(Field.ARP_TPA)).isEqualTo(0x0a000002);
    parse(ETH, "0806", arp.replace("06 04", "08 04"));
    assertThat(flow.get(Field.ARP_TPA)).isZero();
  }

  @Test
  void mplsStopsAtTheBottomOfStack() {
    parse(ETH, "8847 00010040 00020140 45000000");
    assertThat(flow.words()[FlowLayout.MPLS01]).isEqualTo(0x0001004000020140L);
    assertThat(flow.words()[FlowLayout.MPLS2]).isZero();
    assertThat(flow.get(Field.MPLS_LABEL)).isEqualTo(0x10);
    assertThat(layers.l3).isEqualTo(22);
  }

  @Test
  void anITagHasItsInnerEthernet() {
    parse(ETH, "88e7 68000123 0050568a0009 0050568a0008 0800 4500");
    assertThat(flow.get(Field.PBB_ISID)).isEqualTo(0x123);
    assertThat(flow.get(Field.PBB_UCA)).isEqualTo(1);
    assertThat(flow.words()[FlowLayout.PBB_C_DST] >>> 16).isEqualTo(0x0050568a0009L);
    assertThat(flow.words()[FlowLayout.PBB] & 0xffff0000L).isEqualTo(0x08000000L);
    parse(ETH, "88e7 68000123 0050568a0009 0050568a0008 08");
    assertThat(flow.words()[FlowLayout.PBB]).isZero();
  }

  @Test
  void neighbourSolicitationHasTargetAndOption() {
    String ns = "87 00 0000 60000000 20010db8000000000000000000000009 ";
    parse(ETH, "86dd 60000000 0020 3a ff", IP6_ADDRS, ns, "0101 0050568a0002");
    assertThat(flow.get(Field.ICMPV6_TYPE)).isEqualTo(135);
    assertThat(flow.words()[Field.ND_TARGET.word()]).isEqualTo(0x20010db800000000L);
    assertThat(flow.get(Field.ND_SLL)).isEqualTo(0x0050568a0002L);
    assertThat(flow.get(Field.ND_OPTIONS_TYPE)).isEqualTo(1);
    assertThat(flow.get(Field.ND_RESERVED)).isEqualTo(0x60000000L);
  }

  @Test
  void anNdOptionTwiceMakesItInvalidButForTheType() {
    String ns = "87 00 0000 60000000 20010db8000000000000000000000009 ";
    String option = "0101 0050568a0002";
    parse(ETH, "86dd 60000000 0028 3a ff", IP6_ADDRS, ns, option, option);
    assertThat(flow.words()[Field.ND_TARGET.word()]).isZero();
    assertThat(flow.get(Field.ND_SLL)).isZero();
    assertThat(flow.get(Field.ND_OPTIONS_TYPE)).isEqualTo(1);
    assertThat(flow.get(Field.ICMPV6_TYPE)).isEqualTo(135);
  }
}
