// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import org.beeswitch.openflow.msg.OfPort;

/** Port numbers on the wire, of which OVS takes those that 1.0's 16 bits can say. */
final class Ports {
  private Ports() {}

  /** First of OVS's reserved block at 1.1 and later. */
  private static final int RESERVED = 0xffffff00;

  static boolean isValid(int number) {
    return Integer.compareUnsigned(number, OfPort.MAX_NUMBER) <= 0
        || Integer.compareUnsigned(number, RESERVED) >= 0;
  }

  /** Whether a packet can come from it: a device's number, or 0. */
  static boolean isPlain(int number) {
    return Integer.compareUnsigned(number, OfPort.MAX_NUMBER) <= 0;
  }
}
