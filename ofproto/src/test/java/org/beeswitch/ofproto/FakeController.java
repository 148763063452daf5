// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.MessageCounter;
import org.beeswitch.openflow.channel.OfConnection;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;

/**
 * A connection to a controller that keeps what it is told: the messages, and the bytes to leave.
 */
final class FakeController implements OfConnection<OfFrame> {
  static final int OF13 = 4;

  /**
   * The leak detector at the level of the tests notes each write's stack, of which a table features
   * reply has a hundred thousand.
   */
  private static final ByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(false, true);

  private final OfMessageCodec codec = new OfMessageCodec(Sender.CONTROLLER);
  private final List<MessageCounter> waiting = new ArrayList<>();

  /** What was sent as a message. */
  final List<OfMessage> messages = new ArrayList<>();

  /** What was sent in whichever way, a frame each. */
  final List<byte[]> frames = new ArrayList<>();

  /** Nothing that is sent reaches the socket. */
  boolean isStalled;

  void unstall() {
    isStalled = false;
    waiting.forEach(c -> c.subtract(1, 1));
    waiting.clear();
  }

  /** Forgets what it was told. */
  void clear() {
    messages.clear();
    frames.clear();
  }

  @Override
  public String name() {
    return "controller";
  }

  @Override
  public String target() {
    return "tcp:192.0.2.1:6653";
  }

  @Override
  public boolean isService() {
    return false;
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public int version() {
    return OF13;
  }

  @Override
  public boolean send(OfFrame m) {
    ByteBuf out = UNTRACKED.heapBuffer();
    codec.encode(m, out);
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    messages.add(m.message());
    return frames.add(bytes);
  }

  @Override
  public boolean send(OfFrame m, MessageCounter counter) {
    if (isStalled) {
      counter.add(1, 1);
      waiting.add(counter);
    }
    return send(m);
  }

  @Override
  public boolean sendFrame(Frame frame) {
    return frames.add(frame.bytes());
  }

  @Override
  public boolean sendFrames(ByteBuf several) {
    while (several.isReadable()) {
      byte[] frame = new byte[several.getUnsignedShort(several.readerIndex() + 2)];
      several.readBytes(frame);
      frames.add(frame);
    }
    several.release();
    return true;
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public long bytesQueued() {
    return 0;
  }

  @Override
  public void close(String why) {}
}
