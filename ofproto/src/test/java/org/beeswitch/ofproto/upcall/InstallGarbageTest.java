// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.beeswitch.dpif.netdev.NetdevDpif;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.junit.jupiter.api.Test;

/** Megaflows that come and go reuse what those before them had: they make next to no garbage. */
class InstallGarbageTest {
  private static final int FLOWS = 1_000;

  /**
   * What is made anew with the first megaflow of a mask, and tables that are rebuilt now and then;
   * without reuse it is 1,750.
   */
  private static final int BYTES = 400;

  @Test
  void megaflowsThatComeAndGoAllocateNextToNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (long seed = 1; seed <= 3; seed++) {
      RandomTables tables = new RandomTables(seed);
      Snapshot s = tables.snapshot();
      Flow[] flows = new Flow[FLOWS];
      for (int i = 0; i < FLOWS; i++) {
        byte[] frame = tables.frame();
        flows[i] = new Flow();
        FlowParser.parse(frame, 0, frame.length, flows[i], new Layers());
        flows[i].words()[FlowLayout.PORT_RECIRC] = (long) tables.port() << 32;
      }
      Xlate xlate = new Xlate(q -> q);
      try (NetdevDpif dpif = NetdevDpif.inMemory(() -> 0)) {
        Udpif udpif = new Udpif(dpif, ticket -> {});
        udpif.publish(s, java.util.List.of());
        long least = Long.MAX_VALUE;
        int installed = 0;
        for (int round = 0; round < 30; round++) {
          long before = threads.getCurrentThreadAllocatedBytes();
          for (Flow f : flows) {
            XlateOut x = xlate.translate(s, f);
            udpif.install(f, x, x.actions, 100, 0);
          }
          installed = udpif.flowCount();
          udpif.flush();
          udpif.bury();
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        System.out.printf("figure: %d bytes an install, seed %d%n", least / installed, seed);
        assertThat(installed).isPositive();
        assertThat(least / installed).as("bytes an install, seed %s", seed).isLessThan(BYTES);
      }
    }
  }
}
