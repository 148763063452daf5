// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Prereq;
import org.jspecify.annotations.Nullable;

/**
 * A field as {@code ovs-ofctl} names and writes it (OVS {@code meta-flow.h}): the one table of
 * names. Most stand for a {@link Field}; some are other views of one, left over from OpenFlow 1.0,
 * or of several registers at once.
 *
 * @param name what is printed
 * @param alias another name that is read; empty if there is none
 * @param nxmNames names in {@code load} actions, the first of which is printed
 * @param field what it is, or is a view of; null for {@code xreg} and {@code xxreg}
 * @param word index of the (first) word in a flow
 * @param bytes width of a value in text: larger numbers do not fit
 * @param bits width that {@code load} can reach
 */
record TextField(
    String name,
    String alias,
    List<String> nxmNames,
    View view,
    @Nullable Field field,
    int word,
    int bytes,
    int bits,
    Field.Form form) {

  /** How the value in text relates to the field. */
  enum View {
    /** It is the field's. */
    PLAIN,
    /** {@code dl_vlan}: a VID without the presence bit, 0xffff for no tag. */
    DL_VLAN,
    /** {@code dl_vlan_pcp}. */
    DL_VLAN_PCP,
    /** {@code nw_tos}: the DSCP in its place in the ToS byte. */
    NW_TOS,
    /** {@code in_port_oxm}. */
    IN_PORT_OXM,
    /** A 64-bit view of two registers. */
    XREG,
    /** A 128-bit view of four registers. */
    XXREG
  }

  /** {@code reg0} to {@code reg15}. */
  static final List<Field> REGISTERS =
      Arrays.stream(Field.values()).filter(f -> f.text().matches("reg\\d+")).toList();

  private static final List<TextField> ALL = all();
  private static final Map<String, TextField> BY_NAME = new HashMap<>();
  private static final Map<String, TextField> BY_NXM_NAME = new HashMap<>();
  private static final Map<Field, TextField> BY_FIELD = new EnumMap<>(Field.class);

  static {
    for (TextField t : ALL) {
      BY_NAME.put(t.name, t);
      if (!t.alias.isEmpty()) {
        BY_NAME.put(t.alias, t);
      }
      t.nxmNames.forEach(n -> BY_NXM_NAME.put(n, t));
      if (t.view == View.PLAIN && t.field != null) {
        BY_FIELD.put(t.field, t);
      }
    }
  }

  /** The field of that name or alias (OVS {@code mf_from_name}), or null. */
  static @Nullable TextField byName(String name) {
    return BY_NAME.get(name);
  }

  /** The field of that name, which is one of ours. */
  static TextField byNameOrFail(String name) {
    TextField t = BY_NAME.get(name);
    if (t == null) {
      throw new IllegalArgumentException(name + " is no field");
    }
    return t;
  }

  /** The field of that name, alias, or NXM or OXM name, as in {@code load}; null if none has it. */
  static @Nullable TextField bySubfieldName(String name) {
    TextField t = BY_NXM_NAME.get(name);
    return t != null ? t : BY_NAME.get(name);
  }

  /** Those of the fields, in the order in which OVS lists fields. */
  static List<TextField> inOrder(Set<Field> fields) {
    return ALL.stream()
        .filter(t -> t.view == View.PLAIN && t.field != null && fields.contains(t.field))
        .toList();
  }

  static TextField of(Field f) {
    TextField t = BY_FIELD.get(f);
    if (t == null) {
      throw new IllegalStateException(f + " has no text");
    }
    return t;
  }

  /** Whether it takes two whole words. */
  boolean isWide() {
    return bytes == 16;
  }

  /** Ones of the value's width in text; of one word for wide ones. */
  long textOnes() {
    return bytes >= 8 ? -1L : (1L << 8 * bytes) - 1;
  }

  /** Whether a match may have a mask that is neither empty nor full. */
  boolean maskable() {
    return field == null || view == View.PLAIN && field.masking() == Field.Masking.ARBITRARY;
  }

  boolean writable() {
    return field == null || field.writable();
  }

  Prereq prereq() {
    if (view == View.DL_VLAN || view == View.DL_VLAN_PCP) {
      return Prereq.ETHERNET;
    }
    return field == null ? Prereq.NONE : field.prereq();
  }

  private static TextField of(Field f, String names, String nxmNames) {
    return of(View.PLAIN, f, names, nxmNames);
  }

  private static TextField of(View view, Field f, String names, String nxmNames) {
    List<String> n = Arrays.asList(names.split(" "));
    return new TextField(
        n.get(0),
        n.size() > 1 ? n.get(1) : "",
        nxmNames.isEmpty() ? List.of() : List.of(nxmNames.split(" ")),
        view,
        f,
        f.word(),
        bytes(view, f),
        bits(view, f),
        f.form());
  }

  private static TextField registers(String name, int bytes, int word, String nxmNames) {
    View view = bytes == 8 ? View.XREG : View.XXREG;
    return new TextField(
        name, "", List.of(nxmNames), view, null, word, bytes, 8 * bytes, Field.Form.HEX);
  }

  /** Widths in text are those of C's integers. */
  private static int bytes(View view, Field f) {
    if (view == View.DL_VLAN || f == Field.IN_PORT && view == View.PLAIN) {
      return 2;
    }
    if (view == View.NW_TOS || view == View.DL_VLAN_PCP) {
      return 1;
    }
    int bytes = f == Field.CT_STATE ? 4 : (f.bits() + 7) / 8;
    return bytes == 3 && f != Field.PBB_ISID ? 4 : bytes;
  }

  private static int bits(View view, Field f) {
    if (view == View.NW_TOS) {
      return 8;
    }
    return switch (f) {
      case VLAN_VID -> 12;
      case IP_FRAG -> 2;
      case TUN_FLAGS -> 1;
      case CT_STATE -> 32;
      case IN_PORT -> view == View.PLAIN ? 16 : 32;
      default -> f.bits();
    };
  }

  private static List<TextField> all() {
    List<TextField> all = new ArrayList<>(pipeline());
    for (int i = 0; i < REGISTERS.size(); i++) {
      all.add(of(REGISTERS.get(i), "reg" + i, "NXM_NX_REG" + i));
    }
    for (int i = 0; i < 8; i++) {
      all.add(registers("xreg" + i, 8, FlowLayout.REGS + i, "OXM_OF_PKT_REG" + i));
    }
    for (int i = 0; i < 4; i++) {
      all.add(registers("xxreg" + i, 16, FlowLayout.REGS + 2 * i, "NXM_NX_XXREG" + i));
    }
    all.addAll(packet());
    all.add(of(View.DL_VLAN, Field.VLAN_VID, "dl_vlan", ""));
    all.add(of(View.DL_VLAN_PCP, Field.VLAN_PCP, "dl_vlan_pcp", ""));
    all.add(of(View.NW_TOS, Field.IP_DSCP, "nw_tos", "NXM_OF_IP_TOS"));
    all.add(of(View.IN_PORT_OXM, Field.IN_PORT, "in_port_oxm", "OXM_OF_IN_PORT"));
    return List.copyOf(all);
  }

  private static List<TextField> pipeline() {
    return List.of(
        of(Field.DP_HASH, "dp_hash", "NXM_NX_DP_HASH"),
        of(Field.RECIRC_ID, "recirc_id", "NXM_NX_RECIRC_ID"),
        of(Field.PACKET_TYPE, "packet_type", "OXM_OF_PACKET_TYPE"),
        of(Field.CONJ_ID, "conj_id", "NXM_NX_CONJ_ID"),
        of(Field.TUN_ID, "tun_id tunnel_id", "NXM_NX_TUN_ID OXM_OF_TUNNEL_ID"),
        of(Field.TUN_SRC, "tun_src", "NXM_NX_TUN_IPV4_SRC"),
        of(Field.TUN_DST, "tun_dst", "NXM_NX_TUN_IPV4_DST"),
        of(Field.TUN_IPV6_SRC, "tun_ipv6_src", "NXM_NX_TUN_IPV6_SRC"),
        of(Field.TUN_IPV6_DST, "tun_ipv6_dst", "NXM_NX_TUN_IPV6_DST"),
        of(Field.TUN_FLAGS, "tun_flags", "NXM_NX_TUN_FLAGS"),
        of(Field.TUN_TTL, "tun_ttl", ""),
        of(Field.TUN_TOS, "tun_tos", ""),
        of(Field.TUN_GBP_ID, "tun_gbp_id", "NXM_NX_TUN_GBP_ID"),
        of(Field.TUN_GBP_FLAGS, "tun_gbp_flags", "NXM_NX_TUN_GBP_FLAGS"),
        of(Field.METADATA, "metadata", "OXM_OF_METADATA"),
        of(Field.IN_PORT, "in_port", "NXM_OF_IN_PORT"),
        of(Field.IN_PHY_PORT, "in_phy_port", "OXM_OF_IN_PHY_PORT"),
        of(Field.ACTSET_OUTPUT, "actset_output", "OXM_OF_ACTSET_OUTPUT"),
        of(Field.SKB_PRIORITY, "skb_priority", ""),
        of(Field.PKT_MARK, "pkt_mark", "NXM_NX_PKT_MARK"),
        of(Field.CT_STATE, "ct_state", "NXM_NX_CT_STATE"),
        of(Field.CT_ZONE, "ct_zone", "NXM_NX_CT_ZONE"),
        of(Field.CT_MARK, "ct_mark", "NXM_NX_CT_MARK"),
        of(Field.CT_LABEL, "ct_label", "NXM_NX_CT_LABEL"),
        of(Field.CT_NW_PROTO, "ct_nw_proto", "NXM_NX_CT_NW_PROTO"),
        of(Field.CT_NW_SRC, "ct_nw_src", "NXM_NX_CT_NW_SRC"),
        of(Field.CT_NW_DST, "ct_nw_dst", "NXM_NX_CT_NW_DST"),
        of(Field.CT_IPV6_SRC, "ct_ipv6_src", "NXM_NX_CT_IPV6_SRC"),
        of(Field.CT_IPV6_DST, "ct_ipv6_dst", "NXM_NX_CT_IPV6_DST"),
        of(Field.CT_TP_SRC, "ct_tp_src", "NXM_NX_CT_TP_SRC"),
        of(Field.CT_TP_DST, "ct_tp_dst", "NXM_NX_CT_TP_DST"));
  }

  private static List<TextField> packet() {
    return List.of(
        of(Field.ETH_SRC, "eth_src dl_src", "NXM_OF_ETH_SRC OXM_OF_ETH_SRC"),
        of(Field.ETH_DST, "eth_dst dl_dst", "NXM_OF_ETH_DST OXM_OF_ETH_DST"),
        of(Field.ETH_TYPE, "eth_type dl_type", "NXM_OF_ETH_TYPE OXM_OF_ETH_TYPE"),
        of(Field.VLAN_TCI, "vlan_tci", "NXM_OF_VLAN_TCI"),
        of(Field.VLAN_VID, "vlan_vid", "OXM_OF_VLAN_VID"),
        of(Field.VLAN_PCP, "vlan_pcp", "OXM_OF_VLAN_PCP"),
        of(Field.MPLS_LABEL, "mpls_label", "OXM_OF_MPLS_LABEL"),
        of(Field.MPLS_TC, "mpls_tc", "OXM_OF_MPLS_TC"),
        of(Field.MPLS_BOS, "mpls_bos", "OXM_OF_MPLS_BOS"),
        of(Field.MPLS_TTL, "mpls_ttl", "NXM_NX_MPLS_TTL"),
        of(Field.PBB_ISID, "pbb_isid", "OXM_OF_PBB_ISID"),
        of(Field.PBB_UCA, "pbb_uca", "OXM_OF_PBB_UCA"),
        of(Field.IPV4_SRC, "ip_src nw_src", "NXM_OF_IP_SRC OXM_OF_IPV4_SRC"),
        of(Field.IPV4_DST, "ip_dst nw_dst", "NXM_OF_IP_DST OXM_OF_IPV4_DST"),
        of(Field.IPV6_SRC, "ipv6_src", "NXM_NX_IPV6_SRC OXM_OF_IPV6_SRC"),
        of(Field.IPV6_DST, "ipv6_dst", "NXM_NX_IPV6_DST OXM_OF_IPV6_DST"),
        of(Field.IPV6_LABEL, "ipv6_label", "NXM_NX_IPV6_LABEL OXM_OF_IPV6_FLABEL"),
        of(Field.IPV6_EXTHDR, "ipv6_exthdr", "OXM_OF_IPV6_EXTHDR"),
        of(Field.IP_PROTO, "nw_proto ip_proto", "NXM_OF_IP_PROTO OXM_OF_IP_PROTO"),
        of(Field.IP_DSCP, "ip_dscp", "OXM_OF_IP_DSCP"),
        of(Field.IP_ECN, "nw_ecn ip_ecn", "NXM_NX_IP_ECN OXM_OF_IP_ECN"),
        of(Field.IP_TTL, "nw_ttl", "NXM_NX_IP_TTL"),
        of(Field.IP_FRAG, "ip_frag nw_frag", "NXM_NX_IP_FRAG"),
        of(Field.ARP_OP, "arp_op", "NXM_OF_ARP_OP OXM_OF_ARP_OP"),
        of(Field.ARP_SPA, "arp_spa", "NXM_OF_ARP_SPA OXM_OF_ARP_SPA"),
        of(Field.ARP_TPA, "arp_tpa", "NXM_OF_ARP_TPA OXM_OF_ARP_TPA"),
        of(Field.ARP_SHA, "arp_sha", "NXM_NX_ARP_SHA OXM_OF_ARP_SHA"),
        of(Field.ARP_THA, "arp_tha", "NXM_NX_ARP_THA OXM_OF_ARP_THA"),
        of(Field.TCP_SRC, "tcp_src tp_src", "NXM_OF_TCP_SRC OXM_OF_TCP_SRC"),
        of(Field.TCP_DST, "tcp_dst tp_dst", "NXM_OF_TCP_DST OXM_OF_TCP_DST"),
        of(Field.TCP_FLAGS, "tcp_flags", "NXM_NX_TCP_FLAGS OXM_OF_TCP_FLAGS"),
        of(Field.UDP_SRC, "udp_src", "NXM_OF_UDP_SRC OXM_OF_UDP_SRC"),
        of(Field.UDP_DST, "udp_dst", "NXM_OF_UDP_DST OXM_OF_UDP_DST"),
        of(Field.SCTP_SRC, "sctp_src", "OXM_OF_SCTP_SRC"),
        of(Field.SCTP_DST, "sctp_dst", "OXM_OF_SCTP_DST"),
        of(Field.ICMPV4_TYPE, "icmp_type", "NXM_OF_ICMP_TYPE OXM_OF_ICMPV4_TYPE"),
        of(Field.ICMPV4_CODE, "icmp_code", "NXM_OF_ICMP_CODE OXM_OF_ICMPV4_CODE"),
        of(Field.ICMPV6_TYPE, "icmpv6_type", "NXM_NX_ICMPV6_TYPE OXM_OF_ICMPV6_TYPE"),
        of(Field.ICMPV6_CODE, "icmpv6_code", "NXM_NX_ICMPV6_CODE OXM_OF_ICMPV6_CODE"),
        of(Field.ND_TARGET, "nd_target", "NXM_NX_ND_TARGET OXM_OF_IPV6_ND_TARGET"),
        of(Field.ND_SLL, "nd_sll", "NXM_NX_ND_SLL OXM_OF_IPV6_ND_SLL"),
        of(Field.ND_TLL, "nd_tll", "NXM_NX_ND_TLL OXM_OF_IPV6_ND_TLL"),
        of(Field.ND_RESERVED, "nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED"),
        of(Field.ND_OPTIONS_TYPE, "nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE"));
  }
}
