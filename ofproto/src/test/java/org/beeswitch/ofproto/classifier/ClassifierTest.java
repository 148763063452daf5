// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.Match;
import org.junit.jupiter.api.Test;

class ClassifierTest {
  private final LookupScratch scratch = new LookupScratch();

  private static Match port(int port) {
    return Match.builder().exact(Field.IN_PORT, port).build();
  }

  private static Match destination(int ip) {
    return Match.builder()
        .exact(Field.ETH_TYPE, 0x0800)
        .exact(Field.IPV4_DST, ip & 0xffffffffL)
        .build();
  }

  @Test
  void anEmptyClassifierLooksAtNothing() {
    FlowMask wc = new FlowMask();
    assertThat(Classifier.<TestRule>empty().lookup(new Flow(), wc, scratch)).isNull();
    assertThat(wc).isEqualTo(new FlowMask());
  }

  @Test
  void prioritiesAreNotLimitedToThoseOfTheProtocol() {
    TestRule hidden = new TestRule(Match.ANY, 0xf00000, "fail-open");
    TestRule lowest = new TestRule(port(1), -5, "lowest");
    Classifier<TestRule> c = Classifier.<TestRule>empty().with(lowest).with(hidden);
    Flow flow = new Flow();
    flow.set(Field.IN_PORT, 1);
    assertThat(c.lookup(flow, null, scratch)).isSameAs(hidden);
    assertThat(c.without(hidden).lookup(flow, null, scratch)).isSameAs(lowest);
    TestRule reserved = new TestRule(port(1), Integer.MIN_VALUE, "reserved");
    assertThatThrownBy(() -> c.with(reserved)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSecondRuleOfEqualMatchAndPriorityReplacesOrIsRefused() {
    TestRule first = new TestRule(port(1), 7, "first");
    TestRule second = new TestRule(port(1), 7, "second");
    ClassifierEditor<TestRule> e = Classifier.<TestRule>empty().editor();
    e.insert(first);
    assertThatThrownBy(() -> e.insert(second))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("priority 7");
    assertThat(e.put(second)).isSameAs(first);
    assertThat(e.size()).isEqualTo(1);
    assertThat(e.build().find(port(1), 7)).isSameAs(second);
  }

  @Test
  void onlyTheVeryRuleCanBeRemoved() {
    TestRule first = new TestRule(port(1), 7, "first");
    ClassifierEditor<TestRule> e = Classifier.<TestRule>empty().with(first).editor();
    TestRule equal = new TestRule(port(1), 7, "equal");
    assertThatThrownBy(() -> e.remove(equal)).isInstanceOf(IllegalStateException.class);
    e.remove(first);
    assertThatThrownBy(() -> e.remove(first)).isInstanceOf(IllegalStateException.class);
    assertThat(e.build().isEmpty()).isTrue();
  }

  @Test
  void anEditorSeesItsOwnEditsAndItsStartDoesNot() {
    TestRule one = new TestRule(port(1), 7, "one");
    Classifier<TestRule> start = Classifier.<TestRule>empty().with(one);
    ClassifierEditor<TestRule> e = start.editor();
    TestRule two = new TestRule(destination(2), 7, "two");
    e.insert(two);
    assertThat(e.find(destination(2), 7)).isSameAs(two);
    assertThat(e.findOverlap(Match.ANY, 7)).isNotNull();
    assertThat(e.findOverlap(Match.ANY, 8)).isNull();
    List<TestRule> seen = new ArrayList<>();
    e.forEachWithin(Match.ANY, seen::add);
    assertThat(seen).containsExactlyInAnyOrder(one, two);
    assertThat(start.find(destination(2), 7)).isNull();
    assertThat(start.size()).isEqualTo(1);
  }

  @Test
  void anEditorGoesOnAfterBuildingWithoutChangingWhatItBuilt() {
    ClassifierEditor<TestRule> e = Classifier.<TestRule>empty().editor();
    for (int i = 0; i < 100; i++) {
      e.insert(new TestRule(destination(i), 7, "a" + i));
    }
    Classifier<TestRule> built = e.build();
    for (int i = 0; i < 100; i++) {
      e.put(new TestRule(destination(i), 7, "b" + i));
      e.insert(new TestRule(port(i), 9, "c" + i));
    }
    Classifier<TestRule> later = e.build();
    assertThat(built.size()).isEqualTo(100);
    assertThat(later.size()).isEqualTo(200);
    for (int i = 0; i < 100; i++) {
      assertThat(built.find(destination(i), 7)).hasToString("a" + i + "/7");
      assertThat(built.find(port(i), 9)).isNull();
      assertThat(later.find(destination(i), 7)).hasToString("b" + i + "/7");
    }
  }

  @Test
  void rulesAreListedSubtableBySubtableAndThereByAge() {
    ClassifierEditor<TestRule> e = Classifier.<TestRule>empty().editor();
    for (int i = 0; i < 5; i++) {
      e.insert(new TestRule(port(90 + i), 5 + i, "p" + i));
      e.insert(new TestRule(destination(90 + i), 10 - i, "q" + i));
    }
    // The highest of both is 10 and 9.
    assertThat(e.build().within(Match.ANY, Comparator.comparing(TestRule::toString)))
        .extracting(TestRule::toString)
        .containsExactly(
            "q0/10", "q1/9", "q2/8", "q3/7", "q4/6", "p0/5", "p1/6", "p2/7", "p3/8", "p4/9");
  }

  @Test
  void aLookupAllocatesNothing() {
    RandomTables tables = new RandomTables(5);
    ClassifierEditor<TestRule> e = Classifier.<TestRule>empty().editor();
    for (int i = 0; i < 500; i++) {
      e.put(tables.rule());
    }
    Classifier<TestRule> c = e.build();
    Flow[] flows = new Flow[50];
    for (int i = 0; i < flows.length; i++) {
      flows[i] = tables.flow();
    }
    FlowMask wc = new FlowMask();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    int found = 0;
    for (int round = 0; round < 10; round++) { // what classes loaded late allocate is not ours
      long before = threads.getCurrentThreadAllocatedBytes();
      for (Flow flow : flows) {
        wc.clear();
        found += c.lookup(flow, wc, scratch) == null ? 0 : 1;
        found += c.lookup(flow, null, scratch) == null ? 0 : 1;
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(found).isPositive();
    assertThat(least).isZero();
  }

  /**
   * Each version has all its rules from one round of the writer; a reader never sees two rounds.
   */
  @Test
  void readersSeeWholeVersionsWhileAWriterEdits() throws InterruptedException {
    int rounds = 1000;
    int rules = 20;
    AtomicReference<Classifier<TestRule>> current =
        new AtomicReference<>(round(Classifier.empty(), rules, 0));
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong lookups = new AtomicLong();
    AtomicReference<String> wrong = new AtomicReference<>();
    CountDownLatch started = new CountDownLatch(2);
    List<Thread> readers = new ArrayList<>();
    for (int t = 0; t < 2; t++) {
      Thread reader =
          new Thread(
              () -> {
                LookupScratch own = new LookupScratch();
                FlowMask wc = new FlowMask();
                Flow flow = new Flow();
                flow.set(Field.ETH_TYPE, 0x0800);
                started.countDown();
                do {
                  Classifier<TestRule> c = current.get();
                  int version = -1;
                  for (int i = 0; i < rules; i++) {
                    flow.set(Field.IPV4_DST, i);
                    TestRule r = c.lookup(flow, wc, own);
                    int seen = r == null ? -2 : r.priority();
                    version = i == 0 ? seen : version;
                    if (seen != version || version < 0) {
                      wrong.set("rule " + i + " is of round " + seen + " among " + version);
                    }
                  }
                  lookups.addAndGet(rules);
                } while (!done.get() && wrong.get() == null);
              });
      readers.add(reader);
      reader.start();
    }
    started.await();
    for (int round = 1; round <= rounds; round++) {
      current.set(round(current.get(), rules, round));
    }
    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(wrong.get()).isNull();
    assertThat(lookups.get()).isPositive();
    assertThat(current.get().size()).isEqualTo(rules);
  }

  /** All rules anew with the round as priority, the old ones gone. */
  private static Classifier<TestRule> round(Classifier<TestRule> from, int rules, int round) {
    ClassifierEditor<TestRule> e = from.editor();
    for (int i = 0; i < rules; i++) {
      TestRule old = e.find(destination(i), round - 1);
      if (old != null) {
        e.remove(old);
      }
      e.insert(new TestRule(destination(i), round, "r" + i));
    }
    return e.build();
  }
}
