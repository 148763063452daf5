// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

/**
 * Which MAC addresses of its ports a bridge may take for its own, and so for its datapath id: those
 * that are one machine's alone (OVS {@code find_local_hw_addr}).
 */
final class BridgeAddress {
  private static final long MULTICAST = 1L << 40;
  private static final long LOCALLY_ADMINISTERED = 1L << 41;

  /** Addresses of Extreme's protocols, the only reserved ones that are not multicast. */
  private static final long EDP = 0x00e02b000000L;

  private static final long EAPS = 0x00e02b000004L;
  private static final long EAPS_SHARED = 0x00e02b000006L;

  private BridgeAddress() {}

  /**
   * @param mac in the low 48 bits; 0: none
   */
  static boolean mayBe(long mac) {
    return mac != 0
        && (mac & (MULTICAST | LOCALLY_ADMINISTERED)) == 0
        && mac != EDP
        && mac != EAPS
        && mac != EAPS_SHARED;
  }
}
