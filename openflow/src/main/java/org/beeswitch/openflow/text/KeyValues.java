// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

/**
 * Splits text such as {@code tcp,nw_src=1.2.3.4 output:2 write_actions(group:1)} into keys and
 * values, as OVS {@code ofputil_parse_key_value}: pairs are separated by commas and white space; a
 * value follows after {@code =} or {@code :} up to the next separator outside of parentheses, or
 * stands in parentheses.
 */
final class KeyValues {
  private static final String SPACE_AND_COMMA = ", \t\r\n";

  private final String text;
  private int at;
  private String key = "";
  private String value = "";

  KeyValues(String text) {
    this.text = text;
  }

  /** Moves to the next pair; false if there is none. */
  boolean next() {
    while (at < text.length() && isSeparator(text.charAt(at))) {
      at++;
    }
    if (at == text.length()) {
      return false;
    }
    int start = at;
    while (at < text.length() && ":=(, \t\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    key = text.substring(start, at);
    char delimiter = at < text.length() ? text.charAt(at++) : 0;
    value = "";
    if (delimiter == '(') {
      int from = at;
      skipValue(")");
      if (text.startsWith(")->", at)) {
        skipValue(SPACE_AND_COMMA); // "(x)->y" is one value
      }
      value = text.substring(from, at);
      at = Math.min(at + 1, text.length());
    } else if (delimiter == ':' || delimiter == '=') {
      int from = at;
      skipValue(SPACE_AND_COMMA);
      value = text.substring(from, at);
      at = Math.min(at + 1, text.length());
    }
    return true;
  }

  /** The key, never empty unless the text has a delimiter in its place. */
  String key() {
    return key;
  }

  /** The value; empty if there is none. */
  String value() {
    return value;
  }

  private void skipValue(String delimiters) {
    while (at < text.length() && delimiters.indexOf(text.charAt(at)) < 0) {
      if (text.charAt(at) != '(') {
        at++;
        continue;
      }
      int level = 0;
      do {
        if (at == text.length()) {
          return;
        }
        char c = text.charAt(at++);
        level += c == '(' ? 1 : c == ')' ? -1 : 0;
      } while (level > 0);
    }
  }

  private static boolean isSeparator(char c) {
    return SPACE_AND_COMMA.indexOf(c) >= 0;
  }
}
