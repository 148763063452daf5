// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.ofproto.state.Snapshot;
import org.junit.jupiter.api.Test;

/** Parsing and translation make no garbage after warm-up, whatever rules and packets say. */
class XlateGarbageTest {
  private static final int PACKETS = 500;

  /** A share of a byte a packet is left to the virtual machine's own doings. */
  @Test
  void parsingAndTranslatingAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (long seed = 1; seed <= 10; seed++) {
      RandomTables tables = new RandomTables(seed);
      Snapshot s = tables.snapshot();
      byte[][] frames = new byte[PACKETS][];
      int[] ports = new int[PACKETS];
      for (int i = 0; i < PACKETS; i++) {
        frames[i] = tables.frame();
        ports[i] = tables.port();
      }
      Xlate xlate = new Xlate(q -> q);
      Flow flow = new Flow();
      Layers layers = new Layers();
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < PACKETS; i++) {
          FlowParser.parse(frames[i], 0, frames[i].length, flow, layers);
          flow.words()[FlowLayout.PORT_RECIRC] = (long) ports[i] << 32;
          xlate.translate(s, flow);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).as("bytes for %s packets, seed %s", PACKETS, seed).isLessThan(PACKETS);
    }
  }
}
