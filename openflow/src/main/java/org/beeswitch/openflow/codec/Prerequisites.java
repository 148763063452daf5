// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.beeswitch.flow.FlowLayout.CT;
import static org.beeswitch.flow.FlowLayout.ETH_DST_TYPE;
import static org.beeswitch.flow.FlowLayout.FRAG_LATER;
import static org.beeswitch.flow.FlowLayout.NW;
import static org.beeswitch.flow.FlowLayout.OF_PORTS;
import static org.beeswitch.flow.FlowLayout.TP;
import static org.beeswitch.flow.FlowLayout.TYPE_HASH;
import static org.beeswitch.flow.FlowLayout.VLANS;
import static org.beeswitch.flow.FlowLayout.VLAN_PRESENT;

import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Prereq;

/**
 * Prerequisites as OVS checks them when a message is decoded (OVS {@code meta-flow.c}): on the
 * values alone. A value outside the mask is zero, which satisfies only ND's wish for an ICMPv6 code
 * of zero: OVS accepts {@code nd_target} without a match on the code, and so does this.
 */
public final class Prerequisites {
  private Prerequisites() {}

  private static final int CT_NEW = 0x01;
  private static final int CT_INVALID = 0x10;
  private static final int CT_TRACKED = 0x20;

  /** States that only a valid connection has: new, est, rel, rpl, snat, dnat. */
  private static final int CT_VALID = CT_NEW | 0x02 | 0x04 | 0x08 | 0x40 | 0x80;

  /** Whether a match, so far these values and masks, meets {@code p}. */
  public static boolean met(Prereq p, long[] flow, long[] mask) {
    return switch (p) {
      case NONE -> true;
      case ETHERNET -> packetType(flow) == 0;
      case IN_PORT -> mask[OF_PORTS] >>> 32 != 0;
      case VLAN_VID -> packetType(flow) == 0 && hasTag(flow);
      case ARP -> ethType(flow) == EthType.ARP || ethType(flow) == EthType.RARP;
      case IPV4 -> ethType(flow) == EthType.IPV4;
      case IPV6 -> ethType(flow) == EthType.IPV6;
      case IP_ANY -> ipAny(flow);
      case MPLS -> ethType(flow) == EthType.MPLS || ethType(flow) == EthType.MPLS_MCAST;
      case PBB -> ethType(flow) == EthType.PBB;
      case CT -> ctValid(flow, mask);
      case TCP -> l4(flow, IpProto.TCP);
      case UDP -> l4(flow, IpProto.UDP);
      case SCTP -> l4(flow, IpProto.SCTP);
      case ICMPV4 -> ethType(flow) == EthType.IPV4 && proto(flow) == IpProto.ICMP;
      case ICMPV6 -> icmpv6(flow);
      case ND -> nd(flow, 135) || nd(flow, 136);
      case ND_SOLICIT -> nd(flow, 135);
      case ND_ADVERT -> nd(flow, 136);
    };
  }

  /** Whether packets of this match have the field, so that an action may set it. */
  public static boolean canSet(Field f, long[] flow, long[] mask) {
    return met(f.prereq(), flow, mask) && (f != Field.VLAN_VID || hasTag(flow));
  }

  /** Whether a packet of these words has a VLAN tag. */
  public static boolean hasTag(long[] flow) {
    return (flow[VLANS] >>> 32 & VLAN_PRESENT) != 0;
  }

  private static int packetType(long[] flow) {
    return (int) (flow[TYPE_HASH] >>> 32);
  }

  /**
   * The EtherType, for which a packet type of that name space stands; 0 if the packet type is
   * another (OVS {@code get_dl_type}).
   */
  public static int ethType(long[] flow) {
    int packetType = packetType(flow);
    if (packetType == 0) {
      return (int) (flow[ETH_DST_TYPE] & 0xffff);
    }
    return packetType >>> 16 == 1 ? packetType & 0xffff : 0;
  }

  private static int proto(long[] flow) {
    return (int) (flow[NW] >>> 32 & 0xff);
  }

  private static boolean ipAny(long[] flow) {
    return ethType(flow) == EthType.IPV4 || ethType(flow) == EthType.IPV6;
  }

  private static boolean l4(long[] flow, int proto) {
    return ipAny(flow) && proto(flow) == proto && (flow[NW] >>> 56 & FRAG_LATER) == 0;
  }

  private static boolean icmpv6(long[] flow) {
    return ethType(flow) == EthType.IPV6 && proto(flow) == IpProto.ICMPV6;
  }

  private static boolean nd(long[] flow, int type) {
    return icmpv6(flow) && flow[TP] >>> 48 == type && (flow[TP] >>> 32 & 0xffff) == 0;
  }

  private static boolean ctValid(long[] flow, long[] mask) {
    long state = flow[CT] >>> 56;
    return (state & CT_VALID) != 0
        || (state & CT_TRACKED) != 0
            && (mask[CT] >>> 56 & CT_INVALID) != 0
            && (state & CT_INVALID) == 0;
  }
}
