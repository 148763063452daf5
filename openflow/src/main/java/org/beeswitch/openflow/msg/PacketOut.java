// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * OFPT_PACKET_OUT: send this packet through these actions.
 *
 * @param inPort where it is taken to come from: a port, or CONTROLLER, LOCAL (others are refused)
 */
public record PacketOut(int bufferId, OfPort inPort, List<Action> actions, Bytes data)
    implements OfMessage {
  public PacketOut {
    actions = List.copyOf(actions);
  }

  @Override
  public Type type() {
    return Type.PACKET_OUT;
  }
}
