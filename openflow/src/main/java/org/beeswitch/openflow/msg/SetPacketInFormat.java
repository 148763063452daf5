// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** NXT_SET_PACKET_IN_FORMAT: how the sender wants its packet-ins. */
public record SetPacketInFormat(PacketInFormat format) implements OfMessage {
  @Override
  public Type type() {
    return Type.SET_PACKET_IN_FORMAT;
  }
}
