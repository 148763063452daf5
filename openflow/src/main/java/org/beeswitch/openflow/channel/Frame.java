// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * One whole OpenFlow message as it is on the wire, cut out of the stream: at least a header, and
 * exactly as long as the header says. The bytes are kept because everything that can go wrong later
 * is answered with them: an {@code OFPT_ERROR} carries the request, and a snooping monitor gets a
 * copy of what really arrived.
 *
 * <p>Immutable as long as nobody writes to {@link #bytes()}, which is not copied.
 */
public final class Frame {
  /** Version, type, length, xid (OF 1.3.5, 7.1). */
  public static final int HEADER_LEN = 8;

  /** What the header's 16-bit length can say. */
  public static final int MAX_LEN = 65_535;

  private final byte[] bytes;

  private Frame(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param bytes the message, not copied
   * @throws IllegalArgumentException if the header's length is not the array's
   */
  public static Frame wrap(byte[] bytes) {
    if (bytes.length < HEADER_LEN) {
      throw new IllegalArgumentException(
          "a frame of " + bytes.length + " bytes is shorter than an OpenFlow header");
    }
    var frame = new Frame(bytes);
    int headerLen = frame.u16(2);
    if (headerLen != bytes.length) {
      throw new IllegalArgumentException(
          "a frame of " + bytes.length + " bytes whose header says " + headerLen);
    }
    return frame;
  }

  /** A message of a header and {@code body}. */
  public static Frame of(int version, int type, int xid, byte... body) {
    int len = HEADER_LEN + body.length;
    if (len > MAX_LEN) {
      throw new IllegalArgumentException("an OpenFlow message of " + len + " bytes");
    }
    ByteBuf buf = Unpooled.buffer(len, len);
    buf.writeByte(version).writeByte(type).writeShort(len).writeInt(xid).writeBytes(body);
    return new Frame(buf.array());
  }

  /**
   * How many frames there are from the reader index on.
   *
   * @throws IllegalStateException if they are not whole frames: whoever encoded them is wrong
   */
  static int countIn(ByteBuf bytes) {
    int frames = 0;
    int offset = bytes.readerIndex();
    while (offset < bytes.writerIndex()) {
      int left = bytes.writerIndex() - offset;
      int length = left < HEADER_LEN ? 0 : bytes.getUnsignedShort(offset + 2);
      if (length < HEADER_LEN || length > left) {
        throw new IllegalStateException(
            "encoded bytes with a frame of length " + length + " in the last " + left + " bytes");
      }
      frames++;
      offset += length;
    }
    return frames;
  }

  public int version() {
    return bytes[0] & 0xff;
  }

  /** The {@code OFPT_*} number, whose meaning depends on the version from 16 on. */
  public int type() {
    return bytes[1] & 0xff;
  }

  public int length() {
    return bytes.length;
  }

  public int xid() {
    return u16(4) << 16 | u16(6);
  }

  /** The message itself, header included: to read, not to write. */
  public byte[] bytes() {
    return bytes;
  }

  /** A reader over the whole message, to be used by one thread and never written to. */
  public ByteBuf toByteBuf() {
    return Unpooled.wrappedBuffer(bytes);
  }

  /** The big-endian 16 bits at {@code offset}. */
  public int u16(int offset) {
    return (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
  }

  /** The big-endian 32 bits at {@code offset}. */
  public int u32(int offset) {
    return u16(offset) << 16 | u16(offset + 2);
  }

  @Override
  public String toString() {
    return String.format(
        "version 0x%02x, type %d, length %d, xid 0x%x", version(), type(), length(), xid());
  }
}
