// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.TableId;
import org.jspecify.annotations.Nullable;

/**
 * Reads flows in the syntax of {@code ovs-ofctl} (OVS {@code parse_ofp_str}), as {@code ovs-ofctl
 * -O OpenFlow13} would send them: what that client does on the way is done here. {@code mod_nw_src}
 * becomes a set-field, {@code mod_vlan_vid} pushes a tag where the match has none, {@code enqueue}
 * becomes three actions, fields without their prerequisites are left out.
 *
 * <p>What OVS would log ("normalization changed ...") is collected in {@link #warnings}. One for
 * any number of flows of one thread.
 */
public final class FlowTextParser {
  private static final Set<String> STATISTICS =
      Set.of("duration", "n_packets", "n_bytes", "idle_age", "hard_age");

  private final Names names;
  private final List<String> warnings = new ArrayList<>();

  /** With names that ports and tables may be called by. */
  public FlowTextParser(Names names) {
    this.names = names;
  }

  /** What has been noticed since the last call, one line each as OVS logs it. */
  public List<String> warnings() {
    List<String> w = List.copyOf(warnings);
    warnings.clear();
    return w;
  }

  /** A flow-mod with that command. */
  public FlowMod flowMod(FlowMod.Command command, String text) throws FlowSyntaxException {
    return new Parts(command).parse(text).flowMod();
  }

