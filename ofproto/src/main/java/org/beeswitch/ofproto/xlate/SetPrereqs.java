// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;

/**
 * Whether a packet has the field that a set-field writes, and which bits had to be looked at to
 * know (OVS {@code mf_are_prereqs_ok} and {@code mf_set_mask_l3_prereqs} in {@code
 * lib/meta-flow.c}). The EtherType is in every mask already.
 */
final class SetPrereqs {
  private SetPrereqs() {}

  private static final long NW_PROTO = 0xffL << 32;

  static boolean met(Field f, long[] flow, long[] mask) {
    int type = (int) flow[ETH_DST_TYPE] & 0xffff;
    boolean ip = type == EthType.IPV4 || type == EthType.IPV6;
    boolean met =
        switch (f.prereq()) {
          case NONE, ETHERNET, IN_PORT -> true;
          case VLAN_VID -> {
            mask[VLANS] |= (long) VLAN_PRESENT << 32;
            yield (flow[VLANS] >>> 32 & VLAN_PRESENT) != 0;
          }
          case ARP -> type == EthType.ARP || type == EthType.RARP;
          case IPV4 -> type == EthType.IPV4;
          case IPV6 -> type == EthType.IPV6;
          case IP_ANY -> ip;
          case MPLS -> EthType.isMpls(type);
          case PBB -> type == EthType.PBB;
          case CT -> false; // no packet is tracked yet
          case TCP -> ip && transport(IpProto.TCP, flow, mask);
          case UDP -> ip && transport(IpProto.UDP, flow, mask);
          case SCTP -> ip && transport(IpProto.SCTP, flow, mask);
          case ICMPV4 -> type == EthType.IPV4 && transport(IpProto.ICMP, flow, mask);
          case ICMPV6 -> type == EthType.IPV6 && transport(IpProto.ICMPV6, flow, mask);
          case ND -> nd(type, flow, mask) != 0;
          case ND_SOLICIT -> nd(type, flow, mask) == 135;
          case ND_ADVERT -> nd(type, flow, mask) == 136;
        };
    if (met) {
      lookAtL3(f, ip, type, mask);
    }
    return met;
  }

  /**
   * What says that there is an L3 header to rewrite at all. For DSCP as OXM has it OVS leaves that
   * out; {@link Commit} looks when it comes to it.
   */
  private static void lookAtL3(Field f, boolean ip, int type, long[] mask) {
    switch (f) {
      case IPV4_SRC, IPV4_DST, IPV6_SRC, IPV6_DST, IPV6_LABEL, IP_ECN, IP_TTL -> {
        if (ip) {
          mask[NW] |= NW_PROTO;
        }
      }
      case ARP_OP, ARP_SHA, ARP_THA, ARP_SPA, ARP_TPA -> {
        if (type == EthType.ARP) {
          mask[NW] |= NW_PROTO;
        }
      }
      default -> {}
    }
  }

  private static boolean transport(int proto, long[] flow, long[] mask) {
    mask[NW] |= NW_PROTO;
    return (flow[NW] >>> 32 & 0xff) == proto && (flow[NW] >>> 56 & FRAG_LATER) == 0;
  }

  /** The ICMPv6 type of a neighbour solicitation or advertisement; 0 if it is neither. */
  private static int nd(int type, long[] flow, long[] mask) {
    if (type != EthType.IPV6 || !transport(IpProto.ICMPV6, flow, mask)) {
      return 0;
    }
    mask[TP] |= 0xffffL << 32;
    if ((flow[TP] >>> 32 & 0xffff) != 0) {
      return 0;
    }
    mask[TP] |= 0xffffL << 48;
    int t = (int) (flow[TP] >>> 48);
    return t == 135 || t == 136 ? t : 0;
  }
}
