// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.Arrays;

/**
 * Reads a frame's headers into a {@link Flow} (OVS {@code miniflow_extract}, {@code lib/flow.c}).
 *
 * <p><b>A twin.</b> {@code bpf-src/lib/parse.h} does the same in the kernel. Where the two disagree
 * on one bit, no packet of that kind ever hits its megaflow, and nothing else shows it. So the
 * rules are written down here, completely; both sides are written from them and compared by a
 * property test with random frames at every truncation. Change the rules here first.
 *
 * <p>{@code size} below is the number of bytes from the cursor to the end of what may be read.
 * "Stop" means that whatever has not been written is zero. Written are the words {@code
 * ETH_DST_TYPE..PBB_C_SRC} and {@code NSH..NSH_CONTEXT + 1}; the metadata (ports, recirculation,
 * marks, conntrack, tunnel) is the caller's. Rules that OVS does not have are marked [*].
 *
 * <h2>Ethernet</h2>
 *
 * <ol>
 *   <li>Fewer than 14 bytes: stop; even eth_type is 0.
 *   <li>eth_dst and eth_src. Cursor at 12.
 *   <li>Up to two times, while the 16 bits at the cursor are 0x8100 or 0x88a8: fewer than 6 bytes
 *       left (the tag and a type): no more tags. Otherwise vlan[n] gets tpid and tci | 0x1000, and
 *       the cursor advances by 4. The tag's own bit 0x1000 (DEI) is lost. A third tag, or one that
 *       is cut off, shows as eth_type.
 *   <li>The 16 bits at the cursor, if at least 0x600, are eth_type. Otherwise they are an 802.3
 *       length, which is not looked at: if 8 bytes follow and are AA AA 03 00 00 00 TT TT (LLC and
 *       SNAP), the cursor skips them and eth_type is TTTT if that is at least 0x600; else eth_type
 *       is 0x5ff. A SNAP type of 0x8100 is no VLAN tag. EtherType 0x5ff has no more headers.
 * </ol>
 *
 * <h2>By eth_type; any other stops</h2>
 *
 * <ul>
 *   <li><b>MPLS</b> 0x8847, 0x8848: up to three labels of 4 whole bytes, until one has the
 *       bottom-of-stack bit. Stop: what is below labels is not looked at.
 *   <li><b>PBB</b> 0x88e7 [*]: with at least 18 bytes, tci (4), c_dst (6), c_src (6) and c_type (2)
 *       as they stand; with fewer, nothing. Stop.
 *   <li><b>ARP</b> 0x0806 and RARP 0x8035: at least 28 bytes with hardware type 1, protocol 0x0800,
 *       lengths 6 and 4, otherwise stop. ipv4_src, ipv4_dst, arp_sha, arp_tha; nw_proto is the
 *       operation if at most 255, otherwise 0. Stop.
 *   <li><b>NSH</b> 0x894f: at least 8 bytes, version 0, the header's length at most size; metadata
 *       type 1 must be 24 long and fills the context; type 2 must be at least 8 long; context is
 *       zero for all but type 1. If a check fails nothing is written. Stop.
 *   <li><b>IPv4</b> 0x0800: at least 20 bytes; header length (IHL) at least 20 and at most size;
 *       total length at least the header's, at most size, and at most 65535 less than size;
 *       otherwise stop with nothing written. Version and header checksum are not looked at. Beyond
 *       the total length nothing is read. nw_frag is 0 if neither MF nor offset is set, ANY for a
 *       first fragment, ANY|LATER with an offset. Go on with L4.
 *   <li><b>IPv6</b> 0x86dd: at least 40 bytes; payload length at most size - 40, and at most 65535
 *       less than that; otherwise stop. Nothing beyond the payload length is read (0 is an empty
 *       payload, not a jumbogram). ipv6_src and ipv6_dst are written now. The extension headers are
 *       walked as below; if the walk fails, stop: the words NW and TP stay zero. Otherwise nw_tos,
 *       nw_ttl, nw_proto (where the walk ended), nw_frag, ipv6_label and ipv6_exthdr; go on with
 *       L4.
 * </ul>
 *
 * <h2>IPv6 extension headers</h2>
 *
 * Starting with the next header's number, frag 0:
 *
 * <ol>
 *   <li>Not one of 0 (hop-by-hop), 43 (routing), 60 (destination options), 51 (AH), 44 (fragment):
 *       the walk ends well.
 *   <li>Eight headers have been walked [*]: it ends well, and as the number stays that of an
 *       extension header no L4 is found.
 *   <li>Fewer than 8 bytes, or fewer than its length: it fails. Length is 8 * (byte 1 + 1), for AH
 *       4 * (byte 1 + 2), for a fragment header 8.
 *   <li>The next number is byte 0. For a fragment header with any bit of its 16-bit offset field
 *       set, reserved ones included, frag becomes ANY; with any of 0xfff8 set ANY|LATER, nw_proto
 *       44, and the walk ends well.
 * </ol>
 *
 * <p>ipv6_exthdr [*] (OF 1.3.5, 7.2.3.8): headers rank as RFC 8200, 4.1 recommends: hop-by-hop 1,
 * destination options 2 if nothing of rank 2 or more came before, else 7, routing 3, fragment 4, AH
 * 5, ESP 6. A header seen a second time (destination options: a third time) sets UNREP; one that
 * ranks lower than one before sets UNSEQ. Hop-by-hop sets its bit only as the first header, and
 * UNSEQ anywhere else. ESP and no-next-header (59) count when the walk ends at them by the first
 * rule.
 *
 * <h2>L4</h2>
 *
 * Not for later fragments. By nw_proto alone, whether IPv4 or IPv6; too few bytes: nothing.
 *
 * <ul>
 *   <li>TCP: 20 bytes, and a data offset of at least 20 and at most size: ports and 12 bits of
 *       flags. UDP: 8 bytes, ports. SCTP: 12 bytes, ports.
 *   <li>ICMP: 8 bytes: type and code in tp_src and tp_dst. IGMP: 8 bytes: the same and igmp_group.
 *   <li>ICMPv6: 8 bytes: the same. Of type 135 or 136 with code 0 (ND) also nd_reserved; nd_target
 *       if 16 more bytes are there; then up to eight [*] options of 8 or more bytes, stopping at a
 *       length of 0 or beyond size. Options 1 and 2 of length 8 give sll and tll; the first of
 *       either sets the options type (in tcp_flags). If one comes when its address is already
 *       non-zero, the message is invalid: nd_target, sll and tll become zero, all else stays.
 * </ul>
 *
 * <p>No garbage, no state: safe in any thread with its own {@code Flow} and {@code Layers}.
 */
