// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * What can change about a device while it is a port.
 *
 * @param ifindex the kernel's number for it; 0 if it is not the kernel's
 * @param up whether the administrator turned it on (the opposite of OpenFlow's PORT_DOWN)
 * @param running whether it is up and its link passes packets (the opposite of LINK_DOWN)
 * @param mac in the low 48 bits
 */
public record NetdevState(int ifindex, boolean up, boolean running, int mtu, long mac) {
  static NetdevState of(Link link) {
    return new NetdevState(link.ifindex(), link.isUp(), link.isRunning(), link.mtu(), link.mac());
  }
}
