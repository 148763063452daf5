// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.security.cert.Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * TLS on a socket that does not block, for a client that waits by itself: {@link #read} and {@link
 * #write} do what can be done now, as those of the socket, and {@link #interestOps} says what to
 * wait for besides. One thread.
 */
public final class TlsChannel implements ReadableByteChannel, WritableByteChannel {
  private final SocketChannel socket;
  private final SSLEngine engine;

  /** Encrypted, of the peer's; in writing mode. */
  private ByteBuffer in;

  /** Encrypted, to be sent; in writing mode. */
  private ByteBuffer out;

  /** Decrypted and not yet read; in writing mode. */
  private ByteBuffer plain;

  private boolean socketEnded;

  public TlsChannel(SocketChannel socket, SSLEngine engine) throws IOException {
    this.socket = socket;
    this.engine = engine;
    this.in = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    this.out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    engine.beginHandshake();
  }

  /**
   * Goes on with the handshake.
   *
   * @return false: wait for {@link #interestOps}, then again
   */
  public boolean handshake() throws IOException {
    return step() && flush();
  }

  /** What the peer showed, its own first. */
  public Certificate[] peerCertificates() throws SSLPeerUnverifiedException {
    return engine.getSession().getPeerCertificates();
  }

  /** What a selector has to wait for so that this goes on. */
  public int interestOps() {
    return out.position() > 0 ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
  }

  /** Whether {@link #read} has something without the socket. */
  public boolean hasBuffered() {
    return plain.position() > 0;
  }

  /** Whether something was written that the socket has not taken; {@link #flush} goes on. */
  public boolean hasUnsent() {
    return out.position() > 0;
  }

  /** Sends what waits. Returns whether nothing does any more. */
  public boolean flush() throws IOException {
    out.flip();
    try {
      while (out.hasRemaining() && socket.write(out) > 0) {
        // Until it takes no more.
      }
    } finally {
      out.compact();
    }
    return out.position() == 0;
  }

  /** Does what the handshake wants until it waits for the peer (false) or is over (true). */
  private boolean step() throws IOException {
    while (true) {
      HandshakeStatus status = engine.getHandshakeStatus();
      switch (status) {
        case NEED_TASK -> {
          for (Runnable t = engine.getDelegatedTask(); t != null; t = engine.getDelegatedTask()) {
            t.run();
          }
        }
        case NEED_WRAP -> {
          if (!flush()) {
            return false;
          }
          wrap(ByteBuffer.allocate(0));
          boolean unused = flush();
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!unwrap()) {
            return false;
          }
        }
        case NOT_HANDSHAKING, FINISHED -> {
          return true;
        }
      }
    }
  }

  private int wrap(ByteBuffer src) throws IOException {
    SSLEngineResult r = engine.wrap(src, out);
    if (r.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
      out = larger(out, engine.getSession().getPacketBufferSize());
      r = engine.wrap(src, out);
    }
    if (r.getStatus() == SSLEngineResult.Status.CLOSED && src.hasRemaining()) {
      throw new ClosedChannelException();
    }
    return r.bytesConsumed();
  }

  /** Takes one record. False: there is no whole one yet. */
  private boolean unwrap() throws IOException {
    while (true) {
      in.flip();
      SSLEngineResult r;
      try {
        r = engine.unwrap(in, plain);
      } finally {
        in.compact();
      }
      switch (r.getStatus()) {
        case OK -> {
          return true;
        }
        case BUFFER_OVERFLOW ->
            plain = larger(plain, engine.getSession().getApplicationBufferSize());
        case CLOSED -> {
          socketEnded = true;
          return false;
        }
        case BUFFER_UNDERFLOW -> {
          if (!in.hasRemaining()) {
            in = larger(in, engine.getSession().getPacketBufferSize());
          }
          int n = socketEnded ? -1 : socket.read(in);
          if (n < 0) {
            socketEnded = true;
            if (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
              throw new IOException("the peer closed the connection in the handshake");
            }
          }
          if (n <= 0) {
            return false;
          }
        }
      }
    }
  }

  private static ByteBuffer larger(ByteBuffer buffer, int room) {
    ByteBuffer larger = ByteBuffer.allocate(buffer.position() + room);
    return larger.put(buffer.flip());
  }

  @Override
  public int read(ByteBuffer dst) throws IOException {
    boolean flushed = flush();
    assert flushed || hasUnsent();
    boolean more = true;
    while (more && plain.position() < dst.remaining()) {
      more = unwrap() && step();
    }
    plain.flip();
    int n = Math.min(plain.remaining(), dst.remaining());
    dst.put(dst.position(), plain, plain.position(), n).position(dst.position() + n);
    plain.position(plain.position() + n).compact();
    return n == 0 && socketEnded ? -1 : n;
  }

  /** Encrypts all that fits into one go of the socket; what is left in {@code src} waits. */
  @Override
  public int write(ByteBuffer src) throws IOException {
    int written = 0;
    while (flush() && src.hasRemaining()) {
      written += wrap(src);
    }
    return written;
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() throws IOException {
    engine.closeOutbound();
    try {
      wrap(ByteBuffer.allocate(0));
      boolean unused = flush();
    } finally {
      socket.close();
    }
  }
}
