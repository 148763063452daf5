// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/**
 * Where the headers of one frame start: what {@link FlowParser} found besides the flow. All are
 * distances from the frame's first byte, -1 where the frame has no such header.
 *
 * <p>Mutable and reused; written by the parser. A header that starts at an offset given here is
 * there as far as the parser needed it: {@link #l3} is set for any EtherType, {@link #l4} only
 * behind a valid IPv4 or IPv6 header (OVS {@code packet->l4_ofs}), and says nothing about how much
 * of the L4 header is there.
 */
public final class Layers {
  /** VLAN tags in front of {@link #ethTypeAt}: 0 to {@link FlowLayout#MAX_VLANS}. */
  public int vlans;

  /** The 16 bits that the flow's eth_type was taken from; behind SNAP, the SNAP type. */
  public int ethTypeAt;

  /** First MPLS label or PBB I-TAG. */
  public int l25;

  /** First byte behind the Ethernet header, its tags, SNAP and MPLS labels. */
  public int l3;

  /** First byte behind the IPv4 header or the IPv6 header with its extensions. */
  public int l4;

  /** End of what the IP header says is there, or of the frame if there is no IP header. */
  public int end;

  /** Forgets everything: no headers. */
  public void clear() {
    vlans = 0;
    ethTypeAt = -1;
    l25 = -1;
    l3 = -1;
    l4 = -1;
    end = 0;
  }
}
