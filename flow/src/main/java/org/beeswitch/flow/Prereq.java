// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.beeswitch.flow.FlowLayout.*;

/**
 * What must be matched exactly before a field means anything (OF 1.3.5, 7.2.3.6; OVS {@code
 * lib/meta-flow.h}, Prerequisites).
 */
public enum Prereq {
  NONE,
  IN_PORT,
  ETHERNET,
  VLAN_VID,
  ARP,
  IPV4,
  IPV6,
  IP_ANY,
  MPLS,
  PBB,
  CT,
  TCP,
  UDP,
  SCTP,
  ICMPV4,
  ICMPV6,
  ND,
  ND_SOLICIT,
  ND_ADVERT;

  /**
   * Whether {@code flow}, taken as exact where {@code mask} has ones, satisfies this; both are
   * {@link FlowLayout} words.
   */
  public boolean holds(long[] flow, long[] mask) {
    return switch (this) {
      case NONE, ETHERNET -> true; // L3-only packet types come later; packet_type 0 is Ethernet
      case IN_PORT -> (mask[OF_PORTS] >>> 32) == 0xffffffffL;
      case VLAN_VID ->
          (mask[VLANS] >>> 32 & VLAN_PRESENT) != 0 && (flow[VLANS] >>> 32 & VLAN_PRESENT) != 0;
      case ARP -> ethType(flow, mask, EthType.ARP) || ethType(flow, mask, EthType.RARP);
      case IPV4 -> ethType(flow, mask, EthType.IPV4);
      case IPV6 -> ethType(flow, mask, EthType.IPV6);
      case IP_ANY -> ethType(flow, mask, EthType.IPV4) || ethType(flow, mask, EthType.IPV6);
      case MPLS -> ethType(flow, mask, EthType.MPLS) || ethType(flow, mask, EthType.MPLS_MCAST);
      case PBB -> ethType(flow, mask, EthType.PBB);
      case CT ->
          IP_ANY.holds(flow, mask)
              && (mask[FlowLayout.CT] >>> 56 & 0x20) != 0
              && (flow[FlowLayout.CT] >>> 56 & 0x20) != 0;
      case TCP -> hasPorts(flow, mask, IpProto.TCP);
      case UDP -> hasPorts(flow, mask, IpProto.UDP);
      case SCTP -> hasPorts(flow, mask, IpProto.SCTP);
      case ICMPV4 -> IPV4.holds(flow, mask) && proto(flow, mask, IpProto.ICMP);
      case ICMPV6 -> IPV6.holds(flow, mask) && proto(flow, mask, IpProto.ICMPV6);
      case ND -> ND_SOLICIT.holds(flow, mask) || ND_ADVERT.holds(flow, mask);
      case ND_SOLICIT -> nd(flow, mask, 135);
      case ND_ADVERT -> nd(flow, mask, 136);
    };
  }

  /** Whether an Ethernet packet is the least that it asks for. */
  public boolean isOfEthernet() {
    return this != NONE && this != IN_PORT;
  }

  private static boolean ethType(long[] flow, long[] mask, int type) {
    return (mask[ETH_DST_TYPE] & 0xffff) == 0xffff && (flow[ETH_DST_TYPE] & 0xffff) == type;
  }

  private static boolean proto(long[] flow, long[] mask, int proto) {
    return (mask[NW] >>> 32 & 0xff) == 0xff && (flow[NW] >>> 32 & 0xff) == proto;
  }

  /** As OVS: a flow of later fragments has no ports, whether the mask looks at that or not. */
  private static boolean hasPorts(long[] flow, long[] mask, int proto) {
    return IP_ANY.holds(flow, mask)
        && proto(flow, mask, proto)
        && (flow[NW] >>> 56 & FRAG_LATER) == 0;
  }

  /** ND: ICMPv6 of the type with code 0 (OVS {@code is_nd}). */
  private static boolean nd(long[] flow, long[] mask, int type) {
    return ICMPV6.holds(flow, mask)
        && (mask[TP] >>> 48) == 0xffff
        && (flow[TP] >>> 48) == type
        && (mask[TP] >>> 32 & 0xffff) == 0xffff
        && (flow[TP] >>> 32 & 0xffff) == 0;
  }
}
