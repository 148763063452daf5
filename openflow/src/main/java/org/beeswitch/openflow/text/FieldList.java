// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;

/**
 * Prints sets of fields, shortened: {@code eth_{src,dst,type}} for names that begin alike, {@code
 * reg0...reg3} for numbered ones (OVS {@code print_names}).
 */
final class FieldList {
  private FieldList() {}

  static StringBuilder append(StringBuilder s, Set<Field> fields) {
    List<String> names =
        TextField.inOrder(fields).stream().flatMap(f -> names(f).stream()).toList();
    if (!names.isEmpty()) {
      append(s.append(' '), names, 0);
    }
    return s;
  }

  /** OVS has two fields for a port's number and for the DSCP: OpenFlow 1.0's and the other. */
  private static List<String> names(TextField f) {
    if (f.field() == Field.IN_PORT) {
      return List.of("in_port", "in_port_oxm");
    }
    return f.field() == Field.IP_DSCP ? List.of("nw_tos", "ip_dscp") : List.of(f.name());
  }

  private static void append(StringBuilder s, List<String> names, int prefix) {
    boolean first = true;
    for (int i = 0; i < names.size(); ) {
      if (!first) {
        s.append(prefix > 0 ? ',' : ' ');
      }
      first = false;
      List<String> rest = names.subList(i, names.size());
      int sequence = sequence(rest);
      int extra = rest.size() < 2 ? 0 : commonPrefix(rest.get(0), rest.get(1), prefix);
      int alike = extra == 0 ? 1 : 2;
      while (extra > 0
          && alike < rest.size()
          && commonPrefix(rest.get(0), rest.get(alike), prefix) > 0) {
        alike++;
      }
      String head = rest.get(0).substring(prefix);
      if (sequence >= alike) {
        s.append(head);
        if (sequence > 1) {
          s.append("...").append(rest.get(sequence - 1).substring(prefix));
        }
        i += sequence;
      } else {
        s.append(head, 0, extra).append('{');
        append(s, rest.subList(0, alike), prefix + extra);
        s.append('}');
        i += alike;
      }
    }
  }

  /** How many names at the beginning are numbered on; two are not worth the dots. */
  private static int sequence(List<String> names) {
    int n = 1;
    while (n < names.size() && follows(names.get(n - 1), names.get(n))) {
      n++;
    }
    return n == 2 ? 1 : n;
  }

  private static boolean follows(String a, String b) {
    int i = 0;
    while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
      i++;
    }
    String x = a.substring(i);
    String y = b.substring(i);
    return x.matches("\\d{1,9}")
        && y.matches("\\d{1,9}")
        && Integer.parseInt(x) + 1 == Integer.parseInt(y);
  }

  /** Length of what both have in common from {@code from} on, up to the last underscore. */
  private static int commonPrefix(String a, String b, int from) {
    int common = 0;
    for (int i = from; i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i); i++) {
      if (a.charAt(i) == '_') {
        common = i + 1 - from;
      }
    }
    return common;
  }
}
