// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One stream of OpenFlow messages, from the attempt to connect until its end: framing and version
 * negotiation are below it, reconnection and probes above it (OVS's vconn).
 *
 * <p>Called by {@code main}. The life is: not connected, connected (a version is negotiated), over.
 * It can be over without ever having been connected. A vconn that is over may still hold messages
 * that came before the end, and still sends, so that a peer that sends a request and then shuts its
 * side down gets its reply: the owner handles what {@link #poll} gives, and then closes. Whoever
 * has a vconn closes it, also when it is over.
 *
 * @param <I> a message that arrives
 */
public interface Vconn<I> {
  /**
   * A message that has arrived.
   *
   * @param message the frame decoded; null for what belongs to the connection (HELLO, ERROR, ECHO)
   *     and for a frame of another version than the negotiated one
   */
  record Received<I>(Frame frame, @Nullable I message) {}

  /** Opens vconns to targets; an attempt that cannot even begin gives a vconn that is over. */
  interface Opener<I> {
    Vconn<I> open(Target target);
  }

  /** The peer, for people. */
  String name();

  /** The negotiated version, -1 before. */
  int version();

  default boolean isConnected() {
    return version() >= 0;
  }

  /**
   * Why nothing more will arrive, null while something may. To be asked <em>before</em> {@link
   * #poll}: only a null from a poll after that means that all has been seen.
   */
  @Nullable CloseReason end();

  /** Whether {@link #poll} would give something. */
  boolean hasReceived();

  /** The next message, or null. */
  @Nullable Received<I> poll();

  /**
   * Queues whole frames. They are dropped, and counted as such, if the stream is already closed.
   *
   * @param bytes taken over, whatever the outcome
   * @param frames how many
   * @return false if the queue is over its limit, and the connection to be closed
   */
  boolean send(ByteBuf bytes, int frames, MessageCounter counter);

  /**
   * Messages that had to wait and were then taken by the socket, ever: a sign that the peer reads.
   */
  long lateSends();

  boolean isWritable();

  long bytesQueued();

  /** Closes at once; what the socket does not take now is dropped. May be called again. */
  void close();
}
