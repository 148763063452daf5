// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;

/**
 * The clock of {@code dp_flow.used}: jiffies, because reading any other clock costs a program as
 * much as the rest of a hit. A program, run by {@link #sample}, says what it is now; from then on
 * it is converted to {@link System#nanoTime}, a jiffy being the kernel's tick. Samples are taken
 * now and then, so that a clock that is being adjusted does not drift away.
 */
final class JiffyClock {
  /** Runs program {@code dp_clock}. */
  interface Reader {
    void run();
  }

  private record Sample(long jiffies, long nanoTime) {}

  private final ByteBuffer counters;
  private final Reader reader;
  private final long tickNs;
  private volatile Sample now;

  JiffyClock(ByteBuffer counters, Reader reader, long tickNs) {
    this.counters = counters;
    this.reader = reader;
    this.tickNs = tickNs;
    this.now = sampled();
  }

  /** Takes a new reference point. */
  void sample() {
    now = sampled();
  }

  private Sample sampled() {
    reader.run();
    return new Sample(Mem.getLong(counters, 8 * Abi.Counter.JIFFIES), System.nanoTime());
  }

  /** 0 stays 0: never. */
  long toNanoTime(long jiffies) {
    Sample s = now;
    // The sample was taken some way into its jiffy: without the step back this could be in the
    // future.
    return jiffies == 0 ? 0 : s.nanoTime() + (jiffies - s.jiffies() - 1) * tickNs;
  }
}
