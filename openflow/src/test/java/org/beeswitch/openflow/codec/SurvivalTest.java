// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Test;

/**
 * No bytes make the decoder throw or read outside of the frame, and what it takes for good can be
 * written, and then read as the same.
 */
class SurvivalTest {
  private static final long SEED = Long.getLong("beeswitch.seed", 1);
  private static final int MUTATIONS = Integer.getInteger("beeswitch.mutations", 1_000_000);

  private final OfEncoder encoder = new OfEncoder();
  private final ByteBuf frame = Unpooled.buffer(OfHeader.MAX_LENGTH);
  private final ByteBuf again = Unpooled.buffer(OfHeader.MAX_LENGTH);
  private int good;
  private int bad;

  @Test
  void mutatedMessagesAreReadOrRefused() {
    List<OfMessage> all = new ArrayList<>(Samples.toSwitch());
    Mutator fromController = new Mutator(SEED, all);
    Mutator fromSwitch = new Mutator(SEED, Samples.toController());
    OfDecoder atSwitch = new OfDecoder(Sender.CONTROLLER);
    OfDecoder atController = new OfDecoder(Sender.SWITCH);
    for (int i = 0; i < MUTATIONS; i++) {
      if (i % 4 != 0) {
        check(atSwitch, fromController.next(), i % 16 == 1);
      } else {
        check(atController, fromSwitch.next(), i % 16 == 0);
      }
    }
    System.out.printf("seed %d: %d good, %d bad of %d%n", SEED, good, bad, MUTATIONS);
    assertThat(good).isGreaterThan(MUTATIONS / 50);
    assertThat(bad).isGreaterThan(MUTATIONS / 50);
  }

  @Test
  void everyTruncationIsReadOrRefused() {
    for (OfMessage m : Samples.toSwitch()) {
      byte[] whole = new Mutator(1, List.of(m)).seeds().get(0);
      for (int n = 8; n < whole.length; n++) {
        check(new OfDecoder(Sender.CONTROLLER), Mutator.mend(Arrays.copyOf(whole, n)), true);
      }
    }
  }

  /** openflowj throws at some port numbers that OVS takes. */
  @Test
  void everyReservedNumberIsReadOrRefused() {
    for (byte[] whole : Mutator.encode(Samples.toSwitch())) {
      for (int at = 8; at + 4 <= whole.length; at += 4) {
        for (int n = 0; n < 256; n += 1 + whole.length / 64) {
          byte[] m = whole.clone();
          ByteBuffer.wrap(m).putInt(at, 0xffffff00 | n);
          check(new OfDecoder(Sender.CONTROLLER), m, true);
        }
      }
    }
  }

  private void check(OfDecoder decoder, byte[] bytes, boolean rewrite) {
    frame.clear();
    frame.writeBytes(bytes); // what is beyond is left of longer ones, and must not matter
    Decoded d;
    try {
      d = decoder.decode(OfVersion.OF13, frame);
    } catch (RuntimeException e) {
      throw new AssertionError("decoding " + ByteBufUtil.hexDump(frame), e);
    }
    assertThat(frame.readerIndex()).isZero();
    if (d instanceof Decoded.Bad b) {
      bad++;
      if (rewrite) {
        assertThat(b.data().array()).isEqualTo(bytes);
      }
    } else {
      good++;
      if (rewrite) {
        rewrite(decoder, (Decoded.Good) d, bytes);
      }
    }
  }

  /** What was accepted is said again in our words and understood as the same. */
  private void rewrite(OfDecoder decoder, Decoded.Good g, byte[] bytes) {
    again.clear();
    encoder.encode(g.frame(), again);
    Decoded d = decoder.decode(OfVersion.OF13, again);
    assertThat(d)
        .as("%s, written %s", ByteBufUtil.hexDump(bytes), ByteBufUtil.hexDump(again))
        .isEqualTo(g);
  }
}
