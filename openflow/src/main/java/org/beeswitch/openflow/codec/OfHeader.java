// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;

/** The header that all versions share: version, type, length, xid (OF 1.3.5, 7.1.1). */
public final class OfHeader {
  private OfHeader() {}

  public static final int BYTES = 8;

  /** Longest message: what the length field can say. */
  public static final int MAX_LENGTH = 0xffff;

  // Types that mean the same in every version.
  public static final int HELLO = 0;
  public static final int ERROR = 1;
  public static final int ECHO_REQUEST = 2;
  public static final int ECHO_REPLY = 3;
  public static final int EXPERIMENTER = 4;

  /** The version of the frame at the reader index. */
  public static int version(ByteBuf frame) {
    return frame.getUnsignedByte(frame.readerIndex());
  }

  /** The type of the frame at the reader index. */
  public static int type(ByteBuf frame) {
    return frame.getUnsignedByte(frame.readerIndex() + 1);
  }

  /**
   * The length field of the frame at the reader index; less than {@link #BYTES} is a broken peer.
   */
  public static int length(ByteBuf frame) {
    return frame.getUnsignedShort(frame.readerIndex() + 2);
  }

  public static int xid(ByteBuf frame) {
    return frame.getInt(frame.readerIndex() + 4);
  }

  /** Starts a message; {@link #end} sets the length. Returns where it starts. */
  public static int begin(ByteBuf out, int version, int type, int xid) {
    int start = out.writerIndex();
    out.writeByte(version).writeByte(type).writeShort(0).writeInt(xid);
    return start;
  }

  /** Sets the length of the message that began at {@code start}. */
  public static void end(ByteBuf out, int start) {
    int length = out.writerIndex() - start;
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException("message of " + length + " bytes is longer than 65535");
    }
    out.setShort(start + 2, length);
  }
}
