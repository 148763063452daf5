// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import org.beeswitch.openflow.msg.PacketIn;

/** Where packet-ins go; called on handler threads. */
public interface PacketInSink {
  /**
   * Takes a packet-in for the controllers of a bridge, or counts that it could not. Never waits.
   */
  void packetIn(int bridge, PacketIn message);
}
