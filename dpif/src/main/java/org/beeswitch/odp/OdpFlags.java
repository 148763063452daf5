// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import org.jspecify.annotations.Nullable;

/** Sets of named bits in text: {@code +syn-ack}, {@code syn|ack} (OVS {@code lib/flow.c}). */
final class OdpFlags {
  private OdpFlags() {}

  static final String[] TCP = {
    "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"
  };
  static final String[] CT_STATE = {"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"};

  /** {@code a|b}, or 0. */
  static void format(StringBuilder sb, String[] names, long flags, char separator) {
    if (flags == 0) {
      sb.append('0');
      return;
    }
    int start = sb.length();
    for (int i = 0; i < names.length; i++) {
      if ((flags >>> i & 1) != 0) {
        sb.append(sb.length() == start ? "" : separator).append(names[i]);
      }
    }
    long unknown = flags >>> names.length << names.length;
    if (unknown != 0) {
      sb.append(sb.length() == start ? "" : separator).append("0x");
      sb.append(Long.toHexString(unknown));
    }
  }

  /** {@code +a-b}; the names alone if all bits of {@code exact} are in the mask. */
  static void formatMasked(StringBuilder sb, String[] names, long flags, long mask, long exact) {
    if (mask == exact) {
      format(sb, names, flags, '|');
    } else if (mask == 0) {
      sb.append("0/0");
    } else {
      for (int i = 0; mask >>> i != 0; i++) {
        if ((mask >>> i & 1) != 0) {
          sb.append((flags >>> i & 1) != 0 ? '+' : '-');
          sb.append(i < names.length ? names[i] : "[Unknown]");
        }
      }
    }
  }

  /**
   * Reads any of the forms; also a number, or number/mask.
   *
   * @return value and mask, or null if it is none
   */
  static long @Nullable [] parse(String[] names, String text, long exact) {
    if (text.isEmpty()) {
      return null;
    }
    char first = text.charAt(0);
    if (Character.isDigit(first)) {
      int slash = text.indexOf('/');
      long[] value = OdpNumbers.parse(slash < 0 ? text : text.substring(0, slash));
      long[] mask = slash < 0 ? new long[] {exact} : OdpNumbers.parse(text.substring(slash + 1));
      return value == null || mask == null ? null : new long[] {value[0], mask[0]};
    }
    long flags = 0;
    long mask = 0;
    if (first == '+' || first == '-') {
      for (int at = 0; at < text.length(); ) {
        boolean set = text.charAt(at) == '+';
        int end = at + 1;
        while (end < text.length() && text.charAt(end) != '+' && text.charAt(end) != '-') {
          end++;
        }
        long bit = bit(names, text.substring(at + 1, end));
        if (bit == 0) {
          return null;
        }
        mask |= bit;
        flags |= set ? bit : 0;
        at = end;
      }
      return new long[] {flags, mask};
    }
    for (String name : text.split("[|,]")) {
      long bit = bit(names, name.trim());
      if (bit == 0) {
        return null;
      }
      flags |= bit;
    }
    return new long[] {flags, exact};
  }

  private static long bit(String[] names, String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return 1L << i;
      }
    }
    return 0;
  }
}
