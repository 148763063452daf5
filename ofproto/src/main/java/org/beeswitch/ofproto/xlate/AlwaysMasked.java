// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.ETH_DST_TYPE;
import static org.beeswitch.flow.FlowLayout.FRAG_ANY;
import static org.beeswitch.flow.FlowLayout.FRAG_LATER;
import static org.beeswitch.flow.FlowLayout.MPLS01;
import static org.beeswitch.flow.FlowLayout.MPLS2;
import static org.beeswitch.flow.FlowLayout.NW;
import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.PORT_RECIRC;
import static org.beeswitch.flow.FlowLayout.TP;
import static org.beeswitch.flow.FlowLayout.TUN_ID;
import static org.beeswitch.flow.FlowLayout.TUN_IPV4;
import static org.beeswitch.flow.FlowLayout.TUN_IPV6_DST;
import static org.beeswitch.flow.FlowLayout.TUN_WORDS;
import static org.beeswitch.flow.FlowLayout.TYPE_HASH;
import static org.beeswitch.flow.FlowLayout.VLANS;
import static org.beeswitch.flow.FlowLayout.VLAN_PRESENT;

import java.util.Arrays;
import org.beeswitch.flow.EthType;

/**
 * What is in every megaflow's mask, and what is in none, whatever the rules looked at (OVS {@code
 * xlate_wc_init} and {@code xlate_wc_finish}).
 */
final class AlwaysMasked {
  private AlwaysMasked() {}

  static void begin(long[] m, long[] flow) {
    m[PORT_RECIRC] = -1L;
    m[TYPE_HASH] |= 0xffffffff00000000L;
    m[ETH_DST_TYPE] |= 0xffff;
    if (Rewrites.isIp(flow)) {
      m[NW] |= (long) (FRAG_ANY | FRAG_LATER) << 56;
    }
  }

  /** Leaves in the mask only what a datapath key can have. */
  static void finish(long[] m, long[] original) {
    Arrays.fill(m, 0, ODP, 0);
    int proto = (int) (original[NW] >>> 32) & 0xff;
    int type = (int) original[ETH_DST_TYPE] & 0xffff;
    boolean icmp = type == EthType.IPV4 && proto == 1 || type == EthType.IPV6 && proto == 58;
    if (icmp) {
      m[TP] &= 0x00ff00ffffffffffL;
    }
    m[VLANS] = tagMask(m[VLANS], original[VLANS], 32) | tagMask(m[VLANS], original[VLANS], 0);
    if ((original[NW] >>> 56 & FRAG_LATER) != 0) {
      m[TP] &= 0x00000000ffffffffL;
    }
    if (!EthType.isMpls(type)) {
      m[MPLS01] = 0;
      m[MPLS2] = 0;
    }
    if (!isTunnelled(original)) {
      Arrays.fill(m, TUN_ID, TUN_ID + TUN_WORDS, 0);
    }
  }

  /**
   * What of one tag's mask matters: if anything of it was looked at, then whether it is there; and
   * if it is not, nothing else. (OVS clears the mask of an absent tag, because its datapaths take a
   * key without a tag as a match on its absence.)
   */
  private static long tagMask(long mask, long tags, int shift) {
    long half = 0xffffffffL << shift;
    long present = (long) VLAN_PRESENT << shift;
    if ((mask & half) == 0) {
      return 0;
    }
    return (tags & present) == 0 ? present : mask & half | present;
  }

  private static boolean isTunnelled(long[] original) {
    return original[TUN_IPV4] << 32 != 0
        || (original[TUN_IPV6_DST] | original[TUN_IPV6_DST + 1]) != 0;
  }
}
