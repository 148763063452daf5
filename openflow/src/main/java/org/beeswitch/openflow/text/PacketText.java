// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.Be;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Layers;

/** Prints packets and what is known of them: flows and megaflows. */
public final class PacketText {
  private PacketText() {}

  /**
   * A packet as {@code monitor} shows it: its flow, and the checksum that stands in it (OVS {@code
   * ofp_packet_to_string}). Ends the line.
   */
  static void append(StringBuilder s, byte[] packet) {
    Flow f = new Flow();
    Layers layers = new Layers();
    FlowParser.parse(packet, 0, packet.length, f, layers);
    append(s, f, Names.NONE);
    int l4 = layers.l4;
    if (l4 >= 0) {
      checksum(s, packet, l4, layers.end - l4, (int) f.get(Field.IP_PROTO));
    }
    s.append('\n');
  }

  private static void checksum(StringBuilder s, byte[] p, int l4, int size, int proto) {
    switch (proto) {
      case IpProto.TCP -> checksum(s, " tcp_csum:", p, l4 + 16, size >= 20);
      case IpProto.UDP -> checksum(s, " udp_csum:", p, l4 + 6, size >= 8);
      case IpProto.SCTP -> {
        if (size >= 12) {
          s.append(" sctp_csum:").append(Long.toHexString(Be.get32(p, l4 + 8)));
        }
      }
      case IpProto.ICMP -> checksum(s, " icmp_csum:", p, l4 + 2, size >= 8);
      case IpProto.ICMPV6 -> checksum(s, " icmp6_csum:", p, l4 + 2, size >= 4);
      default -> {}
    }
  }

  private static void checksum(StringBuilder s, String name, byte[] p, int at, boolean isThere) {
    if (isThere) {
      s.append(name).append(Integer.toHexString(Be.get16(p, at)));
    }
  }

  /**
   * Appends a flow: all that a packet of its kind has, and of what it came with what is not zero
   * (OVS {@code flow_format}).
   */
  public static StringBuilder append(StringBuilder s, Flow f, Names names) {
    long[] mask = new long[WORDS];
    maskOf(f, mask);
    for (int w : new int[] {METADATA, OF_PORTS, SKB, CT, CT_LABEL, CT_LABEL + 1, TYPE_HASH}) {
      mask[w] = 0;
    }
    present(f, mask, Field.METADATA);
    present(f, mask, Field.IN_PORT);
    present(f, mask, Field.PKT_MARK);
    present(f, mask, Field.SKB_PRIORITY);
    present(f, mask, Field.RECIRC_ID);
    present(f, mask, Field.DP_HASH);
    present(f, mask, Field.CT_STATE);
    present(f, mask, Field.CT_ZONE);
    present(f, mask, Field.CT_MARK);
    if ((f.words()[CT_LABEL] | f.words()[CT_LABEL + 1]) != 0) {
      mask[CT_LABEL] = -1L;
      mask[CT_LABEL + 1] = -1L;
    }
    TextField.REGISTERS.forEach(reg -> present(f, mask, reg));
    present(f, mask, Field.TUN_ID);
    if (f.words()[PORT_RECIRC] << 32 != 0) {
      mask[TYPE_HASH] |= Field.PACKET_TYPE.wordMask(); // "eth": only recirculated packets say it
    }
    return MatchText.append(s, f.words(), mask, MatchText.DEFAULT_PRIORITY, names);
  }

  /**
   * Appends a megaflow as {@code ofproto/trace} does: the bits of the flow that its translation
   * looked at, and always {@code recirc_id} and {@code eth}.
   */
  public static StringBuilder appendMegaflow(StringBuilder s, Flow f, FlowMask m, Names names) {
    long[] mask = m.words().clone();
    mask[PORT_RECIRC] |= Field.RECIRC_ID.wordMask();
    mask[TYPE_HASH] |= Field.PACKET_TYPE.wordMask();
    long[] value = f.words().clone();
    for (int w = 0; w < WORDS; w++) {
      value[w] &= mask[w];
    }
    return MatchText.append(s, value, mask, MatchText.DEFAULT_PRIORITY, names);
  }

  private static void present(Flow f, long[] mask, Field field) {
    if (f.get(field) != 0) {
      mask[field.word()] |= field.wordMask();
    }
  }

  /** What the packets of a flow have (OVS {@code flow_wildcards_init_for_packet}). */
  private static void maskOf(Flow f, long[] mask) {
    ones(mask, Field.ETH_DST, Field.ETH_SRC, Field.ETH_TYPE);
    long outer = f.words()[VLANS] >>> 32 & 0xffff;
    mask[VLANS] = outer == 0 ? 0xffffL << 32 : 0xffffL << 32 | 0xffff;
    int type = (int) f.get(Field.ETH_TYPE);
    switch (type) {
      case EthType.IPV4 -> ones(mask, Field.IPV4_SRC, Field.IPV4_DST);
      case EthType.IPV6 -> {
        ones(mask, Field.IPV6_SRC, Field.IPV6_DST, Field.IPV6_LABEL);
        long icmpType = f.get(Field.ICMPV6_TYPE);
        if (f.get(Field.IP_PROTO) == IpProto.ICMPV6
            && (icmpType == 135 || icmpType == 136)
            && f.get(Field.ICMPV6_CODE) == 0) {
          ones(mask, Field.ND_SLL, Field.ND_TLL, Field.ND_TARGET);
        }
      }
      case EthType.ARP, EthType.RARP -> {
        ones(mask, Field.ARP_SPA, Field.ARP_TPA, Field.IP_PROTO, Field.ARP_SHA, Field.ARP_THA);
        return;
      }
      case EthType.MPLS, EthType.MPLS_MCAST -> {
        mpls(f, mask);
        return;
      }
      case EthType.NSH -> {
        mask[NSH] = -1L;
        mask[NSH_CONTEXT] = -1L;
        mask[NSH_CONTEXT + 1] = -1L;
      }
      default -> {
        return;
      }
    }
    mask[NW] |= (long) (FRAG_ANY | FRAG_LATER) << 56;
    ones(mask, Field.IP_DSCP, Field.IP_ECN, Field.IP_TTL, Field.IP_PROTO);
    if ((f.get(Field.IP_FRAG) & FRAG_LATER) != 0) {
      return;
    }
    switch ((int) f.get(Field.IP_PROTO)) {
      case IpProto.TCP -> ones(mask, Field.TCP_SRC, Field.TCP_DST, Field.TCP_FLAGS);
      case IpProto.ICMP, IpProto.ICMPV6, IpProto.UDP, IpProto.SCTP, IpProto.IGMP ->
          ones(mask, Field.TCP_SRC, Field.TCP_DST);
      default -> {}
    }
  }

  private static void mpls(Flow f, long[] mask) {
    long[] w = f.words();
    mask[MPLS01] = 0xffffffffL << 32;
    if ((w[MPLS01] >>> 32 & 0x100) == 0) {
      mask[MPLS01] = -1L;
      if ((w[MPLS01] & 0x100) == 0) {
        mask[MPLS2] = 0xffffffffL << 32;
      }
    }
  }

  private static void ones(long[] mask, Field... fields) {
    for (Field f : fields) {
      mask[f.word()] |= f.wordMask();
      if (f.isWide()) {
        mask[f.word() + 1] = -1L;
      }
    }
  }
}
