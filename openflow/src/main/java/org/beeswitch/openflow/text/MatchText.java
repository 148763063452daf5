// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.OfPort;

/**
 * Prints matches: fields in OVS's order, with its shorthands (OVS {@code match_format}). What
 * OpenFlow 1.3 has and OVS does not, {@code in_phy_port}, {@code pbb_isid} and {@code ipv6_exthdr},
 * follows the field that is most like it.
 */
public final class MatchText {
  /** Not printed, as it is what text without a priority means. */
  public static final int DEFAULT_PRIORITY = 0x8000;

  private final StringBuilder s;
  private final long[] value;
  private final long[] mask;
  private final Names names;

  private MatchText(StringBuilder s, long[] value, long[] mask, Names names) {
    this.s = s;
    this.value = value;
    this.mask = mask;
    this.names = names;
  }

  /** The text of a match, without a priority. */
  public static String of(Match m, Names names) {
    return append(new StringBuilder(), m, DEFAULT_PRIORITY, names).toString();
  }

  /** Appends a priority, unless it is the default, and a match. */
  public static StringBuilder append(StringBuilder s, Match m, int priority, Names names) {
    long[] value = new long[WORDS];
    long[] mask = new long[WORDS];
    m.expand(value, mask);
    return append(s, value, mask, priority, names);
  }

  /** {@link #append(StringBuilder, Match, int, Names)} of {@link FlowLayout} words. */
  public static StringBuilder append(
      StringBuilder s, long[] value, long[] mask, int priority, Names names) {
    int start = s.length();
    MatchText t = new MatchText(s, value, mask, names);
    if (priority != DEFAULT_PRIORITY) {
      t.item("priority").append(priority).append(',');
    }
    t.append();
    if (s.length() > start) {
      s.setLength(s.length() - 1); // the last comma
    }
    return s;
  }

  private void append() {
    hex32("pkt_mark", Field.PKT_MARK);
    hex32("recirc_id", Field.RECIRC_ID);
    hex32("dp_hash", Field.DP_HASH);
    if (has(Field.CONJ_ID)) {
      item("conj_id").append(get(Field.CONJ_ID)).append(',');
    }
    if (has(Field.SKB_PRIORITY)) {
      orZero(item("skb_priority"), get(Field.SKB_PRIORITY)).append(',');
    }
    port("actset_output", Field.ACTSET_OUTPUT);
    connection();
    packetType();
    int type = ethType();
    boolean named = shorthand(type);
    TextField.REGISTERS.forEach(reg -> hex32(reg.text(), reg));
    tunnel();
    if (has(Field.METADATA)) {
      hexMasked(item("metadata"), get(Field.METADATA), mask(Field.METADATA), -1L);
    }
    port("in_port", Field.IN_PORT);
    port("in_phy_port", Field.IN_PHY_PORT);
    vlans();
    mac("dl_src", Field.ETH_SRC);
    mac("dl_dst", Field.ETH_DST);
    if (!named && has(Field.ETH_TYPE)) {
      item("dl_type").append(String.format("0x%04x,", type));
    }
    addresses(type);
    boolean isArp = type == EthType.ARP || type == EthType.RARP;
    if (has(Field.IP_PROTO) && !protoNamed(type)) {
      item(isArp ? "arp_op" : "nw_proto").append(get(Field.IP_PROTO)).append(',');
    }
    if (isArp) {
      mac("arp_sha", Field.ARP_SHA);
      mac("arp_tha", Field.ARP_THA);
    }
    if (has(Field.IP_DSCP)) {
      item("nw_tos").append(get(Field.IP_DSCP) << 2).append(',');
    }
    decimal("nw_ecn", Field.IP_ECN);
    decimal("nw_ttl", Field.IP_TTL);
    mpls();
    frag();
    transport(type);
  }

  private int ethType() {
    int type = (int) get(Field.ETH_TYPE);
    // A packet type of the EtherType name space stands for one.
    long packetType = get(Field.PACKET_TYPE);
    return has(Field.PACKET_TYPE) && packetType >>> 16 == 1 ? (int) packetType & 0xffff : type;
  }

  private void packetType() {
    if (!has(Field.PACKET_TYPE)) {
      if (has(Field.RECIRC_ID) && Match.of(value, mask).impliesEthernet()) {
        s.append("eth,");
      }
      return;
    }
    long v = get(Field.PACKET_TYPE);
    boolean exact = mask(Field.PACKET_TYPE) == 0xffffffffL;
    if (v == 0 && exact) {
      if (has(Field.RECIRC_ID)) {
        s.append("eth,"); // only megaflows say the obvious
      }
      return;
    }
    ValueText.appendPacketType(s, v).append(',');
  }

