// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.Experimenter.NICIRA;
import static org.beeswitch.openflow.msg.Experimenter.ONF;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Field;
import org.jspecify.annotations.Nullable;

/**
 * One way to write a {@link Field} in a match or an action: an OXM or NXM type (OF 1.3.5, 7.2.3;
 * OVS {@code meta-flow.h}). Most fields have two: Nicira's old and OpenFlow's; both are read,
 * whatever the version, and {@link #of13} is the one to write at 1.3.
 *
 * <p>What OVS knows and this does not, because the switch has no such field yet: {@code
 * tun_metadata0} - {@code 63}, {@code tun_erspan_*}, {@code tun_gtpu_*}, {@code nsh_*}, and the
 * wide views of registers {@code xreg}, {@code xxreg}. They are unknown fields, refused as OVS
 * refuses those that it does not know ({@code docs/departures.md}). What this knows and OVS does
 * not: {@code IN_PHY_PORT}, {@code PBB_ISID}, {@code IPV6_EXTHDR}, which OpenFlow 1.3 has.
 *
 * @param header as on the wire without mask: class, field, length
 * @param vendor experimenter, or 0
 * @param bytes width of the value on the wire, without an experimenter's number
 * @param bits how many of its low bits a register load can reach
 * @param valid the bits that a value may have
 */
record Oxm(int header, int vendor, int bytes, Field field, int bits, long valid, Form form) {
  // Classes.
  static final int NXM_0 = 0;
  static final int NXM_1 = 1;
  static final int ERICSSON = 0x1000;
  static final int BASIC = 0x8000;
  static final int EXPERIMENTER = 0xffff;

  /** How the value on the wire relates to the field's. */
  enum Form {
    SAME,
    /** A port of 32 bits, of which OVS takes those that fit into 1.0's 16. */
    PORT,
    /** A port of 16 bits, reserved ones from 0xff00 up. */
    PORT16,
    /** The whole ToS byte for the DSCP. */
    TOS
  }

