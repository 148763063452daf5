// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.beeswitch.flow.FlowLayout.*;
import static org.beeswitch.odp.OdpNumbers.hex;
import static org.beeswitch.odp.OdpNumbers.hex4;

import org.beeswitch.flow.EthType;
import org.beeswitch.flow.IpProto;
import org.jspecify.annotations.Nullable;

/**
 * Prints one key (OVS {@code odp_flow_key_from_flow__}, which says what sections a key has, and
 * {@code odp_flow_format}).
 *
 * <p>Which sections a key has follows from the key's own values, never from the mask. In the short
 * form wildcarded parts and sections are left out; in the long one they are there with a mask.
 * {@code packet_type} is always exact: every packet here is Ethernet.
 */
final class OdpKeyText {
  private static final int IN_TAG = 0xffff;

  private final long[] key;
  private final long @Nullable [] mask;
  private final OdpText.PortNamer ports;
  private final boolean verbose;
  private final StringBuilder sb = new StringBuilder();

  OdpKeyText(OdpKey key, @Nullable OdpKey mask, OdpText.PortNamer ports, boolean verbose) {
    this.key = key.words();
    this.mask = mask == null ? null : mask.words();
    this.ports = ports;
    this.verbose = verbose || mask == null;
  }

  String format() {
    attr(OdpAttr.SKB_PRIORITY);
    attr(OdpAttr.SKB_MARK);
    attr(OdpAttr.CT_STATE);
    attr(OdpAttr.CT_ZONE);
    attr(OdpAttr.CT_MARK);
    attr(OdpAttr.CT_LABEL);
    if ((word(key, CT) >>> 48 & 0xff) != 0) {
      if (ethType() == EthType.IPV4) {
        attr(OdpAttr.CT_TUPLE4);
      } else if (ethType() == EthType.IPV6) {
        attr(OdpAttr.CT_TUPLE6);
      }
    }
    attr(OdpAttr.RECIRC_ID);
    attr(OdpAttr.DP_HASH);
    attr(OdpAttr.IN_PORT);
    comma().append("packet_type(ns=0,id=0)");
    attr(OdpAttr.ETH);
    tags(0);
    return sb.toString();
  }

  private static long word(long[] words, int flowWord) {
    return words[flowWord - ODP];
  }

  private int ethType() {
    return (int) word(key, ETH_DST_TYPE) & 0xffff;
  }

  private StringBuilder comma() {
    int n = sb.length();
    return n == 0 || sb.charAt(n - 1) == '(' ? sb : sb.append(',');
  }

  private void attr(OdpAttr a) {
    if (verbose || mask == null || !a.isWildcard(mask)) {
      comma();
      attr(sb, a, key, mask, ports, verbose);
    }
  }

  /** Prints a section whether or not it is wildcarded. */
  static void attr(
      StringBuilder sb,
      OdpAttr a,
      long[] key,
      long @Nullable [] mask,
      OdpText.PortNamer ports,
      boolean verbose) {
    sb.append(a.text()).append('(');
    boolean first = true;
    for (OdpAttr.Part p : a.parts()) {
      if (!verbose && mask != null && p.isZero(mask)) {
        continue;
      }
      if (p.form() == OdpAttr.Form.FRAG && mask != null && p.isZero(mask)) {
        continue; // an enumeration: OVS leaves it out also in the long form
      }
      if (!first) {
        sb.append(',');
      }
      first = false;
      if (!p.name().isEmpty()) {
        sb.append(p.name()).append('=');
      }
      if (p.form() == OdpAttr.Form.CT_STATE && verbose) {
        hex(sb, p.get(key));
        if (mask != null) {
          hex(sb.append('/'), p.get(mask));
        }
      } else {
        OdpNumbers.format(sb, p, key, mask, ports);
      }
    }
    sb.append(')');
  }

  /** The tags from number {@code n} on, and what is inside them. */
  private void tags(int n) {
    int shift = n == 0 ? 32 : 0;
    int tci = n < MAX_VLANS ? (int) (word(key, VLANS) >>> shift) & IN_TAG : 0;
    if (tci == 0) {
      etherType();
      return;
    }
    int tpid = (int) (word(key, VLANS) >>> shift + 16) & 0xffff;
    int tciMask = mask == null ? IN_TAG : (int) (word(mask, VLANS) >>> shift) & IN_TAG;
    hex4(comma().append("eth_type("), tpid == 0 ? EthType.VLAN : tpid).append(')');
    if (verbose || tciMask != 0) {
      sb.append(",vlan(");
      tci(sb, tci, tciMask, verbose);
      sb.append(')');
    }
    sb.append(",encap(");
    tags(n + 1);
    sb.append(')');
  }

  /** What is in the parentheses of {@code vlan()} and {@code push_vlan()}. */
  static void tci(StringBuilder sb, int tci, int mask, boolean verbose) {
    int start = sb.length();
    int vid = tci & 0xfff;
    int vidMask = mask & 0xfff;
    if (verbose || vid != 0 || vidMask != 0) {
      sb.append("vid=").append(vid);
      if (vidMask != 0xfff) {
        sb.append("/0x").append(Integer.toHexString(vidMask));
      }
    }
    int pcp = tci >>> 13;
    int pcpMask = mask >>> 13;
    if (verbose || pcp != 0 || pcpMask != 0) {
      sb.append(sb.length() == start ? "" : ",").append("pcp=").append(pcp);
      if (pcpMask != 7) {
        sb.append("/0x").append(Integer.toHexString(pcpMask));
      }
    }
    if ((tci & VLAN_PRESENT) == 0) {
      sb.append(sb.length() == start ? "" : ",").append("cfi=0");
    }
  }

