// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import org.jspecify.annotations.Nullable;

/**
 * Addresses as text, both ways, exactly as OVS reads and prints them: MACs as {@code
 * aa:bb:cc:dd:ee:ff}, IPv4 dotted, IPv6 as {@code inet_ntop} does; a mask is left out if it is
 * exact, and is a prefix length if it is one, otherwise spelled out ({@code lib/packets.c},
 * eth_format_masked, ip_format_masked, ipv6_format_masked).
 *
 * <p>Parsers answer text that is no address with a value ({@link #NOT_AN_ADDRESS} or null): what
 * the error message says is the caller's business.
 */
public final class AddressText {
  /** What parsing something else than an address gives; no address has this value. */
  public static final long NOT_AN_ADDRESS = -1;

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private AddressText() {}

  /** Appends the lower 48 bits. */
  public static StringBuilder appendMac(StringBuilder s, long mac) {
    for (int shift = 40; shift >= 0; shift -= 8) {
      s.append(HEX[(int) (mac >>> shift + 4) & 15]).append(HEX[(int) (mac >>> shift) & 15]);
      if (shift > 0) {
        s.append(':');
      }
    }
    return s;
  }

  /** Appends a MAC and, unless it is exact, its mask. */
  public static StringBuilder appendMac(StringBuilder s, long mac, long mask) {
    appendMac(s, mac);
    return mask == 0xffff_ffff_ffffL ? s : appendMac(s.append('/'), mask);
  }

  public static String mac(long mac) {
    return appendMac(new StringBuilder(17), mac).toString();
  }

  /** Appends the lower 32 bits. */
  public static StringBuilder appendIpv4(StringBuilder s, long ip) {
    return s.append(ip >>> 24 & 0xff)
        .append('.')
        .append(ip >>> 16 & 0xff)
        .append('.')
        .append(ip >>> 8 & 0xff)
        .append('.')
        .append(ip & 0xff);
  }

  /** Appends an IPv4 address and, unless it is exact, its mask. */
  public static StringBuilder appendIpv4(StringBuilder s, long ip, long mask) {
    appendIpv4(s, ip);
    int m = (int) mask;
    if (m == -1) {
      return s;
    }
    s.append('/');
    return isPrefix(m) ? s.append(Integer.bitCount(m)) : appendIpv4(s, mask);
  }

  public static String ipv4(long ip) {
    return appendIpv4(new StringBuilder(15), ip).toString();
  }

