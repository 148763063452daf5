// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.Map;

/**
 * How many megaflows there may be, and how long they may be idle (OVS {@code udpif->flow_limit}):
 * as many as a revalidator gets through in about a second.
 *
 * <p>Rounds that take longer lower the limit, quick ones raise it again, between {@link #MIN} and
 * {@link #MAX}. At the limit nothing is installed: packets are forwarded one by one. Where the
 * limit has fallen below what there is, megaflows go after a tenth of a second without packets;
 * where it has fallen to less than half of that, all go that a round comes to.
 *
 * <p>OVS begins with 10,000 and rises from there by 1,000 a round, being afraid of the cost of
 * dumping them from the kernel. Counters are memory here, so this begins at the top.
 *
 * <p>Guarded by {@link Udpif}'s lock.
 */
final class FlowLimit {
  /** OVS ofproto_flow_limit. */
  static final int MAX = 200_000;

  static final int MIN = 1_000;
  private static final int STEP = 1_000;

  /** OVS ofproto_max_idle. */
  static final long MAX_IDLE_NS = 10_000_000_000L;

  static final long MAX_IDLE_OVER_LIMIT_NS = 100_000_000L;

  private static final long MS = 1_000_000L;
  private static final long FAR_TOO_LONG_MS = 2_000;
  private static final long TOO_LONG_MS = 1_300;
  private static final long SHORT_MS = 1_000;

  private int limit = MAX;
  private long hit;
  private long grew;
  private long reduced;
  private long scaled;
  private long killed;

  /** Whether there may be one more; counts if not. */
  boolean mayInstall(int count) {
    if (count >= limit) {
      hit++;
      return false;
    }
    return true;
  }

  long maxIdleNs(int count) {
    return count > limit ? MAX_IDLE_OVER_LIMIT_NS : MAX_IDLE_NS;
  }

  /** Whether there are so many that one goes whether or not it is used; counts it. */
  boolean isEmergency(int count) {
    if (count > 2 * limit) {
      killed++;
      return true;
    }
    return false;
  }

  /** Takes note of how long a round took, and how many there were when it began. */
  void adapt(long durationNs, int flows) {
    long ms = Math.max(1, durationNs / MS);
    long next = limit;
    if (ms > FAR_TOO_LONG_MS) {
      next = limit / (ms / 1_000);
      scaled++;
    } else if (ms > TOO_LONG_MS) {
      next = limit * 3L / 4;
      reduced++;
    } else if (ms < SHORT_MS && limit < MAX && limit < flows * 1_000L / ms) {
      next += STEP;
      grew++;
    }
    limit = (int) Math.min(MAX, Math.max(MIN, next));
  }

  void addTo(Map<String, Long> coverage) {
    coverage.put("upcall_flow_limit", (long) limit);
    coverage.put("upcall_flow_limit_hit", hit);
    coverage.put("upcall_flow_limit_grew", grew);
    coverage.put("upcall_flow_limit_reduced", reduced);
    coverage.put("upcall_flow_limit_scaled", scaled);
    coverage.put("upcall_flow_limit_kill", killed);
  }
}