public final class FlowParser {
  /** Most IPv6 extension headers that are walked; real packets have up to four. */
  public static final int MAX_EXT_HDRS = 8;

  /** Most ND options that are looked at. */
  public static final int MAX_ND_OPTS = 8;

  // ipv6_exthdr bits (OF 1.3.5, OFPIEH_*).
  public static final int EXT_NONEXT = 1;
  public static final int EXT_ESP = 1 << 1;
  public static final int EXT_AUTH = 1 << 2;
  public static final int EXT_DEST = 1 << 3;
  public static final int EXT_FRAG = 1 << 4;
  public static final int EXT_ROUTER = 1 << 5;
  public static final int EXT_HOP = 1 << 6;
  public static final int EXT_UNREP = 1 << 7;
  public static final int EXT_UNSEQ = 1 << 8;

  static final int ETH_LEN = 14;
  static final int ARP_LEN = 28;
  static final int IPV4_LEN = 20;
  static final int IPV6_LEN = 40;
  static final int TCP_LEN = 20;
  static final int UDP_LEN = 8;
  static final int SCTP_LEN = 12;
  static final int ICMP_LEN = 8;
  static final int PBB_LEN = 18;

  private static final int ND_SOLICIT = 135;
  private static final int ND_ADVERT = 136;
  private static final long LLC_SNAP = 0xaaaa03000000L;

  private FlowParser() {}

  /** Reads a packet's headers: see the type's comment. */
  public static void parse(Packet p, Flow flow, Layers layers) {
    parse(p.data(), p.offset(), p.length(), flow, layers);
  }