  /** All of them, in the order of OVS's list of fields. */
  static final List<Oxm> ALL =
      List.of(
          of(NXM_1, 35, 4, Field.DP_HASH),
          of(EXPERIMENTER, NICIRA, 0, 4, Field.DP_HASH),
          of(NXM_1, 36, 4, Field.RECIRC_ID),
          of(BASIC, 44, 4, Field.PACKET_TYPE),
          of(NXM_1, 37, 4, Field.CONJ_ID),
          of(NXM_1, 16, 8, Field.TUN_ID),
          of(BASIC, 38, 8, Field.TUN_ID),
          of(NXM_1, 31, 4, Field.TUN_SRC),
          of(NXM_1, 32, 4, Field.TUN_DST),
          of(NXM_1, 109, 16, Field.TUN_IPV6_SRC),
          of(NXM_1, 110, 16, Field.TUN_IPV6_DST),
          of(NXM_1, 104, 2, Field.TUN_FLAGS).bits(1, 0x1),
          of(NXM_1, 38, 2, Field.TUN_GBP_ID),
          of(NXM_1, 39, 1, Field.TUN_GBP_FLAGS),
          of(BASIC, 2, 8, Field.METADATA),
          of(NXM_0, 0, 2, Field.IN_PORT).form(Form.PORT16),
          of(BASIC, 0, 4, Field.IN_PORT).form(Form.PORT),
          of(BASIC, 1, 4, Field.IN_PHY_PORT).form(Form.PORT),
          of(EXPERIMENTER, ONF, 43, 4, Field.ACTSET_OUTPUT).form(Form.PORT),
          of(BASIC, 43, 4, Field.ACTSET_OUTPUT).form(Form.PORT),
          of(NXM_1, 33, 4, Field.PKT_MARK),
          of(NXM_1, 105, 4, Field.CT_STATE).bits(32, 0xff),
          of(NXM_1, 106, 2, Field.CT_ZONE),
          of(NXM_1, 107, 4, Field.CT_MARK),
          of(NXM_1, 108, 16, Field.CT_LABEL),
          of(NXM_1, 119, 1, Field.CT_NW_PROTO),
          of(NXM_1, 120, 4, Field.CT_NW_SRC),
          of(NXM_1, 121, 4, Field.CT_NW_DST),
          of(NXM_1, 122, 16, Field.CT_IPV6_SRC),
          of(NXM_1, 123, 16, Field.CT_IPV6_DST),
          of(NXM_1, 124, 2, Field.CT_TP_SRC),
          of(NXM_1, 125, 2, Field.CT_TP_DST),
          of(NXM_1, 0, 4, Field.REG0),
          of(NXM_1, 1, 4, Field.REG1),
          of(NXM_1, 2, 4, Field.REG2),
          of(NXM_1, 3, 4, Field.REG3),
          of(NXM_1, 4, 4, Field.REG4),
          of(NXM_1, 5, 4, Field.REG5),
          of(NXM_1, 6, 4, Field.REG6),
          of(NXM_1, 7, 4, Field.REG7),
          of(NXM_1, 8, 4, Field.REG8),
          of(NXM_1, 9, 4, Field.REG9),
          of(NXM_1, 10, 4, Field.REG10),
          of(NXM_1, 11, 4, Field.REG11),
          of(NXM_1, 12, 4, Field.REG12),
          of(NXM_1, 13, 4, Field.REG13),
          of(NXM_1, 14, 4, Field.REG14),
          of(NXM_1, 15, 4, Field.REG15),
          of(NXM_0, 2, 6, Field.ETH_SRC),
          of(BASIC, 4, 6, Field.ETH_SRC),
          of(NXM_0, 1, 6, Field.ETH_DST),
          of(BASIC, 3, 6, Field.ETH_DST),
          of(NXM_0, 3, 2, Field.ETH_TYPE),
          of(BASIC, 5, 2, Field.ETH_TYPE),
          of(NXM_0, 4, 2, Field.VLAN_TCI),
          of(BASIC, 6, 2, Field.VLAN_VID).bits(12, 0x1fff),
          of(BASIC, 7, 1, Field.VLAN_PCP).bits(3, 0x7),
          of(BASIC, 34, 4, Field.MPLS_LABEL).bits(20, 0xfffff),
          of(BASIC, 35, 1, Field.MPLS_TC).bits(3, 0x7),
          of(BASIC, 36, 1, Field.MPLS_BOS).bits(1, 0x1),
          of(NXM_1, 30, 1, Field.MPLS_TTL),
          of(BASIC, 37, 3, Field.PBB_ISID),
          of(NXM_0, 7, 4, Field.IPV4_SRC),
          of(BASIC, 11, 4, Field.IPV4_SRC),
          of(NXM_0, 8, 4, Field.IPV4_DST),
          of(BASIC, 12, 4, Field.IPV4_DST),
          of(NXM_1, 19, 16, Field.IPV6_SRC),
          of(BASIC, 26, 16, Field.IPV6_SRC),
          of(NXM_1, 20, 16, Field.IPV6_DST),
          of(BASIC, 27, 16, Field.IPV6_DST),
          of(NXM_1, 27, 4, Field.IPV6_LABEL).bits(20, 0xfffff),
          of(BASIC, 28, 4, Field.IPV6_LABEL).bits(20, 0xfffff),
          of(BASIC, 39, 2, Field.IPV6_EXTHDR).bits(9, 0x1ff),
          of(NXM_0, 6, 1, Field.IP_PROTO),
          of(BASIC, 10, 1, Field.IP_PROTO),
          of(NXM_0, 5, 1, Field.IP_DSCP).bits(8, 0xfc).form(Form.TOS),
          of(BASIC, 8, 1, Field.IP_DSCP).bits(6, 0x3f),
          of(NXM_1, 28, 1, Field.IP_ECN).bits(2, 0x3),
          of(BASIC, 9, 1, Field.IP_ECN).bits(2, 0x3),
          of(NXM_1, 29, 1, Field.IP_TTL),
          of(NXM_1, 26, 1, Field.IP_FRAG).bits(2, 0x3),
          of(NXM_0, 15, 2, Field.ARP_OP).bits(16, 0xff),
          of(BASIC, 21, 2, Field.ARP_OP).bits(16, 0xff),
          of(NXM_0, 16, 4, Field.ARP_SPA),
          of(BASIC, 22, 4, Field.ARP_SPA),
          of(NXM_0, 17, 4, Field.ARP_TPA),
          of(BASIC, 23, 4, Field.ARP_TPA),
          of(NXM_1, 17, 6, Field.ARP_SHA),
          of(BASIC, 24, 6, Field.ARP_SHA),
          of(NXM_1, 18, 6, Field.ARP_THA),
          of(BASIC, 25, 6, Field.ARP_THA),
          of(NXM_0, 9, 2, Field.TCP_SRC),
          of(BASIC, 13, 2, Field.TCP_SRC),
          of(NXM_0, 10, 2, Field.TCP_DST),
          of(BASIC, 14, 2, Field.TCP_DST),
          of(NXM_1, 34, 2, Field.TCP_FLAGS).bits(12, 0xfff),
          of(EXPERIMENTER, ONF, 42, 2, Field.TCP_FLAGS).bits(12, 0xfff),
          of(BASIC, 42, 2, Field.TCP_FLAGS).bits(12, 0xfff),
          of(NXM_0, 11, 2, Field.UDP_SRC),
          of(BASIC, 15, 2, Field.UDP_SRC),
          of(NXM_0, 12, 2, Field.UDP_DST),
          of(BASIC, 16, 2, Field.UDP_DST),
          of(BASIC, 17, 2, Field.SCTP_SRC),
          of(BASIC, 18, 2, Field.SCTP_DST),
          of(NXM_0, 13, 1, Field.ICMPV4_TYPE),
          of(BASIC, 19, 1, Field.ICMPV4_TYPE),
          of(NXM_0, 14, 1, Field.ICMPV4_CODE),
          of(BASIC, 20, 1, Field.ICMPV4_CODE),
          of(NXM_1, 21, 1, Field.ICMPV6_TYPE),
          of(BASIC, 29, 1, Field.ICMPV6_TYPE),
          of(NXM_1, 22, 1, Field.ICMPV6_CODE),
          of(BASIC, 30, 1, Field.ICMPV6_CODE),
          of(NXM_1, 23, 16, Field.ND_TARGET),
          of(BASIC, 31, 16, Field.ND_TARGET),
          of(NXM_1, 24, 6, Field.ND_SLL),
          of(BASIC, 32, 6, Field.ND_SLL),
          of(NXM_1, 25, 6, Field.ND_TLL),
          of(BASIC, 33, 6, Field.ND_TLL),
          of(ERICSSON, 1, 4, Field.ND_RESERVED),
          of(ERICSSON, 2, 1, Field.ND_OPTIONS_TYPE));

