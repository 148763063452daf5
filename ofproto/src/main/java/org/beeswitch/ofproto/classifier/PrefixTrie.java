// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.jspecify.annotations.Nullable;

/**
 * A set of bit prefixes of at most 128 bits, each with the number of matches that have it: a
 * persistent, path-compressed binary tree (OVS {@code struct trie_node}). The empty set is null.
 *
 * <p>It answers two questions about an address at once: which prefix lengths may have rules for it,
 * and how many of its leading bits prove that. See {@link Classifier} for what that is good for.
 *
 * <p>Prefixes are passed as (hi, lo), left-aligned: the first bit is bit 63 of hi; bits behind the
 * length are ignored. A node's label has at most {@value #LABEL_BITS} bits, longer ones take a
 * chain of nodes. Without children a node takes 24 bytes, with children 32: at most 56 bytes per
 * distinct prefix up to 56 bits, which is why labels and their lengths share a word.
 */
class PrefixTrie {
  static final int LABEL_BITS = 56;

  /** Upper 56 bits: the label, left-aligned, zeros behind it. Lower 8 bits: its length. */
  private final long label;

  /** Matches that have exactly the prefix that ends here. */
  private final int count;

  private PrefixTrie(long label, int count) {
    this.label = label;
    this.count = count;
  }

  /** A node with one or two children; one only below a count, or to continue a long label. */
  private static final class Branch extends PrefixTrie {
    private final @Nullable PrefixTrie zero;
    private final @Nullable PrefixTrie one;

    private Branch(long label, int count, @Nullable PrefixTrie zero, @Nullable PrefixTrie one) {
      super(label, count);
      this.zero = zero;
      this.one = one;
    }

    @Override
    @Nullable PrefixTrie child(long bits) {
      return bits < 0 ? one : zero;
    }
  }

  /** What a lookup found; reused. Written by {@link #lookup}. */
  static final class Result {
    /** Leading bits that have been looked at. */
    int bits;

    private long lengthsHi;
    private long lengthsLo;

    /** Whether there may be matches for the address at prefix length {@code length}, 1 to 128. */
    boolean mayMatch(int length) {
      return length <= 64
          ? (lengthsHi >>> (length - 1) & 1) != 0
          : (lengthsLo >>> (length - 65) & 1) != 0;
    }

    private void add(int length) {
      if (length <= 64) {
        lengthsHi |= 1L << (length - 1);
      } else {
        lengthsLo |= 1L << (length - 65);
      }
    }
  }

  /** The child on the side of the first of {@code bits}, which is its sign. */
  @Nullable PrefixTrie child(long bits) {
    return null;
  }

  private int length() {
    return (int) label & 0xff;
  }

  /** Leading bits of {@code hi} that agree with the label, not counting any behind it. */
  private int equalBits(long hi) {
    return Math.min(length(), Long.numberOfLeadingZeros((label & ~0xffL) ^ hi));
  }

  /**
   * Looks an address of {@code width} bits up. Every address that agrees in the first {@code
   * result.bits} bits has the same result.
   */
  static void lookup(@Nullable PrefixTrie root, long hi, long lo, int width, Result result) {
    result.lengthsHi = 0;
    result.lengthsLo = 0;
    int matched = 0;
    PrefixTrie last = null;
    for (PrefixTrie node = root; node != null; ) {
      int n = node.length();
      int equal = node.equalBits(hi);
      matched += equal;
      if (equal < n) {
        result.bits = matched + 1; // with the bit that differs
        return;
      }
      if (node.count > 0) {
        result.add(matched);
      }
      if (matched >= width) {
        result.bits = width;
        return;
      }
      hi = shiftHi(hi, lo, n);
      lo <<= n;
      last = node;
      node = node.child(hi);
    }
    // At a node without children nothing longer exists, whatever comes next. Otherwise the next bit
    // was looked at: it says that the address is not on the side where there is a child.
    result.bits = last instanceof Branch ? matched + 1 : matched;
  }

