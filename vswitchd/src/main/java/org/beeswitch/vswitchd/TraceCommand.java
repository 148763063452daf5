// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.odp.OdpSyntaxException;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.PacketInUserdata;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.ofproto.xlate.XlateTrace;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.openflow.text.PacketText;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;

/**
 * {@code ofproto/trace}: what would become of a packet, and why; as OVS prints it. The packet is
 * described as a flow of a bridge or of the datapath ({@code in_port(1),eth(...)}, as {@code
 * dpctl/dump-flows} shows it), or given in hexadecimal digits beside the flow, of which only where
 * it came in counts then. Nothing comes of it: no packet is sent, no counter moves, no address is
 * learned.
 */
final class TraceCommand {
  private static final String USAGE =
      "{[DATAPATH] ODP_FLOW | BRIDGE FLOW} [--names] [-generate | PACKET]";
  private static final int MAX_ARGS = 5;
  private static final long ODP_IN_PORT = 0xffffffffL << 32;

  private final Daemon daemon;

  TraceCommand(Daemon daemon) {
    this.daemon = daemon;
  }

  Command command() {
    return OnMain.command(daemon, "ofproto/trace", USAGE, 1, MAX_ARGS, this::trace);
  }

  /** A packet, where it comes in. */
  private record Start(Bridge bridge, Flow flow) {}

  private String trace(List<String> args) throws CommandException {
    boolean names = false;
    List<String> words = new ArrayList<>();
    for (String a : args) {
      switch (a) {
        case "--names" -> names = true;
        case "--no-names" -> names = false;
        // A packet that is made of the flow would be parsed to the flow again.
        case "-generate", "--generate", "-consistent", "--consistent" -> {}
        default -> words.add(a);
      }
    }
    boolean isOdp = words.stream().limit(2).anyMatch(w -> w.indexOf('(') >= 0);
    int needed = isOdp && !words.isEmpty() && words.get(0).indexOf('(') >= 0 ? 1 : 2;
    if (words.size() < needed || words.size() > needed + 1) {
      throw new CommandException("ofproto/trace takes " + USAGE);
    }
    Start start = isOdp ? ofDatapath(words.get(needed - 1)) : ofBridge(words.get(0), words.get(1));
    if (words.size() > needed) {
      start = new Start(start.bridge(), parsed(words.get(needed), start.flow()));
    }
    return trace(start, names);
  }

  private Start ofBridge(String bridge, String text) throws CommandException {
    Bridge b = daemon.findBridge(bridge);
    if (b == null) {
      throw new CommandException(bridge + ": unknown bridge");
    }
    try {
      return new Start(b, new FlowTextParser(names(b)).flow(text));
    } catch (FlowSyntaxException e) {
      throw new CommandException("Bad openflow flow syntax: " + e.text(), e);
    }
  }

  private Start ofDatapath(String text) throws CommandException {
    OdpKey key = new OdpKey();
    try {
      OdpText.parseKey(text, key, new OdpKey(), this::odpPort);
    } catch (OdpSyntaxException e) {
      throw new CommandException("Bad datapath flow syntax: " + text + ": " + e.getMessage(), e);
    }
    Flow flow = new Flow();
    key.toFlow(flow);
    Snapshot s = daemon.backer().current();
    long port = s.portOf((int) (flow.words()[FlowLayout.PORT_RECIRC] >>> 32));
    if (port != Snapshot.NO_PORT) {
      for (Bridge b : daemon.bridges()) {
        if (b.ofproto().state().number() == (int) (port >>> 32)) {
          flow.set(Field.IN_PORT, port & 0xffffffffL);
          return new Start(b, flow);
        }
      }
    }
    throw new CommandException("Invalid datapath flow: its in_port is in no bridge");
  }

  private int odpPort(String name) {
    for (DpifPort p : daemon.dpif().ports()) {
      if (p.name().equals(name)) {
        return p.number().number();
      }
    }
    return -1;
  }