  private static final @Nullable Oxm[] BY_NXM_0 = byNumber(NXM_0);
  private static final @Nullable Oxm[] BY_NXM_1 = byNumber(NXM_1);
  private static final @Nullable Oxm[] BY_ERICSSON = byNumber(ERICSSON);
  private static final @Nullable Oxm[] BY_BASIC = byNumber(BASIC);
  private static final Map<Long, Oxm> BY_EXPERIMENTER = byExperimenter();
  private static final Map<Field, Oxm> OF13 = preferred(true);
  private static final Map<Field, Oxm> LEGACY = preferred(false);

  private static Oxm of(int oxmClass, int number, int bytes, Field field) {
    return new Oxm(
        oxmClass << 16 | number << 9 | bytes,
        0,
        bytes,
        field,
        bytes * 8,
        bytes >= 8 ? -1L : (1L << bytes * 8) - 1,
        Form.SAME);
  }

  private static Oxm of(int oxmClass, int vendor, int number, int bytes, Field field) {
    Oxm o = of(oxmClass, number, bytes, field);
    return new Oxm(o.header + 4, vendor, bytes, field, o.bits, o.valid, o.form);
  }

  private Oxm bits(int n, long validBits) {
    return new Oxm(header, vendor, bytes, field, n, validBits, form);
  }

