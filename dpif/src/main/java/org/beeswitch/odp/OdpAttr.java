// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.beeswitch.flow.FlowLayout.*;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.Immutable;
import org.beeswitch.flow.FlowLayout;

/**
 * The sections that a datapath key has in text, such as {@code tcp(src=1,dst=2)}, and where in an
 * {@link OdpKey} their parts are: described once, for printing and for parsing, of keys and of
 * {@code set(...)} actions. Names, order and forms are OVS's ({@code lib/odp-util.c}); sections
 * that OVS does not have are marked.
 *
 * <p>A section with a single part without a name has its value alone in the parentheses. VLAN tags,
 * EtherTypes, packet type and MPLS labels have forms of their own: see {@link OdpKeyText}.
 */
enum OdpAttr {
  SKB_PRIORITY("skb_priority", Part.of("", SKB, 0, 32, Form.HEX)),
  SKB_MARK("skb_mark", Part.of("", SKB, 32, 32, Form.HEX)),
  CT_STATE("ct_state", Part.of("", CT, 56, 8, Form.CT_STATE)),
  CT_ZONE("ct_zone", Part.of("", CT, 32, 16, Form.HEX)),
  CT_MARK("ct_mark", Part.of("", CT, 0, 32, Form.HEX)),
  CT_LABEL("ct_label", Part.wide("", FlowLayout.CT_LABEL, Form.HEX128)),
  CT_TUPLE4(
      "ct_tuple4",
      Part.of("src", CT_IPV4, 32, 32, Form.IPV4),
      Part.of("dst", CT_IPV4, 0, 32, Form.IPV4),
      Part.of("proto", CT, 48, 8, Form.DECIMAL),
      Part.of("tp_src", CT_TP, 48, 16, Form.DECIMAL),
      Part.of("tp_dst", CT_TP, 32, 16, Form.DECIMAL)),
  CT_TUPLE6(
      "ct_tuple6",
      Part.wide("src", CT_IPV6_SRC, Form.IPV6),
      Part.wide("dst", CT_IPV6_DST, Form.IPV6),
      Part.of("proto", CT, 48, 8, Form.DECIMAL),
      Part.of("src_port", CT_TP, 48, 16, Form.DECIMAL),
      Part.of("dst_port", CT_TP, 32, 16, Form.DECIMAL)),
  RECIRC_ID("recirc_id", Part.of("", PORT_RECIRC, 0, 32, Form.HEX)),
  DP_HASH("dp_hash", Part.of("", TYPE_HASH, 0, 32, Form.HEX)),
  IN_PORT("in_port", Part.of("", PORT_RECIRC, 32, 32, Form.PORT)),
  ETH(
      "eth",
      Part.of("src", ETH_SRC, 16, 48, Form.ETH),
      Part.of("dst", ETH_DST_TYPE, 16, 48, Form.ETH)),
  IPV4(
      "ipv4",
      Part.of("src", FlowLayout.IPV4, 32, 32, Form.IPV4),
      Part.of("dst", FlowLayout.IPV4, 0, 32, Form.IPV4),
      Part.of("proto", NW, 32, 8, Form.DECIMAL),
      Part.of("tos", NW, 48, 8, Form.HEX),
      Part.of("ttl", NW, 40, 8, Form.DECIMAL),
      Part.of("frag", NW, 56, 8, Form.FRAG)),
  IPV6(
      "ipv6",
      Part.wide("src", IPV6_SRC, Form.IPV6),
      Part.wide("dst", IPV6_DST, Form.IPV6),
      Part.of("label", NW, 0, 20, Form.HEX),
      Part.of("proto", NW, 32, 8, Form.DECIMAL),
      Part.of("tclass", NW, 48, 8, Form.HEX),
      Part.of("hlimit", NW, 40, 8, Form.DECIMAL),
      Part.of("frag", NW, 56, 8, Form.FRAG)),
  /** Not OVS's: which IPv6 extension headers there are. */
  IPV6_EXTHDR("ipv6_exthdr", Part.of("", TP, 0, 9, Form.HEX)),
  ARP(
      "arp",
      Part.of("sip", FlowLayout.IPV4, 32, 32, Form.IPV4),
      Part.of("tip", FlowLayout.IPV4, 0, 32, Form.IPV4),
      Part.of("op", NW, 32, 8, Form.DECIMAL),
      Part.of("sha", ARP_SHA, 16, 48, Form.ETH),
      Part.of("tha", ARP_THA, 16, 48, Form.ETH)),
  TCP("tcp", Part.of("src", TP, 48, 16, Form.DECIMAL), Part.of("dst", TP, 32, 16, Form.DECIMAL)),
  TCP_FLAGS("tcp_flags", Part.of("", TP, 16, 12, Form.TCP_FLAGS)),
  UDP("udp", Part.of("src", TP, 48, 16, Form.DECIMAL), Part.of("dst", TP, 32, 16, Form.DECIMAL)),
  SCTP("sctp", Part.of("src", TP, 48, 16, Form.DECIMAL), Part.of("dst", TP, 32, 16, Form.DECIMAL)),
  ICMP("icmp", Part.of("type", TP, 48, 16, Form.BYTE), Part.of("code", TP, 32, 16, Form.BYTE)),
  ICMPV6("icmpv6", Part.of("type", TP, 48, 16, Form.BYTE), Part.of("code", TP, 32, 16, Form.BYTE)),
  ND(
      "nd",
      Part.wide("target", ND_TARGET, Form.IPV6),
      Part.of("sll", ARP_SHA, 16, 48, Form.ETH),
      Part.of("tll", ARP_THA, 16, 48, Form.ETH)),
  ND_EXT(
      "nd_ext",
      Part.of("nd_reserved", ND_IGMP, 32, 32, Form.HEX),
      Part.of("nd_options_type", TP, 16, 16, Form.BYTE)),
  /** Not OVS's, whose datapath keys do not have IGMP. */
  IGMP(
      "igmp",
      Part.of("type", TP, 48, 16, Form.BYTE),
      Part.of("code", TP, 32, 16, Form.BYTE),
      Part.of("group", ND_IGMP, 0, 32, Form.IPV4)),
  /** Not OVS's, which does not know PBB. */
  PBB(
      "pbb",
      Part.of("pcp", FlowLayout.PBB, 61, 3, Form.DECIMAL),
      Part.of("dei", FlowLayout.PBB, 60, 1, Form.DECIMAL),
      Part.of("uca", FlowLayout.PBB, 59, 1, Form.DECIMAL),
      Part.of("isid", FlowLayout.PBB, 32, 24, Form.HEX),
      Part.of("c_src", PBB_C_SRC, 16, 48, Form.ETH),
      Part.of("c_dst", PBB_C_DST, 16, 48, Form.ETH),
      Part.of("c_type", FlowLayout.PBB, 16, 16, Form.HEX));

