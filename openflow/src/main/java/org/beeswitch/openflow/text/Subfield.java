// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Some bits of a field: {@code NXM_NX_REG0[4..7]} (OVS {@code mf_subfield}).
 *
 * @param from lowest bit
 * @param width number of bits
 */
record Subfield(TextField field, int from, int width) {
  private static final Pattern RANGE = Pattern.compile("\\[(\\d+)(?:\\.\\.(\\d+))?\\]");

  /** Parses all of {@code s}. */
  static Subfield parse(String s) throws FlowSyntaxException {
    int nameEnd = 0;
    while (nameEnd < s.length() && "[-".indexOf(s.charAt(nameEnd)) < 0) {
      nameEnd++;
    }
    String name = s.substring(0, nameEnd);
    TextField f = TextField.bySubfieldName(name);
    if (f == null) {
      throw FlowSyntaxException.of("%s: unknown field `%s'", s, name);
    }
    int first = 0;
    int last = f.bits() - 1;
    String rest = s.substring(nameEnd);
    if (rest.startsWith("[]")) {
      rest = rest.substring(2);
    } else if (rest.startsWith("[")) {
      Matcher m = RANGE.matcher(rest);
      if (!m.lookingAt()) {
        throw new FlowSyntaxException(
            s + ": syntax error expecting [] or [<bit>] or [<start>..<end>]");
      }
      first = bit(m.group(1));
      last = m.group(2) == null ? first : bit(m.group(2));
      rest = rest.substring(m.end());
    }
    if (first > last) {
      throw FlowSyntaxException.of("%s: starting bit %d is after ending bit %d", s, first, last);
    }
    for (int end = 0; end < 2; end++) {
      int bit = end == 0 ? first : last;
      if (bit >= f.bits()) {
        throw FlowSyntaxException.of(
            "%s: %s bit %d is not valid because field is only %d bits wide",
            s, end == 0 ? "starting" : "ending", bit, f.bits());
      }
    }
    if (!rest.isEmpty()) {
      throw new FlowSyntaxException("unexpected input following field syntax");
    }
    return new Subfield(f, first, last - first + 1);
  }

  /** The number of a bit; of any that is in no field if there are too many digits. */
  private static int bit(String digits) {
    return digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /**
   * The value, moved to these bits, under a mask of them.
   *
   * @param text what the value came with, for messages
   */
  Masked place(String text, long hi, long lo, Names names) throws FlowSyntaxException {
    long onesHi = width <= 64 ? 0 : width == 128 ? -1L : (1L << width - 64) - 1;
    long onesLo = width >= 64 ? -1L : (1L << width) - 1;
    if ((hi & ~onesHi | lo & ~onesLo) != 0) {
      StringBuilder v = new StringBuilder();
      ValueText.append(v, field, new Masked(hi, lo, -1L, field.textOnes()), names);
      throw FlowSyntaxException.of("%s: value %s does not fit into %d bits", text, v, width);
    }
    return new Masked(
        up(hi, lo, from), from >= 64 ? 0 : lo << from, up(onesHi, onesLo, from), low(onesLo));
  }

  private long low(long ones) {
    return from >= 64 ? 0 : ones << from;
  }

  /** The upper word of {@code hi:lo << n}. */
  private static long up(long hi, long lo, int n) {
    if (n == 0) {
      return hi;
    }
    return n >= 64 ? lo << n - 64 : hi << n | lo >>> 64 - n;
  }

  /** Appends it with the NXM name of the field (OVS {@code mf_format_subfield}). */
  StringBuilder append(StringBuilder s) {
    s.append(field.nxmNames().isEmpty() ? field.name() : field.nxmNames().get(0));
    if (from == 0 && width == field.bits()) {
      return s.append("[]");
    }
    s.append('[').append(from);
    return (width == 1 ? s : s.append("..").append(from + width - 1)).append(']');
  }
}
