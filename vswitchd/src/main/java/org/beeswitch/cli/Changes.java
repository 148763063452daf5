// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.VersionSet;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
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

/** Commands about ports, fragments and packets, and those that listen. */
final class Changes {
  /** Of messages that monitor prints. */
  private static final int VERBOSE = 2;

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

  private final Options options;
  private final PrintStream out;

  Changes(Options options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  List<OfCommand> all() {
    return List.of(
        new OfCommand("mod-port", "SWITCH PORT ACTION", 3, 3, this::modPort),
        new OfCommand("get-frags", "SWITCH", 1, 1, this::getFrags),
        new OfCommand("set-frags", "SWITCH MODE", 2, 2, this::setFrags),
        new OfCommand(
            "packet-out",
            "SWITCH \"in_port=PORT packet=HEX actions=...\"",
            2,
            Integer.MAX_VALUE,
            this::packetOut),
        new OfCommand("monitor", "SWITCH [MISS_LEN]", 1, 2, this::monitor),
        new OfCommand("snoop", "SWITCH", 1, 1, this::snoop));
  }

  private SwitchClient open(List<String> args) throws CliException {
    return new SwitchClient(options, args.get(0), out);
  }

  private void modPort(List<String> args) throws CliException {
    SwitchClient s = open(args);
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
    s.talk(
        c -> {
          s.change(c, m);
          return true;
        });
  }

  private static SwitchConfig config(SwitchClient s, OfClient<Frame, OfFrame> c)
      throws IOException, CliException {
    for (OfMessage m : s.ask(c, new GetConfigRequest())) {
      if (m instanceof GetConfigReply r) {
        return r.config();
      }
    }
    throw new CliException(s.name() + ": bad reply to config request");
  }

  private void getFrags(List<String> args) throws CliException {
    SwitchClient s = open(args);
    out.println(MessageText.frags(s.talk(c -> config(s, c)).frag()));
  }

  private void setFrags(List<String> args) throws CliException {
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
    SwitchClient s = open(args);
    s.talk(
        c -> {
          SwitchConfig before = config(s, c);
          if (before.frag() == frag) {
            return true;
          }
          s.change(
              c,
              new SetConfig(
                  new SwitchConfig(frag, before.invalidTtlToController(), before.missSendLen())));
          if (config(s, c).frag() != frag) {
            throw new CliException(
                s.name()
                    + ": setting fragment handling mode failed (this switch probably doesn't"
                    + " support mode \""
                    + args.get(1)
                    + "\")");
          }
          return true;
        });
  }

  // Packets.

  private void packetOut(List<String> args) throws CliException {
    SwitchClient s = open(args);
    Names names = s.namesToAccept(String.join(" ", args));
    List<PacketOut> messages = new ArrayList<>();
    if (args.size() == 2) {
      messages.add(parsePacketOut(args.get(1), names));
    } else if (args.size() > 3) {
      OfPort inPort = s.port(args.get(1));
      List<Action> actions = actions(args.get(2), names);
      for (String hex : args.subList(3, args.size())) {
        messages.add(new PacketOut(BufferId.NONE, inPort, actions, packet(hex)));
      }
    } else {
      throw new CliException("Too many arguments (" + (args.size() + 1) + ")");
    }
    s.talk(
        c -> {
          for (PacketOut m : messages) {
            s.change(c, m);
          }
          return true;
        });
  }

  /** {@code in_port=1 packet=001122 actions=output:2}, the actions last. */
  private static PacketOut parsePacketOut(String text, Names names) throws CliException {
    int at = text.indexOf("actions=");
    if (at < 0) {
      throw new CliException("must specify an action");
    }
    List<Action> actions = actions(text.substring(at + "actions=".length()), names);
    OfPort inPort = OfPort.ANY;
    Bytes packet = null;
    for (String part : text.substring(0, at).split("[\\s,]+")) {
      if (part.isEmpty()) {
        continue;
      }
      int equals = part.indexOf('=');
      String key = equals < 0 ? part : part.substring(0, equals);
      String value = equals < 0 ? "" : part.substring(equals + 1);
      switch (key) {
        case "in_port" -> {
          OfPort p = names.parsePort(value);
          if (p == null) {
            throw new CliException(value + " is not a valid OpenFlow port");
          }
          inPort = p;
        }
        case "packet" -> packet = packet(value);
        default -> throw new CliException("unknown keyword " + key);
      }
    }
    if (inPort.equals(OfPort.ANY)) {
      throw new CliException("must specify in_port");
    }
    if (packet == null) {
      throw new CliException("must specify packet");
    }
    return new PacketOut(BufferId.NONE, inPort, actions, packet);
  }

  private static List<Action> actions(String text, Names names) throws CliException {
    try {
      return new FlowTextParser(names).actions(text);
    } catch (FlowSyntaxException e) {
      throw new CliException(e.text(), e);
    }
  }

  private static Bytes packet(String hex) throws CliException {
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(hex.replaceAll("[\\s:.]", ""));
    } catch (IllegalArgumentException e) {
      throw new CliException("Trailing garbage in packet data", e);
    }
    if (bytes.length < 14) {
      throw new CliException("Packet data too short for Ethernet");
    }
    return Bytes.wrap(bytes);
  }

  // Listening.

  private void monitor(List<String> args) throws CliException {
    SwitchClient s = open(args);
    s.talk(
        c -> {
          if (args.size() > 1) {
            SwitchConfig before = config(s, c);
            int missLen;
            try {
              missLen = Integer.parseInt(args.get(1));
            } catch (NumberFormatException e) {
              throw new CliException(args.get(1) + ": unsupported \"monitor\" argument", e);
            }
            s.change(
                c,
                new SetConfig(
                    new SwitchConfig(before.frag(), before.invalidTtlToController(), missLen)));
          }
          return printAll(s, c);
        });
  }

  private void snoop(List<String> args) throws CliException {
    SwitchClient s = new SwitchClient(options, args.get(0), ".snoop", out);
    try (OfClient<Frame, OfFrame> c = s.open(VersionSet.KNOWN)) {
      printAll(s, c);
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Until the switch ends it. */
  private static boolean printAll(SwitchClient s, OfClient<Frame, OfFrame> c) throws IOException {
    while (true) {
      Frame f = c.receive(s.timeout());
      if (f != null) {
        System.err.print(s.text(f, Names.NONE, VERBOSE));
      }
    }
  }
}
