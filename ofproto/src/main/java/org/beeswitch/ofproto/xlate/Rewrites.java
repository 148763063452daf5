// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.*;

import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;

/**
 * Actions that change the packet, as they change its flow: what is written, and what had to be
 * looked at to know what it comes to. The bits written are in the mask too, since {@link Commit}
 * writes only what differs (OVS does the same).
 */
final class Rewrites {
  private Rewrites() {}

  private static final long TTL_AND_PROTO = 0x0000ffff00000000L;

  /** Where the tags are in {@link org.beeswitch.flow.FlowLayout#VLANS}. */
  static final long OUTER_TAG = 0xffffffffL << 32;

  static final long INNER_TAG = 0xffffffffL;
  static final long TAGS_PRESENT = (long) VLAN_PRESENT << 32 | VLAN_PRESENT;

  static boolean isIp(long[] flow) {
    int type = (int) flow[ETH_DST_TYPE] & 0xffff;
    return type == EthType.IPV4 || type == EthType.IPV6;
  }

  /** Returns false if the packet lacks what the field needs; it is unchanged then. */
  static boolean setField(Action.SetField a, long[] flow, long[] mask) {
    Field f = a.field();
    if (!SetPrereqs.met(f, flow, mask)) {
      return false;
    }
    int w = f.word();
    if (f.isWide()) {
      mask[w] |= a.maskHi();
      mask[w + 1] |= a.maskLo();
      flow[w] = flow[w] & ~a.maskHi() | a.valueHi();
      flow[w + 1] = flow[w + 1] & ~a.maskLo() | a.valueLo();
      return true;
    }
    // A narrow field in a wider place (ICMP type in tp_src) is written with the place's width.
    long m = a.isExact() ? f.wordMask() : (a.maskLo() & f.ones()) << f.shift();
    if (w < TUN_ID) {
      mask[w] |= m; // tunnel fields are set whether or not they differ
    }
    flow[w] = flow[w] & ~m | a.valueLo() << f.shift() & m;
    if (w == VLANS && (flow[w] >>> 32 & VLAN_PRESENT) != 0 && flow[w] >>> 48 == 0) {
      flow[w] |= (long) EthType.VLAN << 48;
    }
    return true;
  }

  /**
   * As little is looked at as OVS does: what is pushed in front of, or popped from in front of,
   * another tag. Who sends the packet looks at the rest: {@link Xlate}.
   */
  static void pushVlan(int tpid, long[] flow, long[] mask) {
    int n = Commit.count(flow);
    mask[VLANS] |= n == 0 ? 0 : n == 1 ? OUTER_TAG : -1L;
    flow[VLANS] = ((long) tpid << 16 | VLAN_PRESENT) << 32 | flow[VLANS] >>> 32;
  }

  static void popVlan(long[] flow, long[] mask) {
    mask[VLANS] |= Commit.count(flow) > 1 ? INNER_TAG : 0;
    flow[VLANS] <<= 32;
  }

  static void setNwTtl(int ttl, long[] flow, long[] mask) {
    if (isIp(flow)) {
      mask[NW] |= TTL_AND_PROTO;
      flow[NW] = flow[NW] & ~(0xffL << 40) | (long) ttl << 40;
    }
  }

  /** Returns false if the TTL has run out; the packet is unchanged then. */
  static boolean decNwTtl(long[] flow, long[] mask) {
    if (!isIp(flow)) {
      return true;
    }
    mask[NW] |= TTL_AND_PROTO;
    if ((flow[NW] >>> 40 & 0xff) <= 1) {
      return false;
    }
    flow[NW] -= 1L << 40;
    return true;
  }

  static void setQueue(int priority, long[] flow, long[] mask) {
    mask[SKB] |= 0xffffffffL;
    flow[SKB] = flow[SKB] & 0xffffffff00000000L | priority & 0xffffffffL;
  }
}
