// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.openflow.msg.OfPort;

/** Values of fields, parsed and printed by form (OVS {@code mf_parse}, {@code mf_format}). */
final class ValueText {
  private static final int FRAG_BITS = FlowLayout.FRAG_ANY | FlowLayout.FRAG_LATER;

  /** Names of fragments: the first that fits is printed. */
  private enum Frag {
    NO("no", FRAG_BITS, 0),
    FIRST("first", FRAG_BITS, FlowLayout.FRAG_ANY),
    LATER("later", FRAG_BITS, FRAG_BITS),
    NO_ANY("no", FlowLayout.FRAG_ANY, 0),
    YES("yes", FlowLayout.FRAG_ANY, FlowLayout.FRAG_ANY),
    NOT_LATER("not_later", FlowLayout.FRAG_LATER, 0),
    LATER_ONLY("later", FlowLayout.FRAG_LATER, FlowLayout.FRAG_LATER);

    final String text;
    final int mask;
    final int value;

    Frag(String text, int mask, int value) {
      this.text = text;
      this.mask = mask;
      this.value = value;
    }
  }

  private ValueText() {}

  /**
   * Parses the value of a field, with or without mask.
   *
   * @throws FlowSyntaxException with OVS's text
   */
  static Masked parse(TextField f, String s, Names names) throws FlowSyntaxException {
    if (s.equals("*")) {
      return new Masked(0, 0, 0, 0);
    }
    Masked m =
        switch (f.form()) {
          case DECIMAL, HEX -> integer(f, s);
          case ETH -> ethernet(s);
          case IPV4 -> ipv4(s);
          case IPV6 -> ipv6(s);
          case PORT -> port(f, s, names);
          case FRAG -> frag(s);
          case TCP_FLAGS -> FlagNames.TCP.parse(s, "TCP", 0xfff, f.textOnes());
          case TUN_FLAGS -> FlagNames.TUNNEL.parse(s, "tunnel", FlagNames.TUNNEL_PUBLIC, 0xffff);
          case CT_STATE -> FlagNames.CT_STATE.parse(s, "ct_state", 0xff, f.textOnes());
          case PACKET_TYPE -> packetType(s);
        };
    if (!f.maskable() && !m.isWild() && !m.isExact(f)) {
      throw FlowSyntaxException.of("%s: invalid mask for field %s", s, f.name());
    }
    return m;
  }

  private static Masked integer(TextField f, String s) throws FlowSyntaxException {
    IntText value = IntText.scan(s, 0, f.bytes());
    String rest = s.substring(value.end());
    if (value.error() != null || !rest.isEmpty() && !rest.startsWith("/")) {
      throw bad(f, s, "value", value);
    }
    if (rest.isEmpty()) {
      return new Masked(value.hi(), value.lo(), f.isWide() ? -1L : 0, f.textOnes());
    }
    IntText mask = IntText.scan(s, value.end() + 1, f.bytes());
    if (mask.error() != null || mask.end() != s.length()) {
      throw bad(f, s, "mask", mask);
    }
    return new Masked(value.hi(), value.lo(), mask.hi(), mask.lo());
  }

  private static FlowSyntaxException bad(TextField f, String s, String what, IntText t) {
    return t.error() == IntText.Problem.TOO_LARGE
        ? FlowSyntaxException.of(
            "%s: %s too large for %d-byte field %s", s, what, f.bytes(), f.name())
        : FlowSyntaxException.of("%s: bad syntax for %s %s", s, f.name(), what);
  }

  private static Masked ethernet(String s) throws FlowSyntaxException {
    int slash = s.indexOf('/');
    long mac = AddressText.parseMac(slash < 0 ? s : s.substring(0, slash));
    long mask = slash < 0 ? 0xffff_ffff_ffffL : AddressText.parseMac(s.substring(slash + 1));
    if (mac == AddressText.NOT_AN_ADDRESS || mask == AddressText.NOT_AN_ADDRESS) {
      throw new FlowSyntaxException(s + ": invalid Ethernet address");
    }
    return new Masked(0, mac, 0, mask);
  }

  private static Masked ipv4(String s) throws FlowSyntaxException {
    int slash = s.indexOf('/');
    long ip = AddressText.parseIpv4(slash < 0 ? s : s.substring(0, slash));
    if (ip == AddressText.NOT_AN_ADDRESS) {
      throw new FlowSyntaxException(s + ": invalid IP address");
    }
    if (slash < 0) {
      return new Masked(0, ip, 0, 0xffffffffL);
    }
    String m = s.substring(slash + 1);
    long mask = AddressText.parseIpv4(m);
    if (mask == AddressText.NOT_AN_ADDRESS) {
      CNumber.Prefix bits = CNumber.scan(m, 10);
      if (bits.isNone()) {
        throw new FlowSyntaxException(s + ": invalid IP address");
      }
      if (bits.value() < 0 || bits.value() > 32) {
        throw new FlowSyntaxException(
            s + ": IPv4 network prefix bits not between 0 and 32, inclusive");
      }
      if (bits.end() != m.length()) {
        throw new FlowSyntaxException(s + ": invalid IP address");
      }
      mask = AddressText.ipv4Prefix((int) bits.value());
    }
    return new Masked(0, ip, 0, mask);
  }

