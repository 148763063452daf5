// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * A network device as a port of the switch: what it is, how it is, what it has counted.
 *
 * <p>A Netdev is a name with a way to ask. The device behind it may disappear at any time; from
 * then on methods fail with ENODEV until one with that name is there again. Nothing is cached: each
 * call asks the kernel (20 to 50 µs), so none belongs on a packet's path. Changes are announced by
 * {@link LinkMonitor}.
 *
 * <p>Any thread may call. {@link PacketNetdev} adds the packets.
 */
public interface Netdev {
  String name();

  NetdevState state() throws NetdevException;

  /** Counters from the switch's point of view: rx came into the switch. */
  NetdevStats stats() throws NetdevException;

  LinkFeatures features();

  /** The driver's name, such as {@code "veth"}; empty if there is none. */
  String driver();

  void setUp(boolean up) throws NetdevException;

  void setMtu(int mtu) throws NetdevException;

  /**
   * @param mac in the low 48 bits
   */
  void setMac(long mac) throws NetdevException;
}
