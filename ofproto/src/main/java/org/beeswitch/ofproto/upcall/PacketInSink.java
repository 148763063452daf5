// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import org.beeswitch.openflow.msg.PacketIn;

/** Where packet-ins go; called on handler threads. */
public interface PacketInSink {
  /**
   * Takes a packet-in for the controllers of a bridge, or counts that it could not. Never waits.
   */
  void packetIn(int bridge, PacketIn message);

  /**
   * Asked before a packet-in is made: whether it would be taken. Counts it if not. Of a flood, most
   * is not, and what it takes to make messages that nobody gets is missing elsewhere.
   *
   * @param ofInPort where the packet came in, on that bridge
   */
  default boolean hasRoomFor(int bridge, int ofInPort) {
    return true;
  }
}
