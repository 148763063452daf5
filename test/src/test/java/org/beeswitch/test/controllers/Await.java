// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import java.util.concurrent.Callable;

/** Waiting for what another process does: polled, with an end. */
public final class Await {
  /** Longer than anything here takes on a busy machine, the back-off of 8 s included. */
  public static final int PATIENCE_S = 30;

  private static final long POLL_MS = 20;

  private Await() {}

  /**
   * Returns as soon as the condition holds; fails, saying what was waited for, if it never does.
   */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    until(what, PATIENCE_S, condition);
  }

  public static void until(String what, int seconds, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.call()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("waited " + seconds + " s in vain: " + what);
      }
      Thread.sleep(POLL_MS);
    }
  }
}
