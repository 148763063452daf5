// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.Match;

/** The laws of {@link Classifier}, on random tables against {@link LinearClassifier}. */
class ClassifierPropertyTest {
  private final LookupScratch scratch = new LookupScratch();

  /** The same edits made to a classifier one by one, and to the reference. */
  private static final class Pair {
    Classifier<TestRule> classifier;
    final LinearClassifier reference = new LinearClassifier();

    Pair(long hashBits) {
      classifier = Classifier.withHashBits(hashBits);
    }

    void put(TestRule r) {
      classifier = classifier.with(r);
      reference.put(r);
    }

    void remove(TestRule r) {
      classifier = classifier.without(r);
      reference.remove(r);
    }

    /** One random edit. */
    void edit(RandomTables tables) {
      List<TestRule> rules = reference.all();
      if (rules.isEmpty() || tables.random().nextInt(3) > 0) {
        put(tables.rule());
      } else if (tables.random().nextBoolean()) {
        put(tables.variant(rules));
      } else {
        remove(rules.get(tables.random().nextInt(rules.size())));
      }
    }
  }

  private static Pair randomPair(RandomTables tables) {
    // From a perfect hash to none at all.
    long[] hashBits = {-1L, -1L, 0x8000000000000021L, 1L << 60, 0};
    Pair p = new Pair(hashBits[tables.random().nextInt(hashBits.length)]);
    int edits = tables.random().nextInt(60);
    for (int i = 0; i < edits; i++) {
      p.edit(tables);
    }
    return p;
  }

  @Property
  void findsWhatALinearSearchFinds(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    for (int i = 0; i < 20; i++) {
      Flow flow = tables.flow();
      TestRule expected = p.reference.lookup(flow);
      assertThat(p.classifier.lookup(flow, null, scratch)).isSameAs(expected);
      assertThat(p.classifier.lookup(flow, new FlowMask(), scratch)).isSameAs(expected);
    }
  }

  @Property
  void flowsThatAgreeInTheBitsLookedAtHaveTheSameRule(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    for (int i = 0; i < 5; i++) {
      Flow flow = tables.flow();
      FlowMask wc = new FlowMask();
      TestRule found = p.classifier.lookup(flow, wc, scratch);
      List<Flow> others = new ArrayList<>(List.of(tables.flow(), tables.flow(), tables.flow()));
      for (TestRule r : p.reference.all()) {
        Flow inRule = tables.flow();
        long[] value = new long[FlowLayout.WORDS];
        long[] mask = new long[FlowLayout.WORDS];
        r.match().expand(value, mask);
        merge(inRule.words(), value, mask);
        others.add(inRule);
      }
      for (Flow other : others) {
        merge(other.words(), flow.words(), wc.words());
        assertThat(p.classifier.lookup(other, new FlowMask(), scratch)).isSameAs(found);
      }
    }
  }

  /** Writes the bits of {@code value} that are in {@code mask}. */
  private static void merge(long[] into, long[] value, long[] mask) {
    for (int w = 0; w < into.length; w++) {
      into[w] = into[w] & ~mask[w] | value[w] & mask[w];
    }
  }

  /** But for the proof of a miss: see {@link LinearClassifier#ovsMask}. */
  @Property
  void looksAtNoBitThatOvsLeavesAlone(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    for (int i = 0; i < 10; i++) {
      Flow flow = tables.flow();
      FlowMask wc = new FlowMask();
      p.classifier.lookup(flow, wc, scratch);
      FlowMask proofs = new FlowMask();
      FlowMask ovs = p.reference.ovsMask(flow, proofs);
      for (int w = 0; w < FlowLayout.WORDS; w++) {
        assertThat(wc.words()[w] & ~ovs.words()[w] & ~proofs.words()[w]).as("word " + w).isZero();
      }
    }
  }

  @Property
  void aMaskOnlyGrows(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    Flow flow = tables.flow();
    FlowMask fresh = new FlowMask();
    p.classifier.lookup(flow, fresh, scratch);
    FlowMask used = new FlowMask();
    for (int w = 0; w < FlowLayout.WORDS; w++) {
      used.words()[w] = tables.random().nextBoolean() ? tables.random().nextLong() : 0;
    }
    FlowMask before = new FlowMask();
    before.copyFrom(used);
    p.classifier.lookup(flow, used, scratch);
    for (int w = 0; w < FlowLayout.WORDS; w++) {
      assertThat(used.words()[w] & before.words()[w]).isEqualTo(before.words()[w]);
    }
  }

