// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.odp.OdpAttr.Part;
import org.jspecify.annotations.Nullable;

/** Single values of keys in text, with their masks, in the forms of {@link OdpAttr.Form}. */
final class OdpNumbers {
  private OdpNumbers() {}

  /** C's {@code %#x}: zero has no prefix. */
  static StringBuilder hex(StringBuilder sb, long v) {
    return v == 0 ? sb.append('0') : sb.append("0x").append(Long.toHexString(v));
  }

  /** {@code 0x%04x}. */
  static StringBuilder hex4(StringBuilder sb, int v) {
    String s = Integer.toHexString(v);
    return sb.append("0x").append("0".repeat(Math.max(0, 4 - s.length()))).append(s);
  }

  private static void hex128(StringBuilder sb, long hi, long lo) {
    if (hi == 0) {
      hex(sb, lo);
    } else {
      String s = Long.toHexString(lo);
      sb.append("0x").append(Long.toHexString(hi)).append("0".repeat(16 - s.length())).append(s);
    }
  }

  /** Appends the part's value in {@code key} and, unless it is exact, its mask. */
  static void format(
      StringBuilder sb, Part p, long[] key, long @Nullable [] mask, OdpText.PortNamer ports) {
    boolean exact = mask == null || p.isExact(mask);
    long v = p.get(key);
    long m = mask == null ? p.ones() : p.get(mask);
    switch (p.form()) {
      case DECIMAL -> masked(sb.append(v), exact, m);
      case BYTE -> masked(sb.append(v), exact, m & 0xff);
      case HEX -> masked(hex(sb, v), exact, m);
      case HEX128 -> {
        hex128(sb, key[p.word()], key[p.word() + 1]);
        if (mask != null && !exact) {
          hex128(sb.append('/'), mask[p.word()], mask[p.word() + 1]);
        }
      }
      case ETH -> {
        AddressText.appendMac(sb, v);
        if (!exact) {
          AddressText.appendMac(sb.append('/'), m);
        }
      }
      case IPV4 -> {
        AddressText.appendIpv4(sb, v);
        if (!exact) {
          AddressText.appendIpv4(sb.append('/'), m);
        }
      }
      case IPV6 -> {
        AddressText.appendIpv6(sb, key[p.word()], key[p.word() + 1]);
        if (mask != null && !exact) {
          AddressText.appendIpv6(sb.append('/'), mask[p.word()], mask[p.word() + 1]);
        }
      }
      case PORT -> {
        if (exact) {
          sb.append(ports.name((int) v));
        } else {
          masked(sb.append(v), false, m);
        }
      }
      case FRAG -> sb.append((v & 2) != 0 ? "later" : (v & 1) != 0 ? "first" : "no");
      case TCP_FLAGS -> OdpFlags.formatMasked(sb, OdpFlags.TCP, v, m, p.ones());
      case CT_STATE -> OdpFlags.formatMasked(sb, OdpFlags.CT_STATE, v, m, -1);
    }
  }

  private static void masked(StringBuilder sb, boolean exact, long mask) {
    if (!exact) {
      hex(sb.append('/'), mask);
    }
  }

  /**
   * Parses {@code value} or {@code value/mask} into key and mask. Returns false if it is neither.
   */
  static boolean parse(Part p, String text, long[] key, long[] mask, OdpText.PortResolver ports) {
    if (p.form() == OdpAttr.Form.TCP_FLAGS || p.form() == OdpAttr.Form.CT_STATE) {
      boolean tcp = p.form() == OdpAttr.Form.TCP_FLAGS;
      long[] vm = OdpFlags.parse(tcp ? OdpFlags.TCP : OdpFlags.CT_STATE, text, p.ones());
      if (vm == null) {
        return false;
      }
      p.set(key, vm[0]);
      p.set(mask, vm[1]);
      return true;
    }
    int slash = text.indexOf('/');
    if (!parseValue(p, slash < 0 ? text : text.substring(0, slash), key, ports)) {
      return false;
    }
    if (slash < 0) {
      p.setExact(mask);
      return true;
    }
    return parseValue(p, text.substring(slash + 1), mask, ports);
  }

  private static boolean parseValue(Part p, String text, long[] into, OdpText.PortResolver ports) {
    switch (p.form()) {
      case ETH -> {
        return store(p, AddressText.parseMac(text), into);
      }
      case IPV4 -> {
        return store(p, AddressText.parseIpv4(text), into);
      }
      case IPV6 -> {
        Ipv6Address a = AddressText.parseIpv6(text);
        if (a == null) {
          return false;
        }
        into[p.word()] = a.hi();
        into[p.word() + 1] = a.lo();
        return true;
      }
      case FRAG -> {
        int frag = "no".equals(text) ? 0 : "first".equals(text) ? 1 : "later".equals(text) ? 3 : -1;
        return store(p, frag, into);
      }
      case PORT -> {
        long[] n = parse(text);
        return store(p, n != null ? n[0] : ports.number(text), into);
      }
      case HEX128 -> {
        long[] n = parse128(text);
        if (n == null) {
          return false;
        }
        into[p.word()] = n[0];
        into[p.word() + 1] = n[1];
        return true;
      }
      default -> {
        long[] n = parse(text);
        return n != null && store(p, n[0], into);
      }
    }
  }

  private static boolean store(Part p, long v, long[] into) {
    if (v < 0 || v > p.ones()) {
      return false;
    }
    p.set(into, v);
    return true;
  }

  /** A number as C's {@code %i} reads it, in the only element; null if it is none. */
  static long @Nullable [] parse(String text) {
    try {
      if (text.startsWith("0x") || text.startsWith("0X")) {
        return new long[] {Long.parseUnsignedLong(text.substring(2), 16)};
      }
      return Character.isDigit(text.isEmpty() ? ' ' : text.charAt(0))
          ? new long[] {Long.parseLong(text)}
          : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static long @Nullable [] parse128(String text) {
    if (text.length() > 18 && text.startsWith("0x") && text.length() <= 34) {
      int split = text.length() - 16;
      long[] hi = parse(text.substring(0, split));
      long[] lo = parse("0x" + text.substring(split));
      return hi == null || lo == null ? null : new long[] {hi[0], lo[0]};
    }
    long[] lo = parse(text);
    return lo == null ? null : new long[] {0, lo[0]};
  }
}
