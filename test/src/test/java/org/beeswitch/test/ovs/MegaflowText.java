// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.Map;
import java.util.NoSuchElementException;
import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Ipv6Address;

/**
 * The bits that the line {@code Megaflow:} of {@code ofproto/trace} says were looked at (OVS {@code
 * match_format}).
 *
 * <p>A reader of its own, beside the one of {@code openflow.text}: it must read what OVS prints and
 * cannot read back (inner VLAN tags), and a comparison of masks should not rest on the code that it
 * checks.
 */
final class MegaflowText {
  private static final Map<String, int[]> NAMES =
      Map.ofEntries(
          Map.entry("eth", new int[] {0, 0}),
          Map.entry("ip", new int[] {EthType.IPV4, 0}),
          Map.entry("icmp", new int[] {EthType.IPV4, IpProto.ICMP}),
          Map.entry("tcp", new int[] {EthType.IPV4, IpProto.TCP}),
          Map.entry("udp", new int[] {EthType.IPV4, IpProto.UDP}),
          Map.entry("sctp", new int[] {EthType.IPV4, IpProto.SCTP}),
          Map.entry("ipv6", new int[] {EthType.IPV6, 0}),
          Map.entry("icmp6", new int[] {EthType.IPV6, IpProto.ICMPV6}),
          Map.entry("tcp6", new int[] {EthType.IPV6, IpProto.TCP}),
          Map.entry("udp6", new int[] {EthType.IPV6, IpProto.UDP}),
          Map.entry("sctp6", new int[] {EthType.IPV6, IpProto.SCTP}),
          Map.entry("arp", new int[] {EthType.ARP, 0}),
          Map.entry("rarp", new int[] {EthType.RARP, 0}),
          Map.entry("mpls", new int[] {EthType.MPLS, 0}),
          Map.entry("mplsm", new int[] {EthType.MPLS_MCAST, 0}));

  private static final Map<String, Field> FIELDS =
      Map.ofEntries(
          Map.entry("recirc_id", Field.RECIRC_ID),
          Map.entry("pkt_mark", Field.PKT_MARK),
          Map.entry("skb_priority", Field.SKB_PRIORITY),
          Map.entry("dl_src", Field.ETH_SRC),
          Map.entry("dl_dst", Field.ETH_DST),
          Map.entry("dl_type", Field.ETH_TYPE),
          Map.entry("nw_src", Field.IPV4_SRC),
          Map.entry("nw_dst", Field.IPV4_DST),
          Map.entry("ipv6_src", Field.IPV6_SRC),
          Map.entry("ipv6_dst", Field.IPV6_DST),
          Map.entry("ipv6_label", Field.IPV6_LABEL),
          Map.entry("nw_proto", Field.IP_PROTO),
          Map.entry("nw_tos", Field.IP_DSCP),
          Map.entry("nw_ecn", Field.IP_ECN),
          Map.entry("nw_ttl", Field.IP_TTL),
          Map.entry("nw_frag", Field.IP_FRAG),
          Map.entry("arp_op", Field.ARP_OP),
          Map.entry("arp_spa", Field.ARP_SPA),
          Map.entry("arp_tpa", Field.ARP_TPA),
          Map.entry("arp_sha", Field.ARP_SHA),
          Map.entry("arp_tha", Field.ARP_THA),
          Map.entry("tp_src", Field.TCP_SRC),
          Map.entry("tp_dst", Field.TCP_DST),
          Map.entry("tcp_flags", Field.TCP_FLAGS),
          Map.entry("icmp_type", Field.ICMPV4_TYPE),
          Map.entry("icmp_code", Field.ICMPV4_CODE),
          Map.entry("nd_target", Field.ND_TARGET),
          Map.entry("nd_sll", Field.ND_SLL),
          Map.entry("nd_tll", Field.ND_TLL),
          Map.entry("nd_reserved", Field.ND_RESERVED),
          Map.entry("nd_options_type", Field.ND_OPTIONS_TYPE));

  private MegaflowText() {}

