// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Files of flows, of groups: one a line; {@code #} begins a comment, lines without anything else
 * are skipped.
 */
final class FileLines {
  private FileLines() {}

  /** Reads what a line says, its comment taken off. */
  interface LineParser<T> {
    T parse(String text) throws FlowSyntaxException;
  }

  /**
   * All that the lines say; nothing if one of them is wrong.
   *
   * @param fileName for messages, which begin with {@code file:line:}
   */
  static <T> List<T> parse(String fileName, Iterable<String> lines, LineParser<T> parser)
      throws FlowSyntaxException {
    List<T> all = new ArrayList<>();
    int number = 0;
    for (String line : lines) {
      number++;
      int comment = line.indexOf('#');
      String text = comment < 0 ? line : line.substring(0, comment);
      if (text.isBlank()) {
        continue;
      }
      try {
        all.add(parser.parse(text));
      } catch (FlowSyntaxException e) {
        throw FlowSyntaxException.of("%s:%d: %s", fileName, number, e.text());
      }
    }
    return all;
  }
}
