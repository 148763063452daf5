// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.RandomPackets;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The law of the two parsers: every frame has one key. Compared bit by bit, as the frame is and
 * with its outermost tag in metadata, at every truncation.
 */
@Tag("system")
class KernelParserTest {
  private static final int FRAMES = 100_000;
  private static final int TRUNCATED_FRAMES = 300;
  private static final int SHORTEST = 14;

  /** BPF_PROG_TEST_RUN takes nothing shorter than an IPv6 header; the program cuts it. */
  private static final int PADDED = 64;

  private static final int SK_BUFF_CB = 12 * 4;
  private static final int SK_BUFF_SIZE = 192;

  private static BpfSystem system;
  private static int program;

  @BeforeAll
  static void load() throws Exception {
    Lab.assumeBpf();
    system = BpfSystem.load();
    program = system.program("dp_test");
  }

  @AfterAll
  static void unload() {
    if (system != null) {
      system.close();
    }
  }

  static long seed() {
    return Long.getLong("beeswitch.seed", 1);
  }

  @Test
  void bothParsersGiveOneKeyForRandomAndMutatedFrames() {
    RandomPackets random = new RandomPackets(seed());
    for (int i = 0; i < FRAMES; i++) {
      compare(random.next());
    }
  }

  @Test
  void bothParsersGiveOneKeyAtEveryTruncation() {
    RandomPackets random = new RandomPackets(seed() + 1);
    for (int i = 0; i < TRUNCATED_FRAMES; i++) {
      byte[] frame = random.structured();
      for (int n = SHORTEST; n < frame.length; n++) {
        compare(Arrays.copyOf(frame, n));
      }
    }
  }

  private static void compare(byte[] frame) {
    if (frame.length < SHORTEST || frame.length > 3500) {
      return;
    }
    long[] java = javaKey(frame);
    check(frame, java, kernelKey(frame, 0), "tag in the bytes");
    int tpid = Be.get16(frame, 12);
    if (EthType.isVlan(tpid) && frame.length >= SHORTEST + 4) {
      byte[] untagged = new byte[frame.length - 4];
      System.arraycopy(frame, 0, untagged, 0, 12);
      System.arraycopy(frame, 16, untagged, 12, untagged.length - 12);
      int tag = tpid << 16 | Be.get16(frame, 14);
      check(frame, java, kernelKey(untagged, tag), "tag in metadata");
    }
  }

  private static long[] javaKey(byte[] frame) {
    OdpKey key = Lab.keyOf(frame, 1);
    return key.words();
  }

  private static void check(byte[] frame, long[] java, long[] kernel, String how) {
    if (!Arrays.equals(java, kernel)) {
      StringBuilder diff = new StringBuilder();
      for (int k = 0; k < java.length; k++) {
        if (java[k] != kernel[k]) {
          diff.append(String.format("%nword %d: java %016x kernel %016x", k, java[k], kernel[k]));
        }
      }
      throw new AssertionError(how + ": " + HexFormat.of().formatHex(frame) + diff);
    }
  }

  private static long[] kernelKey(byte[] frame, int tag) {
    byte[] context = new byte[SK_BUFF_SIZE];
    ByteBuffer.wrap(context)
        .order(ByteOrder.nativeOrder())
        .putInt(SK_BUFF_CB + 4, tag)
        .putInt(SK_BUFF_CB + 8, frame.length);
    byte[] padded = Arrays.copyOf(frame, Math.max(frame.length, PADDED));
    int[] error = new int[1];
    Bpf.TestRun run = Bpf.testRun(program, padded, context, 1, error);
    assertThat(error[0]).as("%s tag %x", HexFormat.of().formatHex(frame), tag).isZero();
    assertThat(run.verdict).isZero();
    long[] words = new long[FlowLayout.ODP_WORDS];
    for (int k = 0; k < words.length; k++) {
      words[k] = Be.get64(run.frame, 8 * k);
    }
    return words;
  }
}
