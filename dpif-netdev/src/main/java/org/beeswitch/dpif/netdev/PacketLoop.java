// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.Arrays;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevPoll;
import org.beeswitch.netdev.PacketNetdev;
import org.jspecify.annotations.Nullable;

/**
 * Receives and forwards for a share of the ports: those whose number modulo the number of loops is
 * this loop's.
 *
 * <p>Two ways to run it. A test calls {@link #step}, which looks at every port. A {@code poll-N}
 * thread calls {@link #run}, which waits for ports that have packets; as only that thread may tell
 * its {@link NetdevPoll} of devices, others ask for it with {@link #resync}.
 */
final class PacketLoop {
  /** Packets taken from a port before the next port's turn. */
  static final int BURST = PacketNetdev.MAX_BATCH;

  /** Time between two sortings of the subtables. */
  private static final long SORT_INTERVAL_NS = 1_000_000_000L;

  /** Longest wait for packets: how late the subtables are sorted, nothing else. */
  private static final long MAX_WAIT_NS = SORT_INTERVAL_NS;

  private final int number;
  private final int loops;
  private final PortTable ports;
  private final FlowTable flows;
  private final GracePeriod.Reader reader;
  private final Forwarder forwarder;
  private final Packet[] batch = new Packet[BURST];
  private long sortedNs;

  // Of a loop with a thread.
  private final @Nullable NetdevPoll poll;
  private final int[] ready = new int[NetdevPoll.MAX_READY];
  private final @Nullable PacketNetdev[] polled = new @Nullable PacketNetdev[OdpPort.MAX + 1];
  private volatile int syncsAsked;
  private volatile int syncsDone;

  /**
   * @param poll null if the loop is stepped
   */
  PacketLoop(
      int number,
      int loops,
      PortTable ports,
      FlowTable flows,
      GracePeriod.Reader reader,
      Forwarder forwarder,
      @Nullable NetdevPoll poll) {
    this.number = number;
    this.loops = loops;
    this.ports = ports;
    this.flows = flows;
    this.reader = reader;
    this.forwarder = forwarder;
    this.poll = poll;
    Arrays.setAll(batch, i -> new Packet(2_048));
  }

  /** Takes up to {@link #BURST} packets from each port. Returns how many there were. */
  int step(long nowNs) {
    int n = 0;
    for (int i = number == 0 ? loops : number; i <= ports.highest(); i += loops) {
      n += drain(i, nowNs);
    }
    sortSometimes(nowNs);
    return n;
  }

  private int drain(int portNumber, long nowNs) {
    int n = 0;
    reader.enter();
    try {
      NetdevPort port = ports.get(portNumber);
      PacketNetdev device = port == null ? null : port.device();
      if (device != null) {
        n = device.receive(batch, BURST);
        for (int i = 0; i < n; i++) {
          forwarder.received(batch[i], portNumber, nowNs);
        }
      }
    } finally {
      reader.exit();
    }
    return n;
  }

  private void sortSometimes(long nowNs) {
    if (number == 0 && nowNs - sortedNs >= SORT_INTERVAL_NS && flows.masks() > 1) {
      sortedNs = nowNs;
      flows.sortByUse();
    }
  }

  /** What a thread's loop needs of its surroundings. */
  interface Host {
    long nowNs();

    boolean isClosed();
  }

  /** Forwards until the host is closed. */
  void run(Host host) {
    NetdevPoll p = requirePoll();
    while (!host.isClosed()) {
      if (syncsDone != syncsAsked) {
        sync();
      }
      int n = p.await(MAX_WAIT_NS, ready);
      long nowNs = host.nowNs();
      for (int i = 0; i < n; i++) {
        drain(ready[i], nowNs);
      }
      sortSometimes(nowNs);
    }
  }

  /** Has the loop's thread take note of ports that have come, gone or changed devices. */
  synchronized int resync() {
    // One writer at a time: this method's lock.
    int asked = syncsAsked + 1;
    syncsAsked = asked;
    requirePoll().wake();
    return asked;
  }

  /** Whether the thread has done what {@link #resync} answered with {@code asked}. */
  boolean hasSynced(int asked) {
    return syncsDone >= asked;
  }

  /** The thread's own. */
  void sync() {
    int asked = syncsAsked;
    NetdevPoll p = requirePoll();
    for (int i = number == 0 ? loops : number; i < polled.length; i += loops) {
      NetdevPort port = ports.get(i);
      PacketNetdev now = port == null ? null : port.device();
      PacketNetdev before = polled[i];
      if (before == now) {
        continue;
      }
      if (before != null) {
        p.remove(before);
      }
      polled[i] = now;
      if (now != null) {
        try {
          p.add(now, i);
        } catch (NetdevException e) {
          throw new IllegalStateException("port " + i, e);
        }
      }
    }
    syncsDone = asked;
  }

  void wake() {
    requirePoll().wake();
  }

  /** After the thread has ended. */
  void close() {
    requirePoll().close();
  }

  private NetdevPoll requirePoll() {
    if (poll == null) {
      throw new IllegalStateException("packet loop " + number + " has no thread");
    }
    return poll;
  }
}