  /** Returns the set with one more match at the prefix; {@code length} is 1 to 128. */
  static PrefixTrie add(@Nullable PrefixTrie node, long hi, long lo, int length) {
    if (node == null) {
      return path(hi, lo, length);
    }
    int n = node.length();
    int equal = Math.min(node.equalBits(hi), length);
    if (equal < n) {
      PrefixTrie below = node.relabelled(label(node.label << equal, n - equal));
      if (equal == length) {
        return branch(label(hi, equal), 1, below);
      }
      PrefixTrie added = path(shiftHi(hi, lo, equal), lo << equal, length - equal);
      return below.label < 0
          ? new Branch(label(hi, equal), 0, added, below)
          : new Branch(label(hi, equal), 0, below, added);
    }
    if (length == n) {
      return node.withCount(node.count + 1);
    }
    long restHi = shiftHi(hi, lo, n);
    return node.withChild(restHi, add(node.child(restHi), restHi, lo << n, length - n));
  }

  /** Returns the set with one match fewer at the prefix, which must be there. */
  static @Nullable PrefixTrie remove(@Nullable PrefixTrie node, long hi, long lo, int length) {
    if (node == null || node.equalBits(hi) < node.length() || length < node.length()) {
      throw new IllegalStateException("prefix to remove is not in the trie");
    }
    int n = node.length();
    if (length == n) {
      if (node.count == 0) {
        throw new IllegalStateException("prefix to remove is not in the trie");
      }
      return node.withCount(node.count - 1).pruned();
    }
    long restHi = shiftHi(hi, lo, n);
    PrefixTrie child = remove(node.child(restHi), restHi, lo << n, length - n);
    return node.withChild(restHi, child).pruned();
  }

  /** Without a node that nobody needs: of count 0 and with fewer than two children. */
  private @Nullable PrefixTrie pruned() {
    if (count > 0) {
      return this;
    }
    if (!(this instanceof Branch b)) {
      return null;
    }
    if (b.zero != null && b.one != null) {
      return this;
    }
    PrefixTrie only = b.zero != null ? b.zero : b.one;
    int n = length();
    if (only == null || n + only.length() > LABEL_BITS) {
      return this;
    }
    long joined = (label & ~0xffL) | (only.label & ~0xffL) >>> n;
    return only.relabelled(label(joined, n + only.length()));
  }

  private PrefixTrie relabelled(long newLabel) {
    return this instanceof Branch b
        ? new Branch(newLabel, count, b.zero, b.one)
        : new PrefixTrie(newLabel, count);
  }

  private PrefixTrie withCount(int newCount) {
    return this instanceof Branch b
        ? new Branch(label, newCount, b.zero, b.one)
        : new PrefixTrie(label, newCount);
  }

  private PrefixTrie withChild(long bits, @Nullable PrefixTrie child) {
    PrefixTrie zero = bits < 0 ? child(0) : child;
    PrefixTrie one = bits < 0 ? child : child(-1);
    return zero == null && one == null
        ? new PrefixTrie(label, count)
        : new Branch(label, count, zero, one);
  }

  private static PrefixTrie branch(long label, int count, PrefixTrie child) {
    return child.label < 0
        ? new Branch(label, count, null, child)
        : new Branch(label, count, child, null);
  }

  /** The nodes for one prefix on its own. */
  private static PrefixTrie path(long hi, long lo, int length) {
    if (length <= LABEL_BITS) {
      return new PrefixTrie(label(hi, length), 1);
    }
    PrefixTrie rest = path(shiftHi(hi, lo, LABEL_BITS), lo << LABEL_BITS, length - LABEL_BITS);
    return branch(label(hi, LABEL_BITS), 0, rest);
  }

  private static long label(long bits, int length) {
    return length == 0 ? 0 : bits & -1L << (64 - length) | length;
  }

  /** Upper word of (hi, lo) shifted left by {@code n}, less than 64. */
  private static long shiftHi(long hi, long lo, int n) {
    return n == 0 ? hi : hi << n | lo >>> (64 - n);
  }
}
