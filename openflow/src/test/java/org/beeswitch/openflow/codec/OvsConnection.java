// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.beeswitch.openflow.msg.OfVersion;

/** A connection to a switch, past its HELLO. */
final class OvsConnection implements AutoCloseable {
  private static final int BARRIER_XID = -7;
  private final SocketChannel ch;
  private final ByteBuf in = Unpooled.buffer(1 << 17);

  OvsConnection(SocketChannel ch) throws IOException {
    this.ch = ch;
    send(new byte[] {4, 0, 0, 8, 0, 0, 0, 1});
  }

  void send(byte[] m) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(m);
    while (b.hasRemaining()) {
      ch.write(b);
    }
  }

  /** The first answer to each message since the last barrier, by xid. */
  Map<Integer, Decoded.Good> barrier(OfDecoder decoder) throws IOException {
    send(ByteBuffer.wrap(new byte[8]).put(new byte[] {4, 20, 0, 8}).putInt(BARRIER_XID).array());
    Map<Integer, Decoded.Good> answers = new LinkedHashMap<>();
    while (true) {
      ByteBuf frame = next();
      int xid = OfHeader.xid(frame);
      if (xid == BARRIER_XID) {
        return answers;
      }
      if (OfHeader.type(frame) <= OfHeader.ERROR || OfHeader.type(frame) == 21) {
        // Of other answers it matters only that they are none of these.
        Decoded d = decoder.decode(OfVersion.OF13, frame);
        answers.putIfAbsent(xid, (Decoded.Good) d);
      }
    }
  }

  private ByteBuf next() throws IOException {
    while (in.readableBytes() < 8 || in.readableBytes() < OfHeader.length(in)) {
      in.discardReadBytes();
      ByteBuffer b = ByteBuffer.allocate(1 << 16);
      if (ch.read(b) < 0) {
        throw new EOFException("OVS closed the connection");
      }
      in.writeBytes(b.flip());
    }
    return in.readSlice(OfHeader.length(in));
  }

  @Override
  public void close() throws IOException {
    ch.close();
  }
}
