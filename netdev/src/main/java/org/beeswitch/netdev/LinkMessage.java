// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.nio.ByteBuffer;
import org.beeswitch.netdev.Link.OperState;
import org.beeswitch.netdev.sys.Netlink;

/**
 * Reads rtnetlink's link messages: {@code struct ifinfomsg} {u8 family, pad, u16 type, s32 index,
 * u32 flags, u32 change} and {@code IFLA_*} attributes (linux/if_link.h).
 */
final class LinkMessage {
  static final int RTM_NEWLINK = 16;
  static final int RTM_DELLINK = 17;
  static final int RTM_GETLINK = 18;
  static final int IFINFOMSG_SIZE = 16;
  static final int IFLA_ADDRESS = 1;
  static final int IFLA_IFNAME = 3;
  static final int IFLA_MTU = 4;
  static final int IFLA_LINK = 5;
  static final int IFLA_MASTER = 10;
  static final int IFLA_OPERSTATE = 16;
  static final int IFLA_LINKINFO = 18;
  static final int IFLA_STATS64 = 23;
  static final int IFLA_NET_NS_FD = 28;
  static final int IFLA_EXT_MASK = 29;
  static final int IFLA_CARRIER = 33;
  static final int IFLA_LINK_NETNSID = 37;
  static final int IFLA_INFO_KIND = 1;
  static final int IFLA_INFO_DATA = 2;
  static final int VETH_INFO_PEER = 1;
  static final int RTEXT_FILTER_SKIP_STATS = 8;

  private String name = "";
  private int mtu;
  private long mac;
  private OperState operState = OperState.UNKNOWN;
  private boolean carrier;
  private String kind = "";
  private int master;
  private int peer;
  private boolean peerElsewhere;

  private LinkMessage() {}

  /**
   * Whether the message speaks of the device itself. Bridges announce their ports with messages of
   * the same types and another family, a port's removal as RTM_DELLINK.
   */
  static boolean isAboutDevice(ByteBuffer b, int from) {
    return b.get(from) == 0;
  }

  static Link link(ByteBuffer b, int from, int to) {
    LinkMessage m = new LinkMessage();
    Netlink.forEachAttr(b, from + IFINFOMSG_SIZE, to, m::take);
    return new Link(
        b.getInt(from + 4),
        m.name,
        b.getShort(from + 2) & 0xffff,
        b.getInt(from + 8),
        m.mtu,
        m.mac,
        m.operState,
        m.carrier,
        m.kind,
        m.master,
        m.peer,
        m.peerElsewhere);
  }

  private void take(int type, ByteBuffer b, int at, int len) {
    switch (type) {
      case IFLA_IFNAME -> name = Netlink.string(b, at, len);
      case IFLA_MTU -> mtu = b.getInt(at);
      case IFLA_ADDRESS -> {
        if (len == 6) {
          for (int i = 0; i < 6; i++) {
            mac = mac << 8 | b.get(at + i) & 0xff;
          }
        }
      }
      case IFLA_OPERSTATE -> operState = OperState.of(b.get(at));
      case IFLA_CARRIER -> carrier = b.get(at) != 0;
      case IFLA_MASTER -> master = b.getInt(at);
      case IFLA_LINK -> peer = b.getInt(at);
      case IFLA_LINK_NETNSID -> peerElsewhere = true;
      case IFLA_LINKINFO ->
          Netlink.forEachAttr(
              b,
              at,
              at + len,
              (infoType, bytes, infoAt, infoLen) -> {
                if (infoType == IFLA_INFO_KIND) {
                  kind = Netlink.string(bytes, infoAt, infoLen);
                }
              });
      default -> {
        // Some sixty more that nothing here asks for.
      }
    }
  }

  /** Reads {@code struct rtnl_link_stats64}: as many u64s as the record has, and more. */
  static NetdevStats stats(ByteBuffer b, int at) {
    return new NetdevStats(
        b.getLong(at),
        b.getLong(at + 8),
        b.getLong(at + 16),
        b.getLong(at + 24),
        b.getLong(at + 32),
        b.getLong(at + 40),
        b.getLong(at + 48),
        b.getLong(at + 56),
        b.getLong(at + 64),
        b.getLong(at + 72),
        b.getLong(at + 80),
        b.getLong(at + 88),
        b.getLong(at + 96),
        b.getLong(at + 104),
        b.getLong(at + 112),
        b.getLong(at + 120),
        b.getLong(at + 128),
        b.getLong(at + 136));
  }
}
