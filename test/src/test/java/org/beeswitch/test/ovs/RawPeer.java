// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A peer on a switch's management socket that says bytes and not messages, and keeps what comes
 * back as frames. Neither side's codec is involved. Used by one thread.
 */
final class RawPeer implements AutoCloseable {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int GREETINGS = 3;
  private static final byte[] HELLO = {4, 0, 0, 8, 0, 0, 0, 1};

  private final SocketChannel channel;
  private final Selector selector = Selector.open();
  private ByteBuffer in = ByteBuffer.allocate(1 << 17);
  private boolean ended;

  private RawPeer(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
  }

  /** A connection on which nothing has been said. */
  static RawPeer silent(Path socket) throws IOException {
    SocketChannel ch = SocketChannel.open(StandardProtocolFamily.UNIX);
    ch.connect(UnixDomainSocketAddress.of(socket));
    return new RawPeer(ch);
  }

  /**
   * A connection past the greeting; not the first one if that took longer than the second that a
   * switch waits.
   */
  static RawPeer greeted(Path socket) throws IOException {
    for (int left = GREETINGS; ; left--) {
      RawPeer p = silent(socket);
      p.send(HELLO);
      byte[] theirs = p.next();
      if (theirs.length > 0 && theirs[1] == 0) {
        return p;
      }
      p.close();
      if (theirs.length > 0 || left == 1) {
        throw new IOException(socket + " answers a HELLO with " + Arrays.toString(theirs));
      }
    }
  }

  /** Sends; a switch that has closed the connection shows it when its answers are read. */
  void send(byte[] bytes) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(bytes);
    long end = System.nanoTime() + PATIENCE_NS;
    while (b.hasRemaining()) {
      try {
        channel.write(b);
      } catch (IOException e) { // EPIPE: it does not want more
        return;
      }
      if (b.hasRemaining()) {
        fill(end); // it may be waiting until we read
      }
    }
  }

  /** Says that nothing more will come. */
  void endOutput() throws IOException {
    channel.shutdownOutput();
  }

  /** Whether the switch has ended the connection, as far as it has been read. */
  boolean ended() {
    return ended;
  }

  /** The frames up to the one with this xid and type, or to the end of the connection. */
  List<byte[]> until(int type, int xid) throws IOException {
    List<byte[]> l = new ArrayList<>();
    for (byte[] f = next(); f.length > 0; f = next()) {
      if (f[1] == type && Frames.xid(f) == xid) {
        return l;
      }
      l.add(f);
    }
    return l;
  }

  /** All frames to the end of the connection. */
  List<byte[]> untilEnd() throws IOException {
    List<byte[]> l = new ArrayList<>();
    for (byte[] f = next(); f.length > 0; f = next()) {
      l.add(f);
    }
    return l;
  }

  /** The next frame, empty at the end of the connection. */
  byte[] next() throws IOException {
    long end = System.nanoTime() + PATIENCE_NS;
    while (true) {
      int have = in.position();
      if (have >= 8) {
        int length = in.getShort(2) & 0xffff;
        if (have >= length) {
          byte[] frame = new byte[length];
          in.flip();
          in.get(frame);
          in.compact();
          return frame;
        }
      }
      if (ended) {
        return new byte[0];
      }
      fill(end);
    }
  }

  private void fill(long end) throws IOException {
    if (System.nanoTime() > end) {
      throw new IOException("the switch is silent for " + PATIENCE_NS / 1_000_000_000 + " s");
    }
    selector.select(1_000);
    selector.selectedKeys().clear();
    if (!in.hasRemaining()) {
      in = ByteBuffer.allocate(in.capacity() * 2).put(in.flip());
    }
    try {
      ended |= channel.read(in) < 0;
    } catch (IOException e) { // ECONNRESET: it closed with bytes of ours unread
      ended = true;
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}