  /** Appends an IPv6 address as glibc's {@code inet_ntop}. */
  public static StringBuilder appendIpv6(StringBuilder s, long hi, long lo) {
    int best = -1;
    int bestLength = 1; // a single zero group is not compressed
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && group(hi, lo, i + n) == 0) {
        n++;
      }
      if (n > bestLength) {
        best = i;
        bestLength = n;
      }
      i += n;
    }
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        s.append(i == 0 ? "::" : ":");
        i += bestLength - 1;
        continue;
      }
      // ::a.b.c.d and ::ffff:a.b.c.d end as IPv4.
      if (i == 6
          && best == 0
          && (bestLength == 6 || bestLength == 5 && group(hi, lo, 5) == 0xffff)) {
        return appendIpv4(s, lo);
      }
      s.append(Integer.toHexString(group(hi, lo, i)));
      if (i < 7) {
        s.append(':');
      }
    }
    return s;
  }

  /** Appends an IPv6 address and, unless it is exact, its mask. */
  public static StringBuilder appendIpv6(
      StringBuilder s, long hi, long lo, long maskHi, long maskLo) {
    appendIpv6(s, hi, lo);
    if (maskHi == -1 && maskLo == -1) {
      return s;
    }
    s.append('/');
    int bits = Long.bitCount(maskHi) + Long.bitCount(maskLo);
    return Ipv6Address.prefix(bits).equals(new Ipv6Address(maskHi, maskLo))
        ? s.append(bits)
        : appendIpv6(s, maskHi, maskLo);
  }

  /** The MAC, or {@link #NOT_AN_ADDRESS}: six groups of one or two hexadecimal digits. */
  public static long parseMac(CharSequence text) {
    long mac = 0;
    int digits = 0;
    int groups = 1;
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ':') {
        if (digits == 0 || ++groups > 6) {
          return NOT_AN_ADDRESS;
        }
        mac = mac << 8 | value;
        value = 0;
        digits = 0;
      } else {
        int d = digit(c, 16);
        if (d < 0 || ++digits > 2) {
          return NOT_AN_ADDRESS;
        }
        value = value << 4 | d;
      }
    }
    return groups == 6 && digits > 0 ? mac << 8 | value : NOT_AN_ADDRESS;
  }

  /** The IPv4 address, or {@link #NOT_AN_ADDRESS}: four decimal numbers up to 255. */
  public static long parseIpv4(CharSequence text) {
    long ip = 0;
    int value = -1;
    int groups = 1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.') {
        if (value < 0 || ++groups > 4) {
          return NOT_AN_ADDRESS;
        }
        ip = ip << 8 | value;
        value = -1;
      } else {
        int d = digit(c, 10);
        value = d < 0 || value == 0 ? 256 : Math.max(value, 0) * 10 + d; // no leading zeros
        if (value > 255) {
          return NOT_AN_ADDRESS;
        }
      }
    }
    return groups == 4 && value >= 0 ? ip << 8 | value : NOT_AN_ADDRESS;
  }

  /** The mask of the first {@code bits} bits of an IPv4 address, 0 to 32, in the lower 32 bits. */
  public static long ipv4Prefix(int bits) {
    return bits == 0 ? 0 : -1L << 32 - bits & 0xffffffffL;
  }

  /** The IPv6 address, or null if the text is none (as {@code inet_pton}). */
  public static @Nullable Ipv6Address parseIpv6(CharSequence text) {
    int[] group = new int[8];
    int n = 0; // groups so far
    int gap = -1; // group in front of which "::" stands
    int length = text.length();
    int i = 0;
    if (length >= 2 && text.charAt(0) == ':' && text.charAt(1) == ':') {
      gap = 0;
      i = 2;
    }
    while (i < length) {
      int end = i;
      while (end < length && digit(text.charAt(end), 16) >= 0) {
        end++;
      }
      if (end < length && text.charAt(end) == '.') {
        long ip = parseIpv4(text.subSequence(i, length));
        if (ip == NOT_AN_ADDRESS || n > 6) {
          return null;
        }
        group[n++] = (int) (ip >>> 16);
        group[n++] = (int) ip & 0xffff;
        i = length;
        break;
      }
      if (end == i || end - i > 4 || n == 8) {
        return null;
      }
      for (; i < end; i++) {
        group[n] = group[n] << 4 | digit(text.charAt(i), 16);
      }
      n++;
      if (i == length) {
        break;
      }
      if (text.charAt(i++) != ':' || i == length) {
        return null;
      }
      if (text.charAt(i) == ':') {
        if (gap >= 0) {
          return null;
        }
        gap = n;
        i++;
      }
    }
    if (gap < 0 ? n != 8 : n == 8) {
      return null;
    }
    int[] all = gap < 0 ? group : new int[8];
    if (gap >= 0) {
      System.arraycopy(group, 0, all, 0, gap);
      System.arraycopy(group, gap, all, 8 - (n - gap), n - gap);
    }
    return new Ipv6Address(
        (long) all[0] << 48 | (long) all[1] << 32 | (long) all[2] << 16 | all[3],
        (long) all[4] << 48 | (long) all[5] << 32 | (long) all[6] << 16 | all[7]);
  }

  private static int group(long hi, long lo, int i) {
    return (int) ((i < 4 ? hi : lo) >>> 48 - 16 * (i & 3)) & 0xffff;
  }

  private static boolean isPrefix(int mask) {
    return (~mask & ~mask + 1) == 0;
  }

  private static int digit(char c, int radix) {
    return c < 128 ? Character.digit(c, radix) : -1;
  }
}
