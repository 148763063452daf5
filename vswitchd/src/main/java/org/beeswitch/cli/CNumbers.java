// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

/** Numbers as {@code ovs-ofctl} reads those that it does not check. */
final class CNumbers {
  private static final int MAX_DIGITS = 9;

  private CNumbers() {}

  /** C's {@code atoi}: the decimal number that the text begins with, 0 if with none. */
  static int atoi(String s) {
    int sign = s.startsWith("-") ? -1 : 1;
    int start = s.startsWith("-") || s.startsWith("+") ? 1 : 0;
    int end = start;
    while (end < s.length()
        && end - start < MAX_DIGITS
        && Character.digit(s.charAt(end), 10) >= 0) {
      end++;
    }
    return end == start ? 0 : sign * Integer.parseInt(s.substring(start, end));
  }
}
