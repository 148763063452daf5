// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.Tap;
import org.beeswitch.netdev.sys.Sys;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * Execute: user space's way to send a packet through actions in the kernel.
 *
 * <p>A multi-queue tap with our program at its tc ingress. An executor is a queue of it and the
 * slot of the same number in map {@code dp_execs}: its thread writes the list and the metadata into
 * the slot and the frame into the queue, within which the program runs, on this thread, before the
 * call returns. So no lock, and the slot is free again. Offloads travel in the virtio header.
 *
 * <p>An executor is one thread's.
 */
final class Executors implements AutoCloseable {
  private static final int ETH_HEADER = 14;

  private final Tap tap;
  private final int linkFd;
  private final ByteBuffer slots;
  private final ActionTable actions;
  private final int[] room;
  private final AtomicLongArray refused = new AtomicLongArray(DropReason.MAX_CODE + 1);

  private Executors(Tap tap, int linkFd, ByteBuffer slots, ActionTable actions, int[] room) {
    this.tap = tap;
    this.linkFd = linkFd;
    this.slots = slots;
    this.actions = actions;
    this.room = room;
  }

  /**
   * @param actions where lists are written; only for private room
   */
  static Executors create(BpfSystem system, Links links, String device, int n, ActionTable actions)
      throws DpifException {
    if (n < 1 || n > Abi.EXECS) {
      throw new IllegalArgumentException("1 to " + Abi.EXECS + " executors, not " + n);
    }
    int[] room = new int[n];
    for (int i = 0; i < n; i++) {
      room[i] = actions.allocatePrivate();
      BpfSystem.check(room[i], "room for an executor's actions");
    }
    try {
      // At least two, or it is no multi-queue device.
      Tap tap = Tap.create(links, device, Math.max(2, n));
      try {
        links.disableIpv6(device);
        int fd = Bpf.attachIngress(system.program("dp_execute"), tap.ifindex());
        BpfSystem.check(fd, "attach to " + device);
        links.setUp(tap.ifindex(), true);
        return new Executors(tap, fd, system.memory("dp_execs"), actions, room);
      } catch (NetdevException | DpifException e) {
        tap.close();
        throw e;
      }
    } catch (NetdevException e) {
      throw new DpifException(e.errno(), "execute device " + e.getMessage(), e);
    }
  }

  int execute(int executor, Packet packet, OdpKey metadata, OdpActions list) {
    if (packet.length() < ETH_HEADER) {
      return drop(DropReason.RUNT, Errno.EINVAL);
    }
    if (packet.length() > Packet.MAX_LENGTH) {
      return drop(DropReason.TOO_LONG, Errno.EMSGSIZE);
    }
    long acts = actions.overwrite(room[executor], list);
    long[] w = metadata.words();
    int at = (executor + 1) * Abi.Exec.SIZE;
    word(at + Abi.Exec.PORT_RECIRC, w[FlowLayout.PORT_RECIRC - FlowLayout.ODP]);
    word(at + Abi.Exec.SKB, w[FlowLayout.SKB - FlowLayout.ODP]);
    word(at + Abi.Exec.TYPE_HASH, w[FlowLayout.TYPE_HASH - FlowLayout.ODP]);
    Mem.publishLong(slots, at + Abi.Exec.ACTS, acts);
    int r = tap.send(executor, packet);
    return r < 0 ? drop(DropReason.OUTPUT_TX, -r) : 0;
  }

  private void word(int at, long value) {
    Mem.putKeyWord(slots, at, value);
  }

  private int drop(DropReason reason, int errno) {
    refused.incrementAndGet(reason.code());
    return -errno;
  }

  /** Packets that did not reach the program. */
  long refused(DropReason reason) {
    return refused.get(reason.code());
  }

  int ifindex() {
    return tap.ifindex();
  }

  @Override
  public void close() {
    Sys.close(linkFd);
    tap.close();
  }
}
