// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
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

  private final Options options;
  private final PrintStream out;

  FlowChanges(Options options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  List<OfCommand> all() {
    return List.of(
        new OfCommand("add-flow", "SWITCH FLOW", 2, 2, args -> change(args, FlowMod.Command.ADD)),
        new OfCommand("add-flows", "SWITCH FILE", 2, 2, args -> file(args, FlowMod.Command.ADD)),
        new OfCommand(
            "mod-flows",
            "[--strict] SWITCH FLOW",
            2,
            2,
            args ->
                change(
                    args, options.strict ? FlowMod.Command.MODIFY_STRICT : FlowMod.Command.MODIFY)),
        new OfCommand(
            "del-flows",
            "[--strict] SWITCH [FLOW]",
            1,
            2,
            args ->
                change(
                    args, options.strict ? FlowMod.Command.DELETE_STRICT : FlowMod.Command.DELETE)),
        new OfCommand("replace-flows", "[--readd] SWITCH FILE", 2, 2, this::replace),
        new OfCommand("diff-flows", "SOURCE1 SOURCE2", 2, 2, this::diff));
  }

  private void change(List<String> args, FlowMod.Command command) throws CliException {
    String text = args.size() > 1 ? args.get(1) : "";
    if (text.equals("-")) {
      file(args, command);
      return;
    }
    SwitchClient s = new SwitchClient(options, args.get(0), out);
    try {
      FlowTextParser parser = new FlowTextParser(s.namesToAccept(text));
      FlowMod m = parser.flowMod(command, text);
      warn(parser);
      send(s, List.of(m));
    } catch (FlowSyntaxException e) {
      throw new CliException(e.text(), e);
    }
  }

  private void file(List<String> args, FlowMod.Command command) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), out);
    List<String> lines = lines(args.get(1));
    Names names = s.namesToAccept(String.join("\n", lines));
    List<FlowMod> flows;
    if (command == FlowMod.Command.ADD) {
      flows = parse(args.get(1), lines, names);
    } else {
      flows = new ArrayList<>();
      FlowTextParser parser = new FlowTextParser(names);
      try {
        for (String line : lines) {
          int comment = line.indexOf('#');
          String flow = comment < 0 ? line : line.substring(0, comment);
          if (!flow.isBlank()) {
            flows.add(parser.flowMod(command, flow));
          }
        }
      } catch (FlowSyntaxException e) {
        throw new CliException(e.text(), e);
      }
      warn(parser);
    }
    send(s, flows);
  }

  private static void send(SwitchClient s, List<FlowMod> flows) throws CliException {
    s.talk(
        c -> {
          for (FlowMod m : flows) {
            s.change(c, m);
          }
          return true;
        });
  }

  /** The flows of a file. */
  private static List<FlowMod> parse(String file, List<String> lines, Names names)
      throws CliException {
    FlowTextParser parser = new FlowTextParser(names);
    try {
      List<FlowMod> flows = parser.file(file, lines);
      warn(parser);
      return flows;
    } catch (FlowSyntaxException e) {
      throw new CliException(e.text(), e);
    }
  }

  private static void warn(FlowTextParser parser) {
    parser.warnings().forEach(System.err::println);
  }

  /** Of a file, or of stdin if that is {@code -}. */
  private static List<String> lines(String file) throws CliException {
    try {
      if (file.equals("-")) {
        return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
            .lines()
            .toList();
      }
      return Files.readAllLines(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new CliException(file + ": open (No such file or directory)", e);
    } catch (IOException e) {
      throw new CliException(file + ": cannot be read: " + e.getMessage(), e);
    }
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

  private static Map<Key, Version> ofFile(List<FlowMod> flows) {
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

  private void replace(List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), out);
    List<String> lines = lines(args.get(1));
    Names names = s.namesToAccept(String.join("\n", lines));
    Map<Key, Version> wanted = ofFile(parse(args.get(1), lines, names));
    s.talk(
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
          return true;
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

  private void diff(List<String> args) throws CliException {
    Map<Key, Version> a = source(args.get(0));
    Map<Key, Version> b = source(args.get(1));
    boolean different = false;
    Map<Key, Version> all = new LinkedHashMap<>(a);
    b.forEach(all::putIfAbsent);
    for (Key k : all.keySet()) {
      Version left = a.get(k);
      Version right = b.get(k);
      if (left == null || right == null || !left.sameAs(right)) {
        print('-', k, left);
        print('+', k, right);
        different = true;
      }
    }
    if (different) {
      throw new CliException(DIFFERENT);
    }
  }

  private Map<Key, Version> source(String source) throws CliException {
    boolean isFile =
        source.startsWith("/")
            || source.startsWith(".")
            || source.indexOf(':') < 0 && Files.exists(Path.of(source));
    if (isFile) {
      return ofFile(parse(source, lines(source), Names.NONE));
    }
    SwitchClient s = new SwitchClient(options, source, out);
    return ofSwitch(s.talk(c -> s.flows(c, MultipartRequest.RuleFilter.ALL)));
  }

  private void print(char sign, Key k, @Nullable Version v) {
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
    out.println(ActionText.append(s.append(" actions="), v.instructions(), Names.NONE));
  }
}
