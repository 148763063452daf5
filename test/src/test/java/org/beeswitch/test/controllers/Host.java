// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import org.beeswitch.netdev.testing.TestNetns;

/**
 * A host at a port of the switch: a namespace with {@code eth0}, MAC address 02:00:00:00:00:N,
 * 10.0.0.N and fd00::N. The other end of its wire is {@link #port} in the switch's namespace.
 *
 * <p>Its neighbours are looked up as always, by broadcast: learning sees what it sees in real life.
 */
record Host(int number, TestNetns netns, String port) implements AutoCloseable {
  static Host create(int number, TestNetns machine) {
    TestNetns ns = TestNetns.create();
    String port = "p" + number;
    ns.veth("eth0", machine, port);
    ns.exec("ip", "link", "set", "dev", "eth0", "address", mac(number));
    ns.address("eth0", ipv4(number) + "/24");
    ns.address("eth0", ipv6(number) + "/64");
    return new Host(number, ns, port);
  }

  static String mac(int number) {
    return String.format("02:00:00:00:00:%02x", number);
  }

  private static String ipv4(int number) {
    return "10.0.0." + number;
  }

  private static String ipv6(int number) {
    return "fd00::" + number;
  }

  /** One echo, answered within a second or not. */
  boolean pings(Host other) {
    return pings(ipv4(other.number));
  }

  boolean pings6(Host other) {
    return pings(ipv6(other.number));
  }

  private boolean pings(String address) {
    try {
      netns.exec("ping", "-n", "-c", "1", "-W", "1", address);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Sends a broadcast that nobody answers: an ARP request for an address that nobody has. */
  void broadcast() {
    try {
      netns.exec("ping", "-n", "-c", "1", "-W", "0.1", "10.0.0.254");
    } catch (IllegalStateException e) {
      // Of course there is no answer.
    }
  }

  /** What the host knows of its neighbours, forgotten. */
  void forgetNeighbours() {
    netns.exec("ip", "neigh", "flush", "dev", "eth0");
  }

  @Override
  public void close() {
    netns.close();
  }
}
