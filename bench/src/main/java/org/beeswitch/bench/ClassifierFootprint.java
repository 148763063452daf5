// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.bench;

import java.util.List;
import java.util.Random;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.classifier.ClassifierEditor;

/**
 * Prints what a table takes in memory, in bytes per rule: the rules with their matches, and what
 * the classifier adds to that. Measured as heap in use after collections, so run it alone:
 *
 * <pre>
 * java -Xmx2g -XX:+UseSerialGC -cp bench/target/bench-*.jar org.beeswitch.bench.ClassifierFootprint
 * </pre>
 */
public final class ClassifierFootprint {
  private ClassifierFootprint() {}

  public static void main(String[] args) {
    measure(1_000, 1); // classes
    System.out.println("rules, masks: bytes a rule itself, bytes a rule in the classifier, load");
    measure(100_000, 1);
    measure(100_000, 10);
    measure(100_000, 100);
    measure(1_000_000, 1);
    measure(1_000_000, 100);
  }

  private static void measure(int rules, int masks) {
    long before = used();
    List<BenchRule> table = BenchRule.table(rules, masks, new Random(1));
    long withRules = used();
    long start = System.nanoTime();
    ClassifierEditor<BenchRule> editor = Classifier.<BenchRule>empty().editor();
    for (BenchRule r : table) {
      editor.put(r);
    }
    Classifier<BenchRule> c = editor.build();
    long ms = (System.nanoTime() - start) / 1_000_000;
    editor = null;
    long withClassifier = used();
    System.out.printf(
        "%,9d, %3d: %6.1f %6.1f %,6d ms%n",
        c.size(),
        masks,
        (withRules - before) / (double) rules,
        (withClassifier - withRules) / (double) rules,
        ms);
    if (table.size() < c.size()) {
      throw new IllegalStateException("more rules than were put in"); // and both still reachable
    }
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime r = Runtime.getRuntime();
    return r.totalMemory() - r.freeMemory();
  }
}
