// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where an OpenFlow connection goes to or comes from, in OVS's syntax (ovs-vswitchd.conf.db(5),
 * Controller:target):
 *
 * <pre>
 *   tcp:HOST[:PORT]    ssl:HOST[:PORT]    unix:PATH      active: we connect
 *   ptcp:[PORT][:HOST] pssl:[PORT][:HOST] punix:PATH     passive: we listen
 * </pre>
 *
 * An IPv6 address with a port stands in brackets. The port is 6653 unless given; 0 lets the system
 * choose the port of a passive target.
 */
public sealed interface Target {
  /** The port that IANA gave to OpenFlow. */
  int DEFAULT_PORT = 6653;

  /** TCP, with TLS on top if {@code tls}. A passive one without a host listens on all addresses. */
  record Inet(String text, boolean passive, boolean tls, @Nullable String host, int port)
      implements Target {}

  /** A unix socket; a relative path is one under the daemon's rundir. */
  record Unix(String text, boolean passive, String path) implements Target {}

  /** As it was written. */
  String text();

  /** Whether we listen, rather than connect. */
  boolean passive();

  /**
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static Target parse(String text) {
    int colon = text.indexOf(':');
    String scheme = colon < 0 ? text : text.substring(0, colon);
    String rest = colon < 0 ? "" : text.substring(colon + 1);
    if (colon < 0) {
      throw bad(text, "a target begins with tcp:, ssl:, unix:, ptcp:, pssl: or punix:");
    }
    return switch (scheme) {
      case "tcp" -> parseActive(text, rest, false);
      case "ssl" -> parseActive(text, rest, true);
      case "unix" -> parseUnix(text, rest, false);
      case "ptcp" -> parsePassive(text, rest, false);
      case "pssl" -> parsePassive(text, rest, true);
      case "punix" -> parseUnix(text, rest, true);
      default ->
          throw bad(text, "\"" + scheme + "\" is not one of tcp, ssl, unix, ptcp, pssl and punix");
    };
  }

  /** Whether a peer can be gone without the kernel saying so. */
  default boolean needsProbes() {
    return this instanceof Inet;
  }

  private static Target parseActive(String text, String rest, boolean tls) {
    @Nullable String[] tokens = split(text, rest);
    String host = tokens[0];
    if (host == null || host.isEmpty()) {
      throw bad(text, "host must be specified");
    }
    int port = parsePort(text, tokens[1]);
    if (port == 0) {
      throw bad(text, "port 0 cannot be connected to");
    }
    return new Inet(text, false, tls, host, port);
  }

  private static Target parsePassive(String text, String rest, boolean tls) {
    // As in OVS, something with several colons and no brackets is a host alone.
    boolean hostAlone = colonsOutsideBrackets(rest).length > 1;
    @Nullable String[] tokens = split(text, rest);
    String port = hostAlone ? null : tokens[0];
    String host = hostAlone ? tokens[0] : tokens[1];
    return new Inet(
        text, true, tls, host == null || host.isEmpty() ? null : host, parsePort(text, port));
  }

  private static Target parseUnix(String text, String path, boolean passive) {
    if (path.isEmpty()) {
      throw bad(text, "path must be specified");
    }
    return new Unix(text, passive, path);
  }

  /**
   * The two sides of the only colon outside brackets, brackets removed; all in the first if there
   * is not one.
   */
  private static @Nullable String[] split(String text, String rest) {
    int[] colons = colonsOutsideBrackets(rest);
    if (colons.length != 1) {
      return new @Nullable String[] {unbracket(text, rest), null};
    }
    return new @Nullable String[] {
      unbracket(text, rest.substring(0, colons[0])), unbracket(text, rest.substring(colons[0] + 1))
    };
  }

  /** Where they are. */
  private static int[] colonsOutsideBrackets(String s) {
    var at = IntStream.builder();
    boolean inBrackets = false;
    for (int i = 0; i < s.length(); i++) {
      switch (s.charAt(i)) {
        case '[' -> inBrackets = true;
        case ']' -> inBrackets = false;
        case ':' -> {
          if (!inBrackets) {
            at.add(i);
          }
        }
        default -> {}
      }
    }
    return at.build().toArray();
  }

  private static String unbracket(String text, String s) {
    if (!s.startsWith("[")) {
      return s;
    }
    if (!s.endsWith("]")) {
      throw bad(text, "unmatched \"[\"");
    }
    return s.substring(1, s.length() - 1);
  }

  private static int parsePort(String text, @Nullable String port) {
    if (port == null || port.isEmpty()) {
      return DEFAULT_PORT;
    }
    try {
      int value = Integer.parseInt(port);
      if (value >= 0 && value <= 65_535) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, with the ports that are out of range.
    }
    throw bad(text, "bad port number \"" + port + "\"");
  }

  private static IllegalArgumentException bad(String text, String why) {
    return new IllegalArgumentException("target \"" + text + "\": " + why);
  }
}
