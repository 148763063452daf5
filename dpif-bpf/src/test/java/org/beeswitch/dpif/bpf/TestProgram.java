// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActions;

/** Program {@code dp_test}: the parser and the actions, on a frame that goes nowhere. */
final class TestProgram implements AutoCloseable {
  /** BPF_PROG_TEST_RUN takes nothing shorter than an IPv6 header; the program cuts it. */
  private static final int PADDED = 64;

  // struct __sk_buff
  private static final int SK_BUFF_CB = 48;
  private static final int SK_BUFF_SIZE = 192;

  final BpfSystem system;
  private final int program;
  private final ActionTable actions;
  private final int room;

  TestProgram() throws Exception {
    system = BpfSystem.load();
    program = system.program("dp_test");
    actions = new ActionTable(ActionTable.slots(system.map("dp_actions")));
    room = actions.allocatePrivate();
  }

  /**
   * The key's words.
   *
   * @param tag tpid:16 tci:16 to be in metadata; 0: none
   */
  long[] key(byte[] frame, int tag) {
    byte[] out = run(frame, 0, tag);
    long[] words = new long[FlowLayout.ODP_WORDS];
    for (int k = 0; k < words.length; k++) {
      words[k] = Be.get64(out, 8 * k);
    }
    return words;
  }

  /** The frame as a list leaves it. */
  byte[] act(byte[] frame, int tag, OdpActions list) {
    Mem.publishLong(
        system.memory("dp_execs"), Abi.Exec.SIZE + Abi.Exec.ACTS, actions.overwrite(room, list));
    return run(frame, 1, tag);
  }

  private byte[] run(byte[] frame, int slot, int tag) {
    byte[] context = new byte[SK_BUFF_SIZE];
    ByteBuffer.wrap(context)
        .order(ByteOrder.nativeOrder())
        .putInt(SK_BUFF_CB, slot)
        .putInt(SK_BUFF_CB + 4, tag)
        .putInt(SK_BUFF_CB + 8, frame.length);
    byte[] padded = Arrays.copyOf(frame, Math.max(frame.length, PADDED));
    int[] error = new int[1];
    Bpf.TestRun run = Bpf.testRun(program, padded, context, 1, error);
    if (run == null || run.verdict < 0) {
      throw new AssertionError(
          "errno "
              + error[0]
              + " verdict "
              + (run == null ? "none" : run.verdict)
              + " of "
              + HexFormat.of().formatHex(frame));
    }
    return run.frame;
  }

  long counter(int counter) {
    return Mem.getLong(system.memory("dp_counters"), 8 * counter);
  }

  @Override
  public void close() {
    actions.unmap();
    system.close();
  }
}
