// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeedTest {
  @Test
  void theSameNameDrawsTheSameNumbers() {
    assertThat(Seed.random("a").nextLong()).isEqualTo(Seed.random("a").nextLong());
  }

  @Test
  void namesDrawDifferentNumbers() {
    assertThat(Seed.random("a").nextLong()).isNotEqualTo(Seed.random("b").nextLong());
  }
}