  private static Masked ipv6(String s) throws FlowSyntaxException {
    int slash = s.indexOf('/');
    Ipv6Address ip = AddressText.parseIpv6(slash < 0 ? s : s.substring(0, slash));
    if (ip == null) {
      throw new FlowSyntaxException(s + ": invalid IPv6 address");
    }
    if (slash < 0) {
      return new Masked(ip.hi(), ip.lo(), -1L, -1L);
    }
    String m = s.substring(slash + 1);
    CNumber.Prefix bits = CNumber.scan(m, 10);
    Ipv6Address mask;
    if (!bits.isNone()) { // even of an address, as in /20::
      if (bits.value() < 0 || bits.value() > 128) {
        throw new FlowSyntaxException(
            s + ": IPv6 network prefix bits not between 0 and 128, inclusive");
      }
      mask = bits.end() == m.length() ? Ipv6Address.prefix((int) bits.value()) : null;
    } else {
      mask = AddressText.parseIpv6(m);
      if (mask == null && !m.isEmpty() && CNumber.scan(m.substring(0, 1), 16).end() == 1) {
        throw new FlowSyntaxException(s + ": Invalid IPv6 mask");
      }
    }
    if (mask == null) {
      throw new FlowSyntaxException(s + ": invalid IPv6 address");
    }
    return new Masked(ip.hi(), ip.lo(), mask.hi(), mask.lo());
  }

  private static Masked port(TextField f, String s, Names names) throws FlowSyntaxException {
    OfPort p = names.parsePort(s);
    if (p == null) {
      throw FlowSyntaxException.of(
          f.bytes() == 2
              ? "%s: invalid or unknown port for %s"
              : "%s: port value out of range for %s",
          s,
          f.name());
    }
    return new Masked(0, Integer.toUnsignedLong(p.number()), 0, f.textOnes());
  }

  private static Masked frag(String s) throws FlowSyntaxException {
    for (Frag g : Frag.values()) {
      if (s.equalsIgnoreCase(g.text)) {
        return new Masked(0, g.value, 0, g.mask | ~FRAG_BITS & 0xff);
      }
    }
    throw new FlowSyntaxException(
        s
            + ": unknown fragment type (valid types are \"no\", \"yes\", \"first\", \"later\","
            + " \"not_later\"");
  }

  private static Masked packetType(String s) throws FlowSyntaxException {
    String wrong = null;
    int comma = s.indexOf(',');
    IntText ns = IntText.scan(s, Math.min(1, s.length()), 2);
    IntText type = comma < 0 ? ns : IntText.scan(s, comma + 1, 2);
    if (!s.startsWith("(")) {
      wrong = "missing '('";
    } else if (ns.error() != null) {
      wrong = "ns";
    } else if (ns.end() != comma) {
      wrong = "missing ','";
    } else if (type.error() != null) {
      wrong = "ns_type";
    } else if (!s.startsWith(")", type.end())) {
      wrong = "missing ')'";
    }
    if (wrong != null) {
      throw FlowSyntaxException.of("%s: bad syntax for packet type %s", s, wrong);
    }
    return new Masked(0, ns.lo() << 16 | type.lo(), 0, 0xffffffffL);
  }

  /** Appends a value, with its mask unless that is full (OVS {@code mf_format}). */
  static StringBuilder append(StringBuilder s, TextField f, Masked m, Names names) {
    if (m.isWild()) {
      return s.append("ANY");
    }
    boolean exact = m.isExact(f);
    switch (f.form()) {
      case PORT -> {
        if (exact) {
          names.appendPort(s, OfPort.of((int) m.lo()));
        } else {
          integer(s, f, m, false);
        }
      }
      case DECIMAL, HEX -> integer(s, f, m, exact);
      case ETH -> AddressText.appendMac(s, m.lo(), m.maskLo());
      case IPV4 -> AddressText.appendIpv4(s, m.lo(), m.maskLo());
      case IPV6 -> AddressText.appendIpv6(s, m.hi(), m.lo(), m.maskHi(), m.maskLo());
      case FRAG -> s.append(fragName((int) m.lo(), (int) m.maskLo()));
      case TCP_FLAGS -> FlagNames.TCP.appendMasked(s, m.lo(), m.maskLo() & 0xfff, 0xfff);
      case TUN_FLAGS ->
          FlagNames.TUNNEL.appendMasked(
              s, m.lo(), m.maskLo() & FlagNames.TUNNEL_PUBLIC, FlagNames.TUNNEL_PUBLIC);
      case CT_STATE -> FlagNames.CT_STATE.appendMasked(s, m.lo(), m.maskLo(), 0xffff);
      case PACKET_TYPE -> appendPacketType(s, m.lo());
    }
    return s;
  }

  /** Appends {@code packet_type=(1,0x800)}; numbers of one digit are decimal. */
  static StringBuilder appendPacketType(StringBuilder s, long type) {
    s.append("packet_type=(");
    smallOrHex(s, type >>> 16).append(',');
    return smallOrHex(s, type & 0xffff).append(')');
  }

  /** OVS {@code put_u16_masked}. */
  private static StringBuilder smallOrHex(StringBuilder s, long v) {
    return v < 10 ? s.append(v) : appendHex(s, 0, v);
  }

  private static void integer(StringBuilder s, TextField f, Masked m, boolean exact) {
    if (f.form() == Field.Form.HEX) {
      appendHex(s, m.hi(), m.lo());
    } else {
      s.append(m.lo());
    }
    if (!exact) {
      appendHex(s.append('/'), m.maskHi(), m.maskLo());
    }
  }

  /** As OVS {@code ds_put_hex}: zero has no {@code 0x}. */
  static StringBuilder appendHex(StringBuilder s, long hi, long lo) {
    if (hi != 0) {
      return s.append("0x").append(Long.toHexString(hi)).append(String.format("%016x", lo));
    }
    return lo == 0 ? s.append('0') : s.append("0x").append(Long.toHexString(lo));
  }

  /** The name of a kind of fragments, {@code <error>} if it has none. */
  static String fragName(int value, int mask) {
    for (Frag g : Frag.values()) {
      if (g.mask == (mask & FRAG_BITS) && g.value == (value & mask & FRAG_BITS)) {
        return g.text;
      }
    }
    return "<error>";
  }
}