  /** A packet's own flow; it comes in where the other does. */
  private static Flow parsed(String hex, Flow from) throws CommandException {
    Flow flow = new Flow();
    try {
      FlowParser.parse(Packet.of(FlowTextParser.packet(hex).array()), flow, new Layers());
    } catch (FlowSyntaxException e) {
      throw new CommandException(e.text(), e);
    }
    flow.set(Field.IN_PORT, from.get(Field.IN_PORT));
    return flow;
  }

  private static Names names(Bridge b) {
    List<PortDesc> ports = new ArrayList<>();
    b.ofproto().state().ports().asList().forEach(p -> ports.add(p.desc()));
    return Names.ofPorts(ports);
  }

  private String trace(Start start, boolean showNames) {
    int inPort = (int) start.flow().get(Field.IN_PORT);
    PortState in = start.bridge().ofproto().state().ports().get(inPort);
    Flow packet = start.flow().copy();
    packet.words()[FlowLayout.PORT_RECIRC] =
        packet.words()[FlowLayout.PORT_RECIRC] & ~ODP_IN_PORT
            | (in == null ? 0 : (long) in.odpPort() << 32);
    Xlate xlate = daemon.backer().newXlate();
    XlateTrace walk = new XlateTrace();
    xlate.traceTo(walk);
    int bridge = start.bridge().ofproto().state().number();
    XlateOut x = xlate.translateInto(daemon.backer().current(), packet, bridge, inPort);
    Names names = showNames ? names(start.bridge()) : Names.NONE;
    OdpText.PortNamer ports =
        showNames ? OdpText.PortNamer.of(daemon.dpif().ports()) : OdpText.PortNamer.NUMBERS;
    return print(start.flow(), walk, xlate.finalFlow(), x, names, ports);
  }

  /**
   * All bits of the tags that the packet has. That it has no more follows from its EtherType, and
   * OVS says nothing of it.
   */
  private static long tagsOf(Flow flow) {
    long vlans = flow.words()[FlowLayout.VLANS];
    long present = FlowLayout.VLAN_PRESENT;
    if ((vlans >>> 32 & present) == 0) {
      return 0;
    }
    return (vlans & present) == 0 ? 0xffffffffL << 32 : -1L;
  }

  private String print(
      Flow flow, XlateTrace walk, Flow last, XlateOut x, Names names, OdpText.PortNamer ports) {
    StringBuilder s = new StringBuilder("Flow: ");
    String first = PacketText.append(new StringBuilder(), flow, names).toString();
    s.append(first).append('\n').append(TraceText.of(walk, names));
    last.set(Field.IN_PORT, flow.get(Field.IN_PORT));
    String rewritten = PacketText.append(new StringBuilder(), last, names).toString();
    s.append("\nFinal flow: ").append(rewritten.equals(first) ? "unchanged" : rewritten);
    FlowMask mask = new FlowMask();
    mask.copyFrom(x.mask);
    // The datapath knows ports by numbers of its own; here they are OpenFlow's.
    mask.words()[FlowLayout.PORT_RECIRC] &= ~ODP_IN_PORT;
    mask.unwildcard(Field.IN_PORT);
    mask.words()[FlowLayout.VLANS] &= tagsOf(flow);
    PacketText.appendMegaflow(s.append("\nMegaflow: "), flow, mask, names);
    s.append("\nDatapath actions: ")
        .append(OdpText.formatActions(x.actions, null, ports, PacketInUserdata.INSTANCE));
    if (x.error != null) {
      s.append("\nTranslation failed (").append(x.error.text()).append("), packet is dropped.\n");
    } else if (!daemon.dpif().supports(x.actions)) {
      s.append("\nThis flow is handled by the userspace slow path because it:");
      s.append("\n  - Uses action(s) not supported by datapath.");
    }
    return s.toString();
  }
}
