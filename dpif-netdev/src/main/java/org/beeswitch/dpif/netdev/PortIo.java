// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import org.beeswitch.flow.Packet;

/**
 * What a port of the userspace datapath receives from and sends to. {@link #receive} belongs to the
 * port's packet loop; everything else may be called by any thread.
 */
interface PortIo extends AutoCloseable {
  /** Fills {@code p} with the next frame. Returns false if none waits. */
  boolean receive(Packet p);

  /**
   * Sends a copy of the frame, without waiting. Partial checksums and GSO only where {@link
   * #takesPartialCsum} and {@link #takesGso} say so.
   *
   * @return 0 or a negative errno; -ENODEV, -ENETDOWN: the device is gone or down
   */
  int send(Packet p);

  /** Largest L3 packet in bytes. */
  int mtu();

  boolean takesPartialCsum();

  /** Whether the device takes a GSO packet of this type, {@code Packet.GSO_*}. */
  boolean takesGso(int gsoType);

  /** Of the device that the host sees; 0 if there is none. */
  int ifindex();

  @Override
  void close();
}
