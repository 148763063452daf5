// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import org.beeswitch.dpif.DpifPort;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;

/**
 * What a bridge needs of its ports' devices: the owner of the devices gives it, so that {@code
 * ofproto} knows no kind of device. Called by {@code main}; nothing here waits for more than a
 * system call.
 */
public interface PortDevices {
  /**
   * What the device is now: address, name, state, features; {@code config} has PORT_DOWN alone, as
   * the device is. A port whose device is away is LINK_DOWN with the rest zero.
   */
  PortDesc describe(DpifPort port, OfPort number);

  /** The device's counters; -1 where it has none. Durations are 0. */
  PortStats stats(DpifPort port, OfPort number);

  /**
   * Sets the device up or down (OFPPC_PORT_DOWN). Returns whether that went well; if not, it has
   * been logged.
   */
  boolean setUp(DpifPort port, boolean up);
}
