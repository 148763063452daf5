// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.util.Map;
import org.beeswitch.flow.Packet;
import org.jspecify.annotations.Nullable;

/**
 * One end of a wire in memory: what one end sends, the other receives. A port that needs neither
 * root nor Linux; a test holds the other end.
 *
 * <p>It behaves as a veth: an end is running when both ends are up, what is sent while it is not is
 * refused with -ENETDOWN, what is longer than the MTU with its Ethernet header and a tag with
 * -EMSGSIZE (GSO packets excepted), and counters count. The wire holds {@link #QUEUE} packets in
 * each direction; then the sender gets -ENOBUFS, and both ends count a drop. Offload fields travel
 * with the packet.
 *
 * <p>All methods are safe from any thread, and make no garbage once the queue has been full.
 */
public final class MemoryNetdev implements PacketNetdev {
  /** Packets on their way to one end: a tap's default too. */
  public static final int QUEUE = 1_000;

  private static final int DEFAULT_MTU = 1_500;
  private static final int ETH_HEADER_AND_TAG = 18;
  private static final int MIN_MTU = 68;
  private static final int MAX_MTU = 65_535;
  private static final long DEFAULT_MAC = 0x0200_0000_0000L;

  /** Of both ends: guards everything below. */
  private final Object wire;

  private final String name;
  private @Nullable MemoryNetdev peer;
  private boolean up = true;
  private boolean closed;
  private int mtu = DEFAULT_MTU;
  private long mac;
  private Runnable wake = () -> {};

  /** What is on its way to this end: a ring of packets that are used again and again. */
  private final Packet[] ring = new Packet[QUEUE];

  private int head;
  private volatile int count;

  private long rxPackets;
  private long rxBytes;
  private long txPackets;
  private long txBytes;
  private long rxDropped;
  private long txDropped;

  private MemoryNetdev(String name, Object wire) {
    this.name = name;
    this.wire = wire;
    this.mac = DEFAULT_MAC | name.hashCode() & 0xffff_ffffL;
  }

  /** A wire: both its ends are up. */
  public record Pair(MemoryNetdev a, MemoryNetdev b) {}

  public static Pair pair(String a, String b) {
    Object wire = new Object();
    MemoryNetdev x = new MemoryNetdev(a, wire);
    MemoryNetdev y = new MemoryNetdev(b, wire);
    x.peer = y;
    y.peer = x;
    return new Pair(x, y);
  }

  @Override
  public int receive(Packet[] into, int max) {
    if (count == 0) {
      return 0;
    }
    synchronized (wire) {
      int n = Math.min(count, Math.min(max, MAX_BATCH));
      for (int i = 0; i < n; i++) {
        into[i].copyFrom(ring[head]);
        head = (head + 1) % QUEUE;
      }
      count -= n;
      return n;
    }
  }

  @Override
  public int send(Packet packet) {
    MemoryNetdev to = peer;
    if (to == null) {
      throw new IllegalStateException(name + " has no other end");
    }
    Runnable toWake;
    synchronized (wire) {
      if (closed || to.closed) {
        return -Errno.ENODEV;
      }
      if (!isRunning()) {
        txDropped++;
        return -Errno.ENETDOWN;
      }
      if (packet.length() > mtu + ETH_HEADER_AND_TAG && packet.gsoType == Packet.GSO_NONE) {
        txDropped++;
        return -Errno.EMSGSIZE;
      }
      if (to.count == QUEUE) {
        txDropped++;
        to.rxDropped++;
        return -Errno.ENOBUFS;
      }
      int tail = (to.head + to.count) % QUEUE;
      Packet slot = to.ring[tail];
      if (slot == null) {
        slot = new Packet(packet.length());
        to.ring[tail] = slot;
      }
      slot.copyFrom(packet);
      to.count++;
      txPackets++;
      txBytes += packet.length();
      to.rxPackets++;
      to.rxBytes += packet.length();
      toWake = to.wake;
    }
    toWake.run();
    return 0;
  }

  private boolean isRunning() {
    MemoryNetdev other = peer;
    return up && !closed && other != null && other.up && !other.closed;
  }

  @Override
  public int ifindex() {
    return 0;
  }

  @Override
  public int pollFd() {
    return -1;
  }

  @Override
  public boolean isReadable() {
    return count > 0;
  }

  @Override
  public void onReadable(Runnable newWake) {
    synchronized (wire) {
      wake = newWake;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public NetdevState state() throws NetdevException {
    synchronized (wire) {
      requireOpen("look up");
      return new NetdevState(0, up, isRunning(), mtu, mac);
    }
  }

  @Override
  public NetdevStats stats() throws NetdevException {
    synchronized (wire) {
      requireOpen("read statistics");
      return new NetdevStats(
          rxPackets, txPackets, rxBytes, txBytes, 0, 0, rxDropped, txDropped, 0, 0, 0, 0, 0, 0, 0,
          0, 0, 0);
    }
  }

  /** {@link LinkFeatures#NONE}, as of OVS's dummy devices. */
  @Override
  public LinkFeatures features() {
    return LinkFeatures.NONE;
  }

  @Override
  public String driver() {
    return "memory";
  }

  @Override
  public void setUp(boolean nowUp) throws NetdevException {
    synchronized (wire) {
      requireOpen("set up");
      up = nowUp;
    }
  }

  @Override
  public void setMtu(int newMtu) throws NetdevException {
    synchronized (wire) {
      requireOpen("set MTU");
      if (newMtu < MIN_MTU || newMtu > MAX_MTU) {
        throw new NetdevException(Errno.EINVAL, name, "set MTU " + newMtu);
      }
      mtu = newMtu;
    }
  }

  @Override
  public void setMac(long newMac) throws NetdevException {
    synchronized (wire) {
      requireOpen("set MAC address");
      mac = newMac;
    }
  }

  private void requireOpen(String call) throws NetdevException {
    if (closed) {
      throw new NetdevException(Errno.ENODEV, name, call);
    }
  }

  @Override
  public Map<String, Long> drops() {
    synchronized (wire) {
      return Map.of("netdev_rx_queue_full", rxDropped);
    }
  }

  @Override
  public void close() {
    synchronized (wire) {
      closed = true;
      count = 0;
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
