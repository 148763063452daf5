// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import java.util.Random;

/** Text that somebody got wrong. */
public final class Garbage {
  private static final String TOO_LARGE = "99999999999999999999";

  private Garbage() {}

  /**
   * {@code good} with one to four changes: characters replaced, left out, said again or put in
   * between, a number that fits nowhere, an end too early.
   *
   * @param characters what one is replaced by
   * @param marks what is put in between
   */
  public static String broken(Random r, String good, String characters, String marks) {
    StringBuilder s = new StringBuilder(good);
    for (int n = 1 + r.nextInt(4); n > 0 && s.length() > 0; n--) {
      int at = r.nextInt(s.length());
      int to = Math.min(s.length(), at + 1 + r.nextInt(20));
      switch (r.nextInt(6)) {
        case 0 -> s.setCharAt(at, pick(r, characters));
        case 1 -> s.delete(at, to);
        case 2 -> s.insert(at, s.substring(at, to));
        case 3 -> s.insert(at, pick(r, marks));
        case 4 -> s.insert(at, TOO_LARGE);
        default -> s.setLength(at);
      }
    }
    return s.toString();
  }

  /** The characters from {@code first} to {@code last}. */
  public static String range(char first, char last) {
    StringBuilder s = new StringBuilder();
    for (int c = first; c <= last; c++) {
      s.append((char) c);
    }
    return s.toString();
  }

  private static char pick(Random r, String s) {
    return s.charAt(r.nextInt(s.length()));
  }
}
