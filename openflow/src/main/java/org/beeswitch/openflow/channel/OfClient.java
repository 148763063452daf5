// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import org.beeswitch.openflow.tls.TlsChannel;
import org.beeswitch.openflow.tls.TlsContext;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;

/**
 * The other end of a switch's connection, for a command that asks and ends (OVS's vconn_transact
 * and its relatives): connects, agrees on a version, and then each call sends and waits. Reads
 * while it writes, so that any number of requests can be on their way without the two sides waiting
 * for each other. ECHO_REQUESTs are answered on the side.
 *
 * <p>Without netty and its threads, which a command of a few milliseconds would not need. One
 * thread at a time.
 *
 * <p>Every call ends: what takes longer than the time-out ends with a {@link
 * SocketTimeoutException}. After any exception the connection is of no further use.
 *
 * @param <I> a message that arrives
 * @param <O> a message to be sent
 */
public final class OfClient<I, O> implements AutoCloseable {
  private static final int OF10 = 1;

  /** Replies that nobody has asked for yet: packet-ins, or replies to what is still being sent. */
  private static final int MAX_UNREAD_FRAMES = 1 << 20;

  private static final int READ_SIZE = 256 * 1024;

  private final Target target;
  private final MessageCodec<I, O> codec;
  private final long timeoutNs;
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;

  /** Bytes that are not yet a whole frame; in writing mode. */
  private final ByteBuffer input = ByteBuffer.allocate(READ_SIZE);

  /** Set once the connection is one over TLS. */
  private @Nullable TlsChannel tls;

  private final Deque<Frame> unread = new ArrayDeque<>();
  private int version = -1;
  private int nextXid = 2;

  private OfClient(Target target, MessageCodec<I, O> codec, Duration timeout, SocketChannel channel)
      throws IOException {
    this.target = target;
    this.codec = codec;
    this.timeoutNs = timeout.toNanos();
    this.channel = channel;
    this.selector = Selector.open();
    channel.configureBlocking(false);
    this.key = channel.register(selector, 0);
  }

  /**
   * Connects and negotiates.
   *
   * @param rundir where relative paths of unix sockets begin
   * @throws IOException naming the target, and what was wrong
   * @throws IllegalArgumentException if the target is passive
   */
  public static <I, O> OfClient<I, O> connect(
      Target target, Path rundir, VersionSet allowed, MessageCodec<I, O> codec, Duration timeout)
      throws IOException {
    return connect(target, rundir, null, allowed, codec, timeout);
  }

  /**
   * The same with what it takes for a target over TLS.
   *
   * @param tls null: such a target is refused
   */
  public static <I, O> OfClient<I, O> connect(
      Target target,
      Path rundir,
      @Nullable TlsSettings tls,
      VersionSet allowed,
      MessageCodec<I, O> codec,
      Duration timeout)
      throws IOException {
    if (target.passive()) {
      throw new IllegalArgumentException("target \"" + target.text() + "\" cannot be connected to");
    }
    // Before connecting: a switch gives a handshake a few seconds.
    TlsContext context = null;
    if (target instanceof Target.Inet inet && inet.tls()) {
      if (tls == null) {
        throw new IOException(
            target.text() + ": TLS wants a private key, a certificate and a CA certificate");
      }
      context = TlsContext.read(tls);
    }
    SocketChannel channel =
        target instanceof Target.Unix
            ? SocketChannel.open(StandardProtocolFamily.UNIX)
            : SocketChannel.open();
    OfClient<I, O> client = null;
    try {
      client = new OfClient<>(target, codec, timeout, channel);
      client.handshake(address(target, rundir), context, allowed);
      return client;
    } catch (IOException | RuntimeException e) {
      if (client != null) {
        client.close();
      } else {
        channel.close();
      }
      throw e;
    }
  }

  private static SocketAddress address(Target target, Path rundir) throws IOException {
    if (target instanceof Target.Inet inet) {
      return new InetSocketAddress(InetAddress.getByName(inet.host()), inet.port());
    }
    return UnixDomainSocketAddress.of(rundir.resolve(((Target.Unix) target).path()));
  }

