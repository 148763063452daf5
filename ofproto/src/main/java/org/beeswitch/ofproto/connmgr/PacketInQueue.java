// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.openflow.msg.PacketIn;
import org.jspecify.annotations.Nullable;

/**
 * Packet-ins on their way from handlers to {@code main}: a queue for each input port, the ports
 * take turns (OVS {@code ofproto/pinsched.c}). When it is full, a port that has more than its part
 * of it loses one: the newcomer's if that is such, else the one with most.
 *
 * <p>Any thread.
 */
final class PacketInQueue {
  private final int max;

  // Guarded by this.
  private final Map<Integer, PortQueue> ports = new HashMap<>();
  private final Queue<PortQueue> turns = new ArrayDeque<>();
  private int size;
  private long lost;

  private static final class PortQueue {
    final int port;
    final ArrayDeque<PacketIn> packetIns = new ArrayDeque<>();

    PortQueue(int port) {
      this.port = port;
    }
  }

  PacketInQueue(int max) {
    this.max = max;
  }

  /** Whether a packet-in from that port would be taken; if not, it counts as lost. */
  synchronized boolean hasRoomFor(int port) {
    if (size == max && hasItsPart(ports.get(port))) {
      lost++;
      return false;
    }
    return true;
  }

  private boolean hasItsPart(@Nullable PortQueue q) {
    return q != null && q.packetIns.size() >= max / ports.size();
  }

  synchronized void offer(PacketIn m) {
    int port = (int) (m.match().word(FlowLayout.OF_PORTS) >>> 32);
    PortQueue q = ports.get(port);
    if (size == max) {
      lost++;
      if (hasItsPart(q)) {
        return;
      }
      dropOne();
    }
    if (q == null) {
      q = new PortQueue(port);
      ports.put(port, q);
      turns.add(q);
    }
    q.packetIns.add(m);
    size++;
  }

  /** Nobody who has less than his part is the one with most, so that this is never the newcomer. */
  private void dropOne() {
    PortQueue most = turns.element();
    for (PortQueue q : turns) {
      if (q.packetIns.size() > most.packetIns.size()) {
        most = q;
      }
    }
    most.packetIns.removeLast();
    size--;
    if (most.packetIns.isEmpty()) {
      turns.remove(most);
      ports.remove(most.port);
    }
  }

  /** The oldest packet-in of the port whose turn it is. */
  synchronized @Nullable PacketIn poll() {
    PortQueue q = turns.poll();
    if (q == null) {
      return null;
    }
    PacketIn m = q.packetIns.remove();
    size--;
    if (q.packetIns.isEmpty()) {
      ports.remove(q.port);
    } else {
      turns.add(q);
    }
    return m;
  }

  /** Packet-ins that there was no room for. */
  synchronized long lost() {
    return lost;
  }
}
