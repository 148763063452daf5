// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.bench;

import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.classifier.ClassifierEditor;
import org.beeswitch.ofproto.classifier.LookupScratch;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a table of 100,000 rules costs to search and to change; with {@code -prof gc}, the garbage.
 * Memory: {@link ClassifierFootprint}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ClassifierBench {
  private static final int FLOWS = 1 << 10;

  @Param({"1", "10", "100"})
  private int masks;

  @Param({"100000"})
  private int rules;

  private final LookupScratch scratch = new LookupScratch();
  private final FlowMask wc = new FlowMask();
  private List<BenchRule> table = List.of();
  private Flow[] flows = {};
  private Classifier<BenchRule> classifier = Classifier.empty();
  private int next;

  @Setup
  public void load() {
    Random random = new Random(1);
    table = BenchRule.table(rules, masks, random);
    flows = BenchRule.flows(table, FLOWS, random);
    classifier = loadAll();
  }

  private Classifier<BenchRule> loadAll() {
    ClassifierEditor<BenchRule> editor = Classifier.<BenchRule>empty().editor();
    for (BenchRule r : table) {
      editor.put(r);
    }
    return editor.build();
  }

  /** As translation does it: the bits looked at included. */
  @Benchmark
  public @Nullable BenchRule lookup() {
    next = next + 1 & FLOWS - 1;
    wc.clear();
    return classifier.lookup(flows[next], wc, scratch);
  }

  /** Two flow-mods, each published: a rule removed and put back. */
  @Benchmark
  public int removeAndAdd() {
    next = (next + 7919) % table.size();
    BenchRule r = table.get(next);
    BenchRule there = Objects.requireNonNull(classifier.find(r.match(), r.priority()));
    classifier = classifier.without(there);
    classifier = classifier.with(there);
    return classifier.size();
  }

  @Benchmark
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public Classifier<BenchRule> loadAsOneBatch() {
    return loadAll();
  }

  @Benchmark
  @OutputTimeUnit(TimeUnit.MILLISECONDS)
  public Classifier<BenchRule> loadOneByOne() {
    Classifier<BenchRule> c = Classifier.empty();
    for (BenchRule r : table) {
      c = c.with(r);
    }
    return c;
  }
}
