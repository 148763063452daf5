// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import java.util.Locale;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.PacketIn;

/** Prints which asynchronous messages a connection gets. */
final class AsyncText {
  private static final List<String> PORT_STATUS = List.of("add", "delete", "modify");
  private static final List<String> FLOW_REMOVED =
      List.of("idle", "hard", "delete", "group_delete", "meter_delete", "eviction");

  private AsyncText() {}

  /** OVS's word for a reason. */
  static String packetIn(PacketIn.Reason r) {
    return r.name().toLowerCase(Locale.ROOT);
  }

  static void append(StringBuilder s, AsyncConfig c) {
    s.append("\n primary:\n");
    role(s, c.packetIn(), c.portStatus(), c.flowRemoved());
    s.append("\n secondary:\n");
    role(s, c.packetInSecondary(), c.portStatusSecondary(), c.flowRemovedSecondary());
  }

  private static void role(StringBuilder s, int packetIn, int portStatus, int flowRemoved) {
    List<String> reasons =
        List.of("no_match", "action", "invalid_ttl", "action_set", "group", "packet_out", "", "");
    line(s, "PACKET_IN", packetIn, reasons);
    line(s, "PORT_STATUS", portStatus, PORT_STATUS);
    line(s, "FLOW_REMOVED", flowRemoved, FLOW_REMOVED);
    // OpenFlow 1.3 has none of the rest.
    line(s, "ROLE_STATUS", 0, List.of());
    line(s, "TABLE_STATUS", 0, List.of());
    line(s, "REQUESTFORWARD", 0, List.of());
  }

  private static void line(StringBuilder s, String type, int mask, List<String> reasons) {
    s.append(String.format("%16s:", type));
    for (int i = 0; i < 32; i++) {
      if ((mask >>> i & 1) != 0) {
        String reason = i < reasons.size() ? reasons.get(i) : Integer.toString(i);
        s.append(reason.isEmpty() ? "" : " ").append(reason);
      }
    }
    s.append(mask == 0 ? " (off)\n" : "\n");
  }
}
