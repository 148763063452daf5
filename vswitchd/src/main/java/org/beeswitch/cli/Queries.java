// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.text.CNumber;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowText;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.GroupTextParser;
import org.beeswitch.openflow.text.MeterTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.openflow.text.TableText;

/** Commands that ask and print (OVS {@code ovs-ofctl show}, {@code dump-...}). */
final class Queries {
  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand("show", "SWITCH", 1, 1, Queries::show),
          simple("dump-desc", new MultipartRequest.Desc()),
          simple("dump-tables", new MultipartRequest.Table()),
          new OfCommand("dump-table-features", "SWITCH", 1, 1, Queries::dumpTableFeatures),
          new OfCommand("dump-flows", "SWITCH [FLOW]", 1, 2, Queries::dumpFlows),
          new OfCommand(
              "dump-aggregate",
              "SWITCH [FLOW]",
              1,
              2,
              (o, io, args) -> {
                SwitchClient s = open(o, io, args);
                MultipartRequest.RuleFilter f = filter(s, args);
                s.dump(new MultipartRequest.Aggregate(f));
              }),
          new OfCommand(
              "dump-ports",
              "SWITCH [PORT]",
              1,
              2,
              (o, io, args) -> {
                SwitchClient s = open(o, io, args);
                s.act(
                    c -> {
                      OfPort port = args.size() > 1 ? s.port(args.get(1)) : OfPort.ANY;
                      s.dump(c, new MultipartRequest(new MultipartRequest.Port(port)));
                    });
              }),
          new OfCommand(
              "dump-ports-desc",
              "SWITCH [PORT]",
              1,
              2,
              (o, io, args) -> open(o, io, args).dump(new MultipartRequest.PortDesc(OfPort.ANY))),
          new OfCommand("dump-groups", "SWITCH [GROUP]", 1, 2, Queries::dumpGroups),
          new OfCommand("dump-group-stats", "SWITCH [GROUP]", 1, 2, Queries::dumpGroupStats),
          simple("dump-group-features", new MultipartRequest.GroupFeatures()),
          new OfCommand("dump-meters", "SWITCH [METER]", 1, 2, Queries::dumpMeters),
          new OfCommand("dump-meter", "SWITCH METER", 1, 2, Queries::dumpMeters),
          new OfCommand(
              "meter-stats",
              "SWITCH [METER]",
              1,
              2,
              (o, io, args) -> {
                int meter = meter(args);
                open(o, io, args).dump(new MultipartRequest.Meter(meter));
              }),
          simple("meter-features", new MultipartRequest.MeterFeatures()),
          new OfCommand("queue-stats", "SWITCH [PORT [QUEUE]]", 1, 3, Queries::queueStats),
          new OfCommand("queue-get-config", "SWITCH [PORT]", 1, 2, Queries::queueGetConfig));

  private Queries() {}

  private static OfCommand simple(String name, MultipartRequest.Body request) {
    return new OfCommand(name, "SWITCH", 1, 1, (o, io, args) -> open(o, io, args).dump(request));
  }

  private static SwitchClient open(Options options, Stdio io, List<String> args)
      throws CliException {
    return new SwitchClient(options, args.get(0), io);
  }

  private static void show(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = open(options, io, args);
    s.act(
        c -> {
          s.dump(c, new FeaturesRequest());
          s.dump(c, new MultipartRequest(new MultipartRequest.PortDesc(OfPort.ANY)));
        });
    s.dump(new GetConfigRequest());
  }

  private static MultipartRequest.RuleFilter filter(SwitchClient s, List<String> args)
      throws CliException {
    String text = args.size() > 1 ? args.get(1) : "";
    try {
      return new FlowTextParser(text.isEmpty() ? Names.NONE : s.namesToAccept(text)).filter(text);
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
  }

  private static void dumpFlows(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = open(options, io, args);
    MultipartRequest.RuleFilter f = filter(s, args);
    Comparator<FlowStats> order = options.order;
    if (order == null && !options.showNames() && !options.noStats) {
      s.dump(new MultipartRequest.Flow(f));
      return;
    }
    List<FlowStats> flows = new ArrayList<>(s.talk(c -> s.flows(c, f)));
    if (order != null) {
      flows.sort(order);
    }
    Names names = s.namesToShow();
    StringBuilder line = new StringBuilder();
    for (FlowStats flow : flows) {
      line.setLength(0);
      io.out().println(FlowText.append(line.append(' '), flow, names, !options.noStats));
    }
  }

  /** All parts of the reply as one text, in which a table that is like the one before is short. */
  private static void dumpTableFeatures(Options options, Stdio io, List<String> args)
      throws CliException {
    StringBuilder s = new StringBuilder();
    TableText t = new TableText(s);
    open(options, io, args).tableFeatures().forEach(t::add);
    t.finish();
    io.out().println(s.toString().replaceFirst("^\\n", ""));
  }

  private static void dumpGroupStats(Options options, Stdio io, List<String> args)
      throws CliException {
    GroupMod which;
    try {
      which =
          new GroupTextParser(Names.NONE)
              .groupMod(GroupMod.Command.DELETE, args.size() > 1 ? args.get(1) : "");
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
    SwitchClient s = open(options, io, args);
    s.namesToAccept(""); // as ovs-ofctl
    s.dump(new MultipartRequest.Group(which.groupId()));
  }

  /** A number that is none asks for all, as with {@code ovs-ofctl}. */
  private static void dumpGroups(Options options, Stdio io, List<String> args) throws CliException {
    int group = args.size() > 1 ? GroupTextParser.idOrAll(args.get(1)) : GroupId.ALL;
    open(options, io, args).dump(new MultipartRequest.GroupDesc(group));
  }

  private static void dumpMeters(Options options, Stdio io, List<String> args) throws CliException {
    int meter = meter(args);
    open(options, io, args).dump(new MultipartRequest.MeterConfig(meter));
  }

  private static int meter(List<String> args) throws CliException {
    try {
      return args.size() > 1
          ? MeterTextParser.meterMod(MeterMod.Command.DELETE, args.get(1)).meter().meterId()
          : MeterId.ALL;
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
  }

  private static void queueStats(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = open(options, io, args);
    s.act(
        c -> {
          OfPort port =
              args.size() > 1 && !args.get(1).equalsIgnoreCase("ALL")
                  ? s.port(args.get(1))
                  : OfPort.ANY;
          int queue =
              args.size() > 2 && !args.get(2).equalsIgnoreCase("ALL")
                  ? CNumber.atoi(args.get(2))
                  : MultipartRequest.Queue.ALL_QUEUES;
          s.dump(c, new MultipartRequest(new MultipartRequest.Queue(port, queue)));
        });
  }

  private static void queueGetConfig(Options options, Stdio io, List<String> args)
      throws CliException {
    SwitchClient s = open(options, io, args);
    OfPort port = args.size() > 1 ? s.port(args.get(1)) : OfPort.ANY;
    s.dump(new QueueGetConfigRequest(port));
  }
}
