// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Flows in text that somebody got wrong: tokens that are missing, doubled, swapped or from another
 * flow, names misspelt, numbers that do not fit, text cut off. One line each, of printable ASCII.
 */
final class FlowTextMutator {
  /** Names and numbers; each other character is a token, too. */
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z_]\\w*|\\d\\w*|[^\\w]");

  private static final String[] NUMBERS = {
    "0",
    "1",
    "-1",
    "+5",
    "010",
    "08",
    "0x",
    "0x0",
    "0xg",
    "7",
    "8",
    "31",
    "32",
    "33",
    "127",
    "128",
    "129",
    "254",
    "255",
    "256",
    "300",
    "4095",
    "4096",
    "8191",
    "8192",
    "65279",
    "65280",
    "65535",
    "65536",
    "0xff00",
    "0xffff",
    "0xfffff",
    "0x100000",
    "2147483647",
    "2147483648",
    "4294967040",
    "4294967295",
    "4294967296",
    "-4294967295",
    "0xffffff00",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "0xffffffffffffffff",
    "0x1ffffffffffffffff",
    "-18446744073709551615",
    "99999999999999999999",
    "1e3",
    "1.5",
    "",
    "*",
    "0x00000000000000000000000000000000005"
  };

  private static final String PUNCTUATION = ",,==::()/[]-> .+-*#\"'\\|x0";

  private final Random r;
  private final List<String> flows;

  /** Makes them of these. */
  FlowTextMutator(Random r, List<String> flows) {
    this.r = r;
    this.flows = flows;
  }

  String next() {
    String s = pick(flows);
    for (int n = 1 + r.nextInt(3); n > 0; n--) {
      s = mutate(s);
    }
    return s;
  }

  private String mutate(String s) {
    List<String> tokens = tokens(s);
    if (tokens.isEmpty()) {
      return pick(flows);
    }
    int i = r.nextInt(tokens.size());
    switch (r.nextInt(12)) {
      case 0 -> tokens.remove(i);
      case 1 -> tokens.add(i, tokens.get(r.nextInt(tokens.size())));
      case 2 -> {
        int j = r.nextInt(tokens.size());
        String t = tokens.get(i);
        tokens.set(i, tokens.get(j));
        tokens.set(j, t);
      }
      case 3 -> tokens.set(i, pick(tokens(pick(flows))));
      case 4 -> tokens.add(i, String.valueOf(PUNCTUATION.charAt(r.nextInt(PUNCTUATION.length()))));
      case 5 -> {
        return s.substring(0, r.nextInt(s.length()));
      }
      case 6 -> misspell(tokens);
      case 7 -> {
        List<String> parts = parts(s);
        parts.add(r.nextInt(parts.size() + 1), pick(parts(pick(flows))));
        return String.join(",", parts);
      }
      case 8 -> {
        List<String> parts = parts(s);
        parts.remove(r.nextInt(parts.size()));
        return String.join(",", parts);
      }
      default -> number(tokens);
    }
    return String.join("", tokens);
  }

  private void number(List<String> tokens) {
    List<Integer> at = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      if (Character.isDigit(tokens.get(i).charAt(0))) {
        at.add(i);
      }
    }
    if (at.isEmpty()) {
      tokens.add(NUMBERS[r.nextInt(NUMBERS.length)]);
      return;
    }
    int i = at.get(r.nextInt(at.size()));
    switch (r.nextInt(4)) {
      case 0 -> tokens.add(i + 1, "/" + NUMBERS[r.nextInt(NUMBERS.length)]);
      case 1 -> tokens.set(i, tokens.get(i) + r.nextInt(10));
      default -> tokens.set(i, NUMBERS[r.nextInt(NUMBERS.length)]);
    }
  }

  private void misspell(List<String> tokens) {
    int i = r.nextInt(tokens.size());
    String t = tokens.get(i);
    int at = r.nextInt(t.length());
    tokens.set(
        i,
        switch (r.nextInt(4)) {
          case 0 -> t.substring(0, at) + t.substring(at + 1);
          case 1 -> t.substring(0, at) + t.charAt(at) + t.substring(at);
          case 2 -> t.toUpperCase(Locale.ROOT);
          default -> t.substring(0, at) + (char) (' ' + r.nextInt(95)) + t.substring(at + 1);
        });
  }

  private static List<String> tokens(String s) {
    List<String> tokens = new ArrayList<>();
    for (Matcher m = TOKEN.matcher(s); m.find(); ) {
      tokens.add(m.group());
    }
    return tokens;
  }

  private static List<String> parts(String s) {
    return new ArrayList<>(List.of(s.split("[, ]", -1)));
  }

  private String pick(List<String> l) {
    return l.isEmpty() ? "" : l.get(r.nextInt(l.size()));
  }
}
