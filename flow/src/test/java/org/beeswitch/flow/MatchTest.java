// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MatchTest {
  // A universe small enough to be tried out: six bits, in three words.
  private static final int[] WORD = {FlowLayout.REGS, FlowLayout.ETH_SRC, FlowLayout.TP};
  private static final int[] SHIFT = {63, 16, 32};
  private static final int UNIVERSE = 64;

  private static long[] flow(int bits) {
    long[] w = new long[FlowLayout.WORDS];
    for (int i = 0; i < 3; i++) {
      w[WORD[i]] |= (long) (bits >>> 2 * i & 1) << SHIFT[i];
      w[WORD[i]] |= (long) (bits >>> 2 * i + 1 & 1) << 1;
    }
    return w;
  }

  private static Match match(Random r) {
    return Match.of(flow(r.nextInt(UNIVERSE)), flow(r.nextInt(UNIVERSE)));
  }

  @Property
  void overlapsIfSomeFlowIsMatchedByBoth(@ForAll Random r) {
    Match a = match(r);
    Match b = match(r);
    boolean some = false;
    for (int i = 0; i < UNIVERSE; i++) {
      some |= a.matches(flow(i)) && b.matches(flow(i));
    }
    assertThat(a.overlaps(b)).isEqualTo(some);
    assertThat(b.overlaps(a)).isEqualTo(some);
  }

  @Property
  void isWithinIfEveryFlowOfItIsMatchedByTheOther(@ForAll Random r) {
    Match a = match(r);
    Match b = match(r);
    boolean every = true;
    for (int i = 0; i < UNIVERSE; i++) {
      every &= !a.matches(flow(i)) || b.matches(flow(i));
    }
    assertThat(a.isWithin(b)).isEqualTo(every);
  }

  @Property
  void equalMatchesAreMadeFromEqualBits(@ForAll Random r) {
    Match a = match(r);
    long[] value = new long[FlowLayout.WORDS];
    long[] mask = new long[FlowLayout.WORDS];
    a.expand(value, mask);
    assertThat(Match.of(value, mask)).isEqualTo(a);
    assertThat(Match.of(value, mask).mask()).isSameAs(a.mask());
    assertThat(a.toBuilder().build()).isEqualTo(a);
    assertThat(a.isWithin(Match.ANY)).isTrue();
    assertThat(a.isWithin(a)).isTrue();
  }

  @Test
  void valueBitsOutsideTheMaskDoNotCount() {
    assertThat(Match.builder().masked(Field.IPV4_SRC, 0x0a0000ffL, 0xffffff00L).build())
        .isEqualTo(Match.builder().masked(Field.IPV4_SRC, 0x0a000000L, 0xffffff00L).build());
  }

  @Test
  void aFieldThatIsMatchedTwiceHasTheSecondValue() {
    Match m = Match.builder().exact(Field.TCP_SRC, 0xff).exact(Field.TCP_SRC, 0x0f).build();
    assertThat(m).isEqualTo(Match.builder().exact(Field.TCP_SRC, 0x0f).build());
  }

  @Test
  void aMaskedBitTwiceKeepsTheBitsOfBoth() {
    Match m =
        Match.builder()
            .masked(Field.TCP_SRC, 0xff00, 0xff00)
            .masked(Field.TCP_SRC, 1, 0xff)
            .build();
    assertThat(m).isEqualTo(Match.builder().exact(Field.TCP_SRC, 0xff01).build());
  }
}