  /**
   * Reads the headers of the frame of {@code length} bytes at {@code start}. Reads nothing outside
   * it and throws nothing, whatever the bytes are.
   */
  public static void parse(byte[] b, int start, int length, Flow flow, Layers layers) {
    long[] w = flow.words();
    Arrays.fill(w, ETH_DST_TYPE, PBB_C_SRC + 1, 0);
    Arrays.fill(w, NSH, NSH_CONTEXT + 2, 0);
    layers.clear();
    layers.end = length;
    if (length < ETH_LEN) {
      return;
    }
    int limit = start + length;
    int at = start + 12;
    long vlans = 0;
    int type = Be.get16(b, at);
    while (layers.vlans < MAX_VLANS && EthType.isVlan(type) && limit - at >= 6) {
      long tag = Be.get32(b, at) | VLAN_PRESENT;
      vlans |= layers.vlans++ == 0 ? tag << 32 : tag;
      at += 4;
      type = Be.get16(b, at);
    }
    layers.ethTypeAt = at - start;
    at += 2;
    if (type < EthType.MIN) {
      type = EthType.NONE;
      if (limit - at >= 8 && Be.get48(b, at) == LLC_SNAP) {
        int snap = Be.get16(b, at + 6);
        at += 8;
        if (snap >= EthType.MIN) {
          type = snap;
          layers.ethTypeAt = at - 2 - start;
        }
      }
    }
    w[ETH_DST_TYPE] = Be.get48(b, start) << 16 | type;
    w[FlowLayout.ETH_SRC] = Be.get48(b, start + 6) << 16;
    w[VLANS] = vlans;
    layers.l3 = at - start;
    switch (type) {
      case EthType.IPV4 -> ipv4(b, start, at, limit, w, layers);
      case EthType.IPV6 -> ipv6(b, start, at, limit, w, layers);
      case EthType.ARP, EthType.RARP -> arp(b, at, limit, w);
      case EthType.MPLS, EthType.MPLS_MCAST -> mpls(b, start, at, limit, w, layers);
      case EthType.PBB -> {
        layers.l25 = at - start;
        pbb(b, at, limit, w);
      }
      case EthType.NSH -> nsh(b, at, limit, w);
      default -> {}
    }
  }

  private static void mpls(byte[] b, int start, int at, int limit, long[] w, Layers layers) {
    layers.l25 = at - start;
    boolean bottom = false;
    for (int n = 0; !bottom && limit - at >= 4; n++, at += 4) {
      long lse = Be.get32(b, at);
      switch (n) {
        case 0 -> w[MPLS01] = lse << 32;
        case 1 -> w[MPLS01] |= lse;
        case 2 -> w[MPLS2] = lse << 32;
        default -> {} // deeper labels only move the offset
      }
      bottom = (lse & 0x100) != 0;
    }
    layers.l3 = at - start;
  }

  private static void pbb(byte[] b, int at, int limit, long[] w) {
    if (limit - at >= PBB_LEN) {
      w[PBB] = Be.get32(b, at) << 32 | (long) Be.get16(b, at + 16) << 16;
      w[PBB_C_DST] = Be.get48(b, at + 4) << 16;
      w[PBB_C_SRC] = Be.get48(b, at + 10) << 16;
    }
  }

  private static void arp(byte[] b, int at, int limit, long[] w) {
    if (limit - at < ARP_LEN || Be.get48(b, at) != 0x0001_0800_0604L) {
      return;
    }
    int op = Be.get16(b, at + 6);
    w[NW] = op <= 255 ? (long) op << 32 : 0;
    w[IPV4] = Be.get32(b, at + 14) << 32 | Be.get32(b, at + 24);
    w[FlowLayout.ARP_SHA] = Be.get48(b, at + 8) << 16;
    w[FlowLayout.ARP_THA] = Be.get48(b, at + 18) << 16;
  }

  private static void nsh(byte[] b, int at, int limit, long[] w) {
    int size = limit - at;
    if (size < 8) {
      return;
    }
    int head = Be.get16(b, at);
    int length = (head & 0x3f) * 4;
    int mdType = Be.get8(b, at + 2);
    if (length > size
        || (head & 0xc000) != 0
        || mdType == 1 && length != 24
        || mdType == 2 && length < 8) {
      return;
    }
    long flags = head >>> 12 & 3L;
    long ttl = head >>> 6 & 0x3fL;
    w[NSH] =
        flags << 56
            | ttl << 48
            | (long) mdType << 40
            | (long) Be.get8(b, at + 3) << 32
            | Be.get32(b, at + 4);
    if (mdType == 1) {
      w[NSH_CONTEXT] = Be.get64(b, at + 8);
      w[NSH_CONTEXT + 1] = Be.get64(b, at + 16);
    }
  }

