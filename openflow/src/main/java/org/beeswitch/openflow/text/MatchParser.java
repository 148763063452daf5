// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.Prerequisites;

/**
 * Collects a match from its parts in text (OVS {@code parse_ofp_str}). A later part overrides an
 * earlier one of the same field.
 *
 * <p>{@link #build} leaves out what the match cannot be about, as OVS does on the way: fields whose
 * prerequisites are not matched, and of a VLAN tag what OpenFlow 1.3 cannot say.
 */
final class MatchParser {
  private static final int VID_BITS = VLAN_PRESENT | 0xfff;

  private final Match.Builder match = Match.builder();
  private final long[] value = match.valueWords();
  private final long[] mask = match.maskWords();
  private final Names names;

  /** Whether it is about Ethernet packets, if only by having named a field of theirs. */
  private boolean isOfEthernet;

  private boolean isUnsayable;

  MatchParser(Names names) {
    this.names = names;
  }

  /** Takes {@code key=value}; false if that is not about a match. */
  boolean take(String key, String text) throws FlowSyntaxException {
    Protocols.Protocol p = Protocols.byName(key);
    if (p != null) {
      exact(Field.ETH_TYPE, p.ethType());
      if (p.nwProto() != 0) {
        exact(Field.IP_PROTO, p.nwProto());
      }
      isOfEthernet = true;
      return true;
    }
    if (key.equals("eth")) {
      packetType(0);
      return true;
    }
    TextField f = TextField.byName(key);
    if (f != null) {
      // Without a value: that the field exists.
      set(f, ValueText.parse(f, text.isEmpty() ? "0/0" : text, names));
      isOfEthernet |= f.prereq().isOfEthernet();
      return true;
    }
    if (key.indexOf('[') >= 0) {
      subfield(key, text);
      return true;
    }
    return false;
  }

  /**
   * Takes {@code key=value} of one packet: an exact value, once, after what it requires (OVS {@code
   * parse_ofp_exact_flow}).
   *
   * @param whole what {@code key} is part of, for messages
   */
  void takeExact(String whole, String key, String text) throws FlowSyntaxException {
    Protocols.Protocol p = Protocols.byName(key);
    if (p != null) {
      if ((value[ETH_DST_TYPE] & 0xffff) != 0) {
        throw new FlowSyntaxException(whole + ": Ethernet type set multiple times");
      }
      if (p.nwProto() != 0 && (value[NW] >>> 32 & 0xff) != 0) {
        throw new FlowSyntaxException(whole + ": network protocol set multiple times");
      }
      take(key, "");
      return;
    }
    TextField f = TextField.byName(key);
    if (f == null) {
      throw FlowSyntaxException.of("%s: unknown field %s", whole, key);
    }
    if (!Prerequisites.met(f.prereq(), value, mask)) {
      throw FlowSyntaxException.of("%s: prerequisites not met for setting %s", whole, key);
    }
    Masked old = get(f);
    if ((old.hi() | old.lo()) != 0) {
      throw FlowSyntaxException.of("%s: field %s set multiple times", whole, key);
    }
    try {
      Masked m = ValueText.parse(f, text, names);
      if (!m.isExact(f)) {
        throw new FlowSyntaxException(text + ": wildcards not allowed here");
      }
      set(f, m);
    } catch (FlowSyntaxException e) {
      throw FlowSyntaxException.of("%s: bad value for %s (%s)", whole, key, e.text());
    }
  }

  private void subfield(String key, String text) throws FlowSyntaxException {
    Subfield sf = Subfield.parse(key);
    TextField f = sf.field();
    IntText n = IntText.scan(text, 0, f.bytes());
    if (n.error() != null || n.end() != text.length()) {
      throw FlowSyntaxException.of("%s: cannot parse integer value: %s", key, text);
    }
    Masked bits = sf.place(key, n.hi(), n.lo(), names);
    Masked old = get(f);
    set(
        f,
        new Masked(
            old.hi() & ~bits.maskHi() | bits.hi(),
            old.lo() & ~bits.maskLo() | bits.lo(),
            old.maskHi() | bits.maskHi(),
            old.maskLo() | bits.maskLo()));
    isOfEthernet |= f.prereq().isOfEthernet();
  }

  private Masked get(TextField f) {
    if (f.isWide()) {
      int w = f.word();
      return new Masked(value[w], value[w + 1], mask[w], mask[w + 1]);
    }
    Field field = f.field();
    if (field == null) {
      return new Masked(0, value[f.word()], 0, mask[f.word()]);
    }
    return new Masked(
        0,
        value[f.word()] >>> field.shift() & field.ones(),
        0,
        mask[f.word()] >>> field.shift() & field.ones());
  }

