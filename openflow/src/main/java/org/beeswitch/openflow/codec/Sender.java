// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

/** Who sent a message: decides what it may be, and who is told if it is bad. */
public enum Sender {
  /** A controller (or {@code ovs-ofctl}): the reader is a switch. */
  CONTROLLER,
  /** A switch: the reader is a controller. */
  SWITCH
}
