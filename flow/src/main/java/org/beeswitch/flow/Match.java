// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * What a rule matches: a mask and the value of its bits, sparse and immutable (OVS {@code
 * minimatch}). Canonical: value bits outside the mask are zero, so equal matches are equal objects.
 * A hundred thousand of these are kept: about 40 bytes and 8 a masked word.
 */
public final class Match {
  /** Matches every packet. */
  public static final Match ANY = new Match(MiniMask.EMPTY, new long[0]);

  private final MiniMask mask;
  private final long[] values;

  private Match(MiniMask mask, long[] values) {
    this.mask = mask;
    this.values = values;
  }

  /** The match of {@code value} under {@code mask}, both {@link FlowLayout#WORDS} words. */
  public static Match of(long[] value, long[] mask) {
    MiniMask m = MiniMask.of(mask);
    long[] packed = new long[m.size()];
    m.gather(value, packed);
    return m.size() == 0 ? ANY : new Match(m, packed);
  }

  public MiniMask mask() {
    return mask;
  }

  /** Value of the i-th word of {@link #mask()}. */
  public long valueAt(int i) {
    return values[i];
  }

  /** What is matched in a word of {@link FlowLayout}; bits that are not are zero. */
  public long word(int word) {
    for (int i = 0; i < mask.size(); i++) {
      if (mask.wordAt(i) == word) {
        return valueAt(i);
      }
    }
    return 0;
  }

  /**
   * Whether it is about Ethernet packets without saying that packet_type is 0: it has a field of
   * theirs and no other packet_type. Decoders leave packet_type 0 out of such a match, where OVS
   * puts it in ({@code match_add_ethernet_prereq}).
   */
  public boolean impliesEthernet() {
    if (isOfOtherType()) {
      return false;
    }
    for (int i = 0; i < mask.size(); i++) {
      if (FlowLayout.isEthernet(mask.wordAt(i))) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is about packets that are not Ethernet. */
  private boolean isOfOtherType() {
    return word(Field.PACKET_TYPE.word()) >>> Field.PACKET_TYPE.shift() != 0;
  }

  /**
   * Whether no packet is matched by both for what one of them {@linkplain #impliesEthernet
   * implies}.
   */
  public boolean isOfOtherTypeThan(Match o) {
    return isOfOtherType() && o.impliesEthernet() || o.isOfOtherType() && impliesEthernet();
  }

  /** Whether the flow with these {@link FlowLayout#WORDS} words is matched. */
  public boolean matches(long[] flow) {
    for (int i = 0; i < values.length; i++) {
      if ((flow[mask.wordAt(i)] & mask.maskAt(i)) != values[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether some packet is matched by both (OF 1.3.5, 6.4, OFPFF_CHECK_OVERLAP). */
  public boolean overlaps(Match o) {
    int i = 0;
    int j = 0;
    while (i < values.length && j < o.values.length) {
      int wi = mask.wordAt(i);
      int wj = o.mask.wordAt(j);
      if (wi < wj) {
        i++;
      } else if (wj < wi) {
        j++;
      } else {
        if (((values[i] ^ o.values[j]) & mask.maskAt(i) & o.mask.maskAt(j)) != 0) {
          return false;
        }
        i++;
        j++;
      }
    }
    return true;
  }

  /**
   * Whether every packet that this matches is matched by {@code wider} too (OF 1.3.5, 6.4:
   * non-strict modify and delete).
   */
  public boolean isWithin(Match wider) {
    for (int j = 0, i = 0; j < wider.values.length; j++) {
      int w = wider.mask.wordAt(j);
      while (i < values.length && mask.wordAt(i) < w) {
        i++;
      }
      if (i == values.length
          || mask.wordAt(i) != w
          || (wider.mask.maskAt(j) & ~mask.maskAt(i)) != 0
          || (values[i] & wider.mask.maskAt(j)) != wider.values[j]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Writes value and mask out in full: {@code value} and {@code maskOut} get {@link
   * FlowLayout#WORDS} words each.
   */
  public void expand(long[] value, long[] maskOut) {
    Arrays.fill(value, 0);
    Arrays.fill(maskOut, 0);
    for (int i = 0; i < values.length; i++) {
      value[mask.wordAt(i)] = values[i];
      maskOut[mask.wordAt(i)] = mask.maskAt(i);
    }
  }

  public Builder toBuilder() {
    Builder b = new Builder();
    expand(b.value.words(), b.mask.words());
    return b;
  }

  public static Builder builder() {
    return new Builder();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Match m && mask.equals(m.mask) && Arrays.equals(values, m.values);
  }

  @Override
  public int hashCode() {
    return 31 * mask.hashCode() + Arrays.hashCode(values);
  }

  /** For people who debug: value/mask of each word. {@code openflow} prints matches as OVS does. */
  @Override
  public String toString() {
    long[] value = new long[FlowLayout.WORDS];
    long[] maskWords = new long[FlowLayout.WORDS];
    expand(value, maskWords);
    return Flow.wordsToString(value) + "/" + Flow.wordsToString(maskWords);
  }

  /**
   * Builds a match field by field. Does not check prerequisites: decoders do, with the error that
   * their protocol wants.
   */
  public static final class Builder {
    private final Flow value = new Flow();
    private final FlowMask mask = new FlowMask();

    /** Forgets what was set. */
    public Builder clear() {
      Arrays.fill(value.words(), 0);
      Arrays.fill(mask.words(), 0);
      return this;
    }

    /** Matches the field exactly; not for wide fields. */
    public Builder exact(Field f, long v) {
      return masked(f, v, f.ones());
    }

    /**
     * Matches the field under a mask, both not shifted; not for wide fields. Bits that an earlier
     * call set and this mask leaves out stay as they are.
     */
    public Builder masked(Field f, long v, long m) {
      put(f.word(), (v & f.ones()) << f.shift(), (m & f.ones()) << f.shift());
      return this;
    }

    /** As {@link #masked(Field, long, long)} for a wide field. */
    public Builder masked(Field f, long vHi, long vLo, long mHi, long mLo) {
      put(f.word(), vHi, mHi);
      put(f.word() + 1, vLo, mLo);
      return this;
    }

    private void put(int w, long v, long m) {
      mask.words()[w] |= m;
      value.words()[w] = value.words()[w] & ~m | v & m;
    }

    public boolean has(Field f) {
      return mask.looksAt(f);
    }

    /** Whether the prerequisite is satisfied by what was set so far. */
    public boolean satisfies(Prereq p) {
      return p.holds(value.words(), mask.words());
    }

    /** Value so far: {@link FlowLayout#WORDS} words, not a copy. */
    public long[] valueWords() {
      return value.words();
    }

    /** Mask so far: {@link FlowLayout#WORDS} words, not a copy. */
    public long[] maskWords() {
      return mask.words();
    }

    public Match build() {
      return Match.of(value.words(), mask.words());
    }
  }
}
