// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory that messages take which peers have not read yet, of all connections together: {@link
 * ChannelLimits#OUTPUT_BYTES}. {@link ChannelLimits#REPLIES} bounds what one peer can have waiting
 * in requests and not in bytes, and a hundred peers that each ask for a large table and do not read
 * would end the daemon. Where it is used up, the connection with the most goes.
 *
 * <p>Added to by {@code main}, subtracted from by the event loop.
 */
final class OutputBudget {
  private final ChannelCounters counters;
  private final AtomicLong bytes = new AtomicLong();

  /** Connections that may have something queued. */
  private final Set<StreamVconn<?>> vconns = ConcurrentHashMap.newKeySet();

  OutputBudget(ChannelCounters counters) {
    this.counters = counters;
  }

  /**
   * Counts what {@code vconn} has queued.
   *
   * @return false if it has to be closed by who queued it
   */
  boolean add(StreamVconn<?> vconn, int size) {
    vconns.add(vconn);
    if (bytes.addAndGet(size) <= ChannelLimits.OUTPUT_BYTES) {
      return true;
    }
    // What those have that are on their way out does not count any more.
    long sum = 0;
    StreamVconn<?> largest = null;
    for (StreamVconn<?> v : vconns) {
      if (!v.isEvicted()) {
        sum += v.bytesQueued();
        largest = larger(largest, v);
      }
    }
    if (sum <= ChannelLimits.OUTPUT_BYTES || largest == null) {
      return true;
    }
    if (largest == vconn) {
      return false;
    }
    counters.increment(ChannelCounter.OUTPUT_FULL);
    largest.evict(CloseReason.limit(ChannelCounter.OUTPUT_FULL));
    return true;
  }

  private static StreamVconn<?> larger(@Nullable StreamVconn<?> a, StreamVconn<?> b) {
    return a == null || b.bytesQueued() > a.bytesQueued() ? b : a;
  }

  void subtract(int size) {
    bytes.addAndGet(-size);
  }

  /** It will queue nothing more. */
  void forget(StreamVconn<?> vconn) {
    vconns.remove(vconn);
  }
}
