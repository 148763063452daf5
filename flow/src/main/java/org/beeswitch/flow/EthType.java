// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/** EtherTypes that the switch knows, as numbers in host order. */
public final class EthType {
  private EthType() {}

  public static final int IPV4 = 0x0800;
  public static final int ARP = 0x0806;
  public static final int RARP = 0x8035;
  public static final int VLAN = 0x8100;
  public static final int VLAN_8021AD = 0x88a8;
  public static final int IPV6 = 0x86dd;
  public static final int MPLS = 0x8847;
  public static final int MPLS_MCAST = 0x8848;
  public static final int PBB = 0x88e7;
  public static final int LLDP = 0x88cc;
  public static final int NSH = 0x894f;

  /** Smallest value that is a type and not an 802.3 length. */
  public static final int MIN = 0x600;

  /**
   * What a flow carries for a frame with an 802.3 length and no SNAP type (OVS FLOW_DL_TYPE_NONE).
   */
  public static final int NONE = 0x5ff;

  public static boolean isVlan(int ethType) {
    return ethType == VLAN || ethType == VLAN_8021AD;
  }

  public static boolean isMpls(int ethType) {
    return ethType == MPLS || ethType == MPLS_MCAST;
  }
}