  private Oxm form(Form f) {
    return new Oxm(header, vendor, bytes, field, bits, valid, f);
  }

  /** The class and field, header bits 31..9: what identifies it together with the vendor. */
  private int number() {
    return header >>> 9 & 0x7f;
  }

  private int oxmClass() {
    return header >>> 16;
  }

  boolean isExperimenter() {
    return vendor != 0;
  }

  /** Bytes of the header, an experimenter's number included. */
  int headerBytes() {
    return isExperimenter() ? 8 : 4;
  }

  /** The value of the field for this one on the wire; only for {@link #valid} ones. */
  long fromWire(long v) {
    return switch (form) {
      case SAME, PORT -> v;
      case PORT16 -> v >= 0xff00 ? v | 0xffff0000L : v;
      case TOS -> v >>> 2;
    };
  }

  /** The value on the wire for this one of the field. */
  long toWire(long v) {
    return switch (form) {
      case SAME, PORT -> v;
      case PORT16 -> v & 0xffff;
      case TOS -> v << 2;
    };
  }

  /**
   * The field for a header on the wire, mask bit and length ignored; null if it is unknown.
   *
   * @param vendor meaningful for the experimenter class alone
   */
  static @Nullable Oxm find(int header, int vendor) {
    int number = header >>> 9 & 0x7f;
    return switch (header >>> 16) {
      case NXM_0 -> BY_NXM_0[number];
      case NXM_1 -> BY_NXM_1[number];
      case ERICSSON -> BY_ERICSSON[number];
      case BASIC -> BY_BASIC[number];
      case EXPERIMENTER -> BY_EXPERIMENTER.get((long) vendor << 32 | number);
      default -> null;
    };
  }

  /** What to write the field as at 1.3; null if it cannot be written. */
  static @Nullable Oxm of13(Field f) {
    return OF13.get(f);
  }

  /** What to write the field as in a Nicira action: the old form if it has one. */
  static @Nullable Oxm legacy(Field f) {
    return LEGACY.get(f);
  }

  private static @Nullable Oxm[] byNumber(int oxmClass) {
    @Nullable Oxm[] a = new Oxm[128];
    for (Oxm o : ALL) {
      if (o.oxmClass() == oxmClass) {
        a[o.number()] = o;
      }
    }
    return a;
  }

  private static Map<Long, Oxm> byExperimenter() {
    Map<Long, Oxm> m = new HashMap<>();
    for (Oxm o : ALL) {
      if (o.isExperimenter()) {
        m.put((long) o.vendor << 32 | o.number(), o);
      }
    }
    return m;
  }

  /** OpenFlow 1.5's numbers (42 up) are read but not written. */
  private static Map<Field, Oxm> preferred(boolean of13) {
    Map<Field, List<Oxm>> ways = new EnumMap<>(Field.class);
    for (Oxm o : ALL) {
      ways.computeIfAbsent(o.field, f -> new ArrayList<>()).add(o);
    }
    Map<Field, Oxm> m = new EnumMap<>(Field.class);
    ways.forEach(
        (f, all) -> {
          Oxm best = all.get(0);
          for (Oxm o : all) {
            boolean is13 = o.oxmClass() == BASIC && o.number() < 42 || o.vendor == ONF;
            if (of13 && is13) {
              best = o;
            }
          }
          m.put(f, best);
        });
    return m;
  }
}
