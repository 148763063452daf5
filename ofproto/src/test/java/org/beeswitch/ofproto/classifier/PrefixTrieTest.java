// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PrefixTrieTest {
  /** The first {@code length} bits of (hi, lo), zeros behind. */
  private record Prefix(long hi, long lo, int length) {
    static Prefix of(long hi, long lo, int length) {
      return new Prefix(hi & ones(length), lo & ones(length - 64), length);
    }

    int common(long otherHi, long otherLo) {
      int n = Long.numberOfLeadingZeros(hi ^ otherHi);
      return n < 64 ? n : 64 + Long.numberOfLeadingZeros(lo ^ otherLo);
    }
  }

  private static long ones(int n) {
    return n <= 0 ? 0 : n >= 64 ? -1L : -1L << (64 - n);
  }

  private final PrefixTrie.Result result = new PrefixTrie.Result();

  /** Addresses that have long beginnings in common. */
  private static long address(Random random) {
    long a = random.nextBoolean() ? 0xaaaabbbbccccddddL : 0;
    return random.nextBoolean() ? a ^ 1L << random.nextInt(64) : a;
  }

  private static Prefix prefix(Random random) {
    return Prefix.of(address(random), address(random), 1 + random.nextInt(128));
  }

  @Property
  void tellsLengthsAndBitsAsASetOfPrefixesWould(@ForAll long seed) {
    Random random = new Random(seed);
    List<Prefix> prefixes = new ArrayList<>();
    PrefixTrie trie = null;
    for (int i = random.nextInt(60); i > 0; i--) {
      if (!prefixes.isEmpty() && random.nextInt(3) == 0) {
        Prefix p = prefixes.remove(random.nextInt(prefixes.size()));
        trie = PrefixTrie.remove(trie, p.hi, p.lo, p.length);
      } else {
        Prefix p =
            prefixes.isEmpty() || random.nextInt(4) > 0
                ? prefix(random)
                : prefixes.get(random.nextInt(prefixes.size()));
        prefixes.add(p);
        trie = PrefixTrie.add(trie, p.hi, p.lo, p.length);
      }
    }
    for (int i = 0; i < 10; i++) {
      long hi = address(random);
      long lo = address(random);
      PrefixTrie.lookup(trie, hi, lo, 128, result);
      int matched = 0;
      for (Prefix p : prefixes) {
        matched = Math.max(matched, Math.min(p.length, p.common(hi, lo)));
      }
      int deepest = matched;
      boolean more =
          prefixes.stream().anyMatch(p -> p.length > deepest && p.common(hi, lo) >= deepest);
      assertThat(result.bits).isEqualTo(more ? matched + 1 : matched);
      for (int length = 1; length <= 128; length++) {
        assertThat(result.mayMatch(length)).isEqualTo(prefixes.contains(Prefix.of(hi, lo, length)));
      }
    }
    for (Prefix p : prefixes) {
      trie = PrefixTrie.remove(trie, p.hi, p.lo, p.length);
    }
    assertThat(trie).isNull();
  }

  @Test
  void anEditLeavesTheTrieItWasMadeFrom() {
    PrefixTrie one = PrefixTrie.add(null, 0x0a00000000000000L, 0, 8);
    PrefixTrie two = PrefixTrie.add(one, 0x0a01000000000000L, 0, 16);
    PrefixTrie.lookup(one, 0x0a01000000000000L, 0, 32, result);
    assertThat(result.mayMatch(16)).isFalse();
    assertThat(result.bits).isEqualTo(8);
    PrefixTrie.lookup(two, 0x0a01000000000000L, 0, 32, result);
    assertThat(result.mayMatch(16)).isTrue();
    assertThat(result.bits).isEqualTo(16);
  }

  @Test
  void whatIsNotThereCannotBeRemoved() {
    PrefixTrie one = PrefixTrie.add(null, 0x0a00000000000000L, 0, 8);
    assertThatThrownBy(() -> PrefixTrie.remove(one, 0x0b00000000000000L, 0, 8))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> PrefixTrie.remove(one, 0x0a00000000000000L, 0, 9))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> PrefixTrie.remove(null, 0, 0, 1))
        .isInstanceOf(IllegalStateException.class);
  }
}
