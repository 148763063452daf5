// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.Comparator;
import java.util.List;
import org.beeswitch.flow.AddressText;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.QueueConfig;
import org.beeswitch.openflow.msg.QueueGetConfigReply;
import org.beeswitch.openflow.msg.QueueStats;

/** Prints ports, queues and messages about them (OVS {@code ofp-port.c}, {@code ofp-queue.c}). */
final class PortText {
  private PortText() {}

  /** Appends descriptions in the order of numbers. */
  static void append(StringBuilder s, List<PortDesc> ports) {
    ports.stream()
        .sorted(Comparator.comparingInt(p -> p.port().number() & 0xffff))
        .forEach(p -> append(s, p));
  }

  static void append(StringBuilder s, PortDesc p) {
    Names.NONE.appendPort(s.append(' '), p.port());
    s.append('(').append(printable(p.name())).append("): addr:");
    AddressText.appendMac(s, p.hwAddr());
    BitNames.PORT_CONFIG.append(s.append("\n     config:     "), p.config());
    BitNames.PORT_STATE.append(s.append("\n     state:      "), p.state()).append('\n');
    features(s, "     current:    ", p.curr());
    features(s, "     advertised: ", p.advertised());
    features(s, "     supported:  ", p.supported());
    features(s, "     peer:       ", p.peer());
    s.append("     speed: ").append(Integer.toUnsignedLong(p.currSpeed()) / 1000);
    s.append(" Mbps now, ").append(Integer.toUnsignedLong(p.maxSpeed()) / 1000);
    s.append(" Mbps max\n");
  }

  private static void features(StringBuilder s, String title, int bits) {
    if (bits != 0) {
      BitNames.PORT_FEATURES.append(s.append(title), bits).append('\n');
    }
  }

  /** The name up to the first character that cannot be printed. */
  private static String printable(String name) {
    int i = 0;
    while (i < name.length() && name.charAt(i) >= ' ' && name.charAt(i) < 127) {
      i++;
    }
    return name.substring(0, i);
  }

  static void append(StringBuilder s, PortStatus p) {
    s.append(
        switch (p.reason()) {
          case ADD -> " ADD:";
          case DELETE -> " DEL:";
          case MODIFY -> " MOD:";
        });
    append(s, p.port());
  }

  static void append(StringBuilder s, PortMod m, Names names) {
    names.appendPort(s.append(" port: "), m.port()).append(": addr:");
    AddressText.appendMac(s, m.hwAddr());
    BitNames.PORT_CONFIG.append(s.append("\n     config: "), m.config());
    BitNames.PORT_CONFIG.append(s.append("\n     mask:   "), m.mask());
    s.append("\n     advertise: ");
    if (m.advertise() == 0) {
      s.append("UNCHANGED\n");
    } else {
      BitNames.PORT_FEATURES.append(s, m.advertise()).append('\n');
    }
  }

  /** Appends counters, in the order in which they came. */
  static void appendStats(StringBuilder s, List<PortStats> ports, Names names) {
    s.append(' ').append(ports.size()).append(" ports\n");
    for (PortStats p : ports) {
      s.append("  port ");
      if ((p.port().number() & 0xffff) < 10) {
        s.append(' ');
      }
      names.appendPort(s, p.port()).append(": rx ");
      counter(s, "pkts=", p.rxPackets(), ", ");
      counter(s, "bytes=", p.rxBytes(), ", ");
      counter(s, "drop=", p.rxDropped(), ", ");
      counter(s, "errs=", p.rxErrors(), ", ");
      counter(s, "frame=", p.rxFrameErr(), ", ");
      counter(s, "over=", p.rxOverErr(), ", ");
      counter(s, "crc=", p.rxCrcErr(), "\n");
      s.append("           tx ");
      counter(s, "pkts=", p.txPackets(), ", ");
      counter(s, "bytes=", p.txBytes(), ", ");
      counter(s, "drop=", p.txDropped(), ", ");
      counter(s, "errs=", p.txErrors(), ", ");
      counter(s, "coll=", p.collisions(), "\n");
      if (p.durationSec() != -1) {
        s.append("           duration=");
        FlowText.appendDuration(s, p.durationSec(), p.durationNsec()).append('\n');
      }
    }
  }

  private static void counter(StringBuilder s, String name, long n, String end) {
    s.append(name).append(n == -1 ? "?" : Long.toUnsignedString(n)).append(end);
  }

  static void appendQueues(StringBuilder s, List<QueueStats> queues, Names names) {
    s.append(' ').append(queues.size()).append(" queues\n");
    for (QueueStats q : queues) {
      names.appendPort(s.append("  port "), q.port()).append(" queue ");
      appendQueue(s, q.queueId()).append(": ");
      counter(s, "bytes=", q.txBytes(), ", ");
      counter(s, "pkts=", q.txPackets(), ", ");
      counter(s, "errors=", q.txErrors(), ", ");
      s.append("duration=");
      if (q.durationSec() == -1) {
        s.append('?');
      } else {
        FlowText.appendDuration(s, q.durationSec(), q.durationNsec());
      }
      s.append('\n');
    }
  }

  static StringBuilder appendQueue(StringBuilder s, int queueId) {
    return s.append(queueId == -1 ? "ALL" : Integer.toUnsignedString(queueId));
  }

  static void append(StringBuilder s, QueueGetConfigReply r, Names names) {
    s.append(' ');
    if (r.queues().isEmpty()) {
      return;
    }
    if (!r.port().equals(OfPort.of(0))) {
      names.appendPort(s.append("port="), r.port()).append('\n');
    }
    r.queues().stream()
        .sorted((a, b) -> Integer.compareUnsigned(a.queueId(), b.queueId()))
        .forEach(
            q -> {
              s.append("queue ").append(Integer.toUnsignedString(q.queueId())).append(':');
              rate(s, "min_rate", q.minRate());
              rate(s, "max_rate", q.maxRate());
              s.append('\n');
            });
  }

  private static void rate(StringBuilder s, String name, int rate) {
    if (rate <= 1000) {
      s.append(String.format(" %s:%d.%d%%", name, rate / 10, rate % 10));
    } else if (rate < QueueConfig.NO_RATE) {
      s.append(' ').append(name).append(":(disabled)");
    }
  }
}
