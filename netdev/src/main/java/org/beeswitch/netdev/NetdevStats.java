// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * A device's counters since it exists, from the switch's point of view: <em>rx</em> came into the
 * switch. A counter is -1 if the device does not count that.
 */
public record NetdevStats(
    long rxPackets,
    long txPackets,
    long rxBytes,
    long txBytes,
    long rxErrors,
    long txErrors,
    long rxDropped,
    long txDropped,
    long multicast,
    long collisions,
    long rxLengthErrors,
    long rxOverErrors,
    long rxCrcErrors,
    long rxFrameErrors,
    long rxFifoErrors,
    long rxMissedErrors,
    long txAbortedErrors,
    long txCarrierErrors) {

  /**
   * The same seen from the device's other side: a tap counts as received what the switch sent. As
   * OVS does, error details are left out then, for they would say nothing.
   */
  public NetdevStats swapped() {
    return new NetdevStats(
        txPackets,
        rxPackets,
        txBytes,
        rxBytes,
        txErrors,
        rxErrors,
        txDropped,
        rxDropped,
        multicast,
        collisions,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0);
  }

  public NetdevStats withRxDropped(long dropped) {
    return new NetdevStats(
        rxPackets,
        txPackets,
        rxBytes,
        txBytes,
        rxErrors,
        txErrors,
        dropped,
        txDropped,
        multicast,
        collisions,
        rxLengthErrors,
        rxOverErrors,
        rxCrcErrors,
        rxFrameErrors,
        rxFifoErrors,
        rxMissedErrors,
        txAbortedErrors,
        txCarrierErrors);
  }
}
