// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntConsumer;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.of13.MultipartEntries;
import org.beeswitch.openflow.codec.of13.Of13Encoder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Test;

/** Measured allocation: dumping rules makes none, reading a flow-mod little more than the rule. */
class AllocationTest {
  private static final int RUNS = 20_000;
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void dumpingARuleMakesNoGarbage() {
    MultipartEntries entries = new Of13Encoder().entries();
    ByteBuf out = Unpooled.buffer(4096);
    Match match = Samples.tcp();
    Instructions in = Samples.instructions().get(3);
    long bytes =
        perRun(
            i -> {
              out.clear();
              entries.flow(out, 1, match, i, 5, 1, 2, 3, 4, 0, 6, 7, in);
            });
    assertThat(bytes).isZero();
  }

  @Test
  void readingAFlowModKeepsGarbageSmall() {
    FlowMod fm =
        Samples.flowMod(
            FlowMod.Command.ADD,
            Samples.tcp(),
            Instructions.apply(List.of(new Action.Output(OfPort.of(1), 0))));
    ByteBuf frame = Unpooled.buffer();
    new OfEncoder().encode(new OfFrame(OfVersion.OF13, 1, fm), frame);
    OfDecoder decoder = new OfDecoder(Sender.CONTROLLER);
    long bytes = perRun(i -> decoder.decode(OfVersion.OF13, frame));
    System.out.println("reading a flow-mod allocates " + bytes + " bytes");
    assertThat(bytes).isLessThan(1500);
  }

  /** Bytes that one run allocates, after warm-up. */
  private long perRun(IntConsumer run) {
    long before = 0;
    for (int i = -RUNS; i < RUNS; i++) {
      if (i == 0) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      run.accept(i & 0xffff);
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / RUNS;
  }
}
