// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.List;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;

/**
 * What ports have outstanding in the rings of an earlier process, put right before anybody reads
 * them.
 *
 * <p>A process that dies between giving a port its bytes back and giving them back to the ring
 * leaves the port with too small an account, or too large a one; left so, a port's share would
 * shrink with each kill. What is right is in the rings. They are filled meanwhile: a look at them
 * first and at what was produced then finds too much by what is under way, never too little, so of
 * several looks the smallest difference is taken.
 */
final class UpcallShares {
  private static final int KINDS = UpcallKind.values().length;

  /** Of all ports and kinds. */
  static final int ACCOUNTS = Abi.PORTS * KINDS;

  private static final int LOOKS = 16;

  private UpcallShares() {}

  /** Place of a port's account of a kind among all. */
  static int index(int port, int kind) {
    return (port & Abi.PORTS - 1) * KINDS + Math.min(kind & 0xff, KINDS - 1);
  }

  /**
   * Makes {@code dp_port.consumed} of all ports such that what is outstanding is what is in the
   * rings. Returns how many accounts were wrong.
   */
  static int settle(ByteBuffer ports, List<HandlerRing> rings) {
    int[] excess = new int[ACCOUNTS];
    for (int look = 0; look < LOOKS; look++) {
      int[] there = new int[ACCOUNTS];
      rings.forEach(r -> r.addOutstanding(there));
      for (int port = 1; port < Abi.PORTS; port++) {
        for (int kind = 0; kind < KINDS; kind++) {
          int i = index(port, kind);
          int e = account(ports, port, kind) - there[i];
          excess[i] = look == 0 ? e : Math.min(excess[i], e);
        }
      }
    }
    int wrong = 0;
    for (int port = 1; port < Abi.PORTS; port++) {
      for (int kind = 0; kind < KINDS; kind++) {
        int e = excess[index(port, kind)];
        if (e != 0) {
          Mem.addInt(ports, port * Abi.Port.SIZE + Abi.Port.CONSUMED + 4 * kind, e);
          wrong++;
        }
      }
    }
    return wrong;
  }

  private static int account(ByteBuffer ports, int port, int kind) {
    int at = port * Abi.Port.SIZE + 4 * kind;
    return Mem.getInt(ports, at + Abi.Port.PRODUCED) - Mem.getInt(ports, at + Abi.Port.CONSUMED);
  }
}
