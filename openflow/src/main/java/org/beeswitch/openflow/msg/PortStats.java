// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Counters of a port; -1 is "not known", which {@code ovs-ofctl} prints as {@code ?}. */
public record PortStats(
    OfPort port,
    long rxPackets,
    long txPackets,
    long rxBytes,
    long txBytes,
    long rxDropped,
    long txDropped,
    long rxErrors,
    long txErrors,
    long rxFrameErr,
    long rxOverErr,
    long rxCrcErr,
    long collisions,
    int durationSec,
    int durationNsec) {
  /** The same counters of a port that has been there for so long. */
  public PortStats withDurationNs(long ns) {
    return new PortStats(
        port,
        rxPackets,
        txPackets,
        rxBytes,
        txBytes,
        rxDropped,
        txDropped,
        rxErrors,
        txErrors,
        rxFrameErr,
        rxOverErr,
        rxCrcErr,
        collisions,
        (int) (ns / 1_000_000_000L),
        (int) (ns % 1_000_000_000L));
  }
}
