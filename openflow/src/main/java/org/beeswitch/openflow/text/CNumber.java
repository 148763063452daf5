// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

/**
 * Numbers in the notation of C's {@code strtoull}: decimal, {@code 0x} hexadecimal or {@code 0}
 * octal, with an optional sign. OVS's {@code str_to_u16} and its relatives, with their messages.
 */
public final class CNumber {
  private CNumber() {}

  /**
   * A number at the start of a text.
   *
   * @param value two's complement
   * @param end index after its last character; 0 if there is no number
   * @param overflow whether it does not fit into 64 bits
   */
  record Prefix(long value, int end, boolean overflow) {
    boolean isNone() {
      return end == 0;
    }
  }

  /**
   * The number that {@code s} starts with, in the given radix or, if that is 0, in C's notation.
   */
  static Prefix scan(String s, int radix) {
    int i = 0;
    while (i < s.length() && " \t\r\n".indexOf(s.charAt(i)) >= 0) {
      i++;
    }
    boolean negative = false;
    if (i < s.length() && (s.charAt(i) == '-' || s.charAt(i) == '+')) {
      negative = s.charAt(i++) == '-';
    }
    int base = radix;
    if ((base == 0 || base == 16)
        && s.regionMatches(true, i, "0x", 0, 2)
        && i + 2 < s.length()
        && digit(s.charAt(i + 2), 16) >= 0) {
      base = 16;
      i += 2;
    } else if (base == 0) {
      base = i < s.length() && s.charAt(i) == '0' ? 8 : 10;
    }
    int start = i;
    long v = 0;
    boolean overflow = false;
    for (; i < s.length(); i++) {
      int d = digit(s.charAt(i), base);
      if (d < 0) {
        break;
      }
      overflow |= Long.compareUnsigned(v, Long.divideUnsigned(-1L - d, base)) > 0;
      v = v * base + d;
    }
    return i == start ? new Prefix(0, 0, false) : new Prefix(negative ? -v : v, i, overflow);
  }

  /**
   * C's {@code atoi}, for what {@code ovs-ofctl} reads unchecked: the decimal number that the text
   * begins with, 0 if with none.
   */
  public static int atoi(String s) {
    return (int) scan(s, 10).value();
  }

  private static int digit(char c, int radix) {
    return c < 128 ? Character.digit(c, radix) : -1;
  }

  /** OVS {@code str_to_u8}. */
  static int u8(String s, String name) throws FlowSyntaxException {
    return upTo(255, s, name);
  }

  /** OVS {@code str_to_u16}. */
  static int u16(String s, String name) throws FlowSyntaxException {
    return upTo(65535, s, name);
  }

  private static int upTo(int max, String s, String name) throws FlowSyntaxException {
    long v = unsigned(s, 0, max);
    if (v < 0) {
      throw FlowSyntaxException.of("invalid %s \"%s\"", name, s);
    }
    return (int) v;
  }

  /** OVS {@code str_to_u32}: what is too large loses its upper bits. */
  static int u32(String s) throws FlowSyntaxException {
    return (int) u64(s);
  }

  /** OVS {@code str_to_u64}; {@code -1} is all ones. */
  static long u64(String s) throws FlowSyntaxException {
    if (s.isEmpty()) {
      throw new FlowSyntaxException("missing required numeric argument");
    }
    Prefix p = scan(s, 0);
    if (p.isNone() || p.end() != s.length() || p.overflow()) {
      throw new FlowSyntaxException("invalid numeric format " + s);
    }
    return p.value();
  }

  /** The unsigned 32-bit decimal number, or -1 if {@code s} is none (OVS {@code str_to_uint}). */
  static long decimal(String s) {
    return unsigned(s, 10, 0xffffffffL);
  }

  /** The number that all of {@code s} is, or -1 if it is none in 0..{@code max}. */
  private static long unsigned(String s, int radix, long max) {
    Prefix p = scan(s, radix);
    if (p.isNone() || p.end() != s.length() || p.overflow()) {
      return -1;
    }
    // -18446744073709551615 is negative, not 1 as in 64 bits.
    boolean isNegative = s.indexOf('-') >= 0 && p.value() != 0;
    return isNegative || p.value() > max ? -1 : Math.max(-1, p.value());
  }
}
