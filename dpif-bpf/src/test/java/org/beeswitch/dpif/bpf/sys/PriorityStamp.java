// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

import static org.beeswitch.dpif.bpf.sys.RawProgram.insn;

import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * Makes visible what a qdisc would look at: writes the priority that the kernel has for a packet
 * over the first four bytes of its destination address, in host order, as it leaves a device.
 */
public final class PriorityStamp implements AutoCloseable {
  private static final int LINK_CREATE = 28;
  private static final int PROG_TYPE_SCHED_CLS = 3;
  private static final int TCX_EGRESS = 47;
  private static final int SKB_STORE_BYTES = 9;
  private static final int PRIORITY = 32; // in struct __sk_buff

  private final int program;
  private final int link;

  /** The calling thread is in the device's network namespace. */
  public PriorityStamp(int ifindex) {
    program =
        RawProgram.load(
            PROG_TYPE_SCHED_CLS,
            insn(0x61, 2, 1, PRIORITY, 0), // r2 = skb->priority
            insn(0x63, 10, 2, -4, 0), // on the stack
            insn(0xb7, 2, 0, 0, 0), // offset
            insn(0xbf, 3, 10, 0, 0),
            insn(0x07, 3, 0, 0, -4),
            insn(0xb7, 4, 0, 0, 4), // length
            insn(0xb7, 5, 0, 0, 0), // flags
            insn(0x85, 0, 0, 0, SKB_STORE_BYTES),
            insn(0xb7, 0, 0, 0, 0), // TC_ACT_OK
            insn(0x95, 0, 0, 0, 0));
    NativeBuffer a = new NativeBuffer(128);
    a.bytes().putInt(0, program);
    a.bytes().putInt(4, ifindex);
    a.bytes().putInt(8, TCX_EGRESS);
    link =
        RawProgram.check(
            Bpf.call(Bpf.using(a), Bpf.SYS_BPF, LINK_CREATE, a.address(), 48, 0, 0, 0), "attach");
  }

  @Override
  public void close() {
    Sys.close(link);
    Sys.close(program);
  }
}
