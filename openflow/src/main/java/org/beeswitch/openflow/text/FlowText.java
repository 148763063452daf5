// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.TableId;

/** Prints rules, and messages about them (OVS {@code ofp-flow.c}). */
public final class FlowText {
  private FlowText() {}

  /**
   * Appends a rule as {@code dump-flows} shows it, without the space in front and the end of line
   * (OVS {@code ofputil_flow_stats_format}).
   *
   * @param withStats false for {@code --no-stats}: only what {@code add-flow} would need
   */
  public static StringBuilder append(StringBuilder s, FlowStats f, Names names, boolean withStats) {
    if (withStats || f.cookie() != 0) {
      s.append("cookie=0x").append(Long.toHexString(f.cookie())).append(", ");
    }
    if (withStats) {
      appendDuration(s.append("duration="), f.durationSec(), f.durationNsec()).append(", ");
    }
    if (withStats || f.tableId() != 0 || names.hasTableName(f.tableId())) {
      names.appendTable(s.append("table="), f.tableId()).append(", ");
    }
    if (withStats) {
      count(s, "n_packets", f.packetCount());
      count(s, "n_bytes", f.byteCount());
    }
    timeout(s, "idle_timeout=", f.idleTimeout(), ", ");
    timeout(s, "hard_timeout=", f.hardTimeout(), ", ");
    flags(s, f.flags());
    timeout(s, "importance=", f.importance(), ", ");
    int before = s.length();
    MatchText.append(s, f.match(), f.priority(), names);
    if (s.length() > before) {
      s.append(' ');
    }
    return ActionText.append(s.append("actions="), f.instructions(), names);
  }

  private static void count(StringBuilder s, String name, long n) {
    s.append(name).append('=').append(n == -1 ? "?" : Long.toUnsignedString(n)).append(", ");
  }

  private static void timeout(StringBuilder s, String name, int value, String end) {
    if (value != 0) {
      s.append(name).append(value).append(end);
    }
  }

  private static void flags(StringBuilder s, int flags) {
    flag(s, flags, FlowFlags.SEND_FLOW_REM, "send_flow_rem ");
    flag(s, flags, FlowFlags.CHECK_OVERLAP, "check_overlap ");
    flag(s, flags, FlowFlags.RESET_COUNTS, "reset_counts ");
    flag(s, flags, FlowFlags.NO_PKT_COUNTS, "no_packet_counts ");
    flag(s, flags, FlowFlags.NO_BYT_COUNTS, "no_byte_counts ");
  }

  private static void flag(StringBuilder s, int flags, int bit, String name) {
    if ((flags & bit) != 0) {
      s.append(name);
    }
  }

  /**
   * Appends seconds: whole ones, with milliseconds, or as exact as needed (OVS {@code
   * ofp_print_duration}).
   */
  static StringBuilder appendDuration(StringBuilder s, int sec, int nsec) {
    s.append(Integer.toUnsignedString(sec));
    if (nsec != 0) {
      s.append('.');
      if (nsec % 1_000_000 == 0) {
        s.append(String.format("%03d", nsec / 1_000_000));
      } else {
        s.append(String.format("%09d", nsec));
        while (s.charAt(s.length() - 1) == '0') {
          s.setLength(s.length() - 1);
        }
      }
    }
    return s.append('s');
  }

  /** Appends the body of a flow-mod. */
  static void append(StringBuilder s, FlowMod m, Names names) {
    s.append(
        switch (m.command()) {
          case ADD -> " ADD";
          case MODIFY -> " MOD";
          case MODIFY_STRICT -> " MOD_STRICT";
          case DELETE -> " DEL";
          case DELETE_STRICT -> " DEL_STRICT";
        });
    if (m.tableId() != 0 || names.hasTableName(0)) {
      names.appendTable(s.append(" table:"), m.tableId());
    }
    s.append(' ');
    MatchText.append(s, m.match(), m.priority(), names);
    if (s.charAt(s.length() - 1) != ' ') {
      s.append(' ');
    }
    if (m.newCookie() != 0 && m.newCookie() != FlowMod.NO_COOKIE) {
      s.append(String.format("cookie:0x%x ", m.newCookie()));
    }
    if (m.cookieMask() != 0) {
      s.append(String.format("cookie:0x%x/0x%x ", m.cookie(), m.cookieMask()));
    }
    timeout(s, "idle:", m.idleTimeout(), " ");
    timeout(s, "hard:", m.hardTimeout(), " ");
    timeout(s, "importance:", m.importance(), " ");
    if (m.bufferId() != BufferId.NONE) {
      s.append(String.format("buf:0x%x ", m.bufferId()));
    }
    if (!m.outPort().equals(OfPort.ANY)) {
      names.appendPort(s.append("out_port:"), m.outPort()).append(' ');
    }
    flags(s, m.flags());
    ActionText.append(s.append("actions="), m.instructions(), names);
  }

  /** Appends the body of a request for rules. */
  static void append(StringBuilder s, MultipartRequest.RuleFilter f, Names names) {
    if (f.tableId() != TableId.ALL) {
      names.appendTable(s.append(" table="), f.tableId());
    }
    if (!f.outPort().equals(OfPort.ANY)) {
      names.appendPort(s.append(" out_port="), f.outPort());
    }
    MatchText.append(s.append(' '), f.match(), MatchText.DEFAULT_PRIORITY, names);
  }

  /** Appends the body of a flow-removed. */
  static void append(StringBuilder s, FlowRemoved f, Names names) {
    MatchText.append(s.append(' '), f.match(), f.priority(), names);
    s.append(" reason=");
    s.append(
        switch (f.reason()) {
          case IDLE_TIMEOUT -> "idle";
          case HARD_TIMEOUT -> "hard";
          case DELETE -> "delete";
          case GROUP_DELETE -> "group_delete";
          case METER_DELETE -> "meter_delete";
          case EVICTION -> "eviction";
        });
    if (f.tableId() != TableId.ALL) {
      names.appendTable(s.append(" table_id="), f.tableId());
    }
    if (f.cookie() != 0) {
      s.append(" cookie:0x").append(Long.toHexString(f.cookie()));
    }
    appendDuration(s.append(" duration"), f.durationSec(), f.durationNsec());
    s.append(" idle").append(f.idleTimeout());
    timeout(s, " hard", f.hardTimeout(), "");
    s.append(" pkts").append(Long.toUnsignedString(f.packetCount()));
    s.append(" bytes").append(Long.toUnsignedString(f.byteCount())).append('\n');
  }
}
