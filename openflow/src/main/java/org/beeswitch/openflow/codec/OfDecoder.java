// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.beeswitch.openflow.msg.OfErrorCode.OFPBRC_BAD_LEN;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBRC_BAD_TYPE;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBRC_BAD_VERSION;

import io.netty.buffer.ByteBuf;
import org.beeswitch.openflow.codec.of13.Of13Decoder;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.jspecify.annotations.Nullable;

/**
 * Turns frames into messages. Nothing that a peer can send makes it throw or read outside of the
 * frame: what is bad comes back as {@link Decoded.Bad} with the error that OVS would send.
 *
 * <p><b>What is checked here</b>, and in OVS's order: everything that bytes alone can tell.
 * Framing, types, lengths, padding that must be zero, matches with their prerequisites, masks and
 * duplicates, instructions and actions, flags, actions against the match of their rule ({@link
 * ActionCheck}), impossible port numbers, TABLE_FEATURES properties.
 *
 * <p><b>What is not</b>, because it needs a switch: whether tables, ports, groups and meters exist;
 * IS_SECONDARY (which OVS says before it looks at the body: {@link Decoded.Bad#type}); read-only
 * tables (EPERM); overlap; packet buffers (BUFFER_UNKNOWN); generation ids; a packet-out's actions
 * against its packet ({@link ActionCheck#ofPacket}); messages that are known and not implemented.
 * That part of an action which OVS takes and this switch's tables do not yet is theirs to refuse.
 *
 * <p>One for each connection and direction; not thread-safe.
 */
public final class OfDecoder {
  /** An OFPT_ERROR without data. */
  private static final int ERROR_BYTES = 12;

  private final Sender sender;
  private final Of13Decoder of13;

  public OfDecoder(Sender sender) {
    this.sender = sender;
    this.of13 = new Of13Decoder(sender);
  }

  /**
   * Reads the frame at the reader index, which is all of {@code frame} and is not moved.
   *
   * @param version the negotiated version; 0 before that: then every version's HELLO, ERROR and
   *     ECHO are read and everything else is of a bad version
   * @param frame at least {@link OfHeader#BYTES} bytes, as long as its length field says (a frame
   *     whose length field is shorter than a header is no frame; OVS closes the connection)
   */
  public Decoded decode(int version, ByteBuf frame) {
    int frameVersion = OfHeader.version(frame);
    int type = OfHeader.type(frame);
    if (OfHeader.length(frame) != frame.readableBytes()) {
      return bad(frame, OFPBRC_BAD_LEN, null);
    }
    if (frameVersion != version && !isCommon(frame) || !isReadable(frameVersion, type)) {
      return bad(frame, OFPBRC_BAD_VERSION, null);
    }
    if (version != 0 && sender == Sender.CONTROLLER && type <= OfHeader.ERROR) {
      // After the greeting OVS takes neither from a controller.
      OfMessage.Type which = type == OfHeader.HELLO ? OfMessage.Type.HELLO : OfMessage.Type.ERROR;
      boolean cut = type == OfHeader.ERROR && OfHeader.length(frame) < ERROR_BYTES;
      return bad(frame, cut ? OFPBRC_BAD_LEN : OFPBRC_BAD_TYPE, cut ? null : which);
    }
    try {
      OfMessage m = of13.decode(frame);
      return new Decoded.Good(new OfFrame(frameVersion, OfHeader.xid(frame), m));
    } catch (Reject r) {
      return bad(frame, r.code(), of13.type());
    }
  }

  /** Whether it is one of the messages that every version has, and OVS reads in any. */
  private static boolean isCommon(ByteBuf frame) {
    int type = OfHeader.type(frame);
    return OfHeader.version(frame) != 0
        && type <= OfHeader.ECHO_REPLY
        && (type != OfHeader.ERROR || OfHeader.length(frame) >= ERROR_BYTES);
  }

  private static boolean isReadable(int version, int type) {
    return version == OfVersion.OF13 || version != 0 && type <= OfHeader.ECHO_REPLY;
  }

  private static Decoded bad(ByteBuf frame, OfErrorCode code, OfMessage.@Nullable Type type) {
    byte[] data = new byte[frame.readableBytes()];
    frame.getBytes(frame.readerIndex(), data);
    return new Decoded.Bad(
        OfHeader.version(frame), OfHeader.xid(frame), code, type, Bytes.wrap(data));
  }
}
