// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class MiniMaskCacheTest {
  @Property(tries = 200)
  void answersTheMaskItself(@ForAll long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    MiniMaskCache cache = new MiniMaskCache();
    long[] full = new long[FlowLayout.WORDS];
    for (int i = 0; i < 500; i++) {
      full[r.nextInt(FlowLayout.WORDS)] = r.nextBoolean() ? 0 : -1L << r.nextInt(3);
      assertThat(cache.of(full)).isSameAs(MiniMask.of(full));
    }
  }
}