  /**
   * Flow words with ones where the text says that the megaflow matches.
   *
   * @throws NoSuchElementException naming a part that is not known
   */
  static long[] mask(String text) {
    long[] m = new long[WORDS];
    // What every userspace megaflow of OVS has, and match_format leaves out of an Ethernet
    // packet's.
    m[TYPE_HASH] |= 0xffffffffL << 32;
    for (String part : text.split(",")) {
      String[] kv = part.split("=", 2);
      if (kv.length == 1) {
        name(m, kv[0]);
      } else {
        String[] vm = kv[1].split("/", 2);
        field(m, kv[0], vm[0], vm.length == 1 ? "" : vm[1]);
      }
    }
    return m;
  }

  /**
   * Bits of {@link org.beeswitch.flow.FlowLayout#VLANS} that OVS may have in a mask and does not
   * print: TPIDs, and an inner tag whose outer tag is wildcarded.
   */
  static long unprintedVlans(long[] mask) {
    return mask[VLANS] >>> 32 == 0 ? 0xffff0000_ffffffffL : 0xffff0000_ffff0000L;
  }

  private static void name(long[] m, String name) {
    int[] n = NAMES.get(name);
    if (n == null) {
      throw new NoSuchElementException(name);
    }
    if (n[0] != 0) {
      set(m, Field.ETH_TYPE, -1);
    }
    if (n[1] != 0) {
      set(m, Field.IP_PROTO, -1);
    }
  }

  private static void field(long[] m, String name, String value, String mask) {
    switch (name) {
      case "in_port" -> m[PORT_RECIRC] |= 0xffffffffL << 32;
      case "vlan_tci" -> m[VLANS] |= (mask.isEmpty() ? 0xffff : number(mask)) << 32;
      case "vlan_tci1" -> m[VLANS] |= mask.isEmpty() ? 0xffff : number(mask);
      case "dl_vlan" -> m[VLANS] |= 0x1fffL << 32;
      case "dl_vlan1" -> m[VLANS] |= 0x1fffL;
      case "dl_vlan_pcp" -> m[VLANS] |= 0xf000L << 32;
      case "dl_vlan_pcp1" -> m[VLANS] |= 0xf000L;
      case "nw_frag" ->
          set(m, Field.IP_FRAG, value.equals("yes") ? FRAG_ANY : FRAG_ANY | FRAG_LATER);
      case "tcp_flags" -> set(m, Field.TCP_FLAGS, tcpFlags(value, mask));
      default -> {
        Field f = FIELDS.get(name);
        if (f == null) {
          throw new NoSuchElementException(name + "=" + value);
        }
        address(m, f, value, mask);
      }
    }
  }

  private static void address(long[] m, Field f, String value, String mask) {
    if (f.isWide()) {
      Ipv6Address a = mask.isEmpty() ? null : AddressText.parseIpv6(mask);
      int bits = mask.isEmpty() ? 128 : a == null ? Integer.parseInt(mask) : 0;
      m[f.word()] |= a != null ? a.hi() : prefix(bits);
      m[f.word() + 1] |= a != null ? a.lo() : prefix(bits - 64);
    } else if (mask.isEmpty()) {
      set(m, f, -1);
    } else if (mask.contains(":")) {
      set(m, f, AddressText.parseMac(mask));
    } else if (mask.contains(".")) {
      set(m, f, AddressText.parseIpv4(mask));
    } else if (value.contains(".")) {
      set(m, f, AddressText.ipv4Prefix(Integer.parseInt(mask)));
    } else {
      set(m, f, number(mask));
    }
  }

  private static long prefix(int bits) {
    return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits;
  }

  /** {@code +syn-ack} looks at the two; {@code syn|ack} is all of them. */
  private static long tcpFlags(String value, String mask) {
    if (!mask.isEmpty()) {
      return number(mask);
    }
    if (!value.startsWith("+") && !value.startsWith("-")) {
      return 0xfff;
    }
    long bits = 0;
    for (String flag : value.substring(1).split("[+-]")) {
      bits |= 1L << "fin syn rst psh ack urg ece cwr ns".indexOf(flag) / 4;
    }
    return bits;
  }

  private static long number(String s) {
    return Long.decode(s);
  }

  private static void set(long[] m, Field f, long mask) {
    m[f.word()] |= (mask & f.ones()) << f.shift();
  }
}
