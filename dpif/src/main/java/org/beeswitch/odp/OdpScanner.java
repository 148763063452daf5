// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes {@code a(b=1,c(d)),e} apart into its items; parentheses hide commas. */
final class OdpScanner {
  private OdpScanner() {}

  /**
   * @param body null if there are no parentheses
   */
  record Item(String name, @Nullable String body) {
    String bodyOrEmpty() {
      return body == null ? "" : body;
    }
  }

  /** Splits at commas and white space outside parentheses. */
  static List<String> split(String text) throws OdpSyntaxException {
    List<String> all = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')' && --depth < 0) {
        throw new OdpSyntaxException("')' without '(' at offset " + i + " of: " + text);
      } else if (depth == 0 && (c == ',' || Character.isWhitespace(c))) {
        if (i > start) {
          all.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    if (depth != 0) {
      throw new OdpSyntaxException("missing ')' in: " + text);
    }
    return all;
  }

  /** Takes {@code name(body)} or {@code name} apart. */
  static Item item(String text) throws OdpSyntaxException {
    int open = text.indexOf('(');
    if (open < 0) {
      return new Item(text, null);
    }
    if (!text.endsWith(")")) {
      throw new OdpSyntaxException("text behind ')': " + text);
    }
    return new Item(text.substring(0, open), text.substring(open + 1, text.length() - 1));
  }
}
