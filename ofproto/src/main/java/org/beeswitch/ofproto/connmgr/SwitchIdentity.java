// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

/**
 * What a bridge says of itself: OFPMP_DESC. The defaults are OVS's, since controllers choose
 * drivers by them; a software version that begins with {@code 2.} makes ONOS speak Nicira's
 * extensions.
 */
public record SwitchIdentity(
    String manufacturer, String hardware, String software, String serialNumber, String datapath) {
  public static final SwitchIdentity OVS =
      new SwitchIdentity("Nicira, Inc.", "Open vSwitch", "3.1.0", "None", "None");
}
