// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.util.Arrays;
import java.util.HexFormat;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.RandomPackets;
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
  private static final int ETH_HEADER = 14;
  private static final int LONGEST = 3_500; // that BPF_PROG_TEST_RUN takes

  private static TestProgram program;

  @BeforeAll
  static void load() throws Exception {
    Lab.assumeBpf();
    program = new TestProgram();
  }

  @AfterAll
  static void unload() {
    if (program != null) {
      program.close();
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
      for (int n = ETH_HEADER; n < frame.length; n++) {
        compare(Arrays.copyOf(frame, n));
      }
    }
  }

  private static void compare(byte[] frame) {
    if (frame.length < ETH_HEADER || frame.length > LONGEST) {
      return;
    }
    long[] java = Lab.keyOf(frame, 1).words();
    check(frame, java, program.key(frame, 0), "tag in the bytes");
    int tpid = Be.get16(frame, 12);
    if (EthType.isVlan(tpid) && frame.length >= ETH_HEADER + 4) {
      byte[] untagged = new byte[frame.length - 4];
      System.arraycopy(frame, 0, untagged, 0, 12);
      System.arraycopy(frame, 16, untagged, 12, untagged.length - 12);
      int tag = tpid << 16 | Be.get16(frame, 14);
      check(frame, java, program.key(untagged, tag), "tag in metadata");
    }
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
}
