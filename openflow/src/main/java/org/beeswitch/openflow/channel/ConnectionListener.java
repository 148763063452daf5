// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

/**
 * What a connection tells its owner, always on {@code main}, from within {@code doWork}. For each
 * connection it is {@code connected}, any number of {@code message}s, {@code disconnected}, and so
 * on.
 *
 * @param <M> a message
 */
public interface ConnectionListener<M> {
  void connected(OfConnection<M> connection, int version);

  /**
   * @param frame the message's bytes, for errors about it
   */
  void message(OfConnection<M> connection, M message, Frame frame);

  void disconnected(OfConnection<M> connection, CloseReason why);
}
