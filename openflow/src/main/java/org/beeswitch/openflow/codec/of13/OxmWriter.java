// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.flow.Field.*;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.openflow.codec.Prerequisites;

/**
 * Writes matches as OXM, entries in OVS's order (OVS {@code nx_put_raw}) and in the form that OVS
 * prefers at 1.3. Fields that share a place are told apart by the EtherType and protocol that the
 * match has, as OVS does: without them their bits cannot be said, and are not.
 *
 * <p>Holds scratch words; one per encoder, not thread-safe.
 */
final class OxmWriter {
  private static final int VLAN_VID_BITS = 0x1fff;

  private static final Field[] BEFORE_L3 = {DP_HASH, RECIRC_ID, CONJ_ID, IN_PORT, IN_PHY_PORT};
  private static final Field[] ETHERNET = {ACTSET_OUTPUT, ETH_SRC, ETH_DST, ETH_TYPE};
  private static final Field[] MPLS = {MPLS_TC, MPLS_BOS, MPLS_TTL, MPLS_LABEL};
  private static final Field[] ARP = {ARP_OP, ARP_SPA, ARP_TPA, ARP_SHA, ARP_THA};
  private static final Field[] IP = {IP_FRAG, IP_DSCP, IP_ECN, IP_TTL, IPV6_LABEL, IP_PROTO};
  private static final Field[] TCP = {TCP_SRC, TCP_DST, TCP_FLAGS};
  private static final Field[] ND = {ND_RESERVED, ND_TARGET, ND_OPTIONS_TYPE};
  private static final Field[] TUNNEL = {
    TUN_ID, TUN_FLAGS, TUN_SRC, TUN_DST, TUN_IPV6_SRC, TUN_IPV6_DST, TUN_GBP_ID, TUN_GBP_FLAGS
  };
  private static final Field[] REST = rest();

  private final long[] flow = new long[FlowLayout.WORDS];
  private final long[] mask = new long[FlowLayout.WORDS];

