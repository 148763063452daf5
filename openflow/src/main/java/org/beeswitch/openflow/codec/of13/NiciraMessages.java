// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.OFPBPC_BAD_LEN;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBPC_BAD_TYPE;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBRC_BAD_LEN;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBRC_EPERM;

import io.netty.buffer.ByteBuf;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.msg.SetPacketInFormat;

/**
 * Those of Nicira's messages that are more than bytes to us (OVS {@code nicira-ext.h}): the format
 * of packet-ins, and packet-ins as a list of properties, {type, length, value}, each padded to 8
 * bytes.
 */
@SuppressWarnings("EnumOrdinal") // formats and reasons are listed in the order of their numbers
final class NiciraMessages {
  static final int SET_PACKET_IN_FORMAT = 16;
  static final int PACKET_IN2 = 30;

  // Properties of a packet-in (enum nx_packet_in2_prop_type).
  private static final int PACKET = 0;
  private static final int FULL_LEN = 1;
  private static final int BUFFER_ID = 2;
  private static final int TABLE_ID = 3;
  private static final int COOKIE = 4;
  private static final int REASON = 5;
  private static final int METADATA = 6;
  private static final int USERDATA = 7;
  private static final int CONTINUATION = 8;

  private NiciraMessages() {}

  static SetPacketInFormat readFormat(Cursor c) throws Reject {
    int format = c.i32();
    PacketInFormat[] all = PacketInFormat.values();
    if (format < 0 || format >= all.length) {
      throw Reject.of(OFPBRC_EPERM);
    }
    return new SetPacketInFormat(all[format]);
  }

  static void write(int version, int xid, SetPacketInFormat m, ByteBuf out) {
    int s = begin(version, xid, SET_PACKET_IN_FORMAT, out);
    out.writeInt(m.format().ordinal());
    OfHeader.end(out, s);
  }

  private static int begin(int version, int xid, int subtype, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.EXPERIMENTER, xid);
    out.writeInt(Experimenter.NICIRA).writeInt(subtype);
    return s;
  }

  /** What is in the properties; user data and continuations, which only OVS sends, are skipped. */
  static PacketIn readPacketIn(Cursor c, OxmReader oxms) throws Reject {
    Bytes data = Bytes.EMPTY;
    int totalLen = 0;
    int bufferId = BufferId.NONE;
    int tableId = 0;
    long cookie = -1;
    int reason = 0;
    Match match = Match.ANY;
    while (c.left() > 0) {
      int length = c.left() < 4 ? 0 : c.buf().getUnsignedShort(c.pos() + 2);
      int padded = length + 7 & ~7;
      if (length < 4 || padded > c.left()) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      Cursor p = c.sub(padded);
      int type = p.u16();
      p = p.skip(2).sub(length - 4);
      switch (type) {
        case PACKET -> data = p.bytes(p.left());
        case FULL_LEN -> totalLen = of(p, 4).i32();
        case BUFFER_ID -> bufferId = of(p, 4).i32();
        case TABLE_ID -> tableId = atLeast(p, 1).u8();
        case COOKIE -> cookie = of(p, 12).skip(4).i64();
        case REASON -> reason = atLeast(p, 1).u8();
        case METADATA -> match = oxms.entries(p);
        case USERDATA, CONTINUATION -> {}
        default -> throw Reject.of(OFPBPC_BAD_TYPE);
      }
    }
    totalLen = totalLen == 0 ? data.length() : totalLen;
    if (data.length() == 0 || totalLen < data.length() || totalLen > 0xffff) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    return new PacketIn(
        bufferId,
        totalLen,
        MessageReader.packetInReason(reason),
        tableId,
        cookie,
        match,
        data,
        PacketInFormat.NXT_PACKET_IN2);
  }

  private static Cursor of(Cursor p, int bytes) throws Reject {
    if (p.left() != bytes) {
      throw Reject.of(OFPBPC_BAD_LEN);
    }
    return p;
  }

  private static Cursor atLeast(Cursor p, int bytes) throws Reject {
    if (p.left() < bytes) {
      throw Reject.of(OFPBPC_BAD_LEN);
    }
    return p;
  }

  /**
   * @param reason as the version says it
   */
  static void write(int version, int xid, PacketIn m, int reason, OxmWriter oxms, ByteBuf out) {
    int s = begin(version, xid, PACKET_IN2, out);
    int p = property(out, PACKET);
    end(out.writeBytes(m.data().array()), p);
    if (m.totalLen() != m.data().length()) {
      p = property(out, FULL_LEN);
      end(out.writeInt(m.totalLen()), p);
    }
    if (m.bufferId() != BufferId.NONE) {
      p = property(out, BUFFER_ID);
      end(out.writeInt(m.bufferId()), p);
    }
    p = property(out, TABLE_ID);
    end(out.writeByte(m.tableId()), p);
    if (m.cookie() != -1) {
      p = property(out, COOKIE);
      end(out.writeInt(0).writeLong(m.cookie()), p);
    }
    p = property(out, REASON);
    end(out.writeByte(reason), p);
    p = property(out, METADATA);
    oxms.entries(out, m.match());
    end(out, p);
    OfHeader.end(out, s);
  }

  private static int property(ByteBuf out, int type) {
    int start = out.writerIndex();
    out.writeShort(type).writeShort(0);
    return start;
  }

  private static void end(ByteBuf out, int start) {
    int length = out.writerIndex() - start;
    out.setShort(start + 2, length);
    out.writeZero(-length & 7);
  }
}