  private void connection() {
    if (has(Field.CT_STATE)) {
      FlagNames.CT_STATE
          .appendMasked(item("ct_state"), get(Field.CT_STATE), mask(Field.CT_STATE), 0xff)
          .append(',');
    }
    decimalMasked("ct_zone", Field.CT_ZONE);
    hex32("ct_mark", Field.CT_MARK);
    long[] label = wide(FlowLayout.CT_LABEL);
    if ((label[2] | label[3]) != 0) {
      ValueText.appendHex(item("ct_label"), label[0], label[1]);
      if ((label[2] & label[3]) != -1L) {
        ValueText.appendHex(s.append('/'), label[2], label[3]);
      }
      s.append(',');
    }
    ipv4("ct_nw_src", Field.CT_NW_SRC);
    ipv6("ct_ipv6_src", Field.CT_IPV6_SRC);
    ipv4("ct_nw_dst", Field.CT_NW_DST);
    ipv6("ct_ipv6_dst", Field.CT_IPV6_DST);
    if (has(Field.CT_NW_PROTO)) {
      decimal("ct_nw_proto", Field.CT_NW_PROTO);
      decimalMasked("ct_tp_src", Field.CT_TP_SRC);
      decimalMasked("ct_tp_dst", Field.CT_TP_DST);
    }
  }

  /** Appends the name for the EtherType and protocol; false if the EtherType has none. */
  private boolean shorthand(int type) {
    if (!has(Field.ETH_TYPE)) {
      return false;
    }
    String name = Protocols.name(type, has(Field.IP_PROTO) ? (int) get(Field.IP_PROTO) : -1);
    if (name.isEmpty()) {
      return false;
    }
    s.append(name).append(',');
    return true;
  }

  private boolean protoNamed(int type) {
    return has(Field.ETH_TYPE) && Protocols.namesProto(type, (int) get(Field.IP_PROTO));
  }

  private void tunnel() {
    if (has(Field.TUN_ID)) {
      hexMasked(item("tun_id"), get(Field.TUN_ID), mask(Field.TUN_ID), -1L);
    }
    ipv4("tun_src", Field.TUN_SRC);
    ipv4("tun_dst", Field.TUN_DST);
    ipv6("tun_ipv6_src", Field.TUN_IPV6_SRC);
    ipv6("tun_ipv6_dst", Field.TUN_IPV6_DST);
    decimalMasked("tun_gbp_id", Field.TUN_GBP_ID);
    if (has(Field.TUN_GBP_FLAGS)) {
      orZero(item("tun_gbp_flags"), get(Field.TUN_GBP_FLAGS)).append(',');
    }
    if (has(Field.TUN_TOS)) {
      item("tun_tos").append(Long.toHexString(get(Field.TUN_TOS))).append(',');
    }
    decimal("tun_ttl", Field.TUN_TTL);
    long flags = mask(Field.TUN_FLAGS) & 0xf;
    if (flags != 0) {
      FlagNames.TUNNEL
          .appendMasked(item("tun_flags"), get(Field.TUN_FLAGS) & 0xf, flags, 0xf)
          .append(',');
    }
  }

  private void vlans() {
    for (int i = 0; i < MAX_VLANS; i++) {
      int m = (int) (mask[VLANS] >>> 32 - 32 * i) & 0xffff;
      int tci = (int) (value[VLANS] >>> 32 - 32 * i) & 0xffff;
      if (m == 0) {
        break;
      }
      String n = i == 0 ? "" : Integer.toString(i);
      int vid = m & 0xfff;
      int pcp = m >>> 13;
      if ((m & tci & VLAN_PRESENT) != 0
          && (vid == 0 || vid == 0xfff)
          && (pcp == 0 || pcp == 7)
          && (vid | pcp) != 0) {
        if (vid != 0) {
          item("dl_vlan" + n).append(tci & 0xfff).append(',');
        }
        if (pcp != 0) {
          item("dl_vlan_pcp" + n).append(tci >>> 13).append(',');
        }
      } else if (m == 0xffff) {
        item("vlan_tci" + n).append(String.format("0x%04x,", tci));
      } else {
        item("vlan_tci" + n).append(String.format("0x%04x/0x%04x,", tci, m));
      }
    }
  }

  private void addresses(int type) {
    switch (type) {
      case EthType.IPV6 -> {
        ipv6("ipv6_src", Field.IPV6_SRC);
        ipv6("ipv6_dst", Field.IPV6_DST);
        if (has(Field.IPV6_LABEL)) {
          item("ipv6_label").append(String.format("0x%05x", get(Field.IPV6_LABEL)));
          long m = mask(Field.IPV6_LABEL);
          s.append(m == 0xfffff ? "," : String.format("/0x%05x,", m));
        }
        if (has(Field.IPV6_EXTHDR)) {
          hexMasked(item("ipv6_exthdr"), get(Field.IPV6_EXTHDR), mask(Field.IPV6_EXTHDR), 0x1ff);
        }
      }
      case EthType.ARP, EthType.RARP -> {
        ipv4("arp_spa", Field.ARP_SPA);
        ipv4("arp_tpa", Field.ARP_TPA);
      }
      case EthType.NSH -> NshText.append(s, value, mask);
      default -> {
        ipv4("nw_src", Field.IPV4_SRC);
        ipv4("nw_dst", Field.IPV4_DST);
      }
    }
  }

