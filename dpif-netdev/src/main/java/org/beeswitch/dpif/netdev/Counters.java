// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.beeswitch.dpif.DropReason;

/** Totals of a datapath; written by every thread that forwards. */
final class Counters {
  final LongAdder hits = new LongAdder();
  final LongAdder cacheHits = new LongAdder();
  final LongAdder misses = new LongAdder();
  final LongAdder lost = new LongAdder();

  /** GSO packets segmented for a port that takes none. */
  final LongAdder segmented = new LongAdder();

  /** Checksums completed for a port that takes no partial ones. */
  final LongAdder csumCompleted = new LongAdder();

  private final AtomicLongArray drops = new AtomicLongArray(DropReason.MAX_CODE + 1);

  void drop(DropReason reason) {
    drops.getAndIncrement(reason.code());
  }

  void addTo(Map<String, Long> out) {
    out.put("flow_hit", hits.sum());
    out.put("flow_cache_hit", cacheHits.sum());
    out.put("flow_miss", misses.sum());
    out.put("gso_segmented", segmented.sum());
    out.put("csum_completed", csumCompleted.sum());
    for (DropReason r : DropReason.values()) {
      out.put(r.text(), drops.get(r.code()));
    }
  }
}
