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
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  public int messages() {
    return messages.get();
  }

  public long bytes() {
    return bytes.get();
  }

  void add(int nMessages, long nBytes) {
    messages.addAndGet(nMessages);
    bytes.addAndGet(nBytes);
  }

  void subtract(int nMessages, long nBytes) {
    messages.addAndGet(-nMessages);
    bytes.addAndGet(-nBytes);
  }
}