  /** Registers, marks, connection tracking, metadata. */
  private static Field[] rest() {
    List<Field> f = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      f.add(Field.valueOf("REG" + i));
    }
    f.addAll(List.of(PKT_MARK, CT_STATE, CT_ZONE, CT_MARK, CT_LABEL));
    f.addAll(List.of(CT_NW_SRC, CT_IPV6_SRC, CT_NW_DST, CT_IPV6_DST));
    f.addAll(List.of(CT_NW_PROTO, CT_TP_SRC, CT_TP_DST, METADATA));
    return f.toArray(new Field[0]);
  }

  /** Writes an ofp_match: type, length, entries, padding to a multiple of 8. */
  void match(ByteBuf out, Match m) {
    int start = out.writerIndex();
    out.writeShort(1).writeShort(0);
    entries(out, m);
    int length = out.writerIndex() - start;
    out.setShort(start + 2, length);
    out.writeZero(-length & 7);
  }

  /** Writes the entries of a match alone. */
  void entries(ByteBuf out, Match m) {
    if (m.mask().size() > 0) {
      load(m);
      entries(out);
      unload(m);
    }
  }

  private void load(Match m) {
    MiniMask mm = m.mask();
    for (int i = 0; i < mm.size(); i++) {
      flow[mm.wordAt(i)] = m.valueAt(i);
      mask[mm.wordAt(i)] = mm.maskAt(i);
    }
  }

  private void unload(Match m) {
    MiniMask mm = m.mask();
    for (int i = 0; i < mm.size(); i++) {
      flow[mm.wordAt(i)] = 0;
      mask[mm.wordAt(i)] = 0;
    }
  }

  private void entries(ByteBuf out) {
    put(out, PACKET_TYPE);
    put(out, BEFORE_L3);
    put(out, ETHERNET);
    vlan(out);
    int ethType = Prerequisites.ethType(flow);
    switch (ethType) {
      case EthType.MPLS, EthType.MPLS_MCAST -> put(out, MPLS);
      case EthType.PBB -> put(out, PBB_ISID);
      case EthType.IPV4 -> {
        put(out, IPV4_SRC);
        put(out, IPV4_DST);
        ip(out, ethType);
      }
      case EthType.IPV6 -> {
        put(out, IPV6_SRC);
        put(out, IPV6_DST);
        ip(out, ethType);
      }
      case EthType.ARP, EthType.RARP -> put(out, ARP);
      default -> {}
    }
    put(out, TUNNEL);
    put(out, REST);
  }

  private void vlan(ByteBuf out) {
    long tciMask = mask[VLAN_VID.word()] >>> VLAN_VID.shift() & 0xffff;
    if ((tciMask & VLAN_VID_BITS) != 0) {
      long vid = get(VLAN_VID);
      entry(out, VLAN_VID, 0, vid, 0, tciMask & VLAN_VID_BITS);
      if (vid != 0 && (tciMask & 0xe000) != 0) {
        entry(out, VLAN_PCP, 0, get(VLAN_PCP), 0, VLAN_PCP.ones());
      }
    }
  }

  private void ip(ByteBuf out, int ethType) {
    put(out, IP);
    if (ethType == EthType.IPV6) {
      put(out, IPV6_EXTHDR);
    }
    int proto = (int) get(IP_PROTO);
    switch (proto) {
      case IpProto.TCP -> put(out, TCP);
      case IpProto.UDP -> {
        put(out, UDP_SRC);
        put(out, UDP_DST);
      }
      case IpProto.SCTP -> {
        put(out, SCTP_SRC);
        put(out, SCTP_DST);
      }
      case IpProto.ICMP -> {
        if (ethType == EthType.IPV4) {
          exact(out, ICMPV4_TYPE);
          exact(out, ICMPV4_CODE);
        }
      }
      case IpProto.ICMPV6 -> {
        if (ethType == EthType.IPV6) {
          icmpv6(out);
        }
      }
      default -> {}
    }
  }

  private void icmpv6(ByteBuf out) {
    exact(out, ICMPV6_TYPE);
    exact(out, ICMPV6_CODE);
    long type = get(ICMPV6_TYPE);
    if ((type == 135 || type == 136) && get(ICMPV6_CODE) == 0) {
      put(out, ND);
      put(out, type == 135 ? ND_SLL : ND_TLL);
    }
  }

  private long get(Field f) {
    return flow[f.word()] >>> f.shift() & f.ones();
  }

  private void put(ByteBuf out, Field[] fields) {
    for (Field f : fields) {
      put(out, f);
    }
  }

  private void put(ByteBuf out, Field f) {
    int w = f.word();
    if (f.isWide()) {
      if ((mask[w] | mask[w + 1]) != 0) {
        entry(out, f, flow[w], flow[w + 1], mask[w], mask[w + 1]);
      }
    } else if ((mask[w] & f.wordMask()) != 0) {
      entry(out, f, 0, get(f), 0, mask[w] >>> f.shift() & f.ones());
    }
  }

  /** Without its mask: of ICMP, text can give one to tp_src and tp_dst, which OVS ignores. */
  private void exact(ByteBuf out, Field f) {
    if ((mask[f.word()] & f.wordMask()) != 0) {
      entry(out, f, 0, get(f), 0, f.ones());
    }
  }

  /** Writes one entry, with a mask if it is not all ones. */
  static void entry(ByteBuf out, Field f, long valueHi, long valueLo, long maskHi, long maskLo) {
    Oxm o = Oxm.of13(f);
    if (o != null) {
      boolean exact = maskLo == f.ones() && (!f.isWide() || maskHi == -1L);
      entry(out, o, !exact, valueHi, o.toWire(valueLo), maskHi, o.toWire(maskLo));
    }
  }

  /** Writes one entry of that form, value and mask as on the wire. */
  static void entry(
      ByteBuf out, Oxm o, boolean masked, long valueHi, long valueLo, long maskHi, long maskLo) {
    header(out, o, masked);
    number(out, o.bytes(), valueHi, valueLo);
    if (masked) {
      number(out, o.bytes(), maskHi, maskLo);
    }
  }

  static void header(ByteBuf out, Oxm o, boolean masked) {
    out.writeInt(masked ? (o.header() | 0x100) + o.bytes() : o.header());
    if (o.isExperimenter()) {
      out.writeInt(o.vendor());
    }
  }

  private static void number(ByteBuf out, int bytes, long hi, long lo) {
    switch (bytes) {
      case 1 -> out.writeByte((int) lo);
      case 2 -> out.writeShort((int) lo);
      case 3 -> out.writeMedium((int) lo);
      case 4 -> out.writeInt((int) lo);
      case 6 -> {
        out.writeShort((int) (lo >>> 32));
        out.writeInt((int) lo);
      }
      case 8 -> out.writeLong(lo);
      case 16 -> {
        out.writeLong(hi);
        out.writeLong(lo);
      }
      default -> throw new IllegalStateException("a field of " + bytes + " bytes");
    }
  }
}
