// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * What a hit costs: the time of the ingress program above that of an empty one, of packets that
 * rotate over flows and masks (BPF_PROG_TEST_RUN; nothing is sent). A program to run, not a test.
 */
public final class HitCost {
  private static final int RUNS = 1_000_000;
  private static final int ROUNDS = 5;
  private static final int LOOPBACK = 1; // where BPF_PROG_TEST_RUN's packets come in

  private HitCost() {}

  public static void main(String[] args) throws Exception {
    Path rundir = Files.createTempDirectory("bee-cost");
    try (BpfDpif dpif = BpfDpif.open(rundir, "dp_test")) {
      System.out.printf("%-28s %10s %8s %8s%n", "flows over masks", "ns", "misses", "put ns");
      measure(dpif, 1, 1, false);
      measure(dpif, 1_024, 1, false);
      measure(dpif, 1_024, 64, false);
      measure(dpif, 1_024, 64, true);
      measure(dpif, 8_192, 32, false);
      measure(dpif, 8_192, 32, true);
      measure(dpif, 16_384, 32, false);
      measure(dpif, 65_536, 32, false);
    } finally {
      Files.delete(rundir);
    }
  }

  private static void measure(BpfDpif dpif, int flows, int masks, boolean rewrite) {
    BpfSystem system = dpif.system();
    Mem.putLong(system.memory("dp_ifindexes"), LOOPBACK * Abi.Ifindex.SIZE, LOOPBACK | 1L << 32);
    Mem.putInt(system.memory("dp_ports"), 2 * Abi.Port.SIZE + Abi.Port.MAX_LEN, 1514);
    Mem.putInt(system.memory("dp_ports"), 2 * Abi.Port.SIZE, LOOPBACK);
    int[] ids = new int[flows];
    long begin = System.nanoTime();
    for (int i = 0; i < flows; i++) {
      ids[i] = put(dpif, i, i % masks, rewrite);
      if (ids[i] < 0) {
        throw new IllegalStateException("flow " + i + ": " + ids[i]);
      }
    }
    long putNs = (System.nanoTime() - begin) / flows;
    long empty = run(system, flows, true);
    long missesBefore = counter(system);
    long hit = run(system, flows, false);
    long misses = counter(system) - missesBefore;
    System.out.printf(
        "%-28s %10d %8d %8d%n",
        flows + " over " + masks + (rewrite ? ", set eth and ttl" : ""),
        hit - empty,
        misses,
        putNs);
    long packets = 0;
    FlowStats stats = new FlowStats();
    for (int id : ids) {
      dpif.flowStats(id, stats);
      packets += stats.packets;
      dpif.flowUnlink(id);
    }
    if (packets != (long) RUNS * ROUNDS) {
      throw new IllegalStateException(packets + " packets were counted");
    }
    dpif.quiesce();
    for (int id : ids) {
      dpif.flowRelease(id);
    }
  }

  private static long counter(BpfSystem system) {
    return Mem.getLong(system.memory("dp_counters"), 8 * Abi.Counter.CACHE_MISS);
  }

  /** in_port, eth_dst and type, some bits of eth_src that make the mask, NW, addresses, ports. */
  private static int put(BpfDpif dpif, int i, int mask, boolean rewrite) {
    OdpKey key = Lab.keyOf(Lab.udp(i), 1);
    OdpKey m =
        Lab.maskOf(FlowLayout.PORT_RECIRC, FlowLayout.ETH_DST_TYPE, FlowLayout.IPV4, FlowLayout.TP);
    m.words()[FlowLayout.ETH_SRC - FlowLayout.ODP] = (mask + 1L) << 16;
    m.words()[FlowLayout.NW - FlowLayout.ODP] = 0xff0000ffL << 32;
    OdpActions a = new OdpActions();
    if (rewrite) {
      a.set(FlowLayout.ETH_DST_TYPE - FlowLayout.ODP, 0x42L << 16, 0xffff_ffff_ffffL << 16);
      a.set(FlowLayout.ETH_SRC - FlowLayout.ODP, 0x43L << 16, 0xffff_ffff_ffffL << 16);
      a.set(FlowLayout.NW - FlowLayout.ODP, 63L << 40, 0xffL << 40);
    }
    a.output(2);
    return dpif.flowPut(key, m, a);
  }

  private static long run(BpfSystem system, int flows, boolean empty) {
    byte[] context = new byte[192];
    ByteBuffer.wrap(context)
        .order(ByteOrder.nativeOrder())
        .putInt(48, flows)
        .putInt(52, empty ? 1 : 0);
    long best = Long.MAX_VALUE;
    byte[] frame = Lab.udp(0);
    for (int i = 0; i < ROUNDS; i++) {
      int[] error = new int[1];
      Bpf.TestRun r = Bpf.testRun(system.program("dp_bench"), frame, context, RUNS, error);
      if (r == null) {
        throw new IllegalStateException("errno " + error[0]);
      }
      best = Math.min(best, r.nsPerRun);
    }
    return best;
  }
}
