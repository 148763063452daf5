// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.IpProto;
import org.jspecify.annotations.Nullable;

/** Shorthands for an EtherType and an IP protocol: {@code tcp6}, {@code arp}, ... */
final class Protocols {
  /**
   * A shorthand.
   *
   * @param nwProto 0 for any
   */
  record Protocol(String name, int ethType, int nwProto) {}

  /** The first with its numbers is the one that is printed. */
  private static final List<Protocol> ALL =
      List.of(
          new Protocol("ip", EthType.IPV4, 0),
          new Protocol("ipv4", EthType.IPV4, 0),
          new Protocol("ip4", EthType.IPV4, 0),
          new Protocol("arp", EthType.ARP, 0),
          new Protocol("icmp", EthType.IPV4, IpProto.ICMP),
          new Protocol("tcp", EthType.IPV4, IpProto.TCP),
          new Protocol("udp", EthType.IPV4, IpProto.UDP),
          new Protocol("sctp", EthType.IPV4, IpProto.SCTP),
          new Protocol("ipv6", EthType.IPV6, 0),
          new Protocol("ip6", EthType.IPV6, 0),
          new Protocol("icmp6", EthType.IPV6, IpProto.ICMPV6),
          new Protocol("tcp6", EthType.IPV6, IpProto.TCP),
          new Protocol("udp6", EthType.IPV6, IpProto.UDP),
          new Protocol("sctp6", EthType.IPV6, IpProto.SCTP),
          new Protocol("rarp", EthType.RARP, 0),
          new Protocol("mpls", EthType.MPLS, 0),
          new Protocol("mplsm", EthType.MPLS_MCAST, 0));

  private Protocols() {}

  static @Nullable Protocol byName(String name) {
    for (Protocol p : ALL) {
      if (p.name.equals(name)) {
        return p;
      }
    }
    return null;
  }

  /** The shorthand for the numbers, at least for the EtherType; empty if there is none. */
  static String name(int ethType, int nwProto) {
    String name = "";
    for (Protocol p : ALL) {
      if (p.ethType == ethType && (p.nwProto == 0 ? name.isEmpty() : p.nwProto == nwProto)) {
        name = p.name;
      }
    }
    return name;
  }

  /** Whether a shorthand stands for both numbers. */
  static boolean namesProto(int ethType, int nwProto) {
    return nwProto != 0 && ALL.stream().anyMatch(p -> p.ethType == ethType && p.nwProto == nwProto);
  }
}