  private void set(TextField f, Masked m) throws FlowSyntaxException {
    switch (f.view()) {
      case XREG -> word(f.word(), m.lo(), m.maskLo());
      case XXREG -> {
        word(f.word(), m.hi(), m.maskHi());
        word(f.word() + 1, m.lo(), m.maskLo());
      }
      case DL_VLAN -> {
        if (m.isWild()) {
          anyVid();
        } else if (m.lo() == 0xffff) {
          tci(0, 0xffff);
        } else {
          tci(tci() & ~0xfff | VLAN_PRESENT | m.lo() & 0xfff, tciMask() | VID_BITS);
        }
      }
      case DL_VLAN_PCP -> pcp(m);
      case NW_TOS -> masked(Field.IP_DSCP, m.lo() >>> 2, m.isWild() ? 0 : -1L);
      case IN_PORT_OXM, PLAIN -> plain(f, m);
    }
  }

  private void plain(TextField f, Masked m) throws FlowSyntaxException {
    Field field = f.field();
    if (field == null) {
      throw new IllegalStateException(f.name() + " is no field");
    }
    if (f.isWide()) {
      word(f.word(), m.hi(), m.maskHi());
      word(f.word() + 1, m.lo(), m.maskLo());
      return;
    }
    switch (field) {
      case VLAN_VID -> {
        if (m.isWild()) {
          anyVid();
        } else {
          long vm = m.maskLo() & VID_BITS;
          tci(tci() & ~VID_BITS | m.lo() & vm, vm | tciMask() & 0xe000);
        }
      }
      case VLAN_PCP -> pcp(m);
      case TUN_FLAGS -> masked(field, m.lo(), m.maskLo() & FlagNames.TUNNEL_PUBLIC);
      case IP_FRAG -> {
        // Both bits that mean something are the whole field, as they are in messages.
        long bits = m.maskLo() & (FRAG_ANY | FRAG_LATER);
        masked(field, m.lo(), bits == (FRAG_ANY | FRAG_LATER) ? field.ones() : bits);
      }
      case PACKET_TYPE -> {
        if (m.isWild()) {
          masked(field, 0, 0);
          isOfEthernet = false;
        } else {
          packetType(m.lo());
        }
      }
      case IPV6_LABEL -> {
        long bits = m.isExact(f) ? m.lo() : m.maskLo();
        if ((bits & ~field.ones()) != 0) {
          throw new FlowSyntaxException("ipv6_label has 20 bits");
        }
        masked(field, m.lo(), m.maskLo());
      }
      case SKB_PRIORITY, TUN_TOS, TUN_TTL -> {
        isUnsayable |= !m.isWild();
        masked(field, m.lo(), m.maskLo());
      }
      default -> {
        boolean exact = m.isExact(f);
        masked(field, m.lo(), exact ? -1L : m.maskLo());
      }
    }
  }

  private void packetType(long type) {
    isOfEthernet = type == 0;
    masked(Field.PACKET_TYPE, type, type == 0 ? 0 : -1L);
  }

  private void pcp(Masked m) {
    if (!m.isWild()) {
      tci(tci() & ~0xe000 | m.lo() << 13 | VLAN_PRESENT, tciMask() | VLAN_PRESENT | 0xe000);
    } else if ((tciMask() & 0xfff) != 0) {
      tci(tci() & ~0xe000, tciMask() & ~0xe000);
    } else {
      tci(0, 0);
    }
  }

  private void anyVid() {
    if ((tciMask() & 0xe000) != 0) {
      tci(tci() & ~0xfff, tciMask() & ~0xfff);
    } else {
      tci(0, 0);
    }
  }

  private long tci() {
    return value[VLANS] >>> 32 & 0xffff;
  }

  private long tciMask() {
    return mask[VLANS] >>> 32 & 0xffff;
  }

  private void tci(long v, long m) {
    masked(Field.VLAN_TCI, v, m);
  }

  private void exact(Field f, long v) {
    masked(f, v, -1L);
  }

  /** Replaces what is matched of the field. */
  private void masked(Field f, long v, long m) {
    long ones = m & f.ones();
    mask[f.word()] = mask[f.word()] & ~f.wordMask() | ones << f.shift();
    value[f.word()] = value[f.word()] & ~f.wordMask() | (v & ones) << f.shift();
  }

  private void word(int w, long v, long m) {
    mask[w] = m;
    value[w] = v & m;
  }

