// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.UpcallKind;
import org.jspecify.annotations.Nullable;

/**
 * Datapath keys, actions and statistics in OVS's syntax, as {@code dpctl/dump-flows} and {@code
 * ofproto/trace} print them for the userspace datapath ({@code lib/odp-util.c}), both ways.
 *
 * <p>Two things are not in a key or an action list, and are handed in: port names, and what the
 * cookie of a USERSPACE action means, which is the client's business.
 *
 * <p>Where keys hold what OVS's do not, text has sections of our own: {@code pbb(...)}, {@code
 * igmp(...)}, {@code ipv6_exthdr(...)}. They are printed only where a mask has them.
 */
public final class OdpText {
  private OdpText() {}

  /** What a port is called. */
  public interface PortNamer {
    /** Ports by number, as OVS without {@code --names}. */
    PortNamer NUMBERS = Integer::toString;

    /** These ports by name, others by number. */
    static PortNamer of(Iterable<DpifPort> ports) {
      Map<Integer, String> names = new HashMap<>();
      ports.forEach(p -> names.put(p.number().number(), p.name()));
      return n -> names.getOrDefault(n, Integer.toString(n));
    }

    String name(int odpPortNo);
  }

  /** Which port is called so. */
  public interface PortResolver {
    /** Knows no names. */
    PortResolver NONE = name -> -1;

    /** The port's number, or -1. */
    int number(String name);
  }

  /** What a USERSPACE action's cookie means. */
  public interface Userdata {
    /** Cookies as they are: {@code userdata(}48 hexadecimal digits{@code )}. */
    Userdata RAW = new RawUserdata();

    /** Appends what goes behind {@code userspace(pid=0,}. */
    void format(StringBuilder sb, UpcallKind kind, long cookie0, long cookie1, long cookie2);

    /**
     * Reads what {@link #format} has written, and appends the action.
     *
     * @throws OdpSyntaxException if it did not
     */
    void parse(String text, OdpActions actions) throws OdpSyntaxException;
  }

  /** The names of slow path reasons in OVS, by bit ({@code enum slow_path_reason}). */
  private static final String[] SLOW_PATH = {
    "cfm", "bfd", "lacp", "stp", "lldp", "action", "match"
  };

  /** Needs an action that the datapath does not run: a bit of {@link #slowPath}'s reasons. */
  public static final int SLOW_ACTION = 1 << 5;

  /** Appends {@code slow_path(action)}, for a {@link Userdata}. */
  public static void slowPath(StringBuilder sb, int reasons) {
    sb.append("slow_path(");
    OdpFlags.format(sb, SLOW_PATH, reasons, ',');
    sb.append(')');
  }

  /** Appends {@code controller(...)} as OVS writes it, for a {@link Userdata}. */
  public static void controller(
      StringBuilder sb,
      int reason,
      boolean dontSend,
      boolean continuation,
      int recircId,
      long ruleCookie,
      int controllerId,
      int maxLen) {
    sb.append("controller(reason=").append(reason);
    sb.append(",dont_send=").append(dontSend ? 1 : 0);
    sb.append(",continuation=").append(continuation ? 1 : 0);
    sb.append(",recirc_id=").append(Integer.toUnsignedString(recircId));
    OdpNumbers.hex(sb.append(",rule_cookie="), ruleCookie);
    sb.append(",controller_id=").append(controllerId);
    sb.append(",max_len=").append(maxLen).append(')');
  }

  /**
   * A key under its mask, in the short form: what is wildcarded is left out.
   *
   * @param mask null if all of the key counts
   */
  public static String formatKey(OdpKey key, @Nullable OdpKey mask, PortNamer ports) {
    return new OdpKeyText(key, mask, ports, false).format();
  }

  /** The long form of {@code dpctl/dump-flows -m}: wildcarded parts have a mask of 0. */
  public static String formatKeyVerbose(OdpKey key, @Nullable OdpKey mask, PortNamer ports) {
    return new OdpKeyText(key, mask, ports, true).format();
  }

  /**
   * Reads a key, in either form. Parts that are not named have a mask of zero; a key with an
   * EtherType but no {@code vlan} has no tag, and that counts.
   */
  public static void parseKey(String text, OdpKey key, OdpKey mask, PortResolver ports)
      throws OdpSyntaxException {
    new OdpKeyParser(text, key, mask, ports).parse();
  }

