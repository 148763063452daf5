// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.util.function.LongSupplier;

/**
 * A token bucket for log lines that a peer can cause (OVS's vlog_rate_limit). Any thread may ask.
 *
 * <p>What is refused is counted, and not announced when lines flow again: the counter is there to
 * be looked at.
 */
final class LogLimit {
  private final long intervalNs;
  private final int burst;
  private final LongSupplier nanoClock;
  private final ChannelCounters counters;

  private int tokens;
  private long lastNs;

  /**
   * @param burst lines that may come at once, after silence
   */
  LogLimit(double perSecond, int burst, LongSupplier nanoClock, ChannelCounters counters) {
    this.intervalNs = (long) (1e9 / perSecond);
    this.burst = burst;
    this.nanoClock = nanoClock;
    this.counters = counters;
    this.tokens = burst;
    this.lastNs = nanoClock.getAsLong();
  }

  /** OVS's limit for what is always the peer's fault: 1 a minute, 5 at once. */
  static LogLimit forBadMessages(ChannelCounters counters) {
    return new LogLimit(1 / 60.0, 5, System::nanoTime, counters);
  }

  /** OVS's limit for what TLS says: who knows what can trigger it. 10 a minute, 25 at once. */
  static LogLimit forTls(ChannelCounters counters) {
    return new LogLimit(10 / 60.0, 25, System::nanoTime, counters);
  }

  synchronized boolean allows() {
    long earned = (nanoClock.getAsLong() - lastNs) / intervalNs;
    if (earned > 0) {
      tokens = (int) Math.min(burst, tokens + earned);
      lastNs += earned * intervalNs;
    }
    if (tokens > 0) {
      tokens--;
      return true;
    }
    counters.increment(ChannelCounter.LOG_LINES_SUPPRESSED);
    return false;
  }
}
