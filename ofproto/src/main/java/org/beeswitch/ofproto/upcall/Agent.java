// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

/**
 * What one thread does: bounded pieces of work that never wait. In the daemon each has a thread of
 * its own ({@link AgentThread}); a test calls {@link #doWork} itself, with a clock of its own.
 */
public interface Agent {
  /** Name of the thread, such as {@code handler-0}. */
  String roleName();

  /**
   * Does what there is to do now, up to a bound.
   *
   * @param nowNs in {@code System.nanoTime()}'s clock
   * @return how much was done; 0: nothing, so the thread may wait
   */
  int doWork(long nowNs);

  /** Waits on the agent's thread for something to do, {@code timeoutNs} at most. */
  void await(long timeoutNs);

  /** Ends a wait; any thread. */
  void wake();
}
