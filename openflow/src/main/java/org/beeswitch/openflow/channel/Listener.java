// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket on which controllers and tools connect to us (OVS's pvconn). The event loop accepts and
 * starts the negotiation; {@code main} takes the vconns with {@link #accept}, and from then on they
 * are its own.
 *
 * @param <I> a message that arrives
 */
public final class Listener<I> implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  private final Target target;
  private final ChannelCounters counters;
  private final Runnable wakeup;
  private final Function<String, StreamVconn<I>> newVconn;

  /** Puts what belongs under a vconn into the pipeline before it. */
  private final BiConsumer<Channel, StreamVconn<I>> prepare;

  /**
   * Filled by the event loop, emptied by main; has at most {@link ChannelLimits#ACCEPTED} elements.
   */
  private final Queue<Vconn<I>> accepted = new ConcurrentLinkedQueue<>();

  /** Connections that are open, taken or not. Written by the event loop. */
  private final AtomicInteger open = new AtomicInteger();

  private @Nullable Channel channel;
  private @Nullable Path socket;

  Listener(
      Target target,
      ChannelCounters counters,
      Runnable wakeup,
      Function<String, StreamVconn<I>> newVconn,
      BiConsumer<Channel, StreamVconn<I>> prepare) {
    this.target = target;
    this.counters = counters;
    this.wakeup = wakeup;
    this.newVconn = newVconn;
    this.prepare = prepare;
  }

  void attach(Channel ch, @Nullable Path path) {
    channel = ch;
    socket = path;
  }

  /** On the event loop. */
  void accepted(Channel ch, String peerName) {
    if (open.get() >= ChannelLimits.ACCEPTED) {
      counters.increment(ChannelCounter.ACCEPTED_FULL);
      ChannelFuture closing = ch.close();
      assert closing != null;
      return;
    }
    open.incrementAndGet();
    ChannelFuture closed = ch.closeFuture().addListener(done -> open.decrementAndGet());
    assert closed != null;
    counters.increment(ChannelCounter.CONNECTIONS_ACCEPTED);
    StreamVconn<I> vconn = newVconn.apply(peerName);
    vconn.attach(ch);
    prepare.accept(ch, vconn);
    ch.pipeline().addLast(vconn);
    accepted.add(vconn);
    wakeup.run();
  }

  public Target target() {
    return target;
  }

  /**
   * The port listened on, which the system has chosen if the target says 0; -1 for a unix socket.
   */
  public int port() {
    return channel != null && channel.localAddress() instanceof InetSocketAddress local
        ? local.getPort()
        : -1;
  }

  /** A connection that came in, or null. */
  public @Nullable Vconn<I> accept() {
    return accepted.poll();
  }

  /** Stops listening, removes the socket file and closes connections that nobody has taken. */
  @Override
  public void close() {
    if (channel != null) {
      ChannelFuture closed = channel.close().awaitUninterruptibly();
      assert closed != null;
    }
    if (socket != null) {
      try {
        Files.deleteIfExists(socket);
      } catch (IOException e) {
        log.warn("{}: the socket cannot be removed: {}", target.text(), e.getMessage());
      }
      socket = null;
    }
    for (Vconn<I> vconn = accept(); vconn != null; vconn = accept()) {
      vconn.close();
    }
  }
}
