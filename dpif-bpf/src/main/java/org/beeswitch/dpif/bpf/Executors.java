// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;
import org.beeswitch.dpif.ActionExecutor;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.UpcallKind;
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
 * <p>A list that the kernel does not support runs in user space, and each of its outputs in the
 * kernel.
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
  private final UserSpace[] userSpace;
  private final AtomicLongArray refused = new AtomicLongArray(DropReason.MAX_CODE + 1);

  private Executors(Tap tap, int linkFd, ByteBuffer slots, ActionTable actions, int[] room) {
    this.tap = tap;
    this.linkFd = linkFd;
    this.slots = slots;
    this.actions = actions;
    this.room = room;
    this.userSpace = new UserSpace[room.length];
    for (int i = 0; i < room.length; i++) {
      userSpace[i] = new UserSpace(i);
    }
  }

  /** Runs what the kernel cannot here, and each of its outputs there. */
  private final class UserSpace implements ActionExecutor.Sink {
    private final int executor;
    private final ActionExecutor actions = new ActionExecutor();
    private final OdpActions one = new OdpActions();
    private final OdpKey changed = new OdpKey();

    UserSpace(int executor) {
      this.executor = executor;
    }

    void run(Packet packet, OdpKey metadata, OdpActions list) {
      changed.copyFrom(metadata);
      actions.run(packet, changed, list, this);
    }

    @Override
    public void output(int odpPortNo, Packet packet) {
      one.clear();
      one.output(odpPortNo);
      inKernel(executor, packet, changed, one);
    }

    @Override
    public void upcall(
        UpcallKind kind, Packet packet, OdpKey key, long cookie0, long cookie1, long cookie2) {
      one.clear();
      one.userspace(kind.code(), cookie0, cookie1, cookie2);
      inKernel(executor, packet, key, one);
    }

    @Override
    public void drop(DropReason reason, Packet packet) {
      refused.incrementAndGet(reason.code());
    }
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
    if (!KernelActions.supports(list)) {
      userSpace[executor].run(packet, metadata, list);
      return 0;
    }
    return inKernel(executor, packet, metadata, list);
  }

  private int inKernel(int executor, Packet packet, OdpKey metadata, OdpActions list) {
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
