// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;

/**
 * Where the channel meets the codecs: it knows frames, they know messages.
 *
 * @param <M> a message, immutable
 */
public interface MessageCodec<M> {
  /**
   * Called on an event loop, for every frame of the connection's version but HELLO, ERROR and ECHO.
   * A message that is wrong is a value too; an exception costs the peer its connection and counts
   * as a bug.
   */
  M decode(Frame frame);

  /**
   * Appends the message, as one frame or as several where its kind may be split, each with its
   * right length. Called on the sender's thread.
   */
  void encode(M message, int version, ByteBuf out);
}
