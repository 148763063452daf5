// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

/**
 * What a connection tells its owner, always on {@code main}, from within {@code doWork}. For each
 * connection it is {@code connected}, any number of {@code message}s, {@code disconnected}, and so
 * on.
 *
 * @param <I> a message that arrives
 * @param <O> a message to be sent
 */
public interface ConnectionListener<I, O> {
  void connected(OfConnection<O> connection, int version);

  /**
   * @param frame the message's bytes, for errors about it
   */
  void message(OfConnection<O> connection, I message, Frame frame);

  void disconnected(OfConnection<O> connection, CloseReason why);
}
