// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;

/**
 * What a classifier must do, said as plainly as possible: lists and loops. Two references in one:
 * the rule that OVS finds, ties included, and the bits that OVS 3.1 un-wildcards for it.
 */
final class LinearClassifier {
  /** Rules of one mask, in no order. */
  private static final class Table {
    final MiniMask mask;
    final List<TestRule> rules = new ArrayList<>();

    Table(MiniMask mask) {
      this.mask = mask;
    }

    int max() {
      return rules.stream().mapToInt(TestRule::priority).max().orElse(Integer.MIN_VALUE);
    }
  }

  private final List<Table> tables = new ArrayList<>();

  void put(TestRule rule) {
    Table t =
        tables.stream().filter(x -> x.mask.equals(rule.match().mask())).findAny().orElse(null);
    if (t == null) {
      t = new Table(rule.match().mask());
      tables.add(t);
    }
    t.rules.removeIf(r -> sameKey(r, rule));
    t.rules.add(rule);
    tables.sort(Comparator.comparing(Table::max).reversed());
  }

  void remove(TestRule rule) {
    tables.forEach(t -> t.rules.remove(rule));
    tables.removeIf(t -> t.rules.isEmpty());
    tables.sort(Comparator.comparing(Table::max).reversed());
  }

  static boolean sameKey(TestRule a, TestRule b) {
    return a.priority() == b.priority() && a.match().equals(b.match());
  }

  List<TestRule> all() {
    return select(r -> true);
  }

  List<TestRule> select(Predicate<TestRule> p) {
    return tables.stream().flatMap(t -> t.rules.stream()).filter(p).toList();
  }

  /** The best rule; of equally good ones that in the first subtable. */
  TestRule lookup(Flow flow) {
    TestRule best = null;
    for (Table t : tables) {
      for (TestRule r : t.rules) {
        if (r.match().matches(flow.words()) && (best == null || r.priority() > best.priority())) {
          best = r;
        }
      }
    }
    return best;
  }

  /**
   * What OVS 3.1's {@code classifier_lookup} un-wildcards; less in one case: OVS 489553b1c, which
   * Debian's 3.1.0 has, looks at all of the last stage even if the ports prove the miss, which is
   * correct without. Our layout has the connection tracking tuple in the first stage, OVS in the
   * third and fourth: not for tables that match it.
   *
   * @param proofs gets the bits of addresses by which a trie proves that a subtable misses. Of two
   *     such proofs OVS takes the one that costs nothing, because a subtable before has made it
   *     look at more than it makes us: then we take another.
   */
  FlowMask ovsMask(Flow flow, FlowMask proofs) {
    FlowMask wc = new FlowMask();
    int best = Integer.MIN_VALUE;
    for (Table t : tables) {
      if (t.max() <= best) {
        break;
      }
      best = Math.max(best, ovsSubtable(t, flow, wc, proofs));
    }
    return wc;
  }

  private int ovsSubtable(Table t, Flow flow, FlowMask wc, FlowMask proofs) {
    List<TestRule> left = t.rules;
    boolean last = false;
    for (int stage = 0; stage < FlowLayout.STAGES; stage++) {
      long[] bits = bitsOfStage(t.mask, stage);
      if (isEmpty(bits)) {
        continue;
      }
      last = isLast(t.mask, stage);
      if (stage == FlowLayout.STAGE_L3) {
        boolean dst = trieSkips(t, Field.IPV4_DST, flow, wc, proofs);
        // The second is asked for its proof alone if the first one skips.
        if (trieSkips(t, Field.IPV4_SRC, flow, dst ? new FlowMask() : wc, proofs) || dst) {
          return Integer.MIN_VALUE;
        }
      }
      left = left.stream().filter(r -> agrees(r.match(), flow, bits)).toList();
      if (left.isEmpty() && last) {
        long ports = bits[FlowLayout.TP] & -1L << 32;
        if (ports != 0) {
          int length = 64 - Long.numberOfTrailingZeros(ports);
          Set<Prefix> set = new HashSet<>();
          for (TestRule r : t.rules) {
            set.add(new Prefix(value(r.match(), FlowLayout.TP) & ports, length));
          }
          long value = flow.words()[FlowLayout.TP] & ports;
          if (!set.contains(new Prefix(value, length))) {
            wc.words()[FlowLayout.TP] |= ports & ones(lookedAt(set, value, 32));
            return Integer.MIN_VALUE;
          }
        }
      }
      or(wc.words(), bits);
      if (left.isEmpty()) {
        return Integer.MIN_VALUE;
      }
    }
    return left.stream().mapToInt(TestRule::priority).max().orElseThrow();
  }

