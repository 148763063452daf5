// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;
import org.jspecify.annotations.Nullable;

/**
 * A mask, prepared for lookup: what all versions of a subtable share. Immutable.
 *
 * <p><em>Packed</em> indexes are those of {@link MiniMask#wordAt}. A <em>level</em> is a lookup
 * stage ({@link FlowLayout#stage}) in which the mask has ones; levels count from 0 without gaps. A
 * key is an array of packed words.
 */
final class Shape {
  final MiniMask mask;

  final int levels;

  /** Flow word of each packed word, as {@link MiniMask#wordAt}: the packed words by level. */
  private final int[] word;

  private final long[] bits;

  /** Packed words of level k are {@code [start[k], start[k + 1])}. */
  private final int[] start;

  /** Packed index in the order of levels to index in {@link MiniMask} and {@link Match}. */
  private final int[] matchIndex;

  /** Prefix length of the mask in each {@link PrefixField}; 0: the trie says nothing here. */
  private final int[] prefixLength = new int[PrefixField.COUNT];

  /** Level at which the field of each trie is. */
  private final int[] prefixLevel = new int[PrefixField.COUNT];

  /** Index in a {@link Match} of the first word of each trie's field. */
  private final int[] prefixIndex = new int[PrefixField.COUNT];

  /** Bit k: some trie is to be asked at level k. */
  private final int levelsWithTries;

  /** Ones of the transport ports, both, left-aligned; 0 if the mask has none. */
  final long portsMask;

  /** Bits of both ports up to the last that is masked. */
  final int portsLength;

  private final int portsIndex;

  /** Which bits of a hash count; all of them but in tests of collisions. */
  private final long hashBits;

  Shape(MiniMask mask, long hashBits) {
    this.mask = mask;
    this.hashBits = hashBits;
    int n = mask.size();
    this.word = new int[n];
    this.bits = new long[n];
    this.matchIndex = new int[n];
    int[] starts = new int[FlowLayout.STAGES + 1];
    int level = 0;
    int at = 0;
    int portsAt = -1;
    for (int stage = 0; stage < FlowLayout.STAGES; stage++) {
      int before = at;
      for (int i = 0; i < n; i++) {
        if (FlowLayout.stage(mask.wordAt(i)) == stage) {
          if (mask.wordAt(i) == FlowLayout.TP) {
            portsAt = i;
          }
          word[at] = mask.wordAt(i);
          bits[at] = mask.maskAt(i);
          matchIndex[at++] = i;
        }
      }
      if (at > before) {
        starts[++level] = at;
      }
    }
    this.levels = level;
    this.start = starts;
    this.portsIndex = portsAt;
    this.portsMask = portsAt < 0 ? 0 : mask.maskAt(portsAt) & PrefixField.prefix(32);
    this.portsLength = portsMask == 0 ? 0 : 64 - Long.numberOfTrailingZeros(portsMask);
    int withTries = 0;
    for (int t = 0; t < PrefixField.COUNT; t++) {
      PrefixField f = PrefixField.at(t);
      prefixLength[t] = f.prefixLength(mask);
      if (prefixLength[t] != 0) {
        for (int k = 0; k < levels; k++) {
          for (int i = start[k]; i < start[k + 1]; i++) {
            if (word[i] == f.word) {
              prefixLevel[t] = k;
              prefixIndex[t] = matchIndex[i];
              withTries |= 1 << k;
            }
          }
        }
      }
    }
    this.levelsWithTries = withTries;
  }

