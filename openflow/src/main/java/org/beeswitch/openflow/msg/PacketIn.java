// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.beeswitch.flow.Match;

/**
 * OFPT_PACKET_IN.
 *
 * @param bufferId {@link BufferId#NONE} unless the sender buffers
 * @param totalLen length of the packet, of which {@code data} is a prefix
 * @param cookie of the rule that sent it; -1 if there is none
 * @param match pipeline fields: in_port always, metadata, registers, tunnel where not zero
 * @param format which of the messages that say the same
 */
public record PacketIn(
    int bufferId,
    int totalLen,
    Reason reason,
    int tableId,
    long cookie,
    Match match,
    Bytes data,
    PacketInFormat format)
    implements OfMessage {
  public PacketIn {
    if (totalLen < 0 || totalLen > 0xffff) {
      throw new IllegalArgumentException("packet-in of " + totalLen + " bytes");
    }
  }

  /** OpenFlow's own message. */
  public PacketIn(
      int bufferId,
      int totalLen,
      Reason reason,
      int tableId,
      long cookie,
      Match match,
      Bytes data) {
    this(bufferId, totalLen, reason, tableId, cookie, match, data, PacketInFormat.STANDARD);
  }

  /** The same in another format. */
  public PacketIn as(PacketInFormat other) {
    return other == format
        ? this
        : new PacketIn(bufferId, totalLen, reason, tableId, cookie, match, data, other);
  }

  /** Why, by the number on the wire (OpenFlow 1.4's; 1.3 says ACTION for the later ones). */
  public enum Reason {
    /** A table-miss entry. */
    NO_MATCH,
    /** An output action, OpenFlow 1.3's apply or write. */
    ACTION,
    INVALID_TTL,
    ACTION_SET,
    GROUP,
    PACKET_OUT
  }

  @Override
  public Type type() {
    return Type.PACKET_IN;
  }
}
