// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;

/**
 * A packet that the datapath sent up. Reused for the next one: valid only until the sink returns.
 * All VLAN tags are in the packet's bytes.
 */
public final class Upcall {
  /** Written by the backend. */
  public UpcallKind kind = UpcallKind.MISS;

  /**
   * Frame and offload state, as it was where the upcall arose (after the actions before a USERSPACE
   * action).
   */
  public final Packet packet = new Packet(Packet.MAX_LENGTH);

  /**
   * What the packet came with: in_port, recirc_id, mark, priority, conntrack and tunnel words as
   * the datapath knows them. Words that can be parsed out of the bytes are undefined: the handler
   * parses.
   */
  public final OdpKey metadata = new OdpKey();

  // The cookie of the USERSPACE action; zero for a miss.
  public long cookie0;
  public long cookie1;
  public long cookie2;
}
