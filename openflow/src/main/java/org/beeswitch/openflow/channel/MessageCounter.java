// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many messages of one kind wait to be sent (OVS's rconn_packet_counter): packet-ins of a
 * connection, replies, flow monitor updates. Counted up by {@code main} when it sends, down by the
 * event loop when the socket has taken the message or the connection has ended.
 */
public final class MessageCounter {
  private final Runnable whenNone;
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  public MessageCounter() {
    this(() -> {});
  }

  /**
   * @param whenNone called, on the event loop, when none waits any more
   */
  public MessageCounter(Runnable whenNone) {
    this.whenNone = whenNone;
  }

  public int messages() {
    return messages.get();
  }

  public long bytes() {
    return bytes.get();
  }

  /** For a connection: so many more wait. */
  public void add(int nMessages, long nBytes) {
    messages.addAndGet(nMessages);
    bytes.addAndGet(nBytes);
  }

  /** For a connection: so many wait no more. */
  public void subtract(int nMessages, long nBytes) {
    bytes.addAndGet(-nBytes);
    if (messages.addAndGet(-nMessages) == 0) {
      whenNone.run();
    }
  }
}
