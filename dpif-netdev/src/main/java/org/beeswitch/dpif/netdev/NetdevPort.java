// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import org.beeswitch.dpif.PortKind;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevState;
import org.beeswitch.netdev.PacketNetdev;
import org.jspecify.annotations.Nullable;

/**
 * A port: what it is called, and the device behind it while there is one.
 *
 * <p>Forwarding threads read {@link #device} without a lock, within a {@link GracePeriod} section.
 * The thread that adds and deletes ports and hears of links changes it under this object's lock,
 * and closes what it took away after a grace period.
 */
final class NetdevPort {
  private final int number;
  private final String name;
  private final PortKind kind;

  private volatile @Nullable PacketNetdev device;
  private volatile int ifindex;
  private volatile int mtu;

  /** Only tests have devices that take neither GSO packets nor partial checksums. */
  private volatile boolean offloads = true;

  private boolean deleted;

  NetdevPort(int number, String name, PortKind kind) {
    this.number = number;
    this.name = name;
    this.kind = kind;
  }

  int number() {
    return number;
  }

  String name() {
    return name;
  }

  PortKind kind() {
    return kind;
  }

  /** Null while the device is away. */
  @Nullable PacketNetdev device() {
    return device;
  }

  /** Of the device that the host sees; 0 if it is away, or none. */
  int ifindex() {
    return ifindex;
  }

  /** Largest L3 packet of the device. */
  int mtu() {
    return mtu;
  }

  void setMtu(int newMtu) {
    mtu = newMtu;
  }

  boolean takesOffloads() {
    return offloads;
  }

  void setOffloads(boolean takes) {
    offloads = takes;
  }

  /**
   * Takes a device that has been opened. Returns false if the port is deleted meanwhile: the device
   * is the caller's to close, as after an exception.
   *
   * @throws NetdevException ENODEV: it is gone again, and another may have its name
   */
  synchronized boolean attach(PacketNetdev d) throws NetdevException {
    if (deleted) {
      return false;
    }
    NetdevState s = d.state();
    if (s.ifindex() != d.ifindex()) {
      throw new NetdevException(Errno.ENODEV, name, "open");
    }
    ifindex = s.ifindex();
    mtu = s.mtu();
    device = d;
    return true;
  }

  /** Takes the device away, if there is one; the caller closes it after a grace period. */
  synchronized @Nullable PacketNetdev detach() {
    PacketNetdev d = device;
    device = null;
    ifindex = 0;
    return d;
  }

  /** As {@link #detach}, for good. */
  synchronized @Nullable PacketNetdev delete() {
    deleted = true;
    return detach();
  }
}
