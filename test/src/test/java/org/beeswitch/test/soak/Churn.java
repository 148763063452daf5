// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.test.controllers.Await;

/**
 * Things that go on at the same time, each on a thread of its own, until they are told to end. What
 * one of them throws is a failure of the test; it goes on all the same, so that a long run says
 * more than one thing.
 */
final class Churn {
  /** One bit of work, over and over. */
  interface Step {
    void run() throws Exception;
  }

  private static final int MAX_FAILURES = 20;

  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> counts = new TreeMap<>();
  private volatile boolean ending;

  /** Starts something, of which a step is taken every {@code pauseMs}. */
  void start(String name, int pauseMs, Step step) {
    AtomicLong count = new AtomicLong();
    counts.put(name, count);
    Thread t =
        new Thread(
            () -> {
              while (!ending && failures.size() < MAX_FAILURES) {
                try {
                  step.run();
                  count.incrementAndGet();
                  Thread.sleep(pauseMs);
                } catch (InterruptedException e) {
                  return;
                } catch (Exception | AssertionError e) {
                  if (!ending) {
                    failures.add(new AssertionError(name, e));
                  }
                }
              }
            },
            name);
    t.setDaemon(true);
    threads.add(t);
    t.start();
  }

  boolean hasFailed() {
    return !failures.isEmpty();
  }

  /** Ends all, and waits until they have; fails if one of them has failed. */
  Map<String, AtomicLong> stop() throws InterruptedException {
    ending = true;
    threads.forEach(Thread::interrupt);
    for (Thread t : threads) {
      t.join(2_000L * Await.PATIENCE_S);
      if (t.isAlive()) {
        failures.add(new AssertionError(t.getName() + " does not end"));
      }
    }
    if (!failures.isEmpty()) {
      AssertionError all = new AssertionError(failures.size() + " failures under churn");
      failures.forEach(all::addSuppressed);
      throw all;
    }
    return counts;
  }
}
