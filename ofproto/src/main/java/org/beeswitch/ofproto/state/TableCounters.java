// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Look-ups and matches of one table (OF 1.3.5, A.3.5.4); outlives the table's versions. Written by
 * any thread that credits what the datapath counted.
 */
public final class TableCounters {
  private final AtomicLong lookups = new AtomicLong();
  private final AtomicLong matches = new AtomicLong();

  public void add(long packets, boolean matched) {
    lookups.getAndAdd(packets);
    if (matched) {
      matches.getAndAdd(packets);
    }
  }

  public long lookups() {
    return lookups.get();
  }

  public long matches() {
    return matches.get();
  }
}