  private void mpls() {
    decimal("mpls_label", Field.MPLS_LABEL);
    decimal("mpls_tc", Field.MPLS_TC);
    decimal("mpls_ttl", Field.MPLS_TTL);
    decimal("mpls_bos", Field.MPLS_BOS);
    lse("mpls_lse1", value[MPLS01] & 0xffffffffL, mask[MPLS01] & 0xffffffffL);
    lse("mpls_lse2", value[MPLS2] >>> 32, mask[MPLS2] >>> 32);
    if (has(Field.PBB_ISID)) {
      hexMasked(item("pbb_isid"), get(Field.PBB_ISID), mask(Field.PBB_ISID), 0xffffff);
    }
    decimal("pbb_uca", Field.PBB_UCA);
  }

  private void lse(String name, long v, long m) {
    if (m == 0xffffffffL) {
      item(name).append(v).append(',');
    } else if (m != 0) {
      item(name).append(String.format("0x%08x/0x%08x,", v, m));
    }
  }

  private void frag() {
    int m = (int) mask(Field.IP_FRAG) & (FRAG_ANY | FRAG_LATER);
    if (m != 0) {
      item("nw_frag").append(ValueText.fragName((int) get(Field.IP_FRAG), m)).append(',');
    }
  }

  private void transport(int type) {
    int proto = (int) get(Field.IP_PROTO);
    if (type == EthType.IPV4 && proto == IpProto.ICMP) {
      decimalMasked("icmp_type", Field.TCP_SRC);
      decimalMasked("icmp_code", Field.TCP_DST);
    } else if (type == EthType.IPV6 && proto == IpProto.ICMPV6) {
      decimalMasked("icmp_type", Field.TCP_SRC);
      decimalMasked("icmp_code", Field.TCP_DST);
      ipv6("nd_target", Field.ND_TARGET);
      mac("nd_sll", Field.ND_SLL);
      mac("nd_tll", Field.ND_TLL);
      decimal("nd_reserved", Field.ND_RESERVED);
      decimal("nd_options_type", Field.ND_OPTIONS_TYPE);
    } else {
      decimalMasked("tp_src", Field.TCP_SRC);
      decimalMasked("tp_dst", Field.TCP_DST);
    }
    if ((type == EthType.IPV4 || type == EthType.IPV6)
        && proto == IpProto.TCP
        && has(Field.TCP_FLAGS)) {
      FlagNames.TCP
          .appendMasked(item("tcp_flags"), get(Field.TCP_FLAGS), mask(Field.TCP_FLAGS), 0xfff)
          .append(',');
    }
  }

  // What the methods above are made of. Each appends nothing if the field is not matched.

  private void port(String name, Field f) {
    if (has(f)) {
      names.appendPort(item(name), OfPort.of((int) get(f))).append(',');
    }
  }

  private void hex32(String name, Field f) {
    if (has(f)) {
      hexMasked(item(name), get(f), mask(f), 0xffffffffL);
    }
  }

  private static void hexMasked(StringBuilder s, long v, long m, long full) {
    orZero(s, v);
    if (m != full) {
      orZero(s.append('/'), m);
    }
    s.append(',');
  }

  /** As C's {@code %#x}: zero has no {@code 0x}. */
  private static StringBuilder orZero(StringBuilder s, long v) {
    return ValueText.appendHex(s, 0, v);
  }

  private void decimal(String name, Field f) {
    if (has(f)) {
      item(name).append(get(f)).append(',');
    }
  }

  private void decimalMasked(String name, Field f) {
    if (!has(f)) {
      return;
    }
    item(name);
    if (mask(f) == f.ones()) {
      s.append(get(f)).append(',');
    } else {
      s.append(String.format("0x%x/0x%x,", get(f), mask(f)));
    }
  }

  private void mac(String name, Field f) {
    if (has(f)) {
      AddressText.appendMac(item(name), get(f), mask(f)).append(',');
    }
  }

  private void ipv4(String name, Field f) {
    if (has(f)) {
      AddressText.appendIpv4(item(name), get(f), mask(f)).append(',');
    }
  }

  private void ipv6(String name, Field f) {
    long[] w = wide(f.word());
    if ((w[2] | w[3]) != 0) {
      AddressText.appendIpv6(item(name), w[0], w[1], w[2], w[3]).append(',');
    }
  }

  /** Value and mask of two words. */
  private long[] wide(int word) {
    return new long[] {value[word], value[word + 1], mask[word], mask[word + 1]};
  }

  private boolean has(Field f) {
    return mask(f) != 0;
  }

  private long get(Field f) {
    return value[f.word()] >>> f.shift() & f.ones();
  }

  private long mask(Field f) {
    return mask[f.word()] >>> f.shift() & f.ones();
  }

  private StringBuilder item(String name) {
    return s.append(name).append('=');
  }
}
