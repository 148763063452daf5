// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Packets, bytes and time of last use, as rules, tables and patch ports have them. Written by any
 * thread that credits what the datapath counted (handlers, revalidators, main), read by any; each
 * of the three is exact, the three together are not one snapshot.
 */
public final class Counter {
  private static final VarHandle PACKETS;
  private static final VarHandle BYTES;
  private static final VarHandle USED;

  static {
    try {
      MethodHandles.Lookup l = MethodHandles.lookup();
      PACKETS = l.findVarHandle(Counter.class, "packets", long.class);
      BYTES = l.findVarHandle(Counter.class, "bytes", long.class);
      USED = l.findVarHandle(Counter.class, "usedNs", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long packets;
  private volatile long bytes;
  private volatile long usedNs;

  /**
   * @param nowNs time of last use at creation, in {@code System.nanoTime()}'s clock
   */
  public Counter(long nowNs) {
    usedNs = nowNs;
  }

  /** Credits {@code p} packets of {@code b} bytes, the last of them at {@code atNs}. */
  public void add(long p, long b, long atNs) {
    PACKETS.getAndAdd(this, p);
    BYTES.getAndAdd(this, b);
    touch(atNs);
  }

  /** Moves the time of last use forward to {@code atNs}, never back. */
  public void touch(long atNs) {
    long u = usedNs;
    while (u - atNs < 0 && !USED.compareAndSet(this, u, atNs)) {
      u = usedNs;
    }
  }

  public long packets() {
    return packets;
  }

  public long bytes() {
    return bytes;
  }

  public long usedNs() {
    return usedNs;
  }
}
