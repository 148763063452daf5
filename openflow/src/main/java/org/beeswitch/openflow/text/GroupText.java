// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import java.util.Locale;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.GroupDesc;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupStats;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.MeterBand;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MeterStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.OfPort;

/** Prints groups and meters (OVS {@code ofp-group.c}, {@code ofp-meter.c}). */
final class GroupText {
  private GroupText() {}

  /** Appends a group's number, or {@code ALL}, {@code ANY}. */
  static StringBuilder appendId(StringBuilder s, int groupId) {
    return switch (groupId) {
      case GroupId.ALL -> s.append("ALL");
      case GroupId.ANY -> s.append("ANY");
      default -> s.append(Integer.toUnsignedString(groupId));
    };
  }

  static void append(StringBuilder s, GroupMod m, Names names) {
    s.append("\n ");
    s.append(
        switch (m.command()) {
          case ADD -> "ADD ";
          case MODIFY -> "MOD ";
          case DELETE -> "DEL ";
          case ADD_OR_MODIFY -> "ADD_OR_MOD ";
          case INSERT_BUCKET -> "INSERT_BUCKET ";
          case REMOVE_BUCKET -> "REMOVE_BUCKET ";
        });
    s.append("group_id=").append(Integer.toUnsignedString(m.groupId()));
    if (m.command() != GroupMod.Command.INSERT_BUCKET
        && m.command() != GroupMod.Command.REMOVE_BUCKET) {
      type(s, m.groupType());
    }
    buckets(s, m.groupType(), m.buckets(), names);
  }

  static void appendDescs(StringBuilder s, List<GroupDesc> groups, Names names) {
    for (GroupDesc g : groups) {
      s.append("\n group_id=").append(Integer.toUnsignedString(g.groupId()));
      type(s, g.groupType());
      buckets(s, g.groupType(), g.buckets(), names);
    }
  }

  private static void type(StringBuilder s, GroupType type) {
    s.append(",type=").append(type.name().toLowerCase(Locale.ROOT));
  }

  private static void buckets(StringBuilder s, GroupType type, List<Bucket> buckets, Names names) {
    for (Bucket b : buckets) {
      s.append(",bucket=");
      if (b.weight() != (type == GroupType.SELECT ? 1 : 0)) {
        s.append("weight:").append(b.weight()).append(',');
      }
      if (!b.watchPort().equals(OfPort.ANY)) {
        names.appendPort(s.append("watch_port:"), b.watchPort()).append(',');
      }
      if (b.watchGroup() != GroupId.ANY) {
        s.append("watch_group:").append(Integer.toUnsignedString(b.watchGroup())).append(',');
      }
      ActionText.append(s.append("actions="), b.actions(), names);
    }
  }

  static void appendStats(StringBuilder s, List<GroupStats> groups) {
    for (GroupStats g : groups) {
      s.append("\n group_id=").append(Integer.toUnsignedString(g.groupId())).append(',');
      if (g.durationSec() != -1) {
        FlowText.appendDuration(s.append("duration="), g.durationSec(), g.durationNsec())
            .append(',');
      }
      s.append("ref_count=").append(Integer.toUnsignedString(g.refCount()));
      counters(s.append(','), g.packetCount(), g.byteCount());
      int i = 0;
      for (GroupStats.BucketCounter b : g.buckets()) {
        if (b.packetCount() != -1) {
          counters(s.append(",bucket").append(i).append(':'), b.packetCount(), b.byteCount());
        }
        i++;
      }
    }
  }

  private static void counters(StringBuilder s, long packets, long bytes) {
    s.append("packet_count=").append(Long.toUnsignedString(packets));
    s.append(",byte_count=").append(Long.toUnsignedString(bytes));
  }

  static void append(StringBuilder s, MultipartReply.GroupFeatures f) {
    s.append("\n Group table:\n");
    s.append(String.format("    Types:  0x%x\n", f.types()));
    s.append(String.format("    Capabilities:  0x%x\n", f.capabilities()));
    String[] types = {"all", "select", "indirect", "fast failover"};
    for (int i = 0; i < types.length; i++) {
      if ((f.types() >>> i & 1) == 0) {
        continue;
      }
      s.append("    ").append(types[i]).append(" group:\n       max_groups=");
      ValueText.appendHex(s, 0, Integer.toUnsignedLong(f.maxGroups().get(i)));
      TableText.appendActions(s.append("\n       actions: "), f.actions().get(i)).append('\n');
    }
  }

  /** Appends {@code meter=5}, or the name of a special meter. */
  static void appendMeterId(StringBuilder s, int id, char separator) {
    s.append("meter").append(separator);
    if (Integer.compareUnsigned(id, MeterId.MAX) <= 0) {
      s.append(Integer.toUnsignedString(id));
      return;
    }
    s.append(
        switch (id) {
          case MeterId.SLOWPATH -> "slowpath";
          case MeterId.CONTROLLER -> "controller";
          case MeterId.ALL -> "all";
          default -> "unknown";
        });
  }

  static void append(StringBuilder s, MeterMod m) {
    s.append(
        switch (m.command()) {
          case ADD -> " ADD ";
          case MODIFY -> " MOD ";
          case DELETE -> " DEL ";
        });
    append(s, m.meter());
  }

  static void append(StringBuilder s, MeterConfig m) {
    appendMeterId(s, m.meterId(), '=');
    s.append(' ');
    if (m.flags() != 0) {
      BitNames.METER_FLAGS.append(s, m.flags()).append(' ');
    }
    s.append("bands=");
    for (MeterBand b : m.bands()) {
      s.append("\ntype=");
      s.append(
          switch (b.type()) {
            case DROP -> "drop";
            case DSCP_REMARK -> "dscp_remark";
          });
      s.append(" rate=").append(Integer.toUnsignedString(b.rate()));
      if ((m.flags() & MeterConfig.BURST) != 0) {
        s.append(" burst_size=").append(Integer.toUnsignedString(b.burst()));
      }
      if (b.type() == MeterBand.Type.DSCP_REMARK) {
        s.append(" prec_level=").append(b.precLevel());
      }
    }
    s.append('\n');
  }

  static void append(StringBuilder s, MeterStats m) {
    appendMeterId(s, m.meterId(), ':');
    s.append(" flow_count:").append(Integer.toUnsignedString(m.flowCount()));
    s.append(" packet_in_count:").append(Long.toUnsignedString(m.packetInCount()));
    s.append(" byte_in_count:").append(Long.toUnsignedString(m.byteInCount()));
    FlowText.appendDuration(s.append(" duration:"), m.durationSec(), m.durationNsec());
    s.append(" bands:\n");
    int i = 0;
    for (MeterStats.BandCounter b : m.bands()) {
      s.append(i++).append(": packet_count:").append(Long.toUnsignedString(b.packetCount()));
      s.append(" byte_count:").append(Long.toUnsignedString(b.byteCount())).append('\n');
    }
  }

  static void append(StringBuilder s, MultipartReply.MeterFeatures f) {
    s.append("\nmax_meter:").append(Integer.toUnsignedString(f.maxMeters()));
    s.append(" max_bands:").append(f.maxBands());
    s.append(" max_color:").append(f.maxColor());
    BitNames.METER_BANDS.append(s.append("\nband_types: "), f.bandTypes());
    BitNames.METER_FLAGS.append(s.append("\ncapabilities: "), f.capabilities()).append('\n');
  }
}
