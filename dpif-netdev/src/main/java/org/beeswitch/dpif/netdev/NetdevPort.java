// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.concurrent.atomic.LongAdder;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.PortStats;

/** A port: what it is called, how it sends and receives, what it has carried. */
final class NetdevPort {
  private final int number;
  private final String name;
  private final PortKind kind;
  private final PortIo io;

  // Every forwarding thread writes these.
  final LongAdder rxPackets = new LongAdder();
  final LongAdder rxBytes = new LongAdder();
  final LongAdder txPackets = new LongAdder();
  final LongAdder txBytes = new LongAdder();
  final LongAdder txDropped = new LongAdder();

  NetdevPort(int number, String name, PortKind kind, PortIo io) {
    this.number = number;
    this.name = name;
    this.kind = kind;
    this.io = io;
  }

  int number() {
    return number;
  }

  String name() {
    return name;
  }

  PortKind kind() {
    return kind;
  }

  PortIo io() {
    return io;
  }

  void countSent(int length) {
    txPackets.increment();
    txBytes.add(length);
  }

  PortStats stats() {
    return new PortStats(
        rxPackets.sum(), rxBytes.sum(), txPackets.sum(), txBytes.sum(), txDropped.sum());
  }
}
