// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.jspecify.annotations.Nullable;

/**
 * Names of ports and tables, for reading text and, with {@code --names}, for writing it (OVS {@code
 * ofputil_port_map}, {@code ofputil_table_map}). A name that two have stands for neither.
 * Immutable.
 */
public final class Names {
  /** Numbers only. */
  public static final Names NONE = new Names(Map.of(), Map.of());

  private static final List<OfPort> RESERVED =
      List.of(
          OfPort.IN_PORT,
          OfPort.TABLE,
          OfPort.NORMAL,
          OfPort.FLOOD,
          OfPort.ALL,
          OfPort.CONTROLLER,
          OfPort.LOCAL,
          OfPort.ANY,
          OfPort.UNSET);

  /** What OpenFlow 1.1 and later add to 1.0's reserved 16-bit ports. */
  private static final long PORT_OFFSET = 0xffff0000L;

  private final Map<OfPort, String> portNames;
  private final Map<String, OfPort> ports = new HashMap<>();
  private final Map<Integer, String> tableNames;
  private final Map<String, Integer> tables = new HashMap<>();

  private Names(Map<OfPort, String> portNames, Map<Integer, String> tableNames) {
    this.portNames = unique(portNames, ports);
    this.tableNames = unique(tableNames, tables);
  }

  private static <K> Map<K, String> unique(Map<K, String> names, Map<String, K> inverse) {
    Set<String> twice = new HashSet<>();
    names.forEach(
        (k, name) -> {
          if (inverse.put(name, k) != null) {
            twice.add(name);
          }
        });
    inverse.keySet().removeAll(twice);
    Map<K, String> unique = new HashMap<>(names);
    unique.values().removeAll(twice);
    return Map.copyOf(unique);
  }

  /** Of these ports. */
  public static Names ofPorts(Map<OfPort, String> ports) {
    return new Names(ports, Map.of());
  }

  /** Of the ports that a switch has described. */
  public static Names ofPorts(Collection<PortDesc> ports) {
    Map<OfPort, String> m = new HashMap<>();
    ports.forEach(p -> m.put(p.port(), p.name()));
    return ofPorts(m);
  }

  /** The same, with names for tables. */
  public Names withTables(Map<Integer, String> names) {
    return new Names(portNames, names);
  }

  /**
   * The port of that number or name (OVS {@code ofputil_port_from_string}), or null. Numbers of
   * reserved ports may be those of OpenFlow 1.0 too.
   */
  public @Nullable OfPort parsePort(String s) {
    if (s.startsWith("-")) {
      return null;
    }
    long n = CNumber.decimal(s);
    if (n >= 0) {
      if (n <= OfPort.MAX_NUMBER) {
        return OfPort.of((int) n);
      }
      if (n <= 0xffff) {
        return OfPort.of((int) (n + PORT_OFFSET));
      }
      return n < PORT_OFFSET + OfPort.MAX_NUMBER + 1 ? null : OfPort.of((int) n);
    }
    for (OfPort p : RESERVED) {
      if (s.equalsIgnoreCase(p.reservedName())) {
        return p;
      }
    }
    return s.equalsIgnoreCase("NONE") ? OfPort.ANY : ports.get(unquote(s));
  }

  /** The table of that number or name (OVS {@code ofputil_table_from_string}), or -1. */
  public int parseTable(String s) {
    long n = CNumber.decimal(s);
    if (s.startsWith("-") || n > 255) {
      return -1;
    }
    return n >= 0 ? (int) n : tables.getOrDefault(unquote(s), -1);
  }

  /** Whether the table has a name. */
  public boolean hasTableName(int table) {
    return tableNames.containsKey(table);
  }

  /** Appends a reserved port's name, a name, or a number. */
  public StringBuilder appendPort(StringBuilder s, OfPort p) {
    String name = p.isReserved() ? null : portNames.get(p);
    if (name != null) {
      return appendName(s, name);
    }
    long n = Integer.toUnsignedLong(p.number());
    return n > PORT_OFFSET && !p.isReserved() ? s.append(n - PORT_OFFSET) : s.append(p);
  }

  /** Appends a table's name or number. */
  public StringBuilder appendTable(StringBuilder s, int table) {
    String name = tableNames.get(table);
    return name != null ? appendName(s, name) : s.append(table);
  }

  /** As OVS {@code namemap_put_name}: quoted if it could be taken for something else. */
  static StringBuilder appendName(StringBuilder s, String name) {
    boolean plain = !name.isEmpty() && Character.isLetter(name.charAt(0));
    for (int i = 0; i < name.length() && plain; i++) {
      char c = name.charAt(i);
      plain = c < 128 && (Character.isLetterOrDigit(c) || "_-.".indexOf(c) >= 0);
    }
    if (plain) {
      return s.append(name);
    }
    s.append('"');
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '"' || c == '\\') {
        s.append('\\').append(c);
      } else if (c < ' ') {
        s.append(String.format("\\u%04x", (int) c));
      } else {
        s.append(c);
      }
    }
    return s.append('"');
  }

  private static String unquote(String s) {
    return s.length() > 1 && s.startsWith("\"") && s.endsWith("\"")
        ? s.substring(1, s.length() - 1).replaceAll("\\\\(.)", "$1")
        : s;
  }
}
