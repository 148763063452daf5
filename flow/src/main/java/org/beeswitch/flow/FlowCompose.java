// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * Makes a packet that {@link FlowParser} reads as a given flow (OVS {@code flow_compose}): what
 * {@code ofproto/trace} sends through the tables when it is given a flow and no packet.
 *
 * <p>What a flow does not tell is zero or the least that is valid. Some flows no packet has (an L4
 * port with an IP protocol that has none, an ND option type without the option's address): these
 * fields are left out. Length and order of IPv6 extension headers are lost; one of each that {@link
 * Field#IPV6_EXTHDR} names is there, in the recommended order, but for ESP and no-next-header,
 * which are the protocol.
 */
public final class FlowCompose {
  private FlowCompose() {}

  /**
   * Composes a packet with {@code payload} bytes of L4 payload where the protocol has any: TCP
   * segments without SYN, FIN or RST, UDP, and ICMP echo.
   */
  public static Packet compose(Flow f, int payload) {
    PacketBuilder b = new PacketBuilder().eth(f.get(Field.ETH_DST), f.get(Field.ETH_SRC));
    long vlans = f.words()[FlowLayout.VLANS];
    for (int shift = 32; shift >= 0; shift -= 32) {
      long tag = vlans >>> shift;
      if ((tag & FlowLayout.VLAN_PRESENT) != 0) {
        b.vlan((int) tag >>> 16, (int) tag & 0xefff);
      }
    }
    int type = (int) f.get(Field.ETH_TYPE);
    switch (type) {
      case EthType.NONE -> b.type(0); // an 802.3 length, of nothing
      case EthType.IPV4 -> {
        b.ipv4(f.get(Field.IPV4_SRC), f.get(Field.IPV4_DST), tos(f), (int) f.get(Field.IP_TTL), 0);
        int frag = (int) f.get(Field.IP_FRAG);
        if (frag != 0) {
          b.ipv4Fragment(0, (frag & FlowLayout.FRAG_LATER) != 0 ? 100 : 0, true);
        }
        l4(b, f, payload);
      }
      case EthType.IPV6 -> {
        b.ipv6(
            address(f, Field.IPV6_SRC),
            address(f, Field.IPV6_DST),
            tos(f),
            (int) f.get(Field.IPV6_LABEL),
            (int) f.get(Field.IP_TTL));
        extensions(b, f);
        l4(b, f, payload);
      }
      case EthType.ARP, EthType.RARP ->
          b.arp(
              type,
              (int) f.get(Field.ARP_OP),
              f.get(Field.ARP_SHA),
              f.get(Field.ARP_SPA),
              f.get(Field.ARP_THA),
              f.get(Field.ARP_TPA));
      case EthType.MPLS, EthType.MPLS_MCAST -> mpls(b, f, type);
      case EthType.PBB ->
          b.pbb(
                  (int) (f.words()[FlowLayout.PBB] >>> 32),
                  f.words()[FlowLayout.PBB_C_DST] >>> 16,
                  f.words()[FlowLayout.PBB_C_SRC] >>> 16)
              .type((int) (f.words()[FlowLayout.PBB] >>> 16) & 0xffff);
      case EthType.NSH -> nsh(b, f);
      default -> b.type(type);
    }
    return b.packet();
  }

  private static void extensions(PacketBuilder b, Flow f) {
    int ext = (int) f.get(Field.IPV6_EXTHDR);
    int frag = (int) f.get(Field.IP_FRAG);
    if ((ext & FlowParser.EXT_HOP) != 0) {
      b.extension(IpProto.HOPOPTS, 0);
    }
    if ((ext & FlowParser.EXT_DEST) != 0) {
      b.extension(IpProto.DSTOPTS, 0);
    }
    if ((ext & FlowParser.EXT_ROUTER) != 0) {
      b.extension(IpProto.ROUTING, 0);
    }
    if (frag != 0) {
      b.ipv6Fragment(0, (frag & FlowLayout.FRAG_LATER) != 0 ? 100 : 0, true);
    } else if ((ext & FlowParser.EXT_FRAG) != 0) {
      b.ipv6Fragment(0, 0, false);
    }
    if ((frag & FlowLayout.FRAG_LATER) == 0 && (ext & FlowParser.EXT_AUTH) != 0) {
      b.extension(IpProto.AH, 0);
    }
  }

  private static void mpls(PacketBuilder b, Flow f, int type) {
    long[] w = f.words();
    int[] labels = {
      (int) (w[FlowLayout.MPLS01] >>> 32),
      (int) w[FlowLayout.MPLS01],
      (int) (w[FlowLayout.MPLS2] >>> 32)
    };
    int n = 1;
    while (n < FlowLayout.MAX_MPLS && (labels[n - 1] & 0x100) == 0) {
      n++;
    }
    b.mpls(type, Arrays.copyOf(labels, n));
  }

  private static void nsh(PacketBuilder b, Flow f) {
    long base = f.words()[FlowLayout.NSH];
    boolean withContext = (base >>> 40 & 0xff) == 1;
    byte[] h = new byte[withContext ? 24 : 8];
    Be.put16(h, 0, (int) (base >>> 56) << 12 | (int) (base >>> 48 & 0xff) << 6 | h.length / 4);
    Be.put16(h, 2, (int) (base >>> 32));
    Be.put32(h, 4, base);
    if (withContext) {
      Be.put64(h, 8, f.words()[FlowLayout.NSH_CONTEXT]);
      Be.put64(h, 16, f.words()[FlowLayout.NSH_CONTEXT + 1]);
    }
    b.type(EthType.NSH).payload(h);
  }

  private static void l4(PacketBuilder b, Flow f, int payload) {
    int proto = (int) f.get(Field.IP_PROTO);
    int src = (int) f.get(Field.TCP_SRC);
    int dst = (int) f.get(Field.TCP_DST);
    if ((f.get(Field.IP_FRAG) & FlowLayout.FRAG_LATER) != 0) {
      b.proto(proto);
      return;
    }
    switch (proto) {
      case IpProto.TCP -> {
        int flags = (int) f.get(Field.TCP_FLAGS);
        b.tcp(src, dst, flags, 0).payload((flags & 7) == 0 ? payload : 0);
      }
      case IpProto.UDP -> b.udp(src, dst).payload(payload);
      case IpProto.SCTP -> b.sctp(src, dst);
      case IpProto.ICMP ->
          b.icmp(src, dst, 0).payload((src == 0 || src == 8) && dst == 0 ? payload : 0);
      case IpProto.IGMP -> b.igmp(src, dst, f.words()[FlowLayout.ND_IGMP] & 0xffffffffL);
      case IpProto.ICMPV6 -> {
        if (dst == 0 && (src == 135 || src == 136)) {
          b.nd(src, (int) f.get(Field.ND_RESERVED), address(f, Field.ND_TARGET));
          ndOptions(b, f);
        } else {
          b.icmpv6(src, dst, 0).payload((src == 128 || src == 129) && dst == 0 ? payload : 0);
        }
      }
      default -> b.proto(proto);
    }
  }

  /** The options in the order that gives the flow's options type. */
  private static void ndOptions(PacketBuilder b, Flow f) {
    int type = (int) f.get(Field.ND_OPTIONS_TYPE);
    int first = type == 2 ? 2 : 1;
    for (int option : new int[] {first, 3 - first}) {
      long mac = f.get(option == 1 ? Field.ND_SLL : Field.ND_TLL);
      if (mac != 0 || option == type) {
        b.ndOption(option, mac);
      }
    }
  }

  private static int tos(Flow f) {
    return (int) (f.words()[FlowLayout.NW] >>> 48) & 0xff;
  }

  private static Ipv6Address address(Flow f, Field field) {
    return new Ipv6Address(f.words()[field.word()], f.words()[field.word() + 1]);
  }
}
