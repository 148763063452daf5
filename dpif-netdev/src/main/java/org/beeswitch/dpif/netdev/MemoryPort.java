// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;

/**
 * A port without a device, for tests: frames are put in with {@link #inject} and what the switch
 * sends is taken out with {@link #drain}. All methods may be called by any thread.
 */
public final class MemoryPort implements PortIo {
  /** Frames waiting in either direction; a full queue refuses, as a device's does. */
  public static final int QUEUE = 1_024;

  private final Queue toSwitch = new Queue();
  private final Queue fromSwitch = new Queue();
  private volatile int mtu = 1_500;
  private volatile boolean up = true;
  private volatile boolean offloads = true;

  /** Puts a frame where the switch will receive it. Returns false if the queue is full. */
  public boolean inject(byte[] frame) {
    return toSwitch.add(Packet.of(frame));
  }

  /** Takes a copy, with its offload state. */
  public boolean inject(Packet p) {
    return toSwitch.add(p);
  }

  /** Takes what the switch has sent, oldest first. */
  public List<Packet> drain() {
    List<Packet> all = new ArrayList<>();
    for (Packet p = new Packet(2_048); fromSwitch.take(p); p = new Packet(2_048)) {
      all.add(p);
    }
    return all;
  }

  /** Takes the oldest frame that the switch has sent into {@code p}; false if there is none. */
  public boolean poll(Packet p) {
    return fromSwitch.take(p);
  }

  public void setMtu(int mtu) {
    this.mtu = mtu;
  }

  public void setUp(boolean up) {
    this.up = up;
  }

  /** Whether it takes GSO packets and partial checksums; it does unless told. */
  public void setOffloads(boolean offloads) {
    this.offloads = offloads;
  }

  @Override
  public boolean receive(Packet p) {
    return toSwitch.take(p);
  }

  @Override
  public int send(Packet p) {
    if (!up) {
      return -Errno.ENETDOWN;
    }
    return fromSwitch.add(p) ? 0 : -Errno.ENOBUFS;
  }

  @Override
  public int mtu() {
    return mtu;
  }

  @Override
  public boolean takesPartialCsum() {
    return offloads;
  }

  @Override
  public boolean takesGso(int gsoType) {
    return offloads;
  }

  @Override
  public int ifindex() {
    return 0;
  }

  @Override
  public void close() {
    up = false;
  }

  /** A bounded queue of copies; its packets are used again. */
  private static final class Queue {
    private final Packet[] slots = new Packet[QUEUE];
    private int head;
    private int size;

    synchronized boolean add(Packet p) {
      if (size == QUEUE) {
        return false;
      }
      int at = (head + size) % QUEUE;
      Packet slot = slots[at];
      if (slot == null) {
        slot = slots[at] = new Packet(p.length());
      }
      slot.copyFrom(p);
      size++;
      return true;
    }

    synchronized boolean take(Packet p) {
      if (size == 0) {
        return false;
      }
      p.copyFrom(slots[head]);
      head = (head + 1) % QUEUE;
      size--;
      return true;
    }
  }
}
