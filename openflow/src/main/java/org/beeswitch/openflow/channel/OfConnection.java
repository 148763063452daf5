// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;

/**
 * An OpenFlow connection as the switch sees it. Called by {@code main} alone.
 *
 * @param <O> a message to be sent
 */
public interface OfConnection<O> {
  /** For people and logs: {@code br0<->tcp:192.0.2.1:6653}. */
  String name();

  /** What was configured, or for an accepted connection the peer: {@code unix#3}. */
  String target();

  /** Whether a listener accepted it: no say in the fail mode, not reconnected. */
  boolean isService();

  boolean isConnected();

  /**
   * The negotiated wire version (4 is OpenFlow 1.3) of this or the last connection, -1 if there was
   * none.
   */
  int version();

  /**
   * Sends a reply. The peer is not read from while {@link ChannelLimits#REPLIES} of these are
   * unsent.
   */
  boolean send(O message);

  /**
   * Sends a message that no request has asked for, counted by {@code counter} until the socket has
   * taken it, so that the caller can limit them.
   *
   * @return false if there is no connection, and the message is gone
   */
  boolean send(O message, MessageCounter counter);

  /** Sends a frame as a reply. */
  boolean sendFrame(Frame frame);

  /**
   * Sends whole frames that are already encoded as a reply: the parts of a multipart reply, written
   * entry by entry.
   *
   * @param frames taken over, whatever the outcome
   */
  boolean sendFrames(ByteBuf frames);

  /** Whether the socket takes what is sent now, and nothing waits. */
  boolean isWritable();

  long bytesQueued();

  /**
   * Ends this connection; an active one is then made again. {@code disconnected} follows with the
   * next run.
   */
  void close(String why);
}
