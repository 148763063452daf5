// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import java.util.function.LongSupplier;

/**
 * A clock for connections over real sockets in a test: however long the machine stands still
 * between two looks, no more than 10 ms have passed. So what times out is what nobody has answered
 * to, not what nobody has had the time to. Used by one thread.
 */
final class UnhurriedClock implements LongSupplier {
  private static final long MOST_NS = 10_000_000L;

  private long realNs = System.nanoTime();
  private long nowNs = realNs;

  @Override
  public long getAsLong() {
    long real = System.nanoTime();
    nowNs += Math.min(real - realNs, MOST_NS);
    realNs = real;
    return nowNs;
  }
}
