// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of one daemon's channels, and the limit of what its peers can make it log. Written
 * and read by any thread.
 */
public final class ChannelCounters {
  private final ImmutableMap<ChannelCounter, LongAdder> adders;

  /** One for all connections, so that it cannot be got around by connecting again. */
  private final LogLimit badMessages;

  public ChannelCounters() {
    adders = Maps.toMap(EnumSet.allOf(ChannelCounter.class), counter -> new LongAdder());
    badMessages = LogLimit.forBadMessages(this);
  }

  LogLimit badMessages() {
    return badMessages;
  }

  public void increment(ChannelCounter counter) {
    add(counter, 1);
  }

  public void add(ChannelCounter counter, long n) {
    adder(counter).add(n);
  }

  public long get(ChannelCounter counter) {
    return adder(counter).sum();
  }

  private LongAdder adder(ChannelCounter counter) {
    return Objects.requireNonNull(adders.get(counter));
  }

  /** All of them, in their order. */
  public Map<ChannelCounter, Long> snapshot() {
    var values = new EnumMap<ChannelCounter, Long>(ChannelCounter.class);
    for (ChannelCounter counter : ChannelCounter.values()) {
      values.put(counter, get(counter));
    }
    return values;
  }
}
