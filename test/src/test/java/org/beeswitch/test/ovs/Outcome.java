// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.beeswitch.dpif.ActionExecutor;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.odp.OdpSyntaxException;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.xlate.PacketInUserdata;
import org.beeswitch.ofproto.xlate.RandomTables;

/**
 * What datapath actions do to a packet: what leaves by which port with which priority, and what
 * goes to controllers and why. Lists of actions that say the same in other words or another order
 * of ports have the same outcome.
 *
 * @param sent sorted
 */
record Outcome(List<String> sent) {
  /** Of actions in Beeswitch's form. */
  static Outcome of(OdpActions actions, byte[] frame, int port) {
    List<String> sent = new ArrayList<>();
    Packet p = Packet.of(frame);
    OdpKey metadata = new OdpKey();
    metadata.words()[0] = (long) port << 32;
    ActionExecutor.Sink sink =
        new ActionExecutor.Sink() {
          @Override
          public void output(int odpPortNo, Packet packet) {
            sent.add("port " + odpPortNo + " priority " + priority(metadata) + " " + hex(packet));
          }

          @Override
          public void upcall(
              UpcallKind kind, Packet packet, OdpKey key, long cookie0, long cookie1, long c2) {
            // Reason, max_len and the rule's cookie; the rest is each switch's own.
            sent.add(
                String.format(
                    "%s reason %d max_len %d cookie %x %s",
                    kind, cookie0 >>> 56, cookie0 >>> 32 & 0xffff, cookie1, hex(packet)));
          }

          @Override
          public void drop(DropReason reason, Packet packet) {}
        };
    new ActionExecutor().run(p, metadata, actions, sink);
    sent.sort(null);
    return new Outcome(sent);
  }

  /** Of actions as {@code ofproto/trace --names} prints them. */
  static Outcome of(String text, byte[] frame, int port) {
    OdpActions a = new OdpActions();
    // Datapath actions follow the pid, which the userspace datapath has no use for.
    String read = text.replaceAll("userspace\\(pid=\\d+", "userspace(pid=0");
    try {
      OdpText.parseActions(read, a, Outcome::portNumber, new Controller());
    } catch (OdpSyntaxException e) {
      throw new IllegalStateException("OVS's actions " + text, e);
    }
    return of(a, frame, port);
  }

  private static int portNumber(String name) {
    return name.equals("br0")
        ? RandomTables.PORTS + 1
        : name.matches("p\\d+") ? Integer.parseInt(name.substring(1)) : -1;
  }

  private static int priority(OdpKey metadata) {
    return (int) metadata.words()[FlowLayout.SKB - FlowLayout.ODP];
  }

  private static String hex(Packet p) {
    return HexFormat.of().formatHex(p.bytes());
  }

  /** OVS's {@code controller(reason=1,...)} as the cookie of a USERSPACE action. */
  private static final class Controller implements OdpText.Userdata {
    @Override
    public void format(StringBuilder sb, UpcallKind kind, long c0, long c1, long c2) {
      PacketInUserdata.INSTANCE.format(sb, kind, c0, c1, c2);
    }

    @Override
    public void parse(String text, OdpActions actions) throws OdpSyntaxException {
      if (!text.startsWith("controller(")) {
        throw new OdpSyntaxException(text);
      }
      Map<String, String> values = new TreeMap<>();
      for (String kv : text.substring(11, text.length() - 1).split(",")) {
        values.put(kv.replaceAll("=.*", ""), kv.replaceAll(".*=", ""));
      }
      long w0 =
          Long.parseLong(values.get("reason")) << 56 | Long.parseLong(values.get("max_len")) << 32;
      actions.userspace(
          UpcallKind.CONTROLLER.code(), w0, Long.decode(values.get("rule_cookie")), 0);
    }
  }
}
