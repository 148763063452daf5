// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.sys.FrameBuffers;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;
import org.jspecify.annotations.Nullable;

/**
 * An existing device whose packets are exchanged by a packet socket (AF_PACKET).
 *
 * <h2>Offloads</h2>
 *
 * With PACKET_VNET_HDR the kernel says of each packet what its sender left undone, and does it when
 * the packet leaves through a device that cannot: segments and checksums are never made here. A
 * VLAN tag that the kernel keeps beside the bytes comes as auxiliary data and is put back. What the
 * header cannot say (GSO of tunnels, SCTP) the kernel does not deliver; it is counted.
 *
 * <h2>Whose packets they are</h2>
 *
 * {@link #open} makes the device a port: the host gets nothing that it receives ({@link
 * IngressDrop}), and no other switch takes it ({@link DeviceClaim}). {@link #tapInto} only listens
 * and sends, beside the host, as tcpdump does. Neither sees what the host or the socket itself
 * sends out of the device. Both make the device promiscuous for as long as they are open.
 *
 * <p>The socket belongs to the device, not to the name: a device that is deleted and made again is
 * opened again.
 */
public final class PacketSocket extends LinuxNetdev implements PacketNetdev {
  private static final int SOL_PACKET = 263;
  private static final int PACKET_ADD_MEMBERSHIP = 1;
  private static final int PACKET_STATISTICS = 6;
  private static final int PACKET_AUXDATA = 8;
  private static final int PACKET_VNET_HDR = 15;
  private static final int PACKET_IGNORE_OUTGOING = 23;
  private static final int PACKET_MR_PROMISC = 1;
  private static final byte ETH_P_ALL = 3;
  private static final int SOCKADDR_LL_SIZE = 20;
  private static final int PACKET_MREQ_SIZE = 16;

  /** Some 60 of the largest GSO packets, or 5,000 small ones, as the kernel accounts them. */
  private static final int RECEIVE_QUEUE_BYTES = 4 << 20;

  private final int fd;
  private final int ifindex;
  private final @Nullable DeviceClaim claim;
  private final @Nullable IngressDrop ingressDrop;

  private final AtomicLong truncated = new AtomicLong();
  private final AtomicLong unsupported = new AtomicLong();

  /** Sum of what PACKET_STATISTICS has said, for it starts anew each time. Guarded by this. */
  private long queueFull;

  private final NativeBuffer statistics = new NativeBuffer(8);

  private PacketSocket(
      Links links,
      Link link,
      int fd,
      @Nullable DeviceClaim claim,
      @Nullable IngressDrop ingressDrop) {
    super(links, link.name());
    this.fd = fd;
    this.ifindex = link.ifindex();
    this.claim = claim;
    this.ingressDrop = ingressDrop;
  }

  /**
   * Takes a device as a port. Leaves it up or down as it is.
   *
   * @throws NetdevException ENODEV; EBUSY: it is a switch's port already, or a bridge's; EINVAL:
   *     not an Ethernet device; EPERM
   */
  public static PacketSocket open(Links links, String name) throws NetdevException {
    Link link = links.get(name);
    link.requireFitForPort();
    DeviceClaim claim = DeviceClaim.of(link);
    try {
      // First the filter, so that at no time both the host and the switch have the packets.
      IngressDrop ingressDrop = IngressDrop.attach(link);
      try {
        return new PacketSocket(links, link, socket(link), claim, ingressDrop);
      } catch (NetdevException e) {
        ingressDrop.close();
        throw e;
      }
    } catch (NetdevException e) {
      claim.close();
      throw e;
    }
  }

  /** Listens and sends on a device beside the host. */
  public static PacketSocket tapInto(Links links, String name) throws NetdevException {
    Link link = links.get(name);
    return new PacketSocket(links, link, socket(link), null, null);
  }

