// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

/** How a handler gets an address into the MAC table, which {@code main} alone writes. */
public interface MacLearning {
  /**
   * Asks for {@code mac} in {@code vlan} to be learned on a port, and waits until a version that
   * has it is current, a few milliseconds at most, so that the packet's own megaflow can be made
   * with it.
   *
   * @return whether to translate again; false: the queue is full or {@code main} is busy, go on
   *     without
   */
  boolean learn(int bridge, int vlan, long mac, int ofPort);
}
