// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.xlate.PacketInUserdata;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.ofproto.xlate.XlateTrace;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.openflow.text.PacketText;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;

/**
 * {@code ofproto/trace BRIDGE FLOW}: what would become of such a packet, and why; as OVS prints it.
 * Nothing comes of it: no packet is sent, no counter moves, no address is learned.
 */
final class TraceCommand {
  private static final long ODP_IN_PORT = 0xffffffffL << 32;

  private final Daemon daemon;

  TraceCommand(Daemon daemon) {
    this.daemon = daemon;
  }

  Command command() {
    return OnMain.command(
        daemon, "ofproto/trace", "BRIDGE FLOW", 2, 2, a -> trace(a.get(0), a.get(1)));
  }

  private String trace(String bridge, String text) throws CommandException {
    Bridge b = daemon.findBridge(bridge);
    if (b == null) {
      throw new CommandException(bridge + ": unknown bridge");
    }
    BridgeState state = b.ofproto().state();
    List<PortDesc> ports = new ArrayList<>();
    state.ports().asList().forEach(p -> ports.add(p.desc()));
    Flow flow;
    try {
      flow = new FlowTextParser(Names.ofPorts(ports)).flow(text);
    } catch (FlowSyntaxException e) {
      throw new CommandException("Bad openflow flow syntax: " + e.text(), e);
    }
    int inPort = (int) flow.get(Field.IN_PORT);
    PortState in = state.ports().get(inPort);
    if (in == null || in.odpPort() == 0) {
      throw new CommandException(
          "in_port " + OfPort.of(inPort) + " is no port of bridge " + bridge + " with a device");
    }
    Flow packet = flow.copy();
    packet.words()[FlowLayout.PORT_RECIRC] =
        packet.words()[FlowLayout.PORT_RECIRC] & ~ODP_IN_PORT | (long) in.odpPort() << 32;
    Xlate xlate = daemon.backer().newXlate();
    XlateTrace walk = new XlateTrace();
    xlate.traceTo(walk);
    XlateOut x = xlate.translate(daemon.backer().current(), packet);
    return print(flow, walk, xlate.finalFlow(), x);
  }

  private String print(Flow flow, XlateTrace walk, Flow last, XlateOut x) {
    StringBuilder s = new StringBuilder("Flow: ");
    String first = PacketText.append(new StringBuilder(), flow, Names.NONE).toString();
    s.append(first).append('\n').append(TraceText.of(walk));
    last.set(Field.IN_PORT, flow.get(Field.IN_PORT));
    String rewritten = PacketText.append(new StringBuilder(), last, Names.NONE).toString();
    s.append("\nFinal flow: ").append(rewritten.equals(first) ? "unchanged" : rewritten);
    FlowMask mask = new FlowMask();
    mask.copyFrom(x.mask);
    // The datapath knows ports by numbers of its own; here they are OpenFlow's.
    mask.words()[FlowLayout.PORT_RECIRC] &= ~ODP_IN_PORT;
    mask.unwildcard(Field.IN_PORT);
    PacketText.appendMegaflow(s.append("\nMegaflow: "), flow, mask, Names.NONE);
    s.append("\nDatapath actions: ")
        .append(
            OdpText.formatActions(
                x.actions, null, OdpText.PortNamer.NUMBERS, PacketInUserdata.INSTANCE));
    if (x.error != null) {
      s.append("\nTranslation failed (").append(x.error.text()).append("), packet is dropped.\n");
    } else if (!daemon.dpif().supports(x.actions)) {
      s.append("\nThis flow is handled by the userspace slow path because it:");
      s.append("\n  - Uses action(s) not supported by datapath.");
    }
    return s.toString();
  }
}
