// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.beeswitch.openflow.msg.Bytes;

/**
 * A window on bytes that are being decoded: reads forward, never beyond its end. Whoever reads has
 * compared {@link #left} before, with the error that its protocol wants; reading on regardless is
 * our bug and an {@link IllegalStateException}, never a read out of bounds.
 *
 * <p>Mutable and reused: a decoder has a few, one per level of nesting.
 */
public final class Cursor {
  private ByteBuf buf;
  private int pos;
  private int end;

  public Cursor(ByteBuf buf, int from, int length) {
    this.buf = buf;
    this.pos = from;
    this.end = from + length;
  }

  /** Moves the window. */
  public Cursor reset(ByteBuf buf, int from, int length) {
    if (length < 0 || from < 0 || from + length > buf.writerIndex()) {
      throw new IllegalStateException("window of " + length + " bytes at " + from);
    }
    this.buf = buf;
    this.pos = from;
    this.end = from + length;
    return this;
  }

  /** Bytes not read yet. */
  public int left() {
    return end - pos;
  }

  /** Position in the underlying buffer. */
  public int pos() {
    return pos;
  }

  public ByteBuf buf() {
    return buf;
  }

  private int take(int n) {
    if (n < 0 || n > end - pos) {
      throw new IllegalStateException("read of " + n + " bytes where " + left() + " are left");
    }
    int p = pos;
    pos += n;
    return p;
  }

  public int u8() {
    return buf.getUnsignedByte(take(1));
  }

  public int u16() {
    return buf.getUnsignedShort(take(2));
  }

  public int i32() {
    return buf.getInt(take(4));
  }

  public long u32() {
    return buf.getUnsignedInt(take(4));
  }

  public long i64() {
    return buf.getLong(take(8));
  }

  /** A 48-bit number. */
  public long u48() {
    int p = take(6);
    return (long) buf.getUnsignedShort(p) << 32 | buf.getUnsignedInt(p + 2);
  }

  /** A number of 1 to 8 bytes. */
  public long number(int bytes) {
    int p = take(bytes);
    long v = 0;
    for (int i = 0; i < bytes; i++) {
      v = v << 8 | buf.getUnsignedByte(p + i);
    }
    return v;
  }

  public Cursor skip(int n) {
    take(n);
    return this;
  }

  /** The next n bytes as a window of their own, skipped here. */
  public Cursor sub(int n) {
    return new Cursor(buf, take(n), n);
  }

  /** Copies the next n bytes. */
  public Bytes bytes(int n) {
    byte[] b = new byte[n];
    buf.getBytes(take(n), b);
    return Bytes.wrap(b);
  }

  /** Whether all that is left is zero. */
  public boolean isZero() {
    for (int p = pos; p < end; p++) {
      if (buf.getByte(p) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * A text field of n bytes, up to its first zero byte, or to the last, which is taken for one (OVS
   * {@code ovs_strlcpy}); bytes are taken as Latin-1.
   */
  public String text(int n) {
    int p = take(n);
    int len = 0;
    while (len < n - 1 && buf.getByte(p + len) != 0) {
      len++;
    }
    return buf.toString(p, len, StandardCharsets.ISO_8859_1);
  }
}
