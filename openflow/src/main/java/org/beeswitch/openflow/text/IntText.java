// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import org.jspecify.annotations.Nullable;

/**
 * An unsigned integer of up to 128 bits in text (OVS {@code parse_int_string}): hexadecimal ones
 * may be as wide as the field, others have 64 bits.
 *
 * @param end index after its last character
 * @param error null if it is one and fits
 */
record IntText(long hi, long lo, int end, @Nullable Problem error) {
  /** What can be wrong. */
  enum Problem {
    NO_NUMBER,
    TOO_LARGE
  }

  /** Reads the number that starts at {@code from}. */
  static IntText scan(String s, int from, int bytes) {
    if (s.regionMatches(true, from, "0x", 0, 2)) {
      return hex(s, from + 2, bytes);
    }
    CNumber.Prefix p = CNumber.scan(s.substring(Math.min(from, s.length())), 0);
    if (p.isNone()) {
      return new IntText(0, 0, from, Problem.NO_NUMBER);
    }
    boolean fits = !p.overflow() && (bytes >= 8 || p.value() >>> 8 * bytes == 0);
    return new IntText(0, p.value(), from + p.end(), fits ? null : Problem.TOO_LARGE);
  }

  private static IntText hex(String s, int from, int bytes) {
    long hi = 0;
    long lo = 0;
    int digits = 0;
    int i = from;
    for (; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == ' ' || c == '\t') {
        continue; // OVS lets digits be grouped
      }
      int d = c < 128 ? Character.digit(c, 16) : -1;
      if (d < 0) {
        break;
      }
      hi = hi << 4 | lo >>> 60;
      lo = lo << 4 | d;
      if (d != 0 || digits > 0) {
        digits++;
      }
    }
    return new IntText(hi, lo, i, digits > 2 * bytes ? Problem.TOO_LARGE : null);
  }
}
