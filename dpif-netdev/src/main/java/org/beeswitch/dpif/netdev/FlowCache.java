// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.beeswitch.flow.FlowLayout.*;

import org.jspecify.annotations.Nullable;

/**
 * One thread's way from a packet to its flow without a walk over the masks (OVS's exact match
 * cache, {@code lib/dpif-netdev.c}), but keyed by a hash alone: the masked compare of the flow's
 * own key decides, so an entry can be stale or belong to another packet and never forwards wrongly.
 * It needs no invalidation for the same reason.
 *
 * <p>Belongs to the thread of its packet loop.
 */
final class FlowCache {
  /** Entries; a power of two. OVS has 8,192. */
  static final int ENTRIES = 8_192;

  private static final int WAYS = 2;

  private final @Nullable NetdevFlow[] entries = new @Nullable NetdevFlow[ENTRIES];
  private final long seed;

  FlowCache(long seed) {
    this.seed = seed;
  }

  /** Hash over what usually tells packets apart; words left out only make flows share an entry. */
  int hash(long[] words) {
    long h = Subtable.mix(seed, words[PORT_RECIRC]);
    h = Subtable.mix(h, words[ETH_DST_TYPE]);
    h = Subtable.mix(h, words[ETH_SRC]);
    h = Subtable.mix(h, words[VLANS]);
    h = Subtable.mix(h, words[IPV4]);
    h = Subtable.mix(h, words[TP] & 0xffffffff_00000000L);
    if (words[IPV6_DST] != 0) {
      h = Subtable.mix(h, words[IPV6_SRC]);
      h = Subtable.mix(h, words[IPV6_SRC + 1]);
      h = Subtable.mix(h, words[IPV6_DST]);
      h = Subtable.mix(h, words[IPV6_DST + 1]);
    }
    return Subtable.finish(h);
  }

  @Nullable NetdevFlow find(long[] words, int hash) {
    int at = hash & ENTRIES - 1;
    for (int i = 0; i < WAYS; i++) {
      NetdevFlow f = entries[at ^ i];
      if (f != null && f.matches(words)) {
        return f;
      }
    }
    return null;
  }

  /** The newest entry is first; the one before it moves to the second place. */
  void insert(int hash, NetdevFlow f) {
    int at = hash & ENTRIES - 1;
    entries[at ^ 1] = entries[at];
    entries[at] = f;
  }
}
