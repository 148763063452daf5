// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.MessageText;
import org.beeswitch.openflow.text.Names;

/** Commands about ports, tables, fragments and packets. */
final class Changes {
  private static final Map<String, Integer> PORT_BITS =
      Map.of(
          "up", PortDesc.CONFIG_PORT_DOWN,
          "down", PortDesc.CONFIG_PORT_DOWN,
          "stp", PortDesc.CONFIG_NO_STP,
          "receive", PortDesc.CONFIG_NO_RECV,
          "receive-stp", PortDesc.CONFIG_NO_RECV_STP,
          "flood", PortDesc.CONFIG_NO_FLOOD,
          "forward", PortDesc.CONFIG_NO_FWD,
          "packet-in", PortDesc.CONFIG_NO_PACKET_IN);

  static final List<OfCommand> COMMANDS =
      List.of(
          new OfCommand("mod-port", "SWITCH PORT ACTION", 3, 3, Changes::modPort),
          new OfCommand("mod-table", "SWITCH TABLE CHANGE", 3, 3, Changes::modTable),
          new OfCommand("get-frags", "SWITCH", 1, 1, Changes::getFrags),
          new OfCommand("set-frags", "SWITCH MODE", 2, 2, Changes::setFrags),
          new OfCommand(
              "packet-out",
              "SWITCH \"in_port=PORT packet=HEX actions=...\"",
              2,
              Integer.MAX_VALUE,
              Changes::packetOut));

  private Changes() {}

  private static void modPort(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    PortDesc port = null;
    OfPort number = Names.NONE.parsePort(args.get(1));
    for (PortDesc p : s.ports()) {
      if (p.port().equals(number) || number == null && p.name().equals(args.get(1))) {
        port = p;
      }
    }
    if (port == null) {
      throw new CliException(s.name() + ": couldn't find port `" + args.get(1) + "'");
    }
    String word = args.get(2).toLowerCase(Locale.ROOT);
    boolean not = word.startsWith("no");
    String name = not ? word.substring(word.startsWith("no-") ? 3 : 2) : word;
    Integer bit = PORT_BITS.get(name);
    if (bit == null) {
      throw new CliException("unknown mod-port command '" + args.get(2) + "'");
    }
    // All bits but that of "down" say what is not to be.
    boolean on = name.equals("down") != not;
    PortMod m = new PortMod(port.port(), port.hwAddr(), on ? bit : 0, bit, 0);
    s.act(c -> s.change(c, m));
  }

  /**
   * OpenFlow 1.3 has nothing left that could be set of a table; what there was and will be says so.
   */
  private static void modTable(Options options, Stdio io, List<String> args) throws CliException {
    String change = args.get(2);
    String versions =
        switch (change) {
          case "controller", "continue", "drop" -> "OpenFlow11, OpenFlow12";
          case "evict", "noevict", "novacancy" -> "OpenFlow14, OpenFlow15";
          default -> change.startsWith("vacancy:") ? "OpenFlow14, OpenFlow15" : "";
        };
    if (change.startsWith("name:")) {
      throw new CliException("tables cannot be named yet: use their numbers");
    }
    throw new CliException(
        versions.isEmpty()
            ? "invalid table_mod setting " + change
            : "table_mod '" + change + "' requires one of the OpenFlow versions " + versions);
  }

  private static void getFrags(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    io.out().println(MessageText.frags(s.talk(s::config).frag()));
  }

  private static void setFrags(Options options, Stdio io, List<String> args) throws CliException {
    SwitchConfig.Frag wanted = null;
    for (SwitchConfig.Frag f : SwitchConfig.Frag.values()) {
      if (MessageText.frags(f).equals(args.get(1))) {
        wanted = f;
      }
    }
    if (wanted == null) {
      throw new CliException(args.get(1) + ": unknown fragment handling mode");
    }
    SwitchConfig.Frag frag = wanted;
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    s.act(
        c -> {
          SwitchConfig before = s.config(c);
          if (before.frag() == frag) {
            return;
          }
          s.change(
              c,
              new SetConfig(
                  new SwitchConfig(frag, before.invalidTtlToController(), before.missSendLen())));
          if (s.config(c).frag() != frag) {
            throw new CliException(
                s.name()
                    + ": setting fragment handling mode failed (this switch probably doesn't"
                    + " support mode \""
                    + args.get(1)
                    + "\")");
          }
        });
  }

  // Packets.

  private static void packetOut(Options options, Stdio io, List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), io);
    FlowTextParser parser = new FlowTextParser(s.namesToAccept(String.join(" ", args)));
    List<PacketOut> messages = new ArrayList<>();
    try {
      if (args.size() == 2) {
        messages.add(parser.packetOut(args.get(1)));
      } else if (args.size() > 3) {
        List<Action> actions = parser.actions(args.get(2));
        OfPort inPort = s.port(args.get(1));
        for (String hex : args.subList(3, args.size())) {
          Bytes packet = FlowTextParser.packet(hex);
          messages.add(new PacketOut(BufferId.NONE, inPort, actions, packet));
        }
      } else {
        throw new CliException("Too many arguments (" + (args.size() + 1) + ")");
      }
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
    s.changeAll(messages);
  }
}
