// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.util.Map;
import org.beeswitch.flow.Packet;

/**
 * A device that the switch exchanges packets with itself, without ever blocking and without
 * garbage.
 *
 * <p>Packets go in and out as they are: VLAN tags in the bytes, GSO packets whole, checksums as
 * partial as they came. What one device gave, another takes.
 *
 * <h2>Threads</h2>
 *
 * One thread at a time receives. Any number of threads send at the same time. Closing waits for
 * nobody: the owner stops the others first.
 *
 * <h2>Errors and drops</h2>
 *
 * {@link #send} says with a negative errno that the packet did not leave; the caller counts it.
 * What is lost before {@link #receive} could return it is in {@link #drops}, by reason, and in
 * {@link NetdevStats#rxDropped}.
 */
public interface PacketNetdev extends Netdev, AutoCloseable {
  /** As many packets as one {@link #receive} ever returns. */
  int MAX_BATCH = 32;

  /**
   * Receives what is there into {@code into[0]} and on, at most {@code max} and {@link #MAX_BATCH}
   * packets. Returns how many, which may be 0; a device that is down or gone has no packets.
   */
  int receive(Packet[] into, int max);

  /**
   * Sends a packet, which is not kept. Returns 0, or a negative errno: -EMSGSIZE (longer than the
   * MTU and its headers), -ENETDOWN or -EIO (the device is down), -ENOBUFS or -EAGAIN (a queue is
   * full), -EINVAL (the offload fields contradict the bytes), -ENXIO or -ENODEV (the device is
   * gone).
   */
  int send(Packet packet);

  /**
   * A file descriptor that is readable when there are packets, for {@link NetdevPoll}; -1 if the
   * device is none of the kernel's and says it by {@link #isReadable}.
   */
  int pollFd();

  /**
   * The kernel's number for the device that is open, which may have gone since, when another has
   * its name; 0 if it is not the kernel's.
   */
  int ifindex();

  /** Whether there may be packets. Only asked of devices without {@link #pollFd}. */
  default boolean isReadable() {
    throw new IllegalStateException(name() + " has a pollFd");
  }

  /**
   * Sets what a device without {@link #pollFd} calls, on whatever thread, when it becomes readable.
   */
  default void onReadable(Runnable wake) {
    throw new IllegalStateException(name() + " has a pollFd");
  }

  /** Packets lost on their way to {@link #receive}, by reason. */
  Map<String, Long> drops();

  /** Gives the device back as it was found, or removes it if it was made for this. */
  @Override
  void close();
}
