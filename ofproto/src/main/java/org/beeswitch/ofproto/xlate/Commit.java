// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.EthType;
import org.beeswitch.flow.IpProto;
import org.beeswitch.odp.OdpActions;

/**
 * Turns the difference between the flow as rules have rewritten it and the packet as the datapath
 * has it into SET, PUSH_VLAN and POP_VLAN actions (OVS {@code commit_odp_actions} in {@code
 * lib/odp-util.c}, whose order and granularity this keeps, since both are visible in {@code
 * ofproto/trace}).
 *
 * <p>A field is written if its value differs; the bits written are those that the mask has of it,
 * which is at least those that rules set. Afterwards the base equals the flow.
 */
final class Commit {
  private Commit() {}

  private static final long TOS = 0xffL << 48;
  private static final long PROTO = 0xffL << 32;

  /**
   * @param flow as it is to leave, {@link org.beeswitch.flow.FlowLayout} words
   * @param base as the datapath's packet is now; becomes {@code flow} in all that can be written
   * @param mask of the megaflow so far
   */
  static void commit(long[] flow, long[] base, long[] mask, OdpActions out) {
    set(flow, base, mask, out, ETH_SRC, 0xffffffffffff0000L);
    set(flow, base, mask, out, ETH_DST_TYPE, 0xffffffffffff0000L);
    long proto = flow[NW] >>> 32 & 0xff;
    if (((flow[NW] ^ base[NW]) & TOS) != 0 && Rewrites.isIp(base)) {
      mask[NW] |= PROTO; // decides whether there is an L3 header to rewrite
    }
    switch ((int) (base[ETH_DST_TYPE] & 0xffff)) {
      case EthType.IPV4 -> {
        if (proto != 0) {
          set(flow, base, mask, out, IPV4, 0xffffffff00000000L);
          set(flow, base, mask, out, IPV4, 0x00000000ffffffffL);
          set(flow, base, mask, out, NW, 0x00ff000000000000L);
          set(flow, base, mask, out, NW, 0x0000ff0000000000L);
          transport(flow, base, mask, out, (int) proto);
        }
      }
      case EthType.IPV6 -> {
        if (proto != 0) {
          setWide(flow, base, mask, out, IPV6_SRC);
          setWide(flow, base, mask, out, IPV6_DST);
          set(flow, base, mask, out, NW, 0x00000000000fffffL);
          set(flow, base, mask, out, NW, 0x00ff000000000000L);
          set(flow, base, mask, out, NW, 0x0000ff0000000000L);
          if (proto == IpProto.ICMPV6) {
            set(flow, base, mask, out, ND_IGMP, 0xffffffff00000000L);
            set(flow, base, mask, out, TP, 0x00000000ffff0000L);
            setWide(flow, base, mask, out, ND_TARGET);
            set(flow, base, mask, out, ARP_SHA, 0xffffffffffff0000L);
            set(flow, base, mask, out, ARP_THA, 0xffffffffffff0000L);
          }
          transport(flow, base, mask, out, (int) proto);
        }
      }
      case EthType.ARP, EthType.RARP -> {
        if (proto != 0) {
          set(flow, base, mask, out, IPV4, 0xffffffff00000000L);
          set(flow, base, mask, out, IPV4, 0x00000000ffffffffL);
          set(flow, base, mask, out, NW, 0x000000ff00000000L);
          set(flow, base, mask, out, ARP_SHA, 0xffffffffffff0000L);
          set(flow, base, mask, out, ARP_THA, 0xffffffffffff0000L);
        }
      }
      default -> {}
    }
    vlans(flow, base, mask, out);
    set(flow, base, mask, out, SKB, 0x00000000ffffffffL);
    set(flow, base, mask, out, SKB, 0xffffffff00000000L);
  }

  private static void transport(long[] flow, long[] base, long[] mask, OdpActions out, int proto) {
    switch (proto) {
      case IpProto.TCP, IpProto.UDP, IpProto.SCTP, IpProto.ICMP, IpProto.ICMPV6 -> {
        set(flow, base, mask, out, TP, 0xffff000000000000L);
        set(flow, base, mask, out, TP, 0x0000ffff00000000L);
      }
      default -> {}
    }
  }

  private static void set(
      long[] flow, long[] base, long[] mask, OdpActions out, int word, long field) {
    if (((flow[word] ^ base[word]) & field) != 0) {
      long bits = mask[word] & field;
      out.set(word - ODP, flow[word], bits == 0 ? field : bits);
      base[word] = base[word] & ~field | flow[word] & field;
    }
  }

  private static void setWide(long[] flow, long[] base, long[] mask, OdpActions out, int word) {
    if (flow[word] != base[word] || flow[word + 1] != base[word + 1]) {
      for (int w = word; w < word + 2; w++) {
        if (mask[w] != 0) {
          out.set(w - ODP, flow[w], mask[w]);
        }
        base[w] = flow[w];
      }
    }
  }

  private static void vlans(long[] flow, long[] base, long[] mask, OdpActions out) {
    if (flow[VLANS] == base[VLANS]) {
      return;
    }
    int b = count(base) - 1;
    int f = count(flow) - 1;
    while (b >= 0 && f >= 0 && tag(base, b) == tag(flow, f)) {
      b--;
      f--;
    }
    for (; b >= 0; b--) {
      out.popVlan();
      mask[VLANS] |= 0xffffffffL << (b == 0 ? 32 : 0);
    }
    for (; f >= 0; f--) {
      out.pushVlan(tag(flow, f) >>> 16, tag(flow, f) & 0xffff);
    }
    base[VLANS] = flow[VLANS];
  }

  /** Number of tags of a flow. */
  static int count(long[] flow) {
    long v = flow[VLANS];
    return (v >>> 32 & VLAN_PRESENT) == 0 ? 0 : (v & VLAN_PRESENT) == 0 ? 1 : 2;
  }

  /** Tag i, outermost first: tpid:16 tci:16. */
  private static int tag(long[] flow, int i) {
    return (int) (i == 0 ? flow[VLANS] >>> 32 : flow[VLANS]);
  }
}
