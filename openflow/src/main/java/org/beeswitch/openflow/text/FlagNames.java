// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import com.google.common.collect.ImmutableList;

/**
 * Sets of flags in text: {@code +syn-ack} under a mask, {@code syn|ack} without (OVS {@code
 * parse_flags}, {@code format_flags_masked}).
 */
enum FlagNames {
  TCP("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"),
  CT_STATE("new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"),
  TUNNEL("oam", "df", "csum", "key");

  /** The tunnel flags that OpenFlow sees: oam. */
  static final int TUNNEL_PUBLIC = 1;

  private final ImmutableList<String> names;

  FlagNames(String... names) {
    this.names = ImmutableList.copyOf(names);
  }

  /**
   * Parses flags.
   *
   * @param what for messages
   * @param allowed flags that may be named
   * @param exact the mask if none is given
   */
  Masked parse(String s, String what, long allowed, long exact) throws FlowSyntaxException {
    CNumber.Prefix value = CNumber.scan(s, 0);
    if (!value.isNone() && s.startsWith("/", value.end())) {
      String m = s.substring(value.end() + 1);
      CNumber.Prefix mask = CNumber.scan(m, 0);
      boolean isHexWithoutDigits = mask.end() == 1 && m.regionMatches(true, 0, "0x", 0, 2);
      if (!mask.isNone() && !isHexWithoutDigits) {
        if (((value.value() | mask.value()) & ~allowed) != 0) {
          throw unknown(s, what);
        }
        return new Masked(0, value.value(), 0, mask.value());
      }
    }
    return s.startsWith("+") || s.startsWith("-")
        ? masked(s, what, allowed)
        : exact(s, what, allowed, exact);
  }

  private Masked masked(String s, String what, long allowed) throws FlowSyntaxException {
    long flags = 0;
    long mask = 0;
    int i = 0;
    while (i < s.length()) {
      char sign = s.charAt(i);
      if (sign != '+' && sign != '-') {
        throw FlowSyntaxException.of(
            "%s: %s must be preceded by '+' (for SET) or '-' (NOT SET)", s.substring(i), what);
      }
      int end = ++i;
      while (end < s.length() && s.charAt(end) != '+' && s.charAt(end) != '-') {
        end++;
      }
      long bit = bit(s.substring(i, end));
      if ((bit & mask) != 0) {
        throw FlowSyntaxException.of(
            "%s: Each %s flag can be specified only once", s.substring(i), what);
      }
      if ((bit & allowed) == 0) {
        throw unknown(s.substring(i), what);
      }
      mask |= bit;
      flags |= sign == '+' ? bit : 0;
      i = end;
    }
    return new Masked(0, flags, 0, mask);
  }

  private Masked exact(String s, String what, long allowed, long exact) throws FlowSyntaxException {
    long flags = 0;
    for (String part : s.isEmpty() ? new String[0] : s.split("\\|", -1)) {
      CNumber.Prefix n = CNumber.scan(part, 0);
      boolean isNumber = !n.isNone() && n.end() == part.length();
      long bits = isNumber ? n.value() : bit(part);
      if ((bits & ~allowed) != 0 || bits == 0 && !isNumber) {
        throw unknown(s, what);
      }
      flags |= bits;
    }
    return new Masked(0, flags, 0, exact);
  }

  private long bit(String name) {
    int i = names.indexOf(name);
    return i < 0 ? 0 : 1L << i;
  }

  private static FlowSyntaxException unknown(String s, String what) {
    return FlowSyntaxException.of("%s: unknown %s flag(s)", s, what);
  }

  /** Appends as {@code +a-b}, or as {@code a|b} if the mask is {@code full}. */
  StringBuilder appendMasked(StringBuilder s, long flags, long mask, long full) {
    if (mask == full) {
      return append(s, flags);
    }
    if (mask == 0) {
      return s.append("0/0");
    }
    for (long m = mask; m != 0; m &= m - 1) {
      int i = Long.numberOfTrailingZeros(m);
      s.append((flags >>> i & 1) != 0 ? '+' : '-')
          .append(i < names.size() ? names.get(i) : "[Unknown]");
    }
    return s;
  }

  /** Appends as {@code a|b}; 0 if there is none. */
  StringBuilder append(StringBuilder s, long flags) {
    if (flags == 0) {
      return s.append('0');
    }
    long bad = 0;
    String separator = "";
    for (long m = flags; m != 0; m &= m - 1) {
      int i = Long.numberOfTrailingZeros(m);
      if (i < names.size()) {
        s.append(separator).append(names.get(i));
        separator = "|";
      } else {
        bad |= 1L << i;
      }
    }
    return bad == 0 ? s : s.append(separator).append("0x").append(Long.toHexString(bad));
  }
}
