// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import static org.beeswitch.dpif.bpf.sys.RawProgram.insn;

import java.nio.ByteBuffer;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * Sends frames from within the kernel, some ten times as fast as a socket: an XDP program that
 * sends back what it is run on (BPF_PROG_TEST_RUN with live frames), each time with four other
 * random bytes at one place, so that every frame is of a new flow.
 *
 * <p>On a veth both ends need {@code ethtool -K ... gro on}. The calling thread is in the device's
 * network namespace.
 */
public final class LiveFrames implements AutoCloseable {
  private static final int PROG_TYPE_XDP = 6;
  private static final int TEST_XDP_LIVE_FRAMES = 2;
  private static final int BATCH = 64;

  private static final int XDP_DROP = 1;
  private static final int XDP_TX = 3;
  private static final int GET_PRANDOM_U32 = 7;

  private final int fd;

  /**
   * @param place of the random bytes in the frame
   */
  public LiveFrames(int place) {
    fd =
        RawProgram.load(
            PROG_TYPE_XDP,
            insn(0xbf, 6, 1, 0, 0), // r6 = r1
            insn(0x85, 0, 0, 0, GET_PRANDOM_U32),
            insn(0x61, 2, 6, 0, 0), // r2 = ctx->data
            insn(0x61, 3, 6, 4, 0), // r3 = ctx->data_end
            insn(0xbf, 4, 2, 0, 0),
            insn(0x07, 4, 0, 0, place + 4),
            insn(0x2d, 4, 3, 3, 0), // if r4 > r3 goto drop
            insn(0x63, 2, 0, place, 0), // *(u32 *)(r2 + place) = r0
            insn(0xb7, 0, 0, 0, XDP_TX),
            insn(0x95, 0, 0, 0, 0),
            insn(0xb7, 0, 0, 0, XDP_DROP), // drop:
            insn(0x95, 0, 0, 0, 0));
  }

  /** Sends {@code n} copies of a frame out of a device. */
  public void send(byte[] frame, int ifindex, int n) {
    NativeBuffer in = new NativeBuffer(frame.length);
    NativeBuffer md = new NativeBuffer(24);
    in.bytes().put(0, frame);
    md.bytes().putInt(4, frame.length); // struct xdp_md: data_end
    md.bytes().putInt(12, ifindex);
    NativeBuffer a = new NativeBuffer(128);
    ByteBuffer b = a.bytes();
    b.putInt(0, fd);
    b.putInt(8, frame.length);
    b.putLong(16, in.address());
    b.putInt(32, n);
    b.putInt(40, md.size());
    b.putLong(48, md.address());
    b.putInt(64, TEST_XDP_LIVE_FRAMES);
    b.putInt(72, BATCH);
    RawProgram.check(
        Bpf.call(Bpf.using(a, in, md), Bpf.SYS_BPF, Bpf.PROG_TEST_RUN, a.address(), 80, 0, 0, 0),
        "run");
  }

  @Override
  public void close() {
    Sys.close(fd);
  }
}