  @Property
  void anEditLeavesAllEarlierVersionsAsTheyWere(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    List<Classifier<TestRule>> versions = new ArrayList<>();
    List<Set<TestRule>> contents = new ArrayList<>();
    List<List<TestRule>> found = new ArrayList<>();
    List<Flow> flows = List.of(tables.flow(), tables.flow(), tables.flow(), tables.flow());
    Pair p = new Pair(-1L);
    for (int i = 0; i < 30; i++) {
      versions.add(p.classifier);
      contents.add(rules(p.classifier));
      found.add(lookups(p.classifier, flows));
      p.edit(tables);
    }
    for (int i = 0; i < versions.size(); i++) {
      assertThat(rules(versions.get(i))).isEqualTo(contents.get(i));
      assertThat(versions.get(i).size()).isEqualTo(contents.get(i).size());
      assertThat(lookups(versions.get(i), flows)).isEqualTo(found.get(i));
    }
  }

  private static Set<TestRule> rules(Classifier<TestRule> c) {
    Set<TestRule> all = new LinkedHashSet<>();
    c.forEach(all::add);
    return all;
  }

  private List<TestRule> lookups(Classifier<TestRule> c, List<Flow> flows) {
    List<TestRule> found = new ArrayList<>();
    for (Flow f : flows) {
      found.add(c.lookup(f, new FlowMask(), scratch));
    }
    return found;
  }

  @Property
  void aBatchGivesWhatItsEditsGiveOneByOne(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    Classifier<TestRule> start = p.classifier;
    ClassifierEditor<TestRule> editor = start.editor();
    Set<TestRule> startRules = rules(start);
    for (int i = 0; i < 40; i++) {
      TestRule r =
          startRules.isEmpty() || tables.random().nextBoolean()
              ? tables.rule()
              : tables.variant(List.copyOf(startRules));
      TestRule there = editor.find(r.match(), r.priority());
      if (there != null && tables.random().nextBoolean()) {
        editor.remove(there);
        p.remove(there);
      } else {
        assertThat(editor.put(r)).isSameAs(there);
        p.put(r);
      }
      if (tables.random().nextInt(5) == 0) {
        Set<TestRule> seen = new LinkedHashSet<>();
        editor.forEachWithin(Match.ANY, seen::add);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(p.reference.all());
      }
      if (tables.random().nextInt(10) == 0) {
        editor.build();
      }
    }
    Classifier<TestRule> built = editor.build();
    assertThat(built.size()).isEqualTo(p.classifier.size());
    assertThat(built.subtableCount()).isEqualTo(p.classifier.subtableCount());
    assertThat(rules(start)).isEqualTo(startRules);
    for (int i = 0; i < 10; i++) {
      Flow flow = tables.flow();
      FlowMask a = new FlowMask();
      FlowMask b = new FlowMask();
      assertThat(built.lookup(flow, a, scratch)).isSameAs(p.classifier.lookup(flow, b, scratch));
      assertThat(a).isEqualTo(b);
    }
  }

  @Property
  void queriesGiveWhatALinearSearchGives(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    for (int i = 0; i < 5; i++) {
      List<TestRule> all = p.reference.all();
      TestRule like =
          all.isEmpty() || tables.random().nextBoolean() ? tables.rule() : tables.variant(all);
      Match m = like.match();
      int priority = like.priority();

      TestRule exact = p.classifier.find(m, priority);
      assertThat(p.reference.select(r -> r.priority() == priority && r.match().equals(m)))
          .isEqualTo(exact == null ? List.of() : List.of(exact));

      List<TestRule> within = new ArrayList<>();
      p.classifier.forEachWithin(m, within::add);
      List<TestRule> expectedWithin = p.reference.select(r -> r.match().isWithin(m));
      assertThat(within).containsExactlyInAnyOrderElementsOf(expectedWithin);
      assertThat(p.classifier.within(m, Comparator.comparing(TestRule::toString)))
          .containsExactlyInAnyOrderElementsOf(expectedWithin);

      List<TestRule> overlapping = new ArrayList<>();
      p.classifier.forEachOverlap(m, overlapping::add);
      List<TestRule> expectedOverlaps = p.reference.select(r -> r.match().overlaps(m));
      assertThat(overlapping).containsExactlyInAnyOrderElementsOf(expectedOverlaps);

      List<TestRule> conflicting =
          expectedOverlaps.stream().filter(r -> r.priority() == priority).toList();
      TestRule conflict = p.classifier.findOverlap(m, priority);
      assertThat(conflict == null).isEqualTo(conflicting.isEmpty());
      if (conflict != null) {
        assertThat(conflicting).contains(conflict);
      }
      assertThat(p.classifier.editor().findOverlap(m, priority)).isSameAs(conflict);
    }
  }

  @Property
  void nothingIsLeftWhenAllRulesAreRemoved(@ForAll long seed) {
    RandomTables tables = new RandomTables(seed);
    Pair p = randomPair(tables);
    for (TestRule r : p.reference.all()) {
      p.remove(r);
    }
    assertThat(p.classifier.size()).isZero();
    assertThat(p.classifier.subtableCount()).isZero();
    assertThat(p.classifier.isBare()).isTrue();
    FlowMask wc = new FlowMask();
    assertThat(p.classifier.lookup(tables.flow(), wc, scratch)).isNull();
    assertThat(wc).isEqualTo(new FlowMask());
  }
}
