// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.sys.FrameBuffers;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * A tap device: a device of the host whose wire ends in this process. It exists as long as it is
 * open, and is gone when the process dies.
 *
 * <p>It serves two purposes. As an internal port of the userspace datapath, what the host sends is
 * received here and what is sent here arrives at the host. As the BPF datapath's way to execute
 * actions, a program on its tc ingress runs within {@link #send(int, Packet)}, synchronously, on
 * the calling thread, and knows the queue by {@code skb->queue_mapping} (number + 1).
 *
 * <h2>Queues</h2>
 *
 * Each has a file of its own, so that threads that send on different queues share no lock. The
 * kernel spreads what the host sends over all of them: whoever wants to receive opens one queue
 * only, and that is the one that {@link PacketNetdev}'s methods use.
 *
 * <p>Counters are swapped, so that they mean what they mean on every port: rx came into the switch.
 */
public final class Tap extends LinuxNetdev implements PacketNetdev {
  private static final long TUNSETIFF = 0x400454caL;
  private static final long TUNSETOFFLOAD = 0x400454d0L;
  private static final int IFF_TAP = 0x0002;
  private static final int IFF_MULTI_QUEUE = 0x0100;
  private static final int IFF_NO_PI = 0x1000;
  private static final int IFF_VNET_HDR = 0x4000;
  private static final int TUN_F_CSUM = 0x01;
  private static final int TUN_F_TSO4 = 0x02;
  private static final int TUN_F_TSO6 = 0x04;
  private static final int TUN_F_TSO_ECN = 0x08;
  private static final int TUN_F_USO4 = 0x20;
  private static final int TUN_F_USO6 = 0x40;
  private static final int IFREQ_SIZE = 40;
  private static final int IFR_FLAGS = 16;

  /** The kernel's MAX_TAP_QUEUES. */
  public static final int MAX_QUEUES = 256;

  private final int[] fds;
  private final int ifindex;

  private Tap(Links links, String name, int[] fds, int ifindex) {
    super(links, name);
    this.fds = fds;
    this.ifindex = ifindex;
  }

  /**
   * Makes a tap device, down, with {@code queues} queues.
   *
   * @throws NetdevException EEXIST: the name is taken; ENOENT: no {@code /dev/net/tun}; EPERM
   */
  public static Tap create(Links links, String name, int queues) throws NetdevException {
    if (queues < 1 || queues > MAX_QUEUES) {
      throw new IllegalArgumentException("a tap has 1 to " + MAX_QUEUES + " queues, not " + queues);
    }
    if (!Links.isValidName(name)) {
      throw new NetdevException(Errno.EINVAL, name, "create tap", "not a device's name");
    }
    // TUNSETIFF would attach to a tap that is there already.
    if (links.find(name).isPresent()) {
      throw new NetdevException(Errno.EEXIST, name, "create tap");
    }
    int[] fds = new int[queues];
    int opened = 0;
    try {
      for (; opened < queues; opened++) {
        fds[opened] = openQueue(name, queues > 1);
      }
      return new Tap(links, name, fds, links.get(name).ifindex());
    } catch (NetdevException e) {
      for (int i = 0; i < opened; i++) {
        Sys.close(fds[i]);
      }
      throw e;
    }
  }

  private static int openQueue(String name, boolean multiQueue) throws NetdevException {
    int fd = Sys.open("/dev/net/tun", Sys.O_RDWR | Sys.O_NONBLOCK | Sys.O_CLOEXEC);
    if (fd < 0) {
      String advice = fd == -Errno.ENOENT ? "load the kernel's tun module ('modprobe tun')" : "";
      throw new NetdevException(-fd, name, "open /dev/net/tun", advice);
    }
    NativeBuffer ifreq = new NativeBuffer(IFREQ_SIZE);
    ifreq.bytes().put(0, name.getBytes(StandardCharsets.UTF_8));
    int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multiQueue ? IFF_MULTI_QUEUE : 0);
    ifreq.bytes().putShort(IFR_FLAGS, (short) flags);
    int r = Sys.ioctl(fd, TUNSETIFF, ifreq);
    if (r < 0) {
      Sys.close(fd);
      throw new NetdevException(-r, name, "create tap");
    }
    // What the host may leave to us. UDP segmentation is known from kernel 6.2 on.
    int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    r = Sys.ioctl(fd, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6);
    if (r == -Errno.EINVAL) {
      r = Sys.ioctl(fd, TUNSETOFFLOAD, offloads);
    }
    if (r < 0) {
      Sys.close(fd);
      throw new NetdevException(-r, name, "set tap offloads");
    }
    return fd;
  }

  @Override
  public int ifindex() {
    return ifindex;
  }

  public int queues() {
    return fds.length;
  }

  /** Hands the host a packet by a queue: see {@link PacketNetdev#send}. */
  public int send(int queue, Packet packet) {
    return FrameBuffers.current().write(fds[queue], packet);
  }

  @Override
  public int send(Packet packet) {
    return send(0, packet);
  }

  @Override
  public int receive(Packet[] into, int max) {
    FrameBuffers buffers = FrameBuffers.current();
    int n = 0;
    while (n < max && n < MAX_BATCH && buffers.read(fds[0], into[n]) >= 0) {
      n++;
    }
    return n;
  }

  @Override
  public int pollFd() {
    return fds[0];
  }

  @Override
  public NetdevStats stats() throws NetdevException {
    return super.stats().swapped();
  }

  /** None: what does not fit into a queue, the device counts as its own. */
  @Override
  public Map<String, Long> drops() {
    return Map.of();
  }

  /** Removes the device. */
  @Override
  public void close() {
    for (int fd : fds) {
      Sys.close(fd);
    }
  }
}
