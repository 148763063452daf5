// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;

/** For tests of the channel alone: messages are frames. */
public class FrameCodec implements MessageCodec<Frame, Frame> {
  @Override
  public Frame decode(Frame frame) {
    return frame;
  }

  @Override
  public void encode(Frame message, ByteBuf out) {
    out.writeBytes(message.bytes());
  }
}
