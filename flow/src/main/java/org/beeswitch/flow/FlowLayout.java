// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/**
 * Where everything stands in a {@link Flow}: the word layout that translation, the classifier, the
 * megaflow keys and the kernel ABI share.
 *
 * <p><b>The problem.</b> A flow is looked at by four parties that must agree to the bit: the Java
 * parser, the BPF parser, the classifier and the megaflow lookup. One layout of 64-bit words serves
 * them all, so that a mask, a subtable and a kernel key are the same words and never need a
 * conversion that could be wrong.
 *
 * <p><b>Two parts.</b> Words {@code [0, ODP)} are the <em>pipeline part</em>: what exists only
 * while OpenFlow tables are walked (metadata, registers, conj_id, action-set output, OpenFlow port
 * numbers). Words {@code [ODP, WORDS)} are the <em>ODP part</em>: word {@code ODP + k} is word
 * {@code k} of the datapath key ({@code struct odp_key} in {@code bpf-src/include}, {@code OdpKey}
 * in {@code dpif}), so projecting a flow onto a datapath key is one array copy.
 *
 * <p><b>Byte order.</b> In memory shared with the kernel every multi-byte field of the key is
 * big-endian. Java holds a word as the number that its eight bytes are when read big-endian. Hence
 * the first field of the C struct is in the most significant bits, a field's value is {@code (word
 * >>> shift) & mask} with no further swap, and a CIDR prefix is a prefix of bits.
 *
 * <p>Sections never move: a new section is appended, and unused bits are named {@code pad} below
 * and are always zero.
 *
 * <pre>
 *  k      bits 63..0 of the ODP word, first field highest
 *  0      in_port:32 recirc_id:32
 *  1      eth_dst:48 eth_type:16
 *  2      eth_src:48 pad:16
 *  3      vlan[0] tpid:16 tci:16, vlan[1] tpid:16 tci:16     (tci bit 0x1000: tag present; outermost first)
 *  4      nw_frag:8 nw_tos:8 nw_ttl:8 nw_proto:8 ipv6_label:32
 *  5      ipv4_src:32 ipv4_dst:32                            (ARP: spa, tpa)
 *  6-7    ipv6_src      8-9  ipv6_dst
 *  10     tp_src:16 tp_dst:16 tcp_flags:16 ipv6_exthdr:16    (ICMP: type, code; ND: options type in tcp_flags)
 *  11     arp_sha:48 pad:16                                  (ND: sll)
 *  12     arp_tha:48 pad:16                                  (ND: tll)
 *  13-14  nd_target
 *  15     nd_reserved:32 igmp_group:32
 *  16     mpls_lse[0]:32 mpls_lse[1]:32      17  mpls_lse[2]:32 pad:32
 *  18     pbb_tci:32 pbb_c_type:16 pad:16                    (I-TAG: pcp:3 dei:1 uca:1 res:3 isid:24)
 *  19     pbb_c_dst:48 pad:16                20  pbb_c_src:48 pad:16
 *  21     skb_mark:32 skb_priority:32        22  packet_type:32 dp_hash:32
 *  23     ct_state:8 ct_nw_proto:8 ct_zone:16 ct_mark:32     24-25  ct_label
 *  26     ct_nw_src:32 ct_nw_dst:32          27-28  ct_ipv6_src   29-30  ct_ipv6_dst
 *  31     ct_tp_src:16 ct_tp_dst:16 pad:32
 *  32     nsh_flags:8 nsh_ttl:8 nsh_mdtype:8 nsh_np:8 nsh_path_hdr:32   33-34  nsh_context (c1..c4)
 *  35     tun_id:64                          36  tun_src:32 tun_dst:32
 *  37-38  tun_ipv6_src   39-40  tun_ipv6_dst
 *  41     tun_flags:16 tun_tos:8 tun_ttl:8 tun_tp_src:16 tun_tp_dst:16
 *  42     tun_gbp_id:16 tun_gbp_flags:8 tun_opts_len:8 pad:32
 *  43-74  tunnel options, 252 bytes used of 256              75-79  pad
 * </pre>
 */
public final class FlowLayout {
  private FlowLayout() {}

  // Pipeline part, word indexes into Flow.
  public static final int METADATA = 0;

  /** reg0 and reg1; two registers a word, the even one in the upper half. */
  public static final int REGS = 1;

  public static final int CONJ_ACTSET = 9;
  public static final int OF_PORTS = 10;

  /** First word of the ODP part. */
  public static final int ODP = 11;

  /** Words of the ODP part: size of the kernel's key in 8-byte words. */
  public static final int ODP_WORDS = 80;

  public static final int WORDS = ODP + ODP_WORDS;