  private void handshake(SocketAddress address, @Nullable TlsContext context, VersionSet allowed)
      throws IOException {
    long deadlineNs = System.nanoTime() + timeoutNs;
    // Made before connecting: a switch gives up on a peer that says nothing for a second, which
    // loading classes can take on a busy machine.
    ByteBuf hello = Wire.encodeHello(allowed, 1).toByteBuf();
    try {
      boolean connected = channel.connect(address);
      while (!connected) {
        select(SelectionKey.OP_CONNECT, deadlineNs);
        connected = channel.finishConnect();
      }
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      throw connectError(e);
    }
    if (context != null && target instanceof Target.Inet inet) {
      secure(inet, context, deadlineNs);
    }
    write(hello, deadlineNs);
    Frame first = nextFrame(deadlineNs);
    if (first.type() != Wire.HELLO) {
      throw error("received message while expecting hello: " + first);
    }
    VersionSet theirs = Wire.decodeHello(first).versions();
    VersionSet common = theirs.intersect(allowed);
    if (common.isEmpty()) {
      throw error(
          "version negotiation failed (we support "
              + allowed.describe()
              + ", peer supports "
              + theirs.describe()
              + ")");
    }
    version = common.newest();
  }

  private void secure(Target.Inet inet, TlsContext context, long deadlineNs) throws IOException {
    String host = inet.host();
    boolean named = host != null && !NetUtil.isValidIpV4Address(host) && host.indexOf(':') < 0;
    TlsChannel secured = new TlsChannel(channel, context.client(named ? host : null));
    try {
      while (!secured.handshake()) {
        select(secured.interestOps(), deadlineNs);
      }
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      throw connectError(e);
    }
    if (context.isBootstrapping()) {
      context.bootstrap(secured.peerCertificates());
      throw error("the CA certificate was taken from the peer: try again, now it is verified");
    }
    tls = secured;
  }

  private ConnectException connectError(IOException cause) {
    var e =
        new ConnectException(target.text() + ": failed to connect (" + cause.getMessage() + ")");
    e.initCause(cause);
    return e;
  }

  /** The negotiated wire version. */
  public int version() {
    return version;
  }

  /** A transaction id that this connection has not used. */
  public int nextXid() {
    return nextXid++;
  }

  /**
   * Sends a request that has a reply, and waits for all of it: the parts of a multipart reply, or
   * the error. What comes meanwhile with another transaction id is thrown away.
   */
  public List<I> transact(O request) throws IOException {
    long deadlineNs = System.nanoTime() + timeoutNs;
    ByteBuf bytes = encode(request);
    int xid = bytes.getInt(bytes.readerIndex() + 4);
    write(bytes, deadlineNs);
    var replies = new ArrayList<I>();
    boolean more = true;
    while (more) {
      Frame frame = nextFrame(deadlineNs);
      if (frame.xid() == xid) {
        replies.add(codec.decode(frame));
        more = isMore(frame);
        // A long reply is not a late one.
        deadlineNs = System.nanoTime() + timeoutNs;
      }
    }
    return replies;
  }

  /**
   * Sends requests that have no reply unless they fail, and a barrier after them, and waits for the
   * barrier's reply.
   *
   * @return what came with the transaction id of one of the requests: errors, in their order
   */
  public List<I> transactNoReply(List<O> requests) throws IOException {
    long deadlineNs = System.nanoTime() + timeoutNs;
    var xids = new HashSet<Integer>();
    ByteBuf bytes = Unpooled.buffer();
    for (O request : requests) {
      int start = bytes.writerIndex();
      codec.encode(request, bytes);
      xids.add(bytes.getInt(start + 4));
    }
    int barrierXid = nextXid();
    while (xids.contains(barrierXid)) { // the caller's numbers are its own
      barrierXid = nextXid();
    }
    bytes.writeBytes(Frame.of(version, version == OF10 ? 18 : 20, barrierXid).bytes());
    write(bytes, deadlineNs);
    var errors = new ArrayList<I>();
    while (true) {
      Frame frame = nextFrame(System.nanoTime() + timeoutNs);
      if (frame.xid() == barrierXid) {
        return errors;
      }
      if (xids.contains(frame.xid())) {
        errors.add(codec.decode(frame));
      }
    }
  }

  /** Sends without waiting for anything but the socket. */
  public void send(O message) throws IOException {
    write(encode(message), System.nanoTime() + timeoutNs);
  }