  /**
   * An action list; {@code drop} for an empty one.
   *
   * @param key of a flow that has these actions: tells whether a port is TCP's or UDP's; null if
   *     unknown (then TCP over IPv4)
   */
  public static String formatActions(
      OdpActions actions, @Nullable OdpKey key, PortNamer ports, Userdata userdata) {
    return OdpActionsText.format(actions, key, ports, userdata);
  }

  /** Reads an action list and appends it to {@code actions}. */
  public static void parseActions(
      String text, OdpActions actions, PortResolver ports, Userdata userdata)
      throws OdpSyntaxException {
    OdpActionsText.parse(text, actions, ports, userdata);
  }

  /**
   * {@code packets:1, bytes:98, used:0.123s, flags:S.}
   *
   * @param nowNs in the clock of {@link FlowStats#usedNs}
   */
  public static String formatStats(FlowStats stats, long nowNs) {
    StringBuilder sb = new StringBuilder();
    sb.append("packets:").append(stats.packets).append(", bytes:").append(stats.bytes);
    sb.append(", used:");
    if (stats.usedNs == 0) {
      sb.append("never");
    } else {
      long ms = Math.max(0, (nowNs - stats.usedNs) / 1_000_000);
      sb.append(String.format(Locale.ROOT, "%d.%03ds", ms / 1000, ms % 1000));
    }
    if (stats.tcpFlags != 0) {
      sb.append(", flags:");
      formatTcpFlags(sb, stats.tcpFlags);
    }
    return sb.toString();
  }

  /** As tcpdump's (OVS {@code packet_format_tcp_flags}). */
  private static void formatTcpFlags(StringBuilder sb, int flags) {
    String letters = "SFPRU.ECN";
    int[] bits = {0x002, 0x001, 0x008, 0x004, 0x020, 0x010, 0x040, 0x080, 0x100};
    for (int i = 0; i < bits.length; i++) {
      if ((flags & bits[i]) != 0) {
        sb.append(letters.charAt(i));
      }
    }
    for (int bit = 0x200; bit <= 0x800; bit <<= 1) {
      if ((flags & bit) != 0) {
        sb.append('[').append(Integer.toHexString(bit)).append(']');
      }
    }
  }

  /** Cookies as hexadecimal digits; slow path reasons, in the upper half of cookie0, by name. */
  private static final class RawUserdata implements Userdata {
    @Override
    public void format(StringBuilder sb, UpcallKind kind, long c0, long c1, long c2) {
      if (kind == UpcallKind.SLOW_PATH && c1 == 0 && c2 == 0 && (int) c0 == 0) {
        slowPath(sb, (int) (c0 >>> 32));
        return;
      }
      sb.append(kind == UpcallKind.SLOW_PATH ? "slow_userdata(" : "userdata(");
      for (long c : new long[] {c0, c1, c2}) {
        String s = Long.toHexString(c);
        sb.append("0".repeat(16 - s.length())).append(s);
      }
      sb.append(')');
    }

    @Override
    public void parse(String text, OdpActions actions) throws OdpSyntaxException {
      int open = text.indexOf('(');
      String name = open < 0 ? text : text.substring(0, open);
      String body = open < 0 ? "" : text.substring(open + 1, text.length() - 1);
      if ("slow_path".equals(name)) {
        long[] reasons = OdpFlags.parse(SLOW_PATH, body, -1);
        if (reasons != null) {
          actions.userspace(UpcallKind.SLOW_PATH.code(), reasons[0] << 32, 0, 0);
          return;
        }
      } else if ((name.equals("userdata") || name.equals("slow_userdata")) && body.length() == 48) {
        long[] c = new long[3];
        for (int i = 0; i < 3; i++) {
          long[] n = OdpNumbers.parse("0x" + body.substring(16 * i, 16 * i + 16));
          if (n == null) {
            throw new OdpSyntaxException("userspace(): " + text);
          }
          c[i] = n[0];
        }
        UpcallKind kind = name.equals("userdata") ? UpcallKind.CONTROLLER : UpcallKind.SLOW_PATH;
        actions.userspace(kind.code(), c[0], c[1], c[2]);
        return;
      }
      throw new OdpSyntaxException("userspace(): " + text + " is neither slow_path nor userdata");
    }
  }
}
