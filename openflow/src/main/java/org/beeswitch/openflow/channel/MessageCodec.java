// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * Where the channel meets the codecs: it knows frames, they know messages.
 *
 * @param <I> what a frame that arrives becomes: a message, or what is wrong with it; immutable
 * @param <O> what can be sent
 */
public interface MessageCodec<I, O> {
  /**
   * Called on an event loop, for every frame of the connection's version but HELLO, ERROR and ECHO.
   * A message that is wrong is a value too; an exception costs the peer its connection and counts
   * as a bug.
   */
  I decode(Frame frame);

  /**
   * Appends the message, as one frame or as several where its kind may be split, each with its
   * right length. Called on the sender's thread.
   */
  void encode(O message, ByteBuf out);

  /** As {@link #encode(Object, ByteBuf)}, into a buffer that is the caller's. */
  default ByteBuf encode(O message) {
    ByteBuf out = UnpooledByteBufAllocator.DEFAULT.buffer();
    try {
      encode(message, out);
      return out;
    } catch (RuntimeException bug) {
      out.release();
      throw bug;
    }
  }
}