  // ODP part, word indexes into Flow (subtract ODP for the index in the kernel's key).
  public static final int PORT_RECIRC = ODP;
  public static final int ETH_DST_TYPE = ODP + 1;
  public static final int ETH_SRC = ODP + 2;
  public static final int VLANS = ODP + 3;
  public static final int NW = ODP + 4;
  public static final int IPV4 = ODP + 5;
  public static final int IPV6_SRC = ODP + 6;
  public static final int IPV6_DST = ODP + 8;
  public static final int TP = ODP + 10;
  public static final int ARP_SHA = ODP + 11;
  public static final int ARP_THA = ODP + 12;
  public static final int ND_TARGET = ODP + 13;
  public static final int ND_IGMP = ODP + 15;
  public static final int MPLS01 = ODP + 16;
  public static final int MPLS2 = ODP + 17;
  public static final int PBB = ODP + 18;
  public static final int PBB_C_DST = ODP + 19;
  public static final int PBB_C_SRC = ODP + 20;
  public static final int SKB = ODP + 21;
  public static final int TYPE_HASH = ODP + 22;
  public static final int CT = ODP + 23;
  public static final int CT_LABEL = ODP + 24;
  public static final int CT_IPV4 = ODP + 26;
  public static final int CT_IPV6_SRC = ODP + 27;
  public static final int CT_IPV6_DST = ODP + 29;
  public static final int CT_TP = ODP + 31;
  public static final int NSH = ODP + 32;
  public static final int NSH_CONTEXT = ODP + 33;
  public static final int TUN_ID = ODP + 35;
  public static final int TUN_IPV4 = ODP + 36;
  public static final int TUN_IPV6_SRC = ODP + 37;
  public static final int TUN_IPV6_DST = ODP + 39;
  public static final int TUN_FLAGS = ODP + 41;
  public static final int TUN_GBP = ODP + 42;
  public static final int TUN_OPTS = ODP + 43;
  public static final int TUN_OPTS_WORDS = 32;

  /**
   * Words of the tunnel section, {@link #TUN_ID} first: kept apart because a port that is no tunnel
   * never writes it.
   */
  public static final int TUN_WORDS = 43 - 35 + TUN_OPTS_WORDS;

  /** Whether a word holds what is in an Ethernet packet, rather than what it came with. */
  static boolean isEthernet(int word) {
    return word >= ETH_DST_TYPE && word <= PBB_C_SRC;
  }

  /** VLAN tags that a flow can hold (802.1ad: outermost first). */
  public static final int MAX_VLANS = 2;

  /** MPLS labels that a flow can hold, outermost first. */
  public static final int MAX_MPLS = 3;

  /**
   * Set in a VLAN tci when the tag is there (the 802.1Q CFI bit, as OVS and OXM_OF_VLAN_VID use
   * it).
   */
  public static final int VLAN_PRESENT = 0x1000;

  // Bits of nw_frag (OVS FLOW_NW_FRAG_*).
  public static final int FRAG_ANY = 1;
  public static final int FRAG_LATER = 2;

  /**
   * The stages of a staged classifier lookup, outermost first (OVS {@code lib/flow.h},
   * FLOW_SEGMENT_*): what a packet came with, then L2, L3, L4. A lookup that fails in a stage need
   * not look at the bits of later ones.
   */
  public static final int STAGE_METADATA = 0;

  public static final int STAGE_L2 = 1;
  public static final int STAGE_L3 = 2;
  public static final int STAGE_L4 = 3;
  public static final int STAGES = 4;

  private static final byte[] STAGE_OF_WORD = stages();

  /** Returns the lookup stage, {@code STAGE_*}, that word {@code w} belongs to. */
  public static int stage(int w) {
    return STAGE_OF_WORD[w];
  }

  private static byte[] stages() {
    byte[] s = new byte[WORDS];
    for (int w :
        new int[] {ETH_DST_TYPE, ETH_SRC, VLANS, MPLS01, MPLS2, PBB, PBB_C_DST, PBB_C_SRC}) {
      s[w] = STAGE_L2;
    }
    for (int w = NW; w < TP; w++) {
      s[w] = STAGE_L3;
    }
    for (int w = CT_IPV4; w < CT_TP; w++) {
      s[w] = STAGE_L3; // as OVS: the original tuple is looked at where the packet's is
    }
    for (int w :
        new int[] {
          TP,
          ARP_SHA,
          ARP_THA,
          ND_TARGET,
          ND_TARGET + 1,
          ND_IGMP,
          CT_TP,
          NSH,
          NSH_CONTEXT,
          NSH_CONTEXT + 1
        }) {
      s[w] = STAGE_L4;
    }
    return s; // everything else is metadata: 0
  }
}
