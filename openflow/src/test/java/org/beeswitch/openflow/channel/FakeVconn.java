// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream in memory: the test plays the peer. Whatever is sent is taken at once, unless the peer
 * is made to {@link #stopReading}.
 */
public final class FakeVconn<I> implements Vconn<I> {
  private final String name;
  private final MessageCodec<I, ?> codec;
  private final Deque<Received<I>> inbox = new ArrayDeque<>();
  private final List<Frame> sent = new ArrayList<>();
  private final List<Runnable> unread = new ArrayList<>();
  private boolean reading = true;
  private int version = -1;
  private @Nullable CloseReason end;
  private boolean closed;
  private long bytesQueued;
  private long lateSends;

  public FakeVconn(String name, MessageCodec<I, ?> codec) {
    this.name = name;
    this.codec = codec;
  }

  public void negotiate(int negotiated) {
    version = negotiated;
  }

  public void deliver(Frame frame) {
    boolean decodes = !Wire.isSymmetric(frame) && frame.version() == version;
    inbox.add(new Received<>(frame, decodes ? codec.decode(frame) : null));
  }

  public void end(CloseReason why) {
    end = why;
  }

  public void stopReading() {
    reading = false;
  }

  public void readAll() {
    reading = true;
    unread.forEach(Runnable::run);
    unread.clear();
  }

  /** What the peer has been sent since the last call. */
  public List<Frame> takeSent() {
    var frames = List.copyOf(sent);
    sent.clear();
    return frames;
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public @Nullable CloseReason end() {
    return end;
  }

  @Override
  public boolean hasReceived() {
    return !inbox.isEmpty();
  }

  @Override
  public @Nullable Received<I> poll() {
    return inbox.poll();
  }

  @Override
  public boolean send(ByteBuf bytes, int frames, MessageCounter counter) {
    int size = bytes.readableBytes();
    while (bytes.isReadable()) {
      byte[] frame = new byte[bytes.getUnsignedShort(bytes.readerIndex() + 2)];
      bytes.readBytes(frame);
      sent.add(Frame.wrap(frame));
    }
    bytes.release();
    if (!reading) {
      counter.add(frames, size);
      bytesQueued += size;
      unread.add(
          () -> {
            counter.subtract(frames, size);
            bytesQueued -= size;
            lateSends += frames;
          });
    }
    return bytesQueued <= ChannelLimits.OUTPUT_BYTES;
  }

  @Override
  public long lateSends() {
    return lateSends;
  }

  @Override
  public boolean isWritable() {
    return reading;
  }

  @Override
  public long bytesQueued() {
    return bytesQueued;
  }

  @Override
  public void close() {
    closed = true;
  }
}