  private void etherType() {
    int type = ethType();
    int typeMask = mask == null ? 0xffff : (int) word(mask, ETH_DST_TYPE) & 0xffff;
    if (type < EthType.MIN) {
      if (mask != null && typeMask != 0) {
        hex4(comma().append("eth_type(0/"), typeMask).append(')');
      }
      return;
    }
    if (verbose || typeMask != 0) {
      hex4(comma().append("eth_type("), type);
      if (typeMask != 0xffff) {
        hex4(sb.append('/'), typeMask);
      }
      sb.append(')');
    }
    switch (type) {
      case EthType.IPV4 -> attr(OdpAttr.IPV4);
      case EthType.IPV6 -> {
        attr(OdpAttr.IPV6);
        ours(OdpAttr.IPV6_EXTHDR);
      }
      case EthType.ARP, EthType.RARP -> attr(OdpAttr.ARP);
      case EthType.MPLS, EthType.MPLS_MCAST -> mpls();
      case EthType.PBB -> ours(OdpAttr.PBB);
      default -> {}
    }
    if (type == EthType.IPV4 || type == EthType.IPV6) {
      l4(type == EthType.IPV6);
    }
  }

  private void l4(boolean isIpv6) {
    long nw = word(key, NW);
    if ((nw >>> 56 & FRAG_LATER) != 0) {
      return;
    }
    switch ((int) (nw >>> 32) & 0xff) {
      case IpProto.TCP -> {
        attr(OdpAttr.TCP);
        OdpAttr.Part flags = OdpAttr.TCP_FLAGS.parts().get(0);
        if (!flags.isZero(key) || mask != null && !flags.isZero(mask)) {
          attr(OdpAttr.TCP_FLAGS);
        }
      }
      case IpProto.UDP -> attr(OdpAttr.UDP);
      case IpProto.SCTP -> attr(OdpAttr.SCTP);
      case IpProto.ICMP -> {
        if (!isIpv6) {
          attr(OdpAttr.ICMP);
        }
      }
      case IpProto.ICMPV6 -> {
        if (isIpv6) {
          attr(OdpAttr.ICMPV6);
          nd();
        }
      }
      case IpProto.IGMP -> ours(OdpAttr.IGMP);
      default -> {}
    }
  }

  private void nd() {
    long tp = word(key, TP);
    int type = (int) (tp >>> 48);
    boolean isNd = (type == 135 || type == 136) && (tp >>> 32 & 0xffff) == 0;
    if (isNd && (mask == null || OdpAttr.ICMPV6.parts().get(0).isExact(mask))) {
      attr(OdpAttr.ND);
      ours(OdpAttr.ND_EXT);
    }
  }

  /** A section that is only there when it is looked at. */
  private void ours(OdpAttr a) {
    if (mask == null ? !a.isWildcard(key) : !a.isWildcard(mask)) {
      attr(a);
    }
  }

  private void mpls() {
    long[] lses = {
      word(key, MPLS01) >>> 32, word(key, MPLS01) & 0xffffffffL, word(key, MPLS2) >>> 32
    };
    long[] masks = new long[MAX_MPLS];
    boolean wildcard = true;
    boolean exact = true;
    int n = 1;
    while (n < MAX_MPLS && (lses[n - 1] & 0x100) == 0 && lses[n] != 0) {
      n++;
    }
    for (int i = 0; i < n; i++) {
      long[] m = mask;
      masks[i] =
          m == null
              ? 0xffffffffL
              : i == 0
                  ? word(m, MPLS01) >>> 32
                  : i == 1 ? word(m, MPLS01) & 0xffffffffL : word(m, MPLS2) >>> 32;
      wildcard &= masks[i] == 0;
      exact &= masks[i] == 0xffffffffL;
    }
    if (wildcard && !verbose) {
      return;
    }
    comma().append("mpls(");
    for (int i = 0; i < n; i++) {
      lse(i == 0 ? sb : sb.append(','), (int) lses[i], (int) masks[i], exact);
    }
    sb.append(')');
  }

  /** One label; with masks in OVS's uneven forms unless {@code exact}. */
  static void lse(StringBuilder sb, int lse, int mask, boolean exact) {
    int[] shift = {12, 9, 0, 8};
    int[] ones = {0xfffff, 7, 0xff, 1};
    String[] name = {"label=", ",tc=", ",ttl=", ",bos="};
    String[] slash = {"/0x", "/", "/0x", "/"};
    for (int i = 0; i < 4; i++) {
      sb.append(name[i]).append(lse >>> shift[i] & ones[i]);
      if (!exact) {
        sb.append(slash[i]).append(Integer.toHexString(mask >>> shift[i] & ones[i]));
      }
    }
  }
}
