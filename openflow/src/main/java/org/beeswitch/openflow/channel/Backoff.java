// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

/**
 * How long an {@link Rconn} waits between two attempts (OVS lib/rconn.c): 1 s after the first
 * failure, twice as long after each further one, up to a maximum. It starts anew when a connection
 * ends later than its back-off after it was begun; one that ends sooner counts as a failure, so
 * that a controller that accepts and throws out is not asked more and more often.
 */
final class Backoff {
  private static final long MIN_MS = 1000;
  private static final long NEVER = Long.MAX_VALUE;

  private long ms;

  /** When the current attempt or connection has lasted as long as its back-off. */
  private long deadlineMs;

  /** What became of the back-off at the end of an attempt or connection. */
  enum Change {
    STARTED_ANEW,
    DOUBLED,
    BECAME_LONGEST,
    STAYED_LONGEST
  }

  /** The wait before the next attempt. */
  long ms() {
    return ms;
  }

  /** How long an attempt may take. */
  long attemptMs() {
    return Math.max(MIN_MS, ms);
  }

  boolean isLongest(long maxMs) {
    return ms >= maxMs;
  }

  /** An attempt begins. */
  void begin(long nowMs) {
    deadlineMs = nowMs + ms;
  }

  /** The attempt took too long: it is a failure, though it has lasted as long as its back-off. */
  void attemptTimedOut() {
    deadlineMs = NEVER;
  }

  /** An attempt or connection has ended. */
  Change end(long nowMs, long maxMs) {
    Change change;
    if (nowMs >= deadlineMs) {
      ms = MIN_MS;
      change = Change.STARTED_ANEW;
    } else if (ms < maxMs / 2) {
      ms = Math.max(MIN_MS, 2 * ms);
      change = Change.DOUBLED;
    } else {
      change = isLongest(maxMs) ? Change.STAYED_LONGEST : Change.BECAME_LONGEST;
      ms = maxMs;
    }
    deadlineMs = nowMs + ms;
    return change;
  }

  /** The next attempt is not waited for. */
  void skip() {
    ms = 0;
  }

  /** Has a wait that goes on be no longer than a new maximum. */
  void shorten(long nowMs, long maxMs) {
    if (ms > maxMs) {
      ms = maxMs;
      deadlineMs = Math.min(deadlineMs, nowMs + maxMs);
    }
  }
}
