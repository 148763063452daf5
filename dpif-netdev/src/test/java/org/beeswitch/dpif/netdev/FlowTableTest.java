// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.netdev.Errno;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Test;

class FlowTableTest {
  private static OdpKey key(long... words) {
    OdpKey k = new OdpKey();
    System.arraycopy(words, 0, k.words(), 0, words.length);
    return k;
  }

  private static long[] flow(OdpKey k) {
    long[] w = new long[FlowLayout.WORDS];
    System.arraycopy(k.words(), 0, w, FlowLayout.ODP, FlowLayout.ODP_WORDS);
    return w;
  }

  @Test
  void fullTableRefusesAndCounts() {
    FlowTable t = new FlowTable(3, 1);
    for (int i = 0; i < 3; i++) {
      assertThat(t.put(key(i), key(-1), new OdpActions())).isEqualTo(i);
    }
    assertThat(t.put(key(9), key(-1), new OdpActions())).isEqualTo(-Errno.ENOSPC);
    t.unlink(1);
    assertThat(t.put(key(9), key(-1), new OdpActions())).isEqualTo(-Errno.ENOSPC);
    assertThat(t.refused()).isEqualTo(2);
    t.release(1);
    assertThat(t.put(key(9), key(-1), new OdpActions())).isEqualTo(1);
  }

  @Test
  void moreMasksThanThereMayBeAreRefusedAndCounted() {
    FlowTable t = new FlowTable(2 * FlowTable.MAX_MASKS, 1);
    for (int i = 1; i <= FlowTable.MAX_MASKS; i++) {
      assertThat(t.put(key(i), key(i), new OdpActions())).isNotNegative();
    }
    assertThat(t.put(key(1 << 20), key(1 << 20), new OdpActions())).isEqualTo(-Errno.ENOSPC);
    assertThat(t.refused()).isEqualTo(1);
    int id = t.put(key(0), key(1), new OdpActions());
    assertThat(id).as("one of a mask that is there").isNotNegative();
    t.unlink(0);
    t.unlink(id);
    assertThat(t.put(key(1 << 20), key(1 << 20), new OdpActions())).isNotNegative();
  }

  @Test
  void maskWithoutFlowsIsForgotten() {
    FlowTable t = new FlowTable(10, 1);
    int a = t.put(key(1), key(-1), new OdpActions());
    t.put(key(0, 1), key(0, -1), new OdpActions());
    assertThat(t.masks()).isEqualTo(2);
    t.unlink(a);
    assertThat(t.masks()).isEqualTo(1);
  }

  @Test
  void flowOfTheEmptyMaskMatchesEverything() {
    FlowTable t = new FlowTable(10, 1);
    int id = t.put(key(5), key(), new OdpActions());
    assertThat(t.lookup(flow(key(1, 2, 3))).id).isEqualTo(id);
  }

  @Test
  void releaseOfAFlowInForceIsABug() {
    FlowTable t = new FlowTable(10, 1);
    int id = t.put(key(1), key(-1), new OdpActions());
    assertThatThrownBy(() -> t.release(id)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> t.stats(7, new FlowStats())).isInstanceOf(IllegalStateException.class);
  }

  /** Keys of three words in few values, so that masks collide, overlap and share subtables. */
  @Property(tries = 50)
  void findsWhatALinearScanFinds(@ForAll long seed) {
    Random random = new Random(seed);
    FlowTable t = new FlowTable(1_000, seed);
    FlowCache cache = new FlowCache(seed);
    Map<Integer, long[][]> model = new HashMap<>();
    long[] masks = {0, -1, 0xff, 0xff00};
    for (int i = 0; i < 500; i++) {
      OdpKey k = key(random.nextInt(4), random.nextInt(3) << 8, random.nextInt(3));
      OdpKey m = key(masks[random.nextInt(4)], masks[random.nextInt(4)], masks[random.nextInt(4)]);
      switch (random.nextInt(3)) {
        case 0 -> {
          boolean there =
              model.values().stream().anyMatch(e -> key(e[1]).equals(m) && covers(e, k.words()));
          int id = t.put(k, m, new OdpActions());
          assertThat(id == -Errno.EEXIST).isEqualTo(there);
          if (id >= 0) {
            model.put(id, new long[][] {k.words(), m.words()});
          }
        }
        case 1 -> {
          if (!model.isEmpty()) {
            int id = model.keySet().iterator().next();
            model.remove(id);
            t.unlink(id);
            t.release(id);
          }
        }
        default -> {
          if (random.nextInt(20) == 0) {
            t.sortByUse();
          }
        }
      }
      long[] packet = flow(k);
      int hash = cache.hash(packet);
      NetdevFlow f = t.lookup(packet);
      NetdevFlow cached = cache.find(packet, hash);
      long matching = model.values().stream().filter(e -> covers(e, k.words())).count();
      assertThat(f != null).isEqualTo(matching > 0);
      if (f != null) {
        assertThat(covers(model.get(f.id), k.words())).isTrue();
        cache.insert(hash, f);
      }
      if (cached != null) {
        assertThat(covers(model.get(cached.id), k.words())).isTrue();
      }
      assertThat(t.size()).isEqualTo(model.size());
    }
  }

  private static boolean covers(long[][] keyAndMask, long[] packet) {
    for (int i = 0; i < 3; i++) {
      if (((keyAndMask[0][i] ^ packet[i]) & keyAndMask[1][i]) != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void flowsComeAndGoWithoutGarbage() {
    FlowTable t = new FlowTable(100, 1);
    t.put(key(0), key(-1), new OdpActions()); // keeps the mask
    OdpKey k = key(0);
    OdpKey m = key(-1);
    OdpActions a = new OdpActions();
    a.output(1);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int i = 1; i < 40_000; i++) {
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      k.words()[0] = i;
      int id = t.put(k, m, a);
      t.unlink(id);
      t.release(id);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    // What is left is the subtable's array, rebuilt when removed flows have filled it.
    assertThat(allocated / 20_000.0).as("bytes a flow").isLessThan(40);
  }
}
