// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import java.util.concurrent.Callable;

/** Waiting for what another process does: polled, with an end. */
public final class Await {
  /**
   * Longer than anything here takes on a busy machine, the back-off of 8 s included: there a daemon
   * may need 20 s to start.
   */
  public static final int PATIENCE_S = 60;

  private static final long POLL_MS = 20;

  private Await() {}

  /**
   * Returns as soon as the condition holds; fails, saying what was waited for, if it never does.
   */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    until(what, PATIENCE_S, condition);
  }

  public static void until(String what, int seconds, Callable<Boolean> condition) throws Exception {
    if (!holds(seconds, condition)) {
      throw new AssertionError("waited " + seconds + " s in vain: " + what);
    }
  }

  /** Whether the condition comes to hold: for who can say better what is wrong if it does not. */
  public static boolean holds(Callable<Boolean> condition) throws Exception {
    return holds(PATIENCE_S, condition);
  }

  private static boolean holds(int seconds, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.call()) {
      if (System.nanoTime() - end > 0) {
        return condition.call(); // whoever kept us from looking may have kept it from coming
      }
      Thread.sleep(POLL_MS);
    }
    return true;
  }
}
