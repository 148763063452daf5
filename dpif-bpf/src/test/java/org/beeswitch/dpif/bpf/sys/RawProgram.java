// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.NativeBuffer;

/** BPF programs of a test, too short for a compiler. */
final class RawProgram {
  private static final int PROG_LOAD = 5;

  private RawProgram() {}

  static long insn(int code, int dst, int src, int offset, int immediate) {
    return code | dst << 8 | src << 12 | (offset & 0xffffL) << 16 | (long) immediate << 32;
  }

  /** Returns the program's fd. */
  static int load(int type, long... program) {
    NativeBuffer insns = new NativeBuffer(8 * program.length);
    for (int i = 0; i < program.length; i++) {
      insns.bytes().putLong(8 * i, program[i]);
    }
    NativeBuffer license = Bpf.cString("Dual BSD/GPL");
    NativeBuffer a = new NativeBuffer(128);
    a.bytes().putInt(0, type);
    a.bytes().putInt(4, program.length);
    a.bytes().putLong(8, insns.address());
    a.bytes().putLong(16, license.address());
    return check(
        Bpf.call(Bpf.using(a, insns, license), Bpf.SYS_BPF, PROG_LOAD, a.address(), 72, 0, 0, 0),
        "load");
  }

  static int check(long r, String what) {
    if (r < 0) {
      throw new IllegalStateException(what + " a BPF program: " + Errno.text((int) -r));
    }
    return (int) r;
  }
}
