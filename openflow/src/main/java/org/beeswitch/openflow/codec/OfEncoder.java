// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.beeswitch.openflow.codec.of13.Of13Encoder;
import org.beeswitch.openflow.msg.OfFrame;

/**
 * Turns messages into frames, byte for byte as OVS writes them. One for each connection and
 * direction; not thread-safe.
 */
public final class OfEncoder {
  private final Of13Encoder of13 = new Of13Encoder();

  /**
   * Appends the frame to {@code out}.
   *
   * @throws IllegalArgumentException if it does not fit into 65535 bytes: what can be long is
   *     written with a {@link MultipartWriter}
   */
  public void encode(OfFrame f, ByteBuf out) {
    of13.encode(f.version(), f.xid(), f.message(), out);
  }

  /** The frame in a buffer of its own, which the caller releases. */
  public ByteBuf encode(OfFrame f, ByteBufAllocator alloc) {
    ByteBuf out = alloc.buffer(256);
    try {
      encode(f, out);
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
    return out;
  }

  /** OpenFlow 1.3's, for {@link MultipartWriter}. */
  Of13Encoder of13() {
    return of13;
  }
}
