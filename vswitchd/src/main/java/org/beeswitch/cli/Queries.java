// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowText;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.openflow.text.TableText;

/** Commands that ask and print (OVS {@code ovs-ofctl show}, {@code dump-...}). */
final class Queries {
  private final Options options;
  private final PrintStream out;

  Queries(Options options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  List<OfCommand> all() {
    return List.of(
        new OfCommand("show", "SWITCH", 1, 1, this::show),
        simple("dump-desc", new MultipartRequest.Desc()),
        simple("dump-tables", new MultipartRequest.Table()),
        new OfCommand("dump-table-features", "SWITCH", 1, 1, this::dumpTableFeatures),
        new OfCommand("dump-flows", "SWITCH [FLOW]", 1, 2, this::dumpFlows),
        new OfCommand(
            "dump-aggregate",
            "SWITCH [FLOW]",
            1,
            2,
            args -> {
              SwitchClient s = open(args);
              MultipartRequest.RuleFilter f = filter(s, args);
              s.dump(new MultipartRequest.Aggregate(f));
            }),
        new OfCommand(
            "dump-ports",
            "SWITCH [PORT]",
            1,
            2,
            args -> {
              SwitchClient s = open(args);
              s.talk(
                  c -> {
                    OfPort port = args.size() > 1 ? s.port(args.get(1)) : OfPort.ANY;
                    s.dump(c, new MultipartRequest(new MultipartRequest.Port(port)));
                    return true;
                  });
            }),
        new OfCommand(
            "dump-ports-desc",
            "SWITCH [PORT]",
            1,
            2,
            args -> open(args).dump(new MultipartRequest.PortDesc(OfPort.ANY))),
        simple("dump-groups", new MultipartRequest.GroupDesc(GroupId.ALL)),
        new OfCommand("dump-group-stats", "SWITCH [GROUP]", 1, 2, this::dumpGroupStats),
        simple("dump-group-features", new MultipartRequest.GroupFeatures()),
        simple("dump-meters", new MultipartRequest.MeterConfig(MeterId.ALL)),
        new OfCommand(
            "dump-meter",
            "SWITCH meter=N",
            2,
            2,
            args -> open(args).dump(new MultipartRequest.MeterConfig(meter(args.get(1))))),
        new OfCommand(
            "meter-stats",
            "SWITCH [meter=N]",
            1,
            2,
            args ->
                open(args)
                    .dump(
                        new MultipartRequest.Meter(
                            args.size() > 1 ? meter(args.get(1)) : MeterId.ALL))),
        simple("meter-features", new MultipartRequest.MeterFeatures()),
        new OfCommand("queue-stats", "SWITCH [PORT [QUEUE]]", 1, 3, this::queueStats),
        new OfCommand("queue-get-config", "SWITCH [PORT]", 1, 2, this::queueGetConfig),
        new OfCommand("probe", "SWITCH", 1, 1, this::probe),
        new OfCommand("barrier", "SWITCH", 1, 1, args -> open(args).dump(new BarrierRequest())));
  }

  private OfCommand simple(String name, MultipartRequest.Body request) {
    return new OfCommand(name, "SWITCH", 1, 1, args -> open(args).dump(request));
  }

  private SwitchClient open(List<String> args) throws CliException {
    return new SwitchClient(options, args.get(0), out);
  }

  private void show(List<String> args) throws CliException {
    SwitchClient s = open(args);
    s.talk(
        c -> {
          s.dump(c, new FeaturesRequest());
          s.dump(c, new MultipartRequest(new MultipartRequest.PortDesc(OfPort.ANY)));
          return true;
        });
    s.dump(new GetConfigRequest());
  }

  private static MultipartRequest.RuleFilter filter(SwitchClient s, List<String> args)
      throws CliException {
    String text = args.size() > 1 ? args.get(1) : "";
    try {
      return new FlowTextParser(text.isEmpty() ? Names.NONE : s.namesToAccept(text)).filter(text);
    } catch (FlowSyntaxException e) {
      throw new CliException(e.text(), e);
    }
  }

  private void dumpFlows(List<String> args) throws CliException {
    SwitchClient s = open(args);
    MultipartRequest.RuleFilter f = filter(s, args);
    boolean sorted = !options.sort.isEmpty() || !options.rsort.isEmpty();
    if (!sorted && !options.showNames() && !options.noStats) {
      s.dump(new MultipartRequest.Flow(f));
      return;
    }
    List<FlowStats> flows = new ArrayList<>(s.talk(c -> s.flows(c, f)));
    if (sorted) {
      flows.sort(order());
    }
    Names names = s.namesToShow();
    StringBuilder line = new StringBuilder();
    for (FlowStats flow : flows) {
      line.setLength(0);
      out.println(FlowText.append(line.append(' '), flow, names, !options.noStats));
    }
  }

  private Comparator<FlowStats> order() throws CliException {
    List<String> fields = new ArrayList<>(options.sort);
    fields.addAll(options.rsort);
    for (String f : fields) {
      if (!f.equals("priority")) {
        throw new CliException("cannot sort by " + f + " yet: there is priority");
      }
    }
    Comparator<FlowStats> byPriority = Comparator.comparingInt(FlowStats::priority);
    return options.sort.isEmpty() ? byPriority.reversed() : byPriority;
  }

  /** All parts of the reply as one text, in which a table that is like the one before is short. */
  private void dumpTableFeatures(List<String> args) throws CliException {
    StringBuilder s = new StringBuilder();
    TableText t = new TableText(s);
    open(args).tableFeatures().forEach(t::add);
    t.finish();
    out.println(s.toString().replaceFirst("^\\n", ""));
  }

  private void dumpGroupStats(List<String> args) throws CliException {
    int group = GroupId.ALL;
    if (args.size() > 1) {
      String text = args.get(1);
      if (!text.startsWith("group_id=")) {
        throw new CliException("unknown keyword " + text);
      }
      String id = text.substring("group_id=".length());
      group = id.equals("all") ? GroupId.ALL : number(id, "group id");
    }
    SwitchClient s = open(args);
    s.namesToAccept(""); // as ovs-ofctl
    s.dump(new MultipartRequest.Group(group));
  }

  private static int meter(String text) throws CliException {
    String n = text.startsWith("meter=") ? text.substring(6) : text;
    return n.equals("all") ? MeterId.ALL : number(n, "meter id");
  }

  private static int number(String text, String what) throws CliException {
    try {
      return Integer.parseUnsignedInt(text);
    } catch (NumberFormatException e) {
      throw new CliException("invalid " + what + " `" + text + "'", e);
    }
  }

  private void queueStats(List<String> args) throws CliException {
    SwitchClient s = open(args);
    s.talk(
        c -> {
          OfPort port = args.size() > 1 ? s.port(args.get(1)) : OfPort.ANY;
          int queue =
              args.size() > 2 && !args.get(2).equalsIgnoreCase("ALL")
                  ? number(args.get(2), "queue id")
                  : MultipartRequest.Queue.ALL_QUEUES;
          s.dump(c, new MultipartRequest(new MultipartRequest.Queue(port, queue)));
          return true;
        });
  }

  private void queueGetConfig(List<String> args) throws CliException {
    SwitchClient s = open(args);
    OfPort port = args.size() > 1 ? s.port(args.get(1)) : OfPort.ANY;
    s.dump(new QueueGetConfigRequest(port));
  }

  private void probe(List<String> args) throws CliException {
    SwitchClient s = open(args);
    s.talk(c -> s.ask(c, new EchoRequest(Bytes.EMPTY)));
  }
}