  /** Packs the flow's words of a level into {@code key} and returns their hash. */
  long gather(int level, long[] flow, long[] key) {
    long h = level;
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      long w = flow[word[i]] & bits[i];
      key[i] = w;
      h = mix(h, w);
    }
    return finish(h);
  }

  /** Packs a match that has this mask. */
  long[] pack(Match m) {
    long[] key = new long[matchIndex.length];
    for (int i = 0; i < key.length; i++) {
      key[i] = m.valueAt(matchIndex[i]);
    }
    return key;
  }

  /** Hash of a level's words in a packed key. */
  long hash(int level, long[] key) {
    long h = level;
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      h = mix(h, key[i]);
    }
    return finish(h);
  }

  /** Hash of a level's words in a match that has this mask. */
  long hash(int level, Match m) {
    long h = level;
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      h = mix(h, m.valueAt(matchIndex[i]));
    }
    return finish(h);
  }

  private static long mix(long h, long w) {
    return Long.rotateLeft((h ^ w) * 0x9E3779B97F4A7C15L, 31);
  }

  private long finish(long h) {
    h = (h ^ h >>> 33) * 0xC2B2AE3D27D4EB4FL;
    return (h ^ h >>> 29) & hashBits;
  }

  /** Whether the match agrees with a packed key in a level's words. */
  boolean sameAt(int level, Match m, long[] key) {
    return same(start[level], start[level + 1], m, key);
  }

  /** Whether the match agrees with a packed key in the words of this level and all later ones. */
  boolean sameFrom(int level, Match m, long[] key) {
    return same(start[level], key.length, m, key);
  }

  private boolean same(int from, int end, Match m, long[] key) {
    for (int i = from; i < end; i++) {
      if (m.valueAt(matchIndex[i]) != key[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the match agrees with a packed key in those of a level's bits that are in a mask. */
  boolean sameUnder(long[] packedMask, int level, Match m, long[] key) {
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      if ((m.valueAt(matchIndex[i]) & packedMask[i]) != key[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the match agrees with a flow in a level's words. */
  boolean flowMatchesAt(int level, Match m, long[] flow) {
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      if ((flow[word[i]] & bits[i]) != m.valueAt(matchIndex[i])) {
        return false;
      }
    }
    return true;
  }

  /** Packs the words of {@code full}, restricted to this mask. */
  long[] packMasked(long[] full) {
    long[] packed = new long[word.length];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = full[word[i]] & bits[i];
    }
    return packed;
  }

  /** Whether the packed mask has all the ones that this mask has in a level. */
  boolean coveredAt(int level, long[] packedMask) {
    for (int i = start[level], end = start[level + 1]; i < end; i++) {
      if (packedMask[i] != bits[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether this mask has all the ones of the other. */
  boolean includes(MiniMask other) {
    for (int j = 0, i = 0; j < other.size(); j++) {
      while (i < mask.size() && mask.wordAt(i) < other.wordAt(j)) {
        i++;
      }
      if (i == mask.size()
          || mask.wordAt(i) != other.wordAt(j)
          || (other.maskAt(j) & ~mask.maskAt(i)) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Marks the bits of the first {@code n} levels as looked at. */
  void unwildcardLevels(int n, long[] wc) {
    for (int i = 0, end = start[n]; i < end; i++) {
      wc[word[i]] |= bits[i];
    }
  }

  /**
   * Whether a trie proves that no match of this shape has the flow's prefix in a field of this
   * level. Then marks what the proof looked at, which is never more than the level would (OVS
   * {@code check_tries}).
   *
   * <p>The trie is that of all subtables, so its own proof may look at more bits than the mask has;
   * but then the bits under the mask are a proof as well. OVS uses only proofs that are short or
   * looked at already, so these are preferred. What is looked at already may be less than in OVS,
   * where the subtables before could be skipped for fewer bits: then the proof chosen here may be
   * one that OVS does without.
   */
  boolean missesInTries(
      int level, @Nullable PrefixTrie[] tries, long[] flow, long[] wc, LookupScratch scratch) {
    if ((levelsWithTries >>> level & 1) == 0) {
      return false;
    }
    int fallback = -1;
    for (int t = 0; t < PrefixField.COUNT; t++) {
      int length = prefixLength[t];
      if (length == 0 || prefixLevel[t] != level) {
        continue;
      }
      PrefixField f = PrefixField.at(t);
      PrefixTrie.Result found = scratch.tries[t];
      if ((scratch.triesSearched >>> t & 1) == 0) {
        PrefixTrie.lookup(tries[t], f.hi(flow[f.word]), f.lo(flow), f.width, found);
        scratch.triesSearched |= 1 << t;
      }
      if (!found.mayMatch(length)) {
        if (found.bits <= length) {
          f.orPrefix(wc, found.bits);
          return true;
        }
        if (f.hasPrefix(wc, length)) {
          return true;
        }
        fallback = fallback < 0 ? t : fallback;
      }
    }
    if (fallback < 0) {
      return false;
    }
    PrefixField.at(fallback).orPrefix(wc, prefixLength[fallback]);
    return true;
  }

  /** Adds a match to the tries, or removes it, in place. */
  void updateTries(@Nullable PrefixTrie[] tries, Match m, boolean add) {
    for (int t = 0; t < PrefixField.COUNT; t++) {
      int length = prefixLength[t];
      if (length != 0) {
        int i = prefixIndex[t];
        long hi = PrefixField.at(t).hi(m.valueAt(i));
        long lo = length > 64 ? m.valueAt(i + 1) : 0;
        tries[t] =
            add
                ? PrefixTrie.add(tries[t], hi, lo, length)
                : PrefixTrie.remove(tries[t], hi, lo, length);
      }
    }
  }

  /** Masked transport ports of a flow, left-aligned. */
  long ports(long[] flow) {
    return flow[FlowLayout.TP] & portsMask;
  }

  /** Marks those of the first {@code n} bits of the ports that the mask has. */
  void unwildcardPorts(int n, long[] wc) {
    wc[FlowLayout.TP] |= portsMask & PrefixField.prefix(n);
  }

  /** Masked transport ports of a match, left-aligned. */
  long ports(Match m) {
    return m.valueAt(portsIndex) & portsMask;
  }
}
