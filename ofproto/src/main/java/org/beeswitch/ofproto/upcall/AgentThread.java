// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one {@link Agent} until closed. An agent that dies of a bug takes the process with it, after
 * writing why.
 */
public final class AgentThread implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AgentThread.class);
  private static final long LONGEST_WAIT_NS = 100_000_000L;

  private final Agent agent;
  private final Thread thread;
  private volatile boolean closing;

  private AgentThread(Agent agent) {
    this.agent = agent;
    this.thread = new Thread(this::run, agent.roleName());
  }

  public static AgentThread start(Agent agent) {
    AgentThread t = new AgentThread(agent);
    t.thread.setDaemon(true);
    t.thread.start();
    return t;
  }

  @SuppressWarnings("CatchAndPrintStackTrace")
  private void run() {
    try {
      while (!closing) {
        if (agent.doWork(System.nanoTime()) == 0 && !closing) {
          agent.await(LONGEST_WAIT_NS);
        }
      }
    } catch (RuntimeException | Error e) {
      log.error("{} died; this is a bug, and the daemon ends", agent.roleName(), e);
      Runtime.getRuntime().halt(70);
    }
  }

  /** Ends the thread and waits for it. */
  @Override
  public void close() {
    closing = true;
    agent.wake();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
