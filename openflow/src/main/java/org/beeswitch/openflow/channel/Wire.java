// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The messages that belong to the connection and not to the switch: HELLO, ERROR, ECHO_REQUEST and
 * ECHO_REPLY. They have the same numbers and bodies in all versions, so this layer reads and writes
 * them itself (OF 1.3.5, 7.5.1 to 7.5.3); of every other message it knows only the header.
 */
final class Wire {
  static final int HELLO = 0;
  static final int ERROR = 1;
  static final int ECHO_REQUEST = 2;
  static final int ECHO_REPLY = 3;

  static final int OFPET_HELLO_FAILED = 0;
  static final int OFPHFC_INCOMPATIBLE = 0;
  static final int OFPET_BAD_REQUEST = 1;
  static final int OFPBRC_BAD_VERSION = 0;
  static final int OFPBRC_BAD_TYPE = 1;
  static final int OFPBRC_BAD_LEN = 6;

  /** Type and code before an error's data. */
  static final int ERROR_BODY_MIN = 4;

  private static final int OFPHET_VERSIONBITMAP = 1;
  private static final int ELEM_HEADER_LEN = 4;

  private Wire() {}

  /** What a peer's HELLO says. */
  record Hello(VersionSet versions, boolean clean) {}

  /**
   * Reads a HELLO as OVS does (ofputil_decode_hello): elements that are not version bitmaps are
   * skipped, a bitmap that is malformed or empty counts for nothing, the last good one wins over
   * the header's version, and reading stops where the elements no longer fit. Whatever the HELLO
   * contains, there is an answer.
   */
  static Hello decodeHello(Frame hello) {
    VersionSet versions = VersionSet.upTo(hello.version());
    boolean clean = true;
    int offset = Frame.HEADER_LEN;
    while (offset < hello.length()) {
      if (hello.length() - offset < ELEM_HEADER_LEN) {
        return new Hello(versions, false);
      }
      int elemLen = hello.u16(offset + 2);
      int paddedLen = elemLen + 7 & ~7;
      if (elemLen < ELEM_HEADER_LEN || paddedLen > hello.length() - offset) {
        return new Hello(versions, false);
      }
      int bitmapLen = elemLen - ELEM_HEADER_LEN;
      int bitmap = 0;
      if (hello.u16(offset) == OFPHET_VERSIONBITMAP && bitmapLen > 0 && bitmapLen % 4 == 0) {
        bitmap = hello.u32(offset + ELEM_HEADER_LEN) & ~1;
      }
      if (bitmap != 0) {
        versions = new VersionSet(bitmap);
      } else {
        clean = false;
      }
      offset += paddedLen;
    }
    return new Hello(versions, clean);
  }

  /** Our HELLO: as OVS, without a bitmap where the version field already says it all. */
  static Frame encodeHello(VersionSet allowed, int xid) {
    if (allowed.isContiguousFromOldest()) {
      return Frame.of(allowed.newest(), HELLO, xid);
    }
    ByteBuf body = Unpooled.buffer(8, 8);
    body.writeShort(OFPHET_VERSIONBITMAP).writeShort(ELEM_HEADER_LEN + 4);
    body.writeInt(allowed.bitmap());
    return Frame.of(allowed.newest(), HELLO, xid, body.array());
  }

  /**
   * An ERROR about {@code request}, with all of it as data, as OVS sends it (the specification asks
   * for 64 bytes at least). It has the request's version where that is a known one, otherwise that
   * of OpenFlow 1.0.
   */
  static Frame encodeErrorReply(int type, int code, Frame request) {
    return encodeError(request.version(), request.xid(), type, code, request.bytes());
  }

  /** The refusal of a peer with which we have no version in common. */
  static Frame encodeHelloFailed(VersionSet ours, VersionSet theirs) {
    String text =
        "We support "
            + ours.describe()
            + ", you support "
            + theirs.describe()
            + ", no common versions.";
    // OVS writes the text into 128 bytes, the last of which is C's end of string.
    byte[] data = text.substring(0, Math.min(text.length(), 127)).getBytes(US_ASCII);
    return encodeError(theirs.newest(), 0, OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE, data);
  }

  private static Frame encodeError(int version, int xid, int type, int code, byte[] data) {
    int dataLen = Math.min(data.length, Frame.MAX_LEN - Frame.HEADER_LEN - ERROR_BODY_MIN);
    ByteBuf body = Unpooled.buffer(ERROR_BODY_MIN + dataLen, ERROR_BODY_MIN + dataLen);
    body.writeShort(type).writeShort(code).writeBytes(data, 0, dataLen);
    int errorVersion = VersionSet.KNOWN.contains(version) ? version : 1;
    return Frame.of(errorVersion, ERROR, xid, body.array());
  }

  static Frame encodeEchoRequest(int version, int xid) {
    return Frame.of(version, ECHO_REQUEST, xid);
  }

  /**
   * The request's bytes with another type: same version, even an unknown one, same xid, same data.
   */
  static Frame encodeEchoReply(Frame request) {
    byte[] reply = request.bytes().clone();
    reply[1] = ECHO_REPLY;
    return Frame.wrap(reply);
  }

  /**
   * Whether a message is one of the four that belong to the connection, in a version that exists.
   */
  static boolean isSymmetric(Frame frame) {
    return frame.type() <= ECHO_REPLY && frame.version() != 0;
  }

  /**
   * Whether {@code frame} may come on a connection that has negotiated {@code version}. Messages
   * that belong to the connection may have any version; OVS leaves out an ERROR too short to have a
   * type and code (lib/vconn.c, vconn_recv).
   */
  static boolean isAcceptable(Frame frame, int version) {
    return frame.version() == version || isSymmetric(frame) && !isTruncatedError(frame);
  }

  static boolean isTruncatedError(Frame frame) {
    return frame.type() == ERROR && frame.length() < Frame.HEADER_LEN + ERROR_BODY_MIN;
  }
}