  /**
   * The match, normalized.
   *
   * @param warnings gets OVS's three lines if something had to be left out
   */
  Match build(List<String> warnings) {
    Match before = match.build();
    List<String> lines = new ArrayList<>();
    normalize();
    Match after = asLogged(match.build());
    if (!after.equals(before)) {
      lines.add("normalization changed ofp_match, details:");
      lines.add(" pre: " + MatchText.of(before, Names.NONE));
      lines.add("post: " + MatchText.of(after, Names.NONE));
      warnings.addAll(lines);
    }
    sayableTags();
    Match sayable = match.build();
    if (!isOfEthernet || sayable.impliesEthernet() || match.has(Field.PACKET_TYPE)) {
      return sayable;
    }
    exact(Field.PACKET_TYPE, 0);
    return match.build();
  }

  /** Whether a field was matched that no version of OpenFlow has a number for. */
  boolean isUnsayable() {
    return isUnsayable;
  }

  /** Words of the match as it was written: what actions are checked against. */
  long[] valueWords() {
    return value;
  }

  long[] maskWords() {
    return mask;
  }

  /** Without what OVS logs as left out, but sends for the switch to refuse. */
  private Match asLogged(Match m) {
    Match.Builder b = m.toBuilder();
    if (match.has(Field.PACKET_TYPE)) {
      b.maskWords()[Field.ETH_SRC.word()] &= ~Field.ETH_SRC.wordMask();
      b.maskWords()[Field.ETH_DST.word()] &= ~Field.ETH_DST.wordMask();
    }
    if (Prerequisites.ethType(value) != EthType.IPV6) {
      b.maskWords()[Field.IPV6_LABEL.word()] &= ~Field.IPV6_LABEL.wordMask();
    }
    return b.build();
  }

  /** OVS {@code ofputil_normalize_match}, and what its OXM encoder leaves out without a word. */
  private void normalize() {
    int type = Prerequisites.ethType(value);
    int proto = (int) (value[NW] >>> 32 & 0xff);
    boolean ip = type == EthType.IPV4;
    boolean ipv6 = type == EthType.IPV6;
    boolean arp = type == EthType.ARP || type == EthType.RARP;
    boolean ports =
        (ip || ipv6) && (proto == IpProto.TCP || proto == IpProto.UDP || proto == IpProto.SCTP);
    boolean icmp = ip && proto == IpProto.ICMP || ipv6 && proto == IpProto.ICMPV6;
    long icmpType = value[TP] >>> 48;
    boolean nd = ipv6 && proto == IpProto.ICMPV6 && (icmpType == 135 || icmpType == 136);
    keep(ip || arp, Field.IPV4_SRC, Field.IPV4_DST);
    keep(ports || icmp, Field.TCP_SRC, Field.TCP_DST);
    keep(ip || ipv6 || arp, Field.IP_PROTO);
    keep(ip || ipv6, Field.IP_DSCP, Field.IP_ECN, Field.IP_TTL, Field.IP_FRAG);
    keep(arp || nd && icmpType == 135, Field.ARP_SHA);
    keep(arp || nd && icmpType == 136, Field.ARP_THA);
    keep(ipv6, Field.IPV6_SRC, Field.IPV6_DST, Field.IPV6_EXTHDR);
    keep(ip || ipv6, Field.IPV6_LABEL);
    keep(nd, Field.ND_TARGET, Field.ND_RESERVED);
    boolean tcp = ports && proto == IpProto.TCP;
    keep(tcp || nd, Field.TCP_FLAGS, Field.ND_OPTIONS_TYPE);
    keep(EthType.isMpls(type), Field.MPLS_LABEL, Field.MPLS_TC, Field.MPLS_BOS, Field.MPLS_TTL);
    keep(type == EthType.PBB, Field.PBB_ISID, Field.PBB_UCA);
    keep(match.has(Field.IN_PORT), Field.IN_PHY_PORT);
  }

  /**
   * OpenFlow 1.3 has a VID with presence bit and, of a present tag, the priority: no bits of it.
   */
  private void sayableTags() {
    long m = tciMask();
    boolean present = (tci() & m & VID_BITS) != 0;
    tci(tci(), m & VID_BITS | (present && (m & 0xe000) != 0 ? 0xe000 : 0));
  }

  private void keep(boolean keep, Field... fields) {
    if (keep) {
      return;
    }
    for (Field f : fields) {
      mask[f.word()] &= ~f.wordMask();
      value[f.word()] &= ~f.wordMask();
      if (f.isWide()) {
        word(f.word() + 1, 0, 0);
      }
    }
  }
}
