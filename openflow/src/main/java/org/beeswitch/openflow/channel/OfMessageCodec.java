// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.MultipartWriter;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.OfFrame;

/**
 * The codecs as a channel uses them. One serves all connections of a {@link Streams}: its event
 * loop is the only one to decode, {@code main} the only one to encode.
 */
public final class OfMessageCodec implements MessageCodec<Decoded, OfFrame> {
  private final OfDecoder decoder;
  private final OfEncoder encoder = new OfEncoder();

  /**
   * @param peer who sends what is decoded: a switch's peer is {@link Sender#CONTROLLER}
   */
  public OfMessageCodec(Sender peer) {
    this.decoder = new OfDecoder(peer);
  }

  @Override
  public Decoded decode(Frame frame) {
    // The channel has compared the version with the negotiated one.
    return decoder.decode(frame.version(), frame.toByteBuf());
  }

  /** A multipart reply becomes as many parts as it takes, but one that is a part itself. */
  @Override
  public void encode(OfFrame message, ByteBuf out) {
    if (message.message() instanceof MultipartReply reply && !reply.more()) {
      MultipartWriter.write(
          encoder, message.xid(), reply.body(), out.alloc(), part -> append(part, out));
    } else {
      encoder.encode(message, out);
    }
  }

  private static void append(ByteBuf part, ByteBuf out) {
    out.writeBytes(part);
    part.release();
  }

  /**
   * For a MultipartWriter, whose parts go to {@link OfConnection#sendFrames}. Used by {@code main}
   * alone.
   */
  public OfEncoder encoder() {
    return encoder;
  }
}
