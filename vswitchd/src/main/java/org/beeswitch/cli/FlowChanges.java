// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.text.ActionText;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.MatchText;
import org.beeswitch.openflow.text.Names;
import org.jspecify.annotations.Nullable;

/** Commands about rules: add, modify, delete, replace, compare. */
final class FlowChanges {
  /** {@code diff-flows}: there are differences. */
  private static final int DIFFERENT = 2;

  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand(
              "add-flow", "SWITCH FLOW", 2, 2, (o, io, a) -> change(o, io, a, FlowMod.Command.ADD)),
          new OfCommand("add-flows", "SWITCH FILE", 2, 2, (o, io, a) -> file(o, io, a, null)),
          new OfCommand(
              "mod-flows",
              "[--strict] SWITCH FLOW",
              2,
              2,
              (o, io, a) ->
                  change(
                      o, io, a, o.strict ? FlowMod.Command.MODIFY_STRICT : FlowMod.Command.MODIFY)),
          new OfCommand(
              "del-flows",
              "[--strict] SWITCH [FLOW]",
              1,
              2,
              (o, io, a) ->
                  change(
                      o, io, a, o.strict ? FlowMod.Command.DELETE_STRICT : FlowMod.Command.DELETE)),
          new OfCommand("replace-flows", "[--readd] SWITCH FILE", 2, 2, FlowChanges::replace),
          new OfCommand("diff-flows", "SOURCE1 SOURCE2", 2, 2, FlowChanges::diff));

  private FlowChanges() {}

  private static void change(Options options, Stdio io, List<String> args, FlowMod.Command command)
      throws CliException {
    String text = args.size() > 1 ? args.get(1) : "";
    if (text.equals("-")) {
      file(options, io, args, command == FlowMod.Command.ADD ? null : command);
      return;
    }
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    s.changeAll(
        text,
        names -> {
          FlowTextParser parser = new FlowTextParser(names);
          FlowMod m = parser.flowMod(command, text);
          warn(parser, io);
          return List.of(m);
        });
  }

  /**
   * @param command of every line; null if each line may say its own
   */
  private static void file(
      Options options, Stdio io, List<String> args, FlowMod.@Nullable Command command)
      throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    List<String> lines = Lines.of(args.get(1), io.in(), "open failed");
    s.changeAll(String.join("\n", lines), names -> parse(io, args.get(1), lines, names, command));
  }

  /** The flows of a file. */
  private static List<FlowMod> parse(
      Stdio io, String file, List<String> lines, Names names, FlowMod.@Nullable Command command)
      throws FlowSyntaxException {
    FlowTextParser parser = new FlowTextParser(names);
    List<FlowMod> flows = parser.file(file, lines, command);
    warn(parser, io);
    return flows;
  }

  private static void warn(FlowTextParser parser, Stdio io) {
    parser.warnings().forEach(io.err()::println);
  }

  // Comparing.

  /** What makes a rule the one that it is. */
  private record Key(int tableId, int priority, Match match) {}

  /** What may be different in two of the same key. */
  private record Version(
      long cookie,
      int idleTimeout,
      int hardTimeout,
      int flags,
      int importance,
      Instructions instructions) {
    /** As ovs-ofctl compares: flags are not asked of the switch. */
    boolean sameAs(Version o) {
      return cookie == o.cookie
          && idleTimeout == o.idleTimeout
          && hardTimeout == o.hardTimeout
          && importance == o.importance
          && instructions.equals(o.instructions);
    }
  }

  private static Map<Key, Version> ofFile(Stdio io, String file, List<String> lines, Names names)
      throws CliException {
    List<FlowMod> flows;
    try {
      flows = parse(io, file, lines, names, FlowMod.Command.ADD);
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
    Map<Key, Version> all = new LinkedHashMap<>();
    for (FlowMod m : flows) {
      // ovs-ofctl puts what names no table into the first.
      int table = m.tableId() == 0xff ? 0 : m.tableId();
      all.put(
          new Key(table, m.priority(), m.match()),
          new Version(
              m.newCookie() == FlowMod.NO_COOKIE ? 0 : m.newCookie(),
              m.idleTimeout(),
              m.hardTimeout(),
              m.flags(),
              m.importance(),
              m.instructions()));
    }
    return all;
  }

  private static Map<Key, Version> ofSwitch(List<FlowStats> flows) {
    Map<Key, Version> all = new LinkedHashMap<>();
    for (FlowStats f : flows) {
      all.put(
          new Key(f.tableId(), f.priority(), f.match()),
          new Version(
              f.cookie(), f.idleTimeout(), f.hardTimeout(), 0, f.importance(), f.instructions()));
    }
    return all;
  }

  private static void replace(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    List<String> lines = Lines.of(args.get(1), io.in(), "open");
    Names names = s.namesToAccept(String.join("\n", lines));
    Map<Key, Version> wanted = ofFile(io, args.get(1), lines, names);
    s.act(
        c -> {
          Map<Key, Version> there = ofSwitch(s.flows(c, MultipartRequest.RuleFilter.ALL));
          for (Map.Entry<Key, Version> e : there.entrySet()) {
            if (!wanted.containsKey(e.getKey())) {
              s.change(c, flowMod(FlowMod.Command.DELETE_STRICT, e.getKey(), e.getValue()));
            }
          }
          for (Map.Entry<Key, Version> e : wanted.entrySet()) {
            Version old = there.get(e.getKey());
            if (options.readd || old == null || !old.sameAs(e.getValue())) {
              s.change(c, flowMod(FlowMod.Command.ADD, e.getKey(), e.getValue()));
            }
          }
        });
  }

  private static FlowMod flowMod(FlowMod.Command command, Key k, Version v) {
    boolean delete = command.isDelete();
    return new FlowMod(
        command,
        k.match(),
        k.priority(),
        k.tableId(),
        0,
        0,
        delete ? FlowMod.NO_COOKIE : v.cookie(),
        v.idleTimeout(),
        v.hardTimeout(),
        BufferId.NONE,
        OfPort.ANY,
        GroupId.ANY,
        v.flags(),
        v.importance(),
        delete ? Instructions.builder().build() : v.instructions());
  }

  private static void diff(Options options, Stdio io, List<String> args) throws CliException {
    Map<Key, Version> a = source(options, io, args.get(0));
    Map<Key, Version> b = source(options, io, args.get(1));
    boolean different = false;
    Map<Key, Version> all = new LinkedHashMap<>(a);
    b.forEach(all::putIfAbsent);
    for (Key k : all.keySet()) {
      Version left = a.get(k);
      Version right = b.get(k);
      if (left == null || right == null || !left.sameAs(right)) {
        print(io, '-', k, left);
        print(io, '+', k, right);
        different = true;
      }
    }
    if (different) {
      throw new CliException(DIFFERENT);
    }
  }

  private static Map<Key, Version> source(Options options, Stdio io, String source)
      throws CliException {
    boolean isFile =
        source.startsWith("/")
            || source.startsWith(".")
            || source.indexOf(':') < 0 && Files.exists(Path.of(source));
    if (isFile) {
      List<String> lines = Lines.of(source, io.in(), "open");
      return ofFile(io, source, lines, Names.NONE);
    }
    SwitchClient s = new SwitchClient(options, source, io);
    return ofSwitch(s.talk(c -> s.flows(c, MultipartRequest.RuleFilter.ALL)));
  }

  private static void print(Stdio io, char sign, Key k, @Nullable Version v) {
    if (v == null) {
      return;
    }
    StringBuilder s = new StringBuilder().append(sign);
    if (k.tableId() != 0) {
      s.append("table=").append(k.tableId()).append(' ');
    }
    MatchText.append(s, k.match(), k.priority(), Names.NONE);
    if (v.cookie() != 0) {
      s.append(" cookie=0x").append(Long.toHexString(v.cookie()));
    }
    if (v.idleTimeout() != 0) {
      s.append(" idle_timeout=").append(v.idleTimeout());
    }
    if (v.hardTimeout() != 0) {
      s.append(" hard_timeout=").append(v.hardTimeout());
    }
    io.out().println(ActionText.append(s.append(" actions="), v.instructions(), Names.NONE));
  }
}