  private static void ipv4(byte[] b, int start, int at, int limit, long[] w, Layers layers) {
    int size = limit - at;
    if (size < IPV4_LEN) {
      return;
    }
    int ihl = (b[at] & 15) * 4;
    int total = Be.get16(b, at + 2);
    if (ihl < IPV4_LEN || size < ihl || total > size || ihl > total || size - total > 0xffff) {
      return;
    }
    int offset = Be.get16(b, at + 6);
    long frag =
        (offset & 0x3fff) == 0
            ? 0
            : (offset & 0x1fff) == 0 ? FRAG_ANY : (long) (FRAG_ANY | FRAG_LATER);
    int proto = Be.get8(b, at + 9);
    w[NW] =
        frag << 56
            | (long) Be.get8(b, at + 1) << 48
            | (long) Be.get8(b, at + 8) << 40
            | (long) proto << 32;
    w[IPV4] = Be.get64(b, at + 12);
    layers.l4 = at + ihl - start;
    layers.end = at + total - start;
    if ((frag & FRAG_LATER) == 0) {
      l4(b, at + ihl, at + total, proto, w);
    }
  }

  private static void ipv6(byte[] b, int start, int at, int limit, long[] w, Layers layers) {
    int size = limit - at;
    if (size < IPV6_LEN) {
      return;
    }
    int rest = size - IPV6_LEN - Be.get16(b, at + 4);
    if (rest < 0 || rest > 0xffff) {
      return;
    }
    int end = limit - rest;
    layers.end = end - start;
    w[FlowLayout.IPV6_SRC] = Be.get64(b, at + 8);
    w[FlowLayout.IPV6_SRC + 1] = Be.get64(b, at + 16);
    w[FlowLayout.IPV6_DST] = Be.get64(b, at + 24);
    w[FlowLayout.IPV6_DST + 1] = Be.get64(b, at + 32);
    long tcFlow = Be.get32(b, at);
    int ttl = Be.get8(b, at + 7);
    int proto = Be.get8(b, at + 6);
    at += IPV6_LEN;

    int frag = 0;
    int ext = 0;
    int rank = 0; // of the last header
    int nDest = 0;
    int n = 0;
    for (; isExtension(proto) && n < MAX_EXT_HDRS && (frag & FRAG_LATER) == 0; n++) {
      if (end - at < 8) {
        return;
      }
      int next = Be.get8(b, at);
      int len = extensionLength(b, at, proto);
      switch (proto) {
        case IpProto.HOPOPTS -> {
          if (n == 0) {
            ext |= EXT_HOP;
            rank = 1;
          } else {
            ext |= (ext & EXT_HOP) != 0 ? EXT_UNREP | EXT_UNSEQ : EXT_UNSEQ;
          }
        }
        case IpProto.DSTOPTS -> {
          ext |= ++nDest > 2 ? EXT_DEST | EXT_UNREP : EXT_DEST;
          rank = rank < 2 ? 2 : 7;
        }
        case IpProto.ROUTING -> {
          ext = ranked(ext, EXT_ROUTER, 3, rank);
          rank = Math.max(rank, 3);
        }
        case IpProto.FRAGMENT -> {
          ext = ranked(ext, EXT_FRAG, 4, rank);
          rank = Math.max(rank, 4);
          int offset = Be.get16(b, at + 2);
          if (offset != 0) {
            frag = FRAG_ANY;
            if ((offset & 0xfff8) != 0) {
              frag |= FRAG_LATER;
              next = IpProto.FRAGMENT;
            }
          }
        }
        default -> { // AH
          ext = ranked(ext, EXT_AUTH, 5, rank);
          rank = Math.max(rank, 5);
        }
      }
      if (len > end - at) {
        return;
      }
      at += len;
      proto = next;
    }
    if (proto == IpProto.ESP) {
      ext = ranked(ext, EXT_ESP, 6, rank);
    } else if (proto == IpProto.NO_NEXT) {
      ext |= EXT_NONEXT;
    }
    w[NW] =
        (long) frag << 56
            | (tcFlow >>> 20 & 0xff) << 48
            | (long) ttl << 40
            | (long) proto << 32
            | tcFlow & 0xfffff;
    w[TP] = ext;
    layers.l4 = at - start;
    if ((frag & FRAG_LATER) == 0) {
      l4(b, at, end, proto, w);
    }
  }