  /**
   * The next message, whatever it is; null if none comes within {@code timeout}. For monitors.
   *
   * @throws EOFException if the switch closed the connection
   */
  public @Nullable I receive(Duration timeout) throws IOException {
    try {
      return codec.decode(nextFrame(System.nanoTime() + timeout.toNanos()));
    } catch (SocketTimeoutException e) {
      return null;
    }
  }

  private ByteBuf encode(O message) {
    ByteBuf bytes = Unpooled.buffer();
    codec.encode(message, bytes);
    return bytes;
  }

  /**
   * Whether a multipart reply says that another part follows (OF 1.3.5, 7.3.5; in 1.0 a statistics
   * reply).
   */
  private static boolean isMore(Frame frame) {
    int multipartReply = frame.version() == OF10 ? 17 : 19;
    return frame.type() == multipartReply
        && frame.length() >= Frame.HEADER_LEN + 4
        && (frame.u16(10) & 1) != 0;
  }

  /** Sends all of it, and reads what comes meanwhile. */
  private void write(ByteBuf bytes, long deadlineNs) throws IOException {
    ByteBuffer out = bytes.nioBuffer();
    while (true) {
      int n;
      try {
        n = tls == null ? channel.write(out) : tls.write(out);
      } catch (IOException e) {
        throw error("connection dropped (" + e.getMessage() + ")", e);
      }
      boolean unsent = tls != null && tls.hasUnsent();
      if (!out.hasRemaining() && !unsent) {
        return;
      }
      if (n == 0 || unsent) {
        select(SelectionKey.OP_WRITE | SelectionKey.OP_READ, deadlineNs);
        if (key.isReadable() || tls != null && tls.hasBuffered()) {
          read();
        }
      }
    }
  }

  private Frame nextFrame(long deadlineNs) throws IOException {
    while (true) {
      Frame frame = unread.poll();
      if (frame == null) {
        select(SelectionKey.OP_READ, deadlineNs);
        read();
      } else if (frame.type() == Wire.ECHO_REQUEST && version >= 0) {
        write(Wire.encodeEchoReply(frame).toByteBuf(), deadlineNs);
      } else {
        return frame;
      }
    }
  }

  private void select(int ops, long deadlineNs) throws IOException {
    if (tls != null && (ops & SelectionKey.OP_READ) != 0 && tls.hasBuffered()) {
      return;
    }
    key.interestOps(tls == null ? ops : ops | tls.interestOps());
    selector.selectedKeys().clear();
    long leftMs = (deadlineNs - System.nanoTime() + 999_999) / 1_000_000;
    if (leftMs <= 0 || selector.select(leftMs) == 0 && deadlineNs - System.nanoTime() <= 0) {
      throw new SocketTimeoutException(
          target.text() + ": no answer within " + timeoutNs / 1_000_000_000.0 + " s");
    }
  }

  private void read() throws IOException {
    int n;
    try {
      n = tls == null ? channel.read(input) : tls.read(input);
    } catch (IOException e) {
      throw error("connection dropped (" + e.getMessage() + ")", e);
    }
    if (n < 0) {
      throw new EOFException(
          target.text()
              + (input.position() == 0
                  ? ": connection closed by peer"
                  : ": connection dropped mid-packet"));
    }
    input.flip();
    while (input.remaining() >= Frame.HEADER_LEN) {
      int length = input.getShort(input.position() + 2) & 0xffff;
      if (length < Frame.HEADER_LEN) {
        throw error("received too-short ofp_header (" + length + " bytes)");
      }
      if (input.remaining() < length) {
        break;
      }
      byte[] frame = new byte[length];
      input.get(frame);
      unread.add(Frame.wrap(frame));
    }
    input.compact();
    if (unread.size() > MAX_UNREAD_FRAMES) {
      throw error("more than " + MAX_UNREAD_FRAMES + " messages that nobody asked for");
    }
  }

  private IOException error(String what) {
    return error(what, null);
  }

  private IOException error(String what, @Nullable Throwable cause) {
    return new IOException(target.text() + ": " + what, cause);
  }

  @Override
  public void close() throws IOException {
    selector.close();
    if (tls != null) {
      tls.close();
    }
    channel.close();
  }
}
