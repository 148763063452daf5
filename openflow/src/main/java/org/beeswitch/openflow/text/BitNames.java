// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import com.google.common.collect.ImmutableList;

/** Sets of bits, listed by name from the lowest (OVS {@code ofp_print_bit_names}). */
enum BitNames {
  CAPABILITIES(
      "FLOW_STATS",
      "TABLE_STATS",
      "PORT_STATS",
      "GROUP_STATS",
      "",
      "IP_REASM",
      "QUEUE_STATS",
      "ARP_MATCH_IP",
      "PORT_BLOCKED",
      "BUNDLES",
      "FLOW_MONITORING"),
  PORT_CONFIG(
      "PORT_DOWN", "NO_STP", "NO_RECV", "NO_RECV_STP", "NO_FLOOD", "NO_FWD", "NO_PACKET_IN"),
  PORT_STATE("LINK_DOWN", "BLOCKED", "LIVE"),
  PORT_FEATURES(
      "10MB-HD",
      "10MB-FD",
      "100MB-HD",
      "100MB-FD",
      "1GB-HD",
      "1GB-FD",
      "10GB-FD",
      "40GB-FD",
      "100GB-FD",
      "1TB-FD",
      "OTHER",
      "COPPER",
      "FIBER",
      "AUTO_NEG",
      "AUTO_PAUSE",
      "AUTO_PAUSE_ASYM"),
  METER_BANDS("", "drop", "dscp_remark"),
  METER_FLAGS("kbps", "pktps", "burst", "stats");

  private final ImmutableList<String> names;

  BitNames(String... names) {
    this.names = ImmutableList.copyOf(names);
  }

  /** Appends names with spaces between, what has none in hexadecimal, 0 if there is no bit. */
  StringBuilder append(StringBuilder s, int bits) {
    if (bits == 0) {
      return s.append('0');
    }
    int unknown = 0;
    String separator = "";
    for (int m = bits; m != 0; m &= m - 1) {
      int i = Integer.numberOfTrailingZeros(m);
      if (i < names.size() && !names.get(i).isEmpty()) {
        s.append(separator).append(names.get(i));
        separator = " ";
      } else {
        unknown |= 1 << i;
      }
    }
    return unknown == 0 ? s : s.append(separator).append(String.format("0x%x", unknown));
  }
}
