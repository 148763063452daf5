// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.beeswitch.flow.FlowLayout.*;

/**
 * Every field that a match, a set-field or a register move can name, described once: where it is in
 * a {@link Flow}, how wide it is, what must be matched before it means anything, whether it takes a
 * mask and whether it can be written.
 *
 * <p>As in OVS ({@code lib/meta-flow.h}) several fields share bits where a packet can have only one
 * of them: {@code ARP_SPA} and {@code IPV4_SRC}, the ports of TCP, UDP and SCTP, {@code
 * ICMPV4_TYPE} and {@code TCP_SRC}. Prerequisites keep them apart.
 *
 * <p>OXM and NXM numbers are the codec's ({@code openflow}), datapath text is {@code dpif}'s. The
 * names here are OVS's canonical ones, as {@code ovs-ofctl} accepts and {@code ovs-fields(7)} lists
 * them.
 */
public enum Field {
  // Pipeline
  METADATA("metadata", 64, FlowLayout.METADATA, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG0("reg0", 32, REGS, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG1("reg1", 32, REGS, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG2("reg2", 32, REGS + 1, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG3("reg3", 32, REGS + 1, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG4("reg4", 32, REGS + 2, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG5("reg5", 32, REGS + 2, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG6("reg6", 32, REGS + 3, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG7("reg7", 32, REGS + 3, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG8("reg8", 32, REGS + 4, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG9("reg9", 32, REGS + 4, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG10("reg10", 32, REGS + 5, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG11("reg11", 32, REGS + 5, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG12("reg12", 32, REGS + 6, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG13("reg13", 32, REGS + 6, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG14("reg14", 32, REGS + 7, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  REG15("reg15", 32, REGS + 7, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  CONJ_ID("conj_id", 32, CONJ_ACTSET, 32, Prereq.NONE, Masking.NONE, Form.DECIMAL, false),
  ACTSET_OUTPUT("actset_output", 32, CONJ_ACTSET, 0, Prereq.NONE, Masking.NONE, Form.PORT, false),
  IN_PORT("in_port", 32, OF_PORTS, 32, Prereq.NONE, Masking.NONE, Form.PORT, true),
  IN_PHY_PORT("in_phy_port", 32, OF_PORTS, 0, Prereq.IN_PORT, Masking.NONE, Form.PORT, false),

  // What a packet came with
  RECIRC_ID("recirc_id", 32, PORT_RECIRC, 0, Prereq.NONE, Masking.NONE, Form.DECIMAL, false),
  PKT_MARK("pkt_mark", 32, SKB, 32, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  SKB_PRIORITY("skb_priority", 32, SKB, 0, Prereq.NONE, Masking.NONE, Form.HEX, false),
  PACKET_TYPE("packet_type", 32, TYPE_HASH, 32, Prereq.NONE, Masking.NONE, Form.PACKET_TYPE, false),
  DP_HASH("dp_hash", 32, TYPE_HASH, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, false),
  TUN_ID("tun_id", 64, FlowLayout.TUN_ID, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  TUN_SRC("tun_src", 32, TUN_IPV4, 32, Prereq.NONE, Masking.ARBITRARY, Form.IPV4, true),
  TUN_DST("tun_dst", 32, TUN_IPV4, 0, Prereq.NONE, Masking.ARBITRARY, Form.IPV4, true),
  TUN_IPV6_SRC(
      "tun_ipv6_src",
      128,
      FlowLayout.TUN_IPV6_SRC,
      0,
      Prereq.NONE,
      Masking.ARBITRARY,
      Form.IPV6,
      true),
  TUN_IPV6_DST(
      "tun_ipv6_dst",
      128,
      FlowLayout.TUN_IPV6_DST,
      0,
      Prereq.NONE,
      Masking.ARBITRARY,
      Form.IPV6,
      true),
  TUN_FLAGS(
      "tun_flags",
      16,
      FlowLayout.TUN_FLAGS,
      48,
      Prereq.NONE,
      Masking.ARBITRARY,
      Form.TUN_FLAGS,
      true),
  TUN_TOS("tun_tos", 8, FlowLayout.TUN_FLAGS, 40, Prereq.NONE, Masking.NONE, Form.DECIMAL, false),
  TUN_TTL("tun_ttl", 8, FlowLayout.TUN_FLAGS, 32, Prereq.NONE, Masking.NONE, Form.DECIMAL, false),
  TUN_GBP_ID("tun_gbp_id", 16, TUN_GBP, 48, Prereq.NONE, Masking.ARBITRARY, Form.DECIMAL, true),
  TUN_GBP_FLAGS("tun_gbp_flags", 8, TUN_GBP, 40, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  CT_STATE("ct_state", 8, CT, 56, Prereq.NONE, Masking.ARBITRARY, Form.CT_STATE, false),
  CT_ZONE("ct_zone", 16, CT, 32, Prereq.NONE, Masking.NONE, Form.HEX, false),
  CT_MARK("ct_mark", 32, CT, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  CT_LABEL("ct_label", 128, FlowLayout.CT_LABEL, 0, Prereq.NONE, Masking.ARBITRARY, Form.HEX, true),
  CT_NW_PROTO("ct_nw_proto", 8, CT, 48, Prereq.CT, Masking.NONE, Form.DECIMAL, false),
  CT_NW_SRC("ct_nw_src", 32, CT_IPV4, 32, Prereq.CT, Masking.ARBITRARY, Form.IPV4, false),
  CT_NW_DST("ct_nw_dst", 32, CT_IPV4, 0, Prereq.CT, Masking.ARBITRARY, Form.IPV4, false),
  CT_IPV6_SRC(
      "ct_ipv6_src",
      128,
      FlowLayout.CT_IPV6_SRC,
      0,
      Prereq.CT,
      Masking.ARBITRARY,
      Form.IPV6,
      false),
  CT_IPV6_DST(
      "ct_ipv6_dst",
      128,
      FlowLayout.CT_IPV6_DST,
      0,
      Prereq.CT,
      Masking.ARBITRARY,
      Form.IPV6,
      false),
  CT_TP_SRC("ct_tp_src", 16, CT_TP, 48, Prereq.CT, Masking.ARBITRARY, Form.DECIMAL, false),
  CT_TP_DST("ct_tp_dst", 16, CT_TP, 32, Prereq.CT, Masking.ARBITRARY, Form.DECIMAL, false),

  // Ethernet
  ETH_DST("eth_dst", 48, ETH_DST_TYPE, 16, Prereq.ETHERNET, Masking.ARBITRARY, Form.ETH, true),
  ETH_SRC(
      "eth_src", 48, FlowLayout.ETH_SRC, 16, Prereq.ETHERNET, Masking.ARBITRARY, Form.ETH, true),
  ETH_TYPE("eth_type", 16, ETH_DST_TYPE, 0, Prereq.ETHERNET, Masking.NONE, Form.HEX, false),
  /** OXM_OF_VLAN_VID: 12 bits of VID and {@link FlowLayout#VLAN_PRESENT}. */
  VLAN_VID("vlan_vid", 13, VLANS, 32, Prereq.ETHERNET, Masking.ARBITRARY, Form.DECIMAL, true),
  VLAN_PCP("vlan_pcp", 3, VLANS, 45, Prereq.VLAN_VID, Masking.NONE, Form.DECIMAL, true),
  VLAN_TCI("vlan_tci", 16, VLANS, 32, Prereq.ETHERNET, Masking.ARBITRARY, Form.HEX, true),
  /** EtherType of the outer tag; not an OpenFlow field but part of megaflows. */
  VLAN_TPID("vlan_tpid", 16, VLANS, 48, Prereq.NONE, Masking.NONE, Form.HEX, false),
  MPLS_LABEL("mpls_label", 20, MPLS01, 32 + 12, Prereq.MPLS, Masking.NONE, Form.DECIMAL, true),
  MPLS_TC("mpls_tc", 3, MPLS01, 32 + 9, Prereq.MPLS, Masking.NONE, Form.DECIMAL, true),
  MPLS_BOS("mpls_bos", 1, MPLS01, 32 + 8, Prereq.MPLS, Masking.NONE, Form.DECIMAL, false),
  MPLS_TTL("mpls_ttl", 8, MPLS01, 32, Prereq.MPLS, Masking.NONE, Form.DECIMAL, true),
  PBB_ISID("pbb_isid", 24, PBB, 32, Prereq.PBB, Masking.ARBITRARY, Form.HEX, true),
  PBB_UCA("pbb_uca", 1, PBB, 32 + 27, Prereq.PBB, Masking.NONE, Form.DECIMAL, true),

  // IP
  IPV4_SRC("nw_src", 32, IPV4, 32, Prereq.IPV4, Masking.ARBITRARY, Form.IPV4, true),
  IPV4_DST("nw_dst", 32, IPV4, 0, Prereq.IPV4, Masking.ARBITRARY, Form.IPV4, true),
  IPV6_SRC(
      "ipv6_src", 128, FlowLayout.IPV6_SRC, 0, Prereq.IPV6, Masking.ARBITRARY, Form.IPV6, true),
  IPV6_DST(
      "ipv6_dst", 128, FlowLayout.IPV6_DST, 0, Prereq.IPV6, Masking.ARBITRARY, Form.IPV6, true),
  IPV6_LABEL("ipv6_label", 20, NW, 0, Prereq.IPV6, Masking.ARBITRARY, Form.HEX, true),
  IPV6_EXTHDR("ipv6_exthdr", 9, TP, 0, Prereq.IPV6, Masking.ARBITRARY, Form.HEX, false),
  IP_PROTO("nw_proto", 8, NW, 32, Prereq.IP_ANY, Masking.NONE, Form.DECIMAL, false),
  /** OXM_OF_IP_DSCP: the upper six bits of the ToS byte, in the lower six bits of the value. */
  IP_DSCP("ip_dscp", 6, NW, 50, Prereq.IP_ANY, Masking.NONE, Form.DECIMAL, true),
  IP_ECN("nw_ecn", 2, NW, 48, Prereq.IP_ANY, Masking.NONE, Form.DECIMAL, true),
  IP_TTL("nw_ttl", 8, NW, 40, Prereq.IP_ANY, Masking.NONE, Form.DECIMAL, true),
  IP_FRAG("ip_frag", 8, NW, 56, Prereq.IP_ANY, Masking.ARBITRARY, Form.FRAG, false),

  // ARP
  ARP_OP("arp_op", 16, 8, NW, 32, Prereq.ARP, Masking.NONE, Form.DECIMAL, true),
  ARP_SPA("arp_spa", 32, IPV4, 32, Prereq.ARP, Masking.ARBITRARY, Form.IPV4, true),
  ARP_TPA("arp_tpa", 32, IPV4, 0, Prereq.ARP, Masking.ARBITRARY, Form.IPV4, true),
  ARP_SHA("arp_sha", 48, FlowLayout.ARP_SHA, 16, Prereq.ARP, Masking.ARBITRARY, Form.ETH, true),
  ARP_THA("arp_tha", 48, FlowLayout.ARP_THA, 16, Prereq.ARP, Masking.ARBITRARY, Form.ETH, true),

  // L4
  TCP_SRC("tcp_src", 16, TP, 48, Prereq.TCP, Masking.ARBITRARY, Form.DECIMAL, true),
  TCP_DST("tcp_dst", 16, TP, 32, Prereq.TCP, Masking.ARBITRARY, Form.DECIMAL, true),
  TCP_FLAGS("tcp_flags", 12, TP, 16, Prereq.TCP, Masking.ARBITRARY, Form.TCP_FLAGS, false),
  UDP_SRC("udp_src", 16, TP, 48, Prereq.UDP, Masking.ARBITRARY, Form.DECIMAL, true),
  UDP_DST("udp_dst", 16, TP, 32, Prereq.UDP, Masking.ARBITRARY, Form.DECIMAL, true),
  SCTP_SRC("sctp_src", 16, TP, 48, Prereq.SCTP, Masking.ARBITRARY, Form.DECIMAL, true),
  SCTP_DST("sctp_dst", 16, TP, 32, Prereq.SCTP, Masking.ARBITRARY, Form.DECIMAL, true),
  ICMPV4_TYPE("icmp_type", 8, 16, TP, 48, Prereq.ICMPV4, Masking.NONE, Form.DECIMAL, true),
  ICMPV4_CODE("icmp_code", 8, 16, TP, 32, Prereq.ICMPV4, Masking.NONE, Form.DECIMAL, true),
  ICMPV6_TYPE("icmpv6_type", 8, 16, TP, 48, Prereq.ICMPV6, Masking.NONE, Form.DECIMAL, true),
  ICMPV6_CODE("icmpv6_code", 8, 16, TP, 32, Prereq.ICMPV6, Masking.NONE, Form.DECIMAL, true),
  ND_TARGET(
      "nd_target", 128, FlowLayout.ND_TARGET, 0, Prereq.ND, Masking.ARBITRARY, Form.IPV6, true),
  ND_SLL(
      "nd_sll", 48, FlowLayout.ARP_SHA, 16, Prereq.ND_SOLICIT, Masking.ARBITRARY, Form.ETH, true),
  ND_TLL("nd_tll", 48, FlowLayout.ARP_THA, 16, Prereq.ND_ADVERT, Masking.ARBITRARY, Form.ETH, true),
  ND_RESERVED("nd_reserved", 32, ND_IGMP, 32, Prereq.ND, Masking.NONE, Form.DECIMAL, true),
  ND_OPTIONS_TYPE("nd_options_type", 8, 16, TP, 16, Prereq.ND, Masking.NONE, Form.DECIMAL, true);

  /** What masks a match on the field may have. */
  public enum Masking {
    /** Exact or not at all. */
    NONE,
    /** Any bits. */
    ARBITRARY
  }

  /** How values are written in {@code ovs-ofctl} text. */
  public enum Form {
    DECIMAL,
    HEX,
    ETH,
    IPV4,
    IPV6,
    PORT,
    FRAG,
    TCP_FLAGS,
    TUN_FLAGS,
    CT_STATE,
    PACKET_TYPE
  }

  private final String text;
  private final int bits;
  private final int storedBits;
  private final int word;
  private final int shift;
  private final Prereq prereq;
  private final Masking masking;
  private final Form form;
  private final boolean writable;

  Field(
      String text,
      int bits,
      int word,
      int shift,
      Prereq prereq,
      Masking masking,
      Form form,
      boolean writable) {
    this(text, bits, bits, word, shift, prereq, masking, form, writable);
  }

  Field(
      String text,
      int bits,
      int storedBits,
      int word,
      int shift,
      Prereq prereq,
      Masking masking,
      Form form,
      boolean writable) {
    this.text = text;
    this.bits = bits;
    this.storedBits = storedBits;
    this.word = word;
    this.shift = shift;
    this.prereq = prereq;
    this.masking = masking;
    this.form = form;
    this.writable = writable;
  }

  /** The canonical OVS name, such as {@code nw_src}. */
  public String text() {
    return text;
  }

  /** Width in bits as OpenFlow has it: 1 to 64, or 128. */
  public int bits() {
    return bits;
  }

  /**
   * Width of the bits that a flow keeps for it. Differs from {@link #bits()} where OVS shares a
   * place of another width: an ARP operation (16 bits, of which a flow keeps the lower 8, as
   * nw_proto) and ICMP type and code (8 bits in a 16-bit port).
   */
  public int storedBits() {
    return storedBits;
  }

  /** Index into {@link Flow} of the (first) word that holds the field. */
  public int word() {
    return word;
  }

  /**
   * Distance of the field's lowest bit from the lowest bit of {@link #word()}; 0 for 128-bit
   * fields.
   */
  public int shift() {
    return shift;
  }

  /** Whether the field takes two whole words. */
  public boolean isWide() {
    return bits == 128;
  }

  /** All ones of the stored width, not shifted; for wide fields the ones of one word. */
  public long ones() {
    return storedBits >= 64 ? -1L : (1L << storedBits) - 1;
  }

  /** All ones in place in {@link #word()} (in each of the two words for wide fields). */
  public long wordMask() {
    return ones() << shift;
  }

  public Prereq prereq() {
    return prereq;
  }

  public Masking masking() {
    return masking;
  }

  public Form form() {
    return form;
  }

  /** Whether set-field may write it (OVS {@code lib/meta-flow.h}, Access). */
  public boolean writable() {
    return writable;
  }
}
