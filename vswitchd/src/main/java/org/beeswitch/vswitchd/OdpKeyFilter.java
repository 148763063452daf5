// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.odp.OdpKey;

/**
 * Which megaflows {@code dpctl/dump-flows filter=} shows: those that a packet of the filter could
 * meet, as far as they look at what the filter names (OVS {@code dpctl_dump_flows}). An in_port is
 * the datapath's number.
 */
final class OdpKeyFilter {
  private static final long ODP_IN_PORT = 0xffffffffL << 32;

  private final long[] value = new long[FlowLayout.WORDS];
  private final long[] mask = new long[FlowLayout.WORDS];

  OdpKeyFilter(Match filter) {
    filter.expand(value, mask);
    long ofPort = mask[FlowLayout.OF_PORTS] & ODP_IN_PORT;
    mask[FlowLayout.PORT_RECIRC] |= ofPort;
    value[FlowLayout.PORT_RECIRC] |= value[FlowLayout.OF_PORTS] & ofPort;
  }

  boolean admits(OdpKey key, OdpKey keyMask) {
    for (int i = 0; i < FlowLayout.ODP_WORDS; i++) {
      long differs = key.words()[i] ^ value[FlowLayout.ODP + i];
      if ((differs & keyMask.words()[i] & mask[FlowLayout.ODP + i]) != 0) {
        return false;
      }
    }
    return true;
  }
}