  /** How a value and its mask are written. */
  enum Form {
    /** Value decimal, mask hexadecimal. */
    DECIMAL,
    /** As DECIMAL, of 8 bits that stand in 16. */
    BYTE,
    HEX,
    HEX128,
    ETH,
    IPV4,
    IPV6,
    PORT,
    FRAG,
    TCP_FLAGS,
    CT_STATE
  }

  /**
   * @param word index into an {@link OdpKey}; of the first of two words in the 128-bit forms
   */
  @Immutable
  record Part(String name, int word, int shift, int bits, Form form) {
    static Part of(String name, int flowWord, int shift, int bits, Form form) {
      return new Part(name, flowWord - ODP, shift, bits, form);
    }

    static Part wide(String name, int flowWord, Form form) {
      return new Part(name, flowWord - ODP, 0, 128, form);
    }

    boolean isWide() {
      return bits == 128;
    }

    /** All ones of its width, not shifted. */
    long ones() {
      return bits >= 64 ? -1L : (1L << bits) - 1;
    }

    /** The ones that make a mask exact: not more than the value can have. */
    long exact() {
      return form == Form.BYTE ? 0xff : ones();
    }

    long get(long[] words) {
      return words[word] >>> shift & ones();
    }

    void set(long[] words, long value) {
      words[word] = words[word] & ~(ones() << shift) | (value & ones()) << shift;
    }

    boolean isZero(long[] words) {
      return isWide() ? (words[word] | words[word + 1]) == 0 : (get(words) & exact()) == 0;
    }

    boolean isExact(long[] mask) {
      if (isWide()) {
        return (mask[word] & mask[word + 1]) == -1L;
      }
      // A fragment's bits are one enumeration; whoever looks at one looks at all.
      return form == Form.FRAG ? get(mask) != 0 : (get(mask) & exact()) == exact();
    }

    void setExact(long[] mask) {
      if (isWide()) {
        mask[word] = -1L;
        mask[word + 1] = -1L;
      } else {
        set(mask, ones());
      }
    }
  }

  private final String text;
  private final ImmutableList<Part> parts;

  OdpAttr(String text, Part... parts) {
    this.text = text;
    this.parts = ImmutableList.copyOf(parts);
  }

  String text() {
    return text;
  }

  ImmutableList<Part> parts() {
    return parts;
  }

  boolean isWildcard(long[] mask) {
    for (Part p : parts) {
      if (!p.isZero(mask)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the section's value stands alone in the parentheses. */
  boolean isScalar() {
    return parts.get(0).name().isEmpty();
  }
}