  private static int socket(Link link) throws NetdevException {
    // Protocol 0 receives nothing before bind has said from where.
    int fd = Sys.socket(Sys.AF_PACKET, Sys.SOCK_RAW | Sys.SOCK_CLOEXEC | Sys.SOCK_NONBLOCK, 0);
    if (fd < 0) {
      throw new NetdevException(-fd, link.name(), "open packet socket");
    }
    try {
      check(link, "PACKET_VNET_HDR", option(fd, PACKET_VNET_HDR));
      check(link, "PACKET_AUXDATA", option(fd, PACKET_AUXDATA));
      check(link, "PACKET_IGNORE_OUTGOING", option(fd, PACKET_IGNORE_OUTGOING));
      int r = Sys.setSocketOption(fd, Sys.SOL_SOCKET, Sys.SO_RCVBUFFORCE, RECEIVE_QUEUE_BYTES);
      check(link, "SO_RCVBUFFORCE", r);
      NativeBuffer mreq = new NativeBuffer(PACKET_MREQ_SIZE);
      mreq.bytes().putInt(0, link.ifindex()).putShort(4, (short) PACKET_MR_PROMISC);
      check(
          link,
          "PACKET_ADD_MEMBERSHIP",
          Sys.setSocketOption(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, mreq, PACKET_MREQ_SIZE));
      NativeBuffer addr = new NativeBuffer(SOCKADDR_LL_SIZE);
      addr.bytes().putShort(0, (short) Sys.AF_PACKET).putInt(4, link.ifindex());
      addr.bytes().put(3, ETH_P_ALL); // Big-endian.
      check(link, "bind packet socket", Sys.bind(fd, addr, SOCKADDR_LL_SIZE));
      return fd;
    } catch (NetdevException e) {
      Sys.close(fd);
      throw e;
    }
  }

  private static int option(int fd, int name) {
    return Sys.setSocketOption(fd, SOL_PACKET, name, 1);
  }

  private static void check(Link link, String call, int r) throws NetdevException {
    if (r < 0) {
      throw new NetdevException(-r, link.name(), call);
    }
  }

  @Override
  public int receive(Packet[] into, int max) {
    FrameBuffers buffers = FrameBuffers.current();
    int got = buffers.receiveBatch(fd, Math.min(max, MAX_BATCH));
    if (got < 0) {
      // EINVAL is one packet that a virtio_net_hdr cannot describe, consumed. ENETDOWN is told once
      // when the device goes down. EAGAIN is the usual.
      if (got == -Errno.EINVAL) {
        unsupported.incrementAndGet();
      }
      return 0;
    }
    int n = 0;
    for (int i = 0; i < got; i++) {
      if (buffers.takeBatch(i, into[n])) {
        n++;
      } else {
        truncated.incrementAndGet();
      }
    }
    return n;
  }

  @Override
  public int send(Packet packet) {
    return FrameBuffers.current().send(fd, packet);
  }

  @Override
  public int pollFd() {
    return fd;
  }

  @Override
  public int ifindex() {
    return ifindex;
  }

  private synchronized long queueFull() {
    if (Sys.getSocketOption(fd, SOL_PACKET, PACKET_STATISTICS, statistics, 8) == 0) {
      queueFull += statistics.bytes().getInt(4) & 0xffff_ffffL;
    }
    return queueFull;
  }

  /** The device's counters; what the socket's queue did not take counts as dropped too. */
  @Override
  public NetdevStats stats() throws NetdevException {
    NetdevStats s = super.stats();
    return s.withRxDropped(s.rxDropped() + queueFull() + truncated.get() + unsupported.get());
  }

  @Override
  public Map<String, Long> drops() {
    return Map.of(
        "netdev_rx_queue_full", queueFull(),
        "netdev_rx_too_long", truncated.get(),
        "netdev_rx_unsupported_offload", unsupported.get());
  }

  @Override
  public void close() {
    Sys.close(fd);
    if (ingressDrop != null) {
      ingressDrop.close();
    }
    if (claim != null) {
      claim.close();
    }
  }
}
