// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.openflow.msg.PacketIn;

/**
 * What a USERSPACE action says of the packet-in that it asks for: all that is needed to send it
 * later without translating again, in the action's 24 bytes, so that it also means the same to a
 * daemon that has adopted the flow.
 *
 * <pre>
 *  word 0  reason:8 table:8 max_len:16 bridge:16 in_port:16
 *  word 1  cookie of the rule
 *  word 2  metadata when the action was executed
 * </pre>
 *
 * in_port is the OpenFlow port in that bridge, which differs from the datapath's behind a patch
 * port; reserved ports are kept as OpenFlow 1.0 numbers them. {@code
 * org.beeswitch.odp.UserspaceCookie} prints the upper half of word 0 and word 1.
 */
public record PacketInCookie(
    long ruleCookie,
    long metadata,
    PacketIn.Reason reason,
    int tableId,
    int maxLen,
    int ofInPort,
    int bridge) {
  /** OVS OFPR_EXPLICIT_MISS. */
  private static final int EXPLICIT_MISS = 6;

  /** Appends the USERSPACE action for such a cookie, without making one: per packet. */
  static void put(
      OdpActions actions,
      long ruleCookie,
      long metadata,
      PacketIn.Reason reason,
      int tableId,
      int maxLen,
      int ofInPort,
      int bridge) {
    long w0 =
        (long) code(reason) << 56
            | (long) tableId << 48
            | (long) maxLen << 32
            | (long) bridge << 16
            | ofInPort & 0xffff;
    actions.userspace(UpcallKind.CONTROLLER.code(), w0, ruleCookie, metadata);
  }

  /** Reads it back from the upcall. */
  public static PacketInCookie of(Upcall u) {
    long w0 = u.cookie0;
    int port = (int) w0 & 0xffff;
    return new PacketInCookie(
        u.cookie1,
        u.cookie2,
        reason((int) (w0 >>> 56)),
        (int) (w0 >>> 48) & 0xff,
        (int) (w0 >>> 32) & 0xffff,
        port > 0xff00 ? port | 0xffff0000 : port,
        (int) (w0 >>> 16) & 0xffff);
  }

  /** OFPR_* as OVS has them inside, where a table-miss entry is one more than OpenFlow 1.4's. */
  private static int code(PacketIn.Reason r) {
    return switch (r) {
      case NO_MATCH -> EXPLICIT_MISS;
      case ACTION -> 1;
      case INVALID_TTL -> 2;
      case ACTION_SET -> 3;
      case GROUP -> 4;
      case PACKET_OUT -> 5;
    };
  }

  /** The reason as 1.3 can say it, in which those after INVALID_TTL are ACTION. */
  private static PacketIn.Reason reason(int code) {
    return switch (code) {
      case EXPLICIT_MISS -> PacketIn.Reason.NO_MATCH;
      case 2 -> PacketIn.Reason.INVALID_TTL;
      default -> PacketIn.Reason.ACTION;
    };
  }
}