  /** Whether the walk over IPv6 extension headers goes through this number. */
  static boolean isExtension(int proto) {
    return proto == IpProto.HOPOPTS
        || proto == IpProto.ROUTING
        || proto == IpProto.DSTOPTS
        || proto == IpProto.AH
        || proto == IpProto.FRAGMENT;
  }

  /** Length in bytes of the extension header of number {@code proto} at {@code at}. */
  static int extensionLength(byte[] b, int at, int proto) {
    return switch (proto) {
      case IpProto.FRAGMENT -> 8;
      case IpProto.AH -> (Be.get8(b, at + 1) + 2) * 4;
      default -> (Be.get8(b, at + 1) + 1) * 8;
    };
  }

  private static int ranked(int ext, int bit, int rank, int last) {
    if ((ext & bit) != 0) {
      ext |= EXT_UNREP;
    }
    return ext | bit | (rank < last ? EXT_UNSEQ : 0);
  }

  private static void l4(byte[] b, int at, int limit, int proto, long[] w) {
    int size = limit - at;
    switch (proto) {
      case IpProto.TCP -> {
        if (size >= TCP_LEN) {
          int head = Be.get16(b, at + 12);
          int len = (head >>> 12) * 4;
          if (len >= TCP_LEN && size >= len) {
            w[TP] |= Be.get32(b, at) << 32 | (long) (head & 0x0fff) << 16;
          }
        }
      }
      case IpProto.UDP -> {
        if (size >= UDP_LEN) {
          w[TP] |= Be.get32(b, at) << 32;
        }
      }
      case IpProto.SCTP -> {
        if (size >= SCTP_LEN) {
          w[TP] |= Be.get32(b, at) << 32;
        }
      }
      case IpProto.ICMP -> {
        if (size >= ICMP_LEN) {
          typeCode(b, at, w);
        }
      }
      case IpProto.IGMP -> {
        if (size >= ICMP_LEN) {
          typeCode(b, at, w);
          w[ND_IGMP] = Be.get32(b, at + 4);
        }
      }
      case IpProto.ICMPV6 -> {
        if (size >= ICMP_LEN) {
          typeCode(b, at, w);
          if ((b[at] & 0xff) >= ND_SOLICIT && (b[at] & 0xff) <= ND_ADVERT && b[at + 1] == 0) {
            nd(b, at, limit, w);
          }
        }
      }
      default -> {}
    }
  }

  private static void typeCode(byte[] b, int at, long[] w) {
    w[TP] |= (long) Be.get8(b, at) << 48 | (long) Be.get8(b, at + 1) << 32;
  }

  private static void nd(byte[] b, int at, int limit, long[] w) {
    w[ND_IGMP] = Be.get32(b, at + 4) << 32;
    at += ICMP_LEN;
    if (limit - at < 16) {
      return;
    }
    int target = at;
    at += 16;
    long sll = 0;
    long tll = 0;
    long optType = 0;
    boolean valid = true;
    for (int n = 0; n < MAX_ND_OPTS && limit - at >= 8; n++) {
      int type = Be.get8(b, at);
      int len = Be.get8(b, at + 1) * 8;
      if (len == 0 || len > limit - at) {
        break;
      }
      if (len == 8 && (type == 1 || type == 2)) {
        if ((type == 1 ? sll : tll) != 0) {
          valid = false;
          break;
        }
        long mac = Be.get48(b, at + 2);
        if (type == 1) {
          sll = mac;
        } else {
          tll = mac;
        }
        optType = optType == 0 ? type : optType;
      }
      at += len;
    }
    w[TP] |= optType << 16;
    if (valid) {
      w[FlowLayout.ND_TARGET] = Be.get64(b, target);
      w[FlowLayout.ND_TARGET + 1] = Be.get64(b, target + 8);
      w[FlowLayout.ARP_SHA] = sll << 16;
      w[FlowLayout.ARP_THA] = tll << 16;
    }
  }
}
