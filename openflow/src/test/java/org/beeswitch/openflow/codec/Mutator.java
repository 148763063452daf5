// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;

/** Breaks good messages in seeded ways, the length field mended so that they remain frames. */
public final class Mutator {
  private static final int[] INTERESTING = {
    0, 1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 24, 32, 0x7f, 0x80, 0xfe, 0xff, 0x0800, 0x86dd, 0x8000,
    0xff00, 0xfff8, 0xffff
  };

  private final Random random;
  private final List<byte[]> seeds = new ArrayList<>();

  public Mutator(long seed, List<OfMessage> messages) {
    this(new Random(seed), encode(messages));
  }

  /**
   * @param messages frames, which are not changed
   */
  public Mutator(Random random, List<byte[]> messages) {
    this.random = random;
    seeds.addAll(messages);
  }

  /** The messages as they are on the wire. */
  public static List<byte[]> encode(List<OfMessage> messages) {
    List<byte[]> all = new ArrayList<>();
    OfEncoder encoder = new OfEncoder();
    for (OfMessage m : messages) {
      ByteBuf b =
          encoder.encode(new OfFrame(OfVersion.OF13, 1, m), UnpooledByteBufAllocator.DEFAULT);
      byte[] bytes = new byte[b.readableBytes()];
      b.readBytes(bytes);
      b.release();
      all.add(bytes);
    }
    return all;
  }

  List<byte[]> seeds() {
    return seeds;
  }

  /** A broken message, at most twice as long as a good one. */
  public byte[] next() {
    byte[] b = seeds.get(random.nextInt(seeds.size())).clone();
    int n = 1 + random.nextInt(3);
    for (int i = 0; i < n; i++) {
      b = change(b);
    }
    return mend(b);
  }

  private byte[] change(byte[] b) {
    int at = random.nextInt(b.length);
    int after = b.length > 8 ? 8 + random.nextInt(b.length - 8) : at;
    switch (random.nextInt(9)) {
      case 0 -> b[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> b[after] = (byte) random.nextInt(256);
      case 2, 3 -> {
        int v = INTERESTING[random.nextInt(INTERESTING.length)];
        int p = after & ~1;
        if (p + 2 <= b.length) {
          b[p] = (byte) (v >> 8);
          b[p + 1] = (byte) v;
        }
      }
      case 4 -> b[after] += (byte) (random.nextBoolean() ? 1 : -1);
      case 5 -> { // lose some
        int step = random.nextBoolean() ? 8 : 1;
        return Arrays.copyOf(b, Math.max(8, b.length - step * (1 + random.nextInt(3))));
      }
      case 6 -> { // repeat some
        int len = Math.min(b.length - after, (1 + random.nextInt(4)) * 4);
        if (b.length < 2000 && len > 0) {
          byte[] r = Arrays.copyOf(b, b.length + len);
          System.arraycopy(b, after, r, after + len, b.length - after);
          return r;
        }
      }
      case 7 -> { // a number of the reserved range, of ports and groups and queues
        int p = after & ~3;
        if (p + 4 <= b.length) {
          Arrays.fill(b, p, p + 3, (byte) 0xff);
          b[p + 3] = (byte) random.nextInt(256);
        }
      }
      default -> { // take some from another message
        byte[] o = seeds.get(random.nextInt(seeds.size()));
        int len = Math.min(Math.min(o.length, b.length) - after, 4 + random.nextInt(20));
        if (len > 0) {
          System.arraycopy(o, after, b, after, len);
        }
      }
    }
    return b;
  }

  static byte[] mend(byte[] b) {
    b[2] = (byte) (b.length >> 8);
    b[3] = (byte) b.length;
    return b;
  }
}
