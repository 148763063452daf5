// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A vconn on a netty channel: the last handler of its pipeline.
 *
 * <h2>Input</h2>
 *
 * Bytes are cut into frames by the header's length alone, whatever it is that they contain. A
 * length below the header's own ends the connection, as no next message can be found after it (OVS:
 * EPROTO). The first frame is a HELLO that has a version in common with us, or the end. Frames are
 * decoded here, on the event loop, and wait in the inbox for {@code main}. When the inbox is full
 * the channel is not read any more, so that the peer's TCP stops; what a last read has brought
 * stays uncut. {@code main} starts reading again when it has taken half of the inbox. Neither a
 * slow {@code main} nor a fast peer makes the inbox grow beyond {@link ChannelLimits}.
 *
 * <h2>Output</h2>
 *
 * {@code main} puts encoded messages into the outbox, a task on the event loop writes all that it
 * finds there and flushes once. A message is counted as queued until the socket has taken its last
 * byte.
 *
 * <h2>End</h2>
 *
 * There is one {@link #end} and the first reason stays. It becomes visible when no further message
 * will enter the inbox, which is after the end of the stream if reading was suspended. The channel
 * itself stays open for output until the owner calls {@link #close}.
 *
 * <h2>Threads</h2>
 *
 * Fields without a comment belong to the event loop. Those that both use are volatile, atomic or
 * concurrent queues, with their writer named.
 */
final class StreamVconn<I> extends ChannelInboundHandlerAdapter implements Vconn<I> {
  private static final Logger log = LoggerFactory.getLogger(StreamVconn.class);

  private final String name;
  private final VersionSet allowed;
  private final MessageCodec<I, ?> codec;
  private final ChannelCounters counters;
  private final LogLimit logLimit;
  private final OutputBudget budget;

  /** Makes {@code main} look at this vconn again. Called on the event loop. */
  private final Runnable wakeup;

  private final int helloXid;

  /** Set by whoever opens the channel, before anything is read from it. */
  private volatile @Nullable Channel channel;

  /** Written by main. */
  private volatile boolean closed;

  /** Used by main alone. */
  private boolean evicted;

  /** Written by the event loop. */
  private volatile int version = -1;

  /** Written by the event loop, or by {@link #fail} where no channel came to be. */
  private volatile @Nullable CloseReason end;

  private @Nullable ByteBuf cumulation;

  /** Why no more bytes will come, while there may still be frames to be cut. */
  private @Nullable CloseReason inputEnd;

  /** Written by the event loop: it does not read because the inbox is full. */
  private volatile boolean suspended;

  /** Filled by the event loop, emptied by main; the two counts say what is in it. */
  private final Queue<Received<I>> inbox = new ConcurrentLinkedQueue<>();

  private final AtomicInteger inboxMessages = new AtomicInteger();
  private final AtomicLong inboxBytes = new AtomicLong();

  /** Filled by main, emptied by the event loop. */
  private final Queue<Outgoing> outbox = new ConcurrentLinkedQueue<>();

  /** Whether a task that empties the outbox is on its way. Set by main, cleared by the task. */
  private final AtomicBoolean drainScheduled = new AtomicBoolean();

  /** Added to by main, subtracted from by the event loop. */
  private final AtomicLong bytesQueued = new AtomicLong();

  /** Written by the event loop. */
  private volatile long lateSends;

  private boolean draining;

  StreamVconn(
      String name,
      VersionSet allowed,
      MessageCodec<I, ?> codec,
      ChannelCounters counters,
      LogLimit logLimit,
      OutputBudget budget,
      int helloXid,
      Runnable wakeup) {
    if (allowed.isEmpty()) {
      throw new IllegalArgumentException(name + ": no OpenFlow version is allowed");
    }
    this.name = name;
    this.allowed = allowed;
    this.codec = codec;
    this.counters = counters;
    this.logLimit = logLimit;
    this.budget = budget;
    this.helloXid = helloXid;
    this.wakeup = wakeup;
  }

  /** Messages with their encoded bytes, until the socket has them. */
  private record Outgoing(ByteBuf bytes, int size, int frames, MessageCounter counter) {}

  // ---- What main calls.

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
    Received<I> received = inbox.poll();
    if (received == null) {
      return null;
    }
    counters.increment(ChannelCounter.MESSAGES_RECEIVED);
    int messages = inboxMessages.decrementAndGet();
    long bytes = inboxBytes.addAndGet(-received.frame().length());
    // The event loop sets 'suspended' before it looks at the counts again: one of the two sees the
    // other.
    if (suspended
        && messages <= ChannelLimits.INBOX_MESSAGES / 2
        && bytes <= ChannelLimits.INBOX_BYTES / 2) {
      execute(this::resume);
    }
    return received;
  }

  @Override
  public boolean send(ByteBuf bytes, int frames, MessageCounter counter) {
    var outgoing = new Outgoing(bytes, bytes.readableBytes(), frames, counter);
    counter.add(frames, outgoing.size());
    bytesQueued.addAndGet(outgoing.size());
    boolean room = budget.add(this, outgoing.size());
    outbox.add(outgoing);
    if (drainScheduled.compareAndSet(false, true)) {
      execute(this::drain);
    }
    return room;
  }

  @Override
  public long lateSends() {
    return lateSends;
  }

  @Override
  public boolean isWritable() {
    Channel ch = channel;
    return ch != null && ch.isActive() && ch.isWritable();
  }

  @Override
  public long bytesQueued() {
    return bytesQueued.get();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      execute(this::closeOnLoop);
    }
  }

  /**
   * Runs a task on the event loop, or here when there is none (any more), where nobody else touches
   * this.
   */
  private void execute(Runnable task) {
    Channel ch = channel;
    if (ch == null) {
      task.run();
      return;
    }
    try {
      ch.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      task.run();
    }
  }

  // ---- What the opener calls.

  /**
   * The channel on which this handler will be: known before it is connected, so that it can be
   * given up.
   */
  void attach(Channel ch) {
    channel = ch;
    if (closed) {
      ignore(ch.close());
    }
  }

  /** There will be no connection. */
  void fail(CloseReason why) {
    Channel ch = channel;
    if (ch == null || ch.eventLoop().inEventLoop()) {
      endInput(why);
    } else {
      ch.eventLoop().execute(() -> endInput(why));
    }
  }

  boolean isEvicted() {
    return evicted;
  }

  /** Ends it, and drops what is queued. */
  void evict(CloseReason why) {
    evicted = true;
    execute(
        () -> {
          endNow(why);
          Channel ch = channel;
          if (ch != null) {
            ignore(ch.close());
          }
        });
  }

  boolean isClosed() {
    return closed;
  }

  // ---- Input, on the event loop.

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    Frame hello = Wire.encodeHello(allowed, helloXid);
    ignore(ctx.writeAndFlush(hello.toByteBuf()));
    ctx.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object in) {
    ByteBuf bytes = (ByteBuf) in;
    if (end != null || inputEnd != null || closed) {
      bytes.release();
      return;
    }
    ByteBuf before = cumulation == null ? Unpooled.EMPTY_BUFFER : cumulation;
    cumulation = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), before, bytes);
    cutFrames(ctx.channel());
    if (cumulation != null && cumulation.readableBytes() > ChannelLimits.BACKLOG_BYTES) {
      counters.increment(ChannelCounter.BACKLOG_FULL);
      endNow(CloseReason.limit(ChannelCounter.BACKLOG_FULL));
      ignore(ctx.close());
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      endInput(CloseReason.closedByPeer());
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    endInput(CloseReason.closedByPeer());
    ctx.fireChannelInactive();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    wakeup.run();
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      endInput(CloseReason.of(cause));
    } else {
      endByBug(cause);
    }
    ignore(ctx.close());
  }

  private void endByBug(Throwable cause) {
    if (end == null) {
      counters.increment(ChannelCounter.INTERNAL_ERRORS);
      log.error("{}: closing the connection after an unexpected exception", name, cause);
      endNow(new CloseReason(CloseReason.Kind.INTERNAL, "internal error: " + cause));
    }
  }

  private void cutFrames(Channel ch) {
    while (end == null && cumulation != null) {
      int readable = cumulation.readableBytes();
      if (readable < Frame.HEADER_LEN) {
        break;
      }
      int length = cumulation.getUnsignedShort(cumulation.readerIndex() + 2);
      if (length < Frame.HEADER_LEN) {
        counters.increment(ChannelCounter.FRAMING_ERRORS);
        endNow(CloseReason.protocol("received too-short ofp_header (" + length + " bytes)"));
        return;
      }
      if (readable < length) {
        break;
      }
      if (!inboxHasRoom() && !suspend(ch)) {
        return;
      }
      byte[] message = new byte[length];
      cumulation.readBytes(message);
      Frame frame = Frame.wrap(message);
      if (version < 0) {
        receiveHello(frame);
      } else {
        receive(frame);
      }
    }
    if (cumulation != null && !cumulation.isReadable()) {
      cumulation.release();
      cumulation = null;
    }
    CloseReason why = inputEnd;
    if (why != null && end == null) {
      if (cumulation != null) {
        counters.increment(ChannelCounter.FRAMING_ERRORS);
        why = CloseReason.protocol("connection dropped mid-packet");
      }
      endNow(why);
    }
  }

  private boolean inboxHasRoom() {
    return inboxMessages.get() < ChannelLimits.INBOX_MESSAGES
        && inboxBytes.get() < ChannelLimits.INBOX_BYTES;
  }

  /** Stops reading, unless main has made room in the meantime: then true. */
  private boolean suspend(Channel ch) {
    suspended = true;
    if (inboxHasRoom()) {
      suspended = false;
      return true;
    }
    counters.increment(ChannelCounter.INBOX_FULL);
    ch.config().setAutoRead(false);
    wakeup.run();
    return false;
  }

  private void resume() {
    Channel ch = channel;
    if (suspended && ch != null) {
      suspended = false;
      cutFrames(ch);
      if (!suspended) {
        ch.config().setAutoRead(true);
      }
    }
  }

  private void receiveHello(Frame frame) {
    if (frame.type() != Wire.HELLO || frame.version() == 0) {
      counters.increment(ChannelCounter.HELLO_MISSING);
      if (logLimit.allows()) {
        log.warn("{}: received message while expecting hello: {}", name, frame);
      }
      endNow(CloseReason.protocol("received message while expecting hello"));
      return;
    }
    Wire.Hello hello = Wire.decodeHello(frame);
    if (!hello.clean()) {
      counters.increment(ChannelCounter.HELLO_UNCLEAN);
      if (logLimit.allows()) {
        log.info("{}: unknown data in hello: {}", name, frame);
      }
    }
    VersionSet common = hello.versions().intersect(allowed);
    if (common.isEmpty()) {
      refuse(hello.versions());
      return;
    }
    version = common.newest();
    counters.increment(ChannelCounter.CONNECTIONS_MADE);
    wakeup.run();
  }

  private void refuse(VersionSet theirs) {
    counters.increment(ChannelCounter.HELLO_INCOMPATIBLE);
    if (logLimit.allows()) {
      log.warn(
          "{}: version negotiation failed (we support {}, peer supports {})",
          name,
          allowed.describe(),
          theirs.describe());
    }
    Channel ch = channel;
    if (ch != null) {
      ignore(ch.writeAndFlush(Wire.encodeHelloFailed(allowed, theirs).toByteBuf()));
    }
    endNow(CloseReason.protocol("no OpenFlow version in common"));
  }

  private void receive(Frame frame) {
    I message = null;
    if (!Wire.isSymmetric(frame) && frame.version() == version) {
      try {
        message = codec.decode(frame);
      } catch (RuntimeException | StackOverflowError bug) {
        endByBug(bug);
        return;
      }
    }
    inboxMessages.incrementAndGet();
    inboxBytes.addAndGet(frame.length());
    inbox.add(new Received<>(frame, message));
    wakeup.run();
  }

  /** No more bytes will come; frames that are still uncut go first. */
  private void endInput(CloseReason why) {
    if (end == null && inputEnd == null) {
      inputEnd = why;
      Channel ch = channel;
      if (suspended && ch != null) {
        return;
      }
      if (ch != null) {
        cutFrames(ch);
      } else {
        endNow(why);
      }
    }
  }

  private void endNow(CloseReason why) {
    if (end == null) {
      if (why.kind() == CloseReason.Kind.IO) {
        counters.increment(ChannelCounter.IO_ERRORS);
      }
      end = why;
      releaseCumulation();
      wakeup.run();
    }
  }

  private void releaseCumulation() {
    if (cumulation != null) {
      cumulation.release();
      cumulation = null;
    }
  }

  // ---- Output, on the event loop.

  private void drain() {
    drainScheduled.set(false);
    Channel ch = channel;
    draining = true;
    boolean written = false;
    for (Outgoing out = outbox.poll(); out != null; out = outbox.poll()) {
      if (ch == null || !ch.isActive()) {
        out.bytes().release();
        completed(out, false);
        continue;
      }
      Outgoing sent = out;
      ignore(ch.write(out.bytes()).addListener(f -> completed(sent, f.isSuccess())));
      written = true;
    }
    if (written && ch != null) {
      ch.flush();
    }
    draining = false;
  }

  private void completed(Outgoing out, boolean sent) {
    out.counter().subtract(out.frames(), out.size());
    bytesQueued.addAndGet(-out.size());
    budget.subtract(out.size());
    counters.add(
        sent ? ChannelCounter.MESSAGES_SENT : ChannelCounter.MESSAGES_DISCARDED, out.frames());
    if (!draining) {
      addLateSends(sent ? out.frames() : 0);
      wakeup.run();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // The event loop alone writes it.
  private void addLateSends(int n) {
    lateSends += n;
  }

  private void closeOnLoop() {
    drain();
    Channel ch = channel;
    endNow(CloseReason.local("closed"));
    releaseCumulation();
    if (ch != null) {
      ignore(ch.close());
    }
    inbox.clear();
    budget.forget(this);
  }

  /** For netty's futures whose failure is seen elsewhere: as a closed channel. */
  private static void ignore(ChannelFuture future) {
    assert future != null;
  }
}
