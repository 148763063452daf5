// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.MiniMask;

/**
 * The fields that every classifier keeps a {@link PrefixTrie} for, in the order in which they are
 * tried. The first two are OVS's {@code default_prefix_fields}; IPv6 has been added there after
 * 3.1.
 *
 * <p>A trie is about bits and not about fields: {@code arp_tpa} shares the bits of {@code nw_dst}
 * and so its trie.
 */
enum PrefixField {
  IPV4_DST(FlowLayout.IPV4, 0, 32),
  IPV4_SRC(FlowLayout.IPV4, 32, 32),
  IPV6_DST(FlowLayout.IPV6_DST, 0, 128),
  IPV6_SRC(FlowLayout.IPV6_SRC, 0, 128);

  static final int COUNT = 4;

  private static final PrefixField[] VALUES = values();

  /** Index of the first word in a flow; a field of 128 bits has the next one too. */
  final int word;

  /** Bits behind the field in its word. */
  private final int shift;

  final int width;

  PrefixField(int word, int shift, int width) {
    this.word = word;
    this.shift = shift;
    this.width = width;
  }

  static PrefixField at(int i) {
    return VALUES[i];
  }

  /** The field in its first word, left-aligned. */
  long hi(long firstWord) {
    return width == 32 ? firstWord >>> shift << 32 : firstWord;
  }

  /** The field's bits behind the first 64. */
  long lo(long[] words) {
    return width == 32 ? 0 : words[word + 1];
  }

  /** Length of the prefix that the mask asks for in this field; 0 if none, or not a prefix. */
  int prefixLength(MiniMask mask) {
    long first = 0;
    long second = 0;
    for (int i = 0; i < mask.size(); i++) {
      if (mask.wordAt(i) == word) {
        first = hi(mask.maskAt(i));
      } else if (width == 128 && mask.wordAt(i) == word + 1) {
        second = mask.maskAt(i);
      }
    }
    int n = Long.numberOfLeadingZeros(~first);
    if (n < 64) {
      return first == prefix(n) && second == 0 ? n : 0;
    }
    int m = Long.numberOfLeadingZeros(~second);
    return second == prefix(m) ? 64 + m : 0;
  }

  /** Whether the first {@code n} bits of the field are ones in {@code words}. */
  boolean hasPrefix(long[] words, int n) {
    long first = prefix(Math.min(n, 64));
    return (hi(words[word]) & first) == first
        && (n <= 64 || (words[word + 1] & prefix(n - 64)) == prefix(n - 64));
  }

  /** Sets the first {@code n} bits of the field in {@code words}. */
  void orPrefix(long[] words, int n) {
    long first = prefix(Math.min(n, 64));
    words[word] |= width == 32 ? first >>> 32 << shift : first;
    if (n > 64) {
      words[word + 1] |= prefix(n - 64);
    }
  }

  /** A word that begins with {@code n} ones, 0 to 64. */
  static long prefix(int n) {
    return n == 0 ? 0 : -1L << (64 - n);
  }
}
