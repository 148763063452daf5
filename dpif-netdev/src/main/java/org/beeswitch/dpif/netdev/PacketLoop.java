// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import org.beeswitch.flow.Packet;

/**
 * Receives and forwards for a share of the ports: those whose number modulo the number of loops is
 * this loop's. A {@code poll-N} thread runs it, or a test steps it.
 */
final class PacketLoop {
  /** Packets taken from a port before the next port's turn. */
  static final int BURST = 32;

  /** Time between two sortings of the subtables. */
  private static final long SORT_INTERVAL_NS = 1_000_000_000L;

  private final int number;
  private final int loops;
  private final PortTable ports;
  private final FlowTable flows;
  private final GracePeriod.Reader reader;
  private final Forwarder forwarder;
  private final Packet packet = new Packet(2_048);
  private long sortedNs;

  PacketLoop(
      int number,
      int loops,
      PortTable ports,
      FlowTable flows,
      GracePeriod.Reader reader,
      Forwarder forwarder) {
    this.number = number;
    this.loops = loops;
    this.ports = ports;
    this.flows = flows;
    this.reader = reader;
    this.forwarder = forwarder;
  }

  /** Takes up to {@link #BURST} packets from each port. Returns how many there were. */
  int doWork(long nowNs) {
    int n = 0;
    reader.enter();
    try {
      for (int i = firstPort(); i <= ports.highest(); i += loops) {
        NetdevPort port = ports.get(i);
        if (port != null) {
          n += drain(port, nowNs);
        }
      }
    } finally {
      reader.exit();
    }
    if (number == 0 && nowNs - sortedNs >= SORT_INTERVAL_NS && flows.masks() > 1) {
      sortedNs = nowNs;
      flows.sortByUse();
    }
    return n;
  }

  private int firstPort() {
    return number == 0 ? loops : number;
  }

  private int drain(NetdevPort port, long nowNs) {
    int n = 0;
    while (n < BURST && port.io().receive(packet)) {
      n++;
      port.rxPackets.increment();
      port.rxBytes.add(packet.length());
      forwarder.received(packet, port.number(), nowNs);
    }
    return n;
  }
}