  /**
   * A flow-mod that may begin with its command: {@code add}, {@code modify}, {@code modify_strict},
   * {@code delete}, {@code delete_strict}; {@code add} if there is none. A line of an {@code
   * add-flows} file.
   */
  public FlowMod line(String text) throws FlowSyntaxException {
    int start = 0;
    while (start < text.length() && " \t\r\n".indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    int end = start;
    while (end < text.length() && ", \t\r\n".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    FlowMod.Command command =
        switch (text.substring(start, end)) {
          case "add" -> FlowMod.Command.ADD;
          case "delete" -> FlowMod.Command.DELETE;
          case "delete_strict" -> FlowMod.Command.DELETE_STRICT;
          case "modify" -> FlowMod.Command.MODIFY;
          case "modify_strict" -> FlowMod.Command.MODIFY_STRICT;
          default -> {
            end = start;
            yield FlowMod.Command.ADD;
          }
        };
    return flowMod(command, text.substring(end));
  }

  /**
   * The flows of a file, a line each; {@code #} begins a comment, empty lines are skipped. All are
   * read before any is returned.
   *
   * @param fileName for messages, which begin with {@code file:line:}
   */
  public List<FlowMod> file(String fileName, Iterable<String> lines) throws FlowSyntaxException {
    return file(fileName, lines, null);
  }

  /**
   * @param command of all of them; null if each line may say its own
   */
  public List<FlowMod> file(
      String fileName, Iterable<String> lines, FlowMod.@Nullable Command command)
      throws FlowSyntaxException {
    return FileLines.parse(
        fileName, lines, text -> command == null ? line(text) : flowMod(command, text));
  }

  /** The rules that {@code dump-flows} and {@code dump-aggregate} ask for. */
  public MultipartRequest.RuleFilter filter(String text) throws FlowSyntaxException {
    return new Parts(null).parse(text).filter();
  }

  /** Actions alone, as {@code packet-out} takes them. */
  public List<Action> actions(String text) throws FlowSyntaxException {
    return ActionResolver.actions(ActionParser.actions(text, names));
  }

  /**
   * A packet-out: {@code in_port=1 packet=HEX actions=output:2}; from CONTROLLER if it does not say
   * (OVS {@code parse_ofp_packet_out_str}).
   */
  public PacketOut packetOut(String text) throws FlowSyntaxException {
    int at = text.indexOf("action");
    int equals = at < 0 ? -1 : text.indexOf('=', at + 1);
    OfPort inPort = OfPort.CONTROLLER;
    Bytes packet = null;
    for (KeyValues kv = new KeyValues(at < 0 ? text : text.substring(0, at)); kv.next(); ) {
      String value = kv.value();
      if (value.isEmpty()) {
        throw FlowSyntaxException.of("field %s missing value", kv.key());
      }
      switch (kv.key()) {
        case "in_port" -> {
          OfPort p = names.parsePort(value);
          if (p == null) {
            throw new FlowSyntaxException(value + " is not a valid OpenFlow port");
          }
          if (p.isReserved()
              && !p.equals(OfPort.LOCAL)
              && !p.equals(OfPort.ANY)
              && !p.equals(OfPort.CONTROLLER)) {
            throw new FlowSyntaxException(value + " is not a valid OpenFlow port for PACKET_OUT");
          }
          inPort = p;
        }
        case "packet" -> {
          try {
            packet = packet(value);
          } catch (FlowSyntaxException e) {
            throw new FlowSyntaxException("packet: " + e.text());
          }
        }
        default ->
            throw FlowSyntaxException.of(
                TextField.byName(kv.key()) == null
                    ? "unknown keyword %s"
                    : "%s is not a valid pipeline field for PACKET_OUT",
                kv.key());
      }
    }
    if (packet == null) {
      throw new FlowSyntaxException("must specify packet");
    }
    List<Action> actions = equals < 0 ? List.of() : actions(text.substring(equals + 1));
    return new PacketOut(BufferId.NONE, inPort, actions, packet);
  }

  /** An Ethernet frame in hexadecimal digits. */
  public static Bytes packet(String hex) throws FlowSyntaxException {
    String digits = hex.replaceAll("\\s", "");
    if (!digits.matches("([0-9a-fA-F]{2})*")) {
      throw new FlowSyntaxException("Trailing garbage in packet data");
    }
    if (digits.length() < 2 * 14) {
      throw new FlowSyntaxException("Packet data too short for Ethernet");
    }
    return Bytes.wrap(HexFormat.of().parseHex(digits));
  }

  /**
   * One packet's flow, as {@code ofproto/trace} takes it: exact values, each after what it
   * requires. Without in_port it came from nowhere ({@link OfPort#ANY}).
   */
  public Flow flow(String text) throws FlowSyntaxException {
    MatchParser m = new MatchParser(names);
    for (KeyValues kv = new KeyValues(text); kv.next(); ) {
      m.takeExact(text, kv.key(), kv.value());
    }
    Flow f = new Flow();
    System.arraycopy(m.valueWords(), 0, f.words(), 0, FlowLayout.WORDS);
    if (f.get(Field.IN_PORT) == 0) {
      f.set(Field.IN_PORT, Integer.toUnsignedLong(OfPort.ANY.number()));
    }
    return f;
  }

  /** What one text says. */
  private final class Parts {
    private final FlowMod.@Nullable Command command;
    private final MatchParser match = new MatchParser(names);
    private int tableId = TableId.ALL;
    private int priority = MatchText.DEFAULT_PRIORITY;
    private int idleTimeout;
    private int hardTimeout;
    private int flags;
    private long cookie;
    private long cookieMask;
    private long newCookie;
    private OfPort outPort = OfPort.ANY;
    private int outGroup = GroupId.ANY;
    private Instructions instructions = Instructions.NONE;

    /** Of a flow-mod, or with null of a filter. */
    Parts(FlowMod.@Nullable Command command) {
      this.command = command;
    }

    private boolean isModify() {
      return command == FlowMod.Command.MODIFY || command == FlowMod.Command.MODIFY_STRICT;
    }

    /** Whether the flow is said to be something, rather than looked for. */
    private boolean describes() {
      return command == FlowMod.Command.ADD || isModify();
    }

    Parts parse(String text) throws FlowSyntaxException {
      String fields = text;
      String actions = "";
      if (describes()) {
        int at = text.indexOf("action");
        int equals = at < 0 ? -1 : text.indexOf('=', at + 1);
        if (equals < 0) {
          throw new FlowSyntaxException("must specify an action");
        }
        fields = text.substring(0, at);
        actions = text.substring(equals + 1);
      }
      for (KeyValues kv = new KeyValues(fields); kv.next(); ) {
        take(kv.key(), kv.value());
      }
      if (match.isUnsayable()) {
        throw new FlowSyntaxException(
            describes()
                ? "actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)"
                : "none of the usable flow formats (none) is among the allowed flow formats"
                    + " (OXM-OpenFlow13)");
      }
      if (describes()) {
        instructions =
            ActionResolver.instructions(
                ActionParser.instructions(actions, names),
                match.valueWords(),
                match.maskWords(),
                tableId);
      }
      return this;
    }

    private void take(String key, String value) throws FlowSyntaxException {
      if (describes() && takeFlag(key)
          || key.equals("no_readonly_table")
          || key.equals("allow_hidden_fields")
          || match.take(key, value)) {
        return;
      }
      if (value.isEmpty()) {
        throw FlowSyntaxException.of("field %s missing value", key);
      }
      if (!takeValue(key, value) && !STATISTICS.contains(key)) {
        throw new FlowSyntaxException("unknown keyword " + key);
      }
    }

    private boolean takeFlag(String key) {
      int flag =
          switch (key) {
            case "send_flow_rem" -> FlowFlags.SEND_FLOW_REM;
            case "check_overlap" -> FlowFlags.CHECK_OVERLAP;
            case "reset_counts" -> FlowFlags.RESET_COUNTS;
            case "no_packet_counts" -> FlowFlags.NO_PKT_COUNTS;
            case "no_byte_counts" -> FlowFlags.NO_BYT_COUNTS;
            default -> 0;
          };
      flags |= flag;
      return flag != 0;
    }

    private boolean takeValue(String key, String value) throws FlowSyntaxException {
      switch (key) {
        case "table" -> {
          tableId = names.parseTable(value);
          if (tableId < 0) {
            throw FlowSyntaxException.of("unknown table \"%s\"", value);
          }
        }
        case "cookie" -> cookie(value);
        case "priority" -> {
          if (!describes() && command != FlowMod.Command.DELETE_STRICT) {
            return false;
          }
          priority = CNumber.u16(value, key);
        }
        case "out_port" -> {
          OfPort p = names.parsePort(value);
          if (describes()) {
            return false;
          } else if (p == null) {
            throw new FlowSyntaxException(value + " is not a valid OpenFlow port");
          }
          outPort = p;
        }
        case "out_group" -> {
          if (describes()) {
            return false;
          }
          outGroup = group(value);
        }
        case "idle_timeout", "hard_timeout", "importance" -> {
          return describes() && takeNumber(key, value);
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean takeNumber(String key, String value) throws FlowSyntaxException {
      switch (key) {
        case "idle_timeout" -> idleTimeout = CNumber.u16(value, key);
        case "hard_timeout" -> hardTimeout = CNumber.u16(value, key);
        default -> {
          if (command != FlowMod.Command.ADD) {
            return false;
          }
          CNumber.u16(value, key); // 1.4's, which 1.3 cannot say
        }
      }
      return true;
    }

    private void cookie(String value) throws FlowSyntaxException {
      int slash = value.indexOf('/');
      if (slash >= 0) {
        if (command == FlowMod.Command.ADD) {
          throw new FlowSyntaxException("flow additions cannot use a cookie mask");
        }
        cookie = CNumber.u64(value.substring(0, slash));
        cookieMask = CNumber.u64(value.substring(slash + 1));
      } else if (!describes()) {
        throw FlowSyntaxException.of(
            "cannot set cookie (to match on a cookie, specify a mask, e.g. cookie=%s/-1)", value);
      } else {
        newCookie = CNumber.u64(value);
      }
    }

    FlowMod flowMod() {
      if (command == null) {
        throw new IllegalStateException("a filter is no flow-mod");
      }
      // What 1.3 has no words for is lost: a cookie that a modify would set, 1.4's importance.
      return new FlowMod(
          command,
          match.build(warnings),
          priority,
          tableId == TableId.ALL && !command.isDelete() ? 0 : tableId,
          cookie & cookieMask,
          cookieMask,
          command == FlowMod.Command.ADD ? newCookie : FlowMod.NO_COOKIE,
          idleTimeout,
          hardTimeout,
          BufferId.NONE,
          outPort,
          outGroup,
          flags,
          0,
          instructions);
    }

    MultipartRequest.RuleFilter filter() {
      return new MultipartRequest.RuleFilter(
          tableId, outPort, outGroup, cookie, cookieMask, match.build(warnings));
    }
  }

  /** A group's number, {@code any} or {@code all} (OVS {@code ofputil_group_from_string}). */
  static int group(String s) throws FlowSyntaxException {
    if (s.equalsIgnoreCase("any")) {
      return GroupId.ANY;
    }
    if (s.equalsIgnoreCase("all")) {
      return GroupId.ALL;
    }
    long n = CNumber.decimal(s);
    if (n < 0) {
      throw new FlowSyntaxException(s + " is not a valid OpenFlow group");
    }
    return (int) n;
  }
}