  /** The first {@code length} bits of {@code bits}. */
  private record Prefix(long bits, int length) {}

  private boolean trieSkips(Table t, Field f, Flow flow, FlowMask wc, FlowMask proofs) {
    int plen = prefixLength(t.mask, f);
    if (plen == 0) {
      return false;
    }
    Set<Prefix> set = new HashSet<>();
    for (Table other : tables) {
      int n = prefixLength(other.mask, f);
      for (TestRule r : n == 0 ? List.<TestRule>of() : other.rules) {
        set.add(new Prefix(value(r.match(), f.word()) >>> f.shift() << 32 & ones(n), n));
      }
    }
    long value = flow.get(f) << 32;
    if (set.contains(new Prefix(value & ones(plen), plen))) {
      return false;
    }
    int bits = lookedAt(set, value, 32);
    long mask = ones(bits) >>> 32 << f.shift();
    proofs.words()[f.word()] |= ones(Math.min(bits, plen)) >>> 32 << f.shift();
    if (bits <= plen) {
      wc.words()[f.word()] |= mask;
      return true;
    }
    return (wc.words()[f.word()] & mask) == mask;
  }

  /** How many bits a walk down the trie of the set looks at. */
  private static int lookedAt(Set<Prefix> set, long value, int width) {
    int matched = 0;
    for (Prefix p : set) {
      matched = Math.max(matched, Math.min(p.length, Long.numberOfLeadingZeros(p.bits ^ value)));
    }
    for (Prefix p : set) {
      if (p.length > matched && Long.numberOfLeadingZeros(p.bits ^ value) >= matched) {
        return Math.min(matched + 1, width);
      }
    }
    return matched;
  }

  private static int prefixLength(MiniMask mask, Field f) {
    for (int i = 0; i < mask.size(); i++) {
      if (mask.wordAt(i) == f.word()) {
        long m = mask.maskAt(i) >>> f.shift() << 32;
        int n = Long.bitCount(m);
        return m == ones(n) ? n : 0;
      }
    }
    return 0;
  }

  private static long ones(int n) {
    return n == 0 ? 0 : -1L << (64 - n);
  }

  private static long value(Match m, int word) {
    long[] value = new long[FlowLayout.WORDS];
    m.expand(value, new long[FlowLayout.WORDS]);
    return value[word];
  }

  private static boolean agrees(Match m, Flow flow, long[] bits) {
    long[] value = new long[FlowLayout.WORDS];
    m.expand(value, new long[FlowLayout.WORDS]);
    for (int w = 0; w < value.length; w++) {
      if (((value[w] ^ flow.words()[w]) & bits[w]) != 0) {
        return false;
      }
    }
    return true;
  }

  private static long[] bitsOfStage(MiniMask mask, int stage) {
    long[] bits = new long[FlowLayout.WORDS];
    for (int i = 0; i < mask.size(); i++) {
      if (FlowLayout.stage(mask.wordAt(i)) == stage) {
        bits[mask.wordAt(i)] = mask.maskAt(i);
      }
    }
    return bits;
  }

  private static boolean isLast(MiniMask mask, int stage) {
    for (int i = 0; i < mask.size(); i++) {
      if (FlowLayout.stage(mask.wordAt(i)) > stage) {
        return false;
      }
    }
    return true;
  }

  private static boolean isEmpty(long[] bits) {
    for (long w : bits) {
      if (w != 0) {
        return false;
      }
    }
    return true;
  }

  private static void or(long[] into, long[] bits) {
    for (int w = 0; w < bits.length; w++) {
      into[w] |= bits[w];
    }
  }
}
