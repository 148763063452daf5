// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.List;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.GroupTextParser;
import org.beeswitch.openflow.text.MeterTextParser;
import org.jspecify.annotations.Nullable;

/**
 * Commands that add, change and delete groups and meters. What the switch makes of them is its
 * affair: its errors are printed.
 */
final class GroupChanges {
  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand(
              "add-group",
              "SWITCH GROUP",
              2,
              2,
              (o, io, a) -> group(o, io, a, GroupMod.Command.ADD)),
          new OfCommand("add-groups", "SWITCH FILE", 2, 2, (o, io, a) -> file(o, io, a, null)),
          new OfCommand(
              "mod-group",
              "[--may-create] SWITCH GROUP",
              2,
              2,
              (o, io, a) ->
                  group(
                      o,
                      io,
                      a,
                      o.mayCreate ? GroupMod.Command.ADD_OR_MODIFY : GroupMod.Command.MODIFY)),
          new OfCommand(
              "del-groups",
              "SWITCH [GROUP]",
              1,
              2,
              (o, io, a) -> group(o, io, a, GroupMod.Command.DELETE)),
          new OfCommand(
              "add-meter",
              "SWITCH METER",
              2,
              2,
              (o, io, a) -> meter(o, io, a, MeterMod.Command.ADD)),
          new OfCommand(
              "mod-meter",
              "SWITCH METER",
              2,
              2,
              (o, io, a) -> meter(o, io, a, MeterMod.Command.MODIFY)),
          new OfCommand(
              "del-meter",
              "SWITCH METER",
              1,
              2,
              (o, io, a) -> meter(o, io, a, MeterMod.Command.DELETE)),
          new OfCommand(
              "del-meters",
              "SWITCH [METER]",
              1,
              2,
              (o, io, a) -> meter(o, io, a, MeterMod.Command.DELETE)));

  private GroupChanges() {}

  private static void group(Options options, Stdio io, List<String> args, GroupMod.Command command)
      throws CliException {
    String text = args.size() > 1 ? args.get(1) : "";
    if (text.equals("-")) {
      file(options, io, args, command);
      return;
    }
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    s.changeAll(text, names -> List.of(new GroupTextParser(names).groupMod(command, text)));
  }

  /**
   * @param command of every line; null if each line may say its own
   */
  private static void file(
      Options options, Stdio io, List<String> args, GroupMod.@Nullable Command command)
      throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    List<String> lines = Lines.of(args.get(1), io.in(), "open failed");
    s.changeAll(
        String.join("\n", lines),
        names -> new GroupTextParser(names).file(args.get(1), lines, command));
  }

  private static void meter(Options options, Stdio io, List<String> args, MeterMod.Command command)
      throws CliException {
    MeterMod m;
    try {
      m =
          args.size() > 1
              ? MeterTextParser.meterMod(command, args.get(1))
              : new MeterMod(command, new MeterConfig(MeterId.ALL, 0, List.of()));
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
    new SwitchClient(options, args.get(0), io).changeAll(List.of(m));
  }
}
