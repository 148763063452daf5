// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.ArrayList;
import java.util.List;

/**
 * A packet's flow as {@code ovs-ofctl parse-pcap} prints it (OVS {@code match_format} under {@code
 * flow_wildcards_init_for_packet}): to compare parsers, not the text of matches.
 */
final class OvsFlowText {
  private static final String[] TCP_FLAGS = {
    "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"
  };

  private final Flow f;
  private final long[] w;
  private final List<String> out = new ArrayList<>();

  private OvsFlowText(Flow f) {
    this.f = f;
    this.w = f.words();
  }

  static String of(Flow f) {
    OvsFlowText t = new OvsFlowText(f);
    t.format();
    return String.join(",", t.out);
  }

  private void format() {
    int type = (int) f.get(Field.ETH_TYPE);
    int proto = (int) f.get(Field.IP_PROTO);
    String name = name(type, proto);
    if (!name.isEmpty()) {
      out.add(name);
    }
    out.add("in_port=ANY");
    vlans();
    out.add("dl_src=" + AddressText.mac(f.get(Field.ETH_SRC)));
    out.add("dl_dst=" + AddressText.mac(f.get(Field.ETH_DST)));
    if (name.isEmpty()) {
      out.add(String.format("dl_type=0x%04x", type));
    }
    switch (type) {
      case EthType.ARP, EthType.RARP -> {
        out.add("arp_spa=" + AddressText.ipv4(f.get(Field.ARP_SPA)));
        out.add("arp_tpa=" + AddressText.ipv4(f.get(Field.ARP_TPA)));
        out.add("arp_op=" + proto);
        out.add("arp_sha=" + AddressText.mac(f.get(Field.ARP_SHA)));
        out.add("arp_tha=" + AddressText.mac(f.get(Field.ARP_THA)));
      }
      case EthType.MPLS, EthType.MPLS_MCAST -> mpls();
      case EthType.NSH -> {
        nsh();
        ip(proto, false);
      }
      case EthType.IPV4 -> {
        out.add("nw_src=" + AddressText.ipv4(f.get(Field.IPV4_SRC)));
        out.add("nw_dst=" + AddressText.ipv4(f.get(Field.IPV4_DST)));
        ip(proto, !name.equals("ip"));
        l4(type, proto);
      }
      case EthType.IPV6 -> {
        out.add("ipv6_src=" + address(Field.IPV6_SRC));
        out.add("ipv6_dst=" + address(Field.IPV6_DST));
        out.add(String.format("ipv6_label=0x%05x", f.get(Field.IPV6_LABEL)));
        ip(proto, !name.equals("ipv6"));
        l4(type, proto);
      }
      default -> {}
    }
  }

  private static String name(int type, int proto) {
    return switch (type) {
      case EthType.IPV4 ->
          switch (proto) {
            case IpProto.ICMP -> "icmp";
            case IpProto.TCP -> "tcp";
            case IpProto.UDP -> "udp";
            case IpProto.SCTP -> "sctp";
            default -> "ip";
          };
      case EthType.IPV6 ->
          switch (proto) {
            case IpProto.ICMPV6 -> "icmp6";
            case IpProto.TCP -> "tcp6";
            case IpProto.UDP -> "udp6";
            case IpProto.SCTP -> "sctp6";
            default -> "ipv6";
          };
      case EthType.ARP -> "arp";
      case EthType.RARP -> "rarp";
      case EthType.MPLS -> "mpls";
      case EthType.MPLS_MCAST -> "mplsm";
      default -> "";
    };
  }

  private void vlans() {
    for (int i = 0; i < 2; i++) {
      String n = i == 0 ? "" : "1";
      int tci = (int) (w[FlowLayout.VLANS] >>> 32 - 32 * i) & 0xffff;
      if (tci == 0) {
        out.add("vlan_tci" + n + "=0x0000");
        return;
      }
      out.add("dl_vlan" + n + "=" + (tci & 0xfff));
      out.add("dl_vlan_pcp" + n + "=" + (tci >>> 13));
    }
  }

  private void ip(int proto, boolean named) {
    if (!named) {
      out.add("nw_proto=" + proto);
    }
    int tos = (int) (w[FlowLayout.NW] >>> 48) & 0xff;
    out.add("nw_tos=" + (tos & 0xfc));
    out.add("nw_ecn=" + (tos & 3));
    out.add("nw_ttl=" + f.get(Field.IP_TTL));
    out.add("nw_frag=" + List.of("no", "first", "<error>", "later").get(frag()));
  }

  private int frag() {
    return (int) f.get(Field.IP_FRAG);
  }

  private void l4(int type, int proto) {
    long src = f.get(Field.TCP_SRC);
    long dst = f.get(Field.TCP_DST);
    if ((frag() & FlowLayout.FRAG_LATER) != 0) {
      return;
    }
    switch (proto) {
      case IpProto.TCP, IpProto.UDP, IpProto.SCTP, IpProto.IGMP, IpProto.ICMP, IpProto.ICMPV6 -> {
        boolean icmp = type == EthType.IPV4 && proto == IpProto.ICMP;
        boolean icmp6 = type == EthType.IPV6 && proto == IpProto.ICMPV6;
        out.add((icmp || icmp6 ? "icmp_type=" : "tp_src=") + src);
        out.add((icmp || icmp6 ? "icmp_code=" : "tp_dst=") + dst);
        if (icmp6 && (src == 135 || src == 136) && dst == 0) {
          out.add("nd_target=" + address(Field.ND_TARGET));
          out.add("nd_sll=" + AddressText.mac(f.get(Field.ND_SLL)));
          out.add("nd_tll=" + AddressText.mac(f.get(Field.ND_TLL)));
        }
      }
      default -> {}
    }
    if (proto == IpProto.TCP) {
      tcpFlags();
    }
  }

  private void tcpFlags() {
    List<String> on = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      if ((f.get(Field.TCP_FLAGS) >>> i & 1) != 0) {
        on.add(TCP_FLAGS[i]);
      }
    }
    out.add("tcp_flags=" + (on.isEmpty() ? "0" : String.join("|", on)));
  }

  private void mpls() {
    out.add("mpls_label=" + f.get(Field.MPLS_LABEL));
    out.add("mpls_tc=" + f.get(Field.MPLS_TC));
    out.add("mpls_ttl=" + f.get(Field.MPLS_TTL));
    out.add("mpls_bos=" + f.get(Field.MPLS_BOS));
    long second = w[FlowLayout.MPLS01] & 0xffffffffL;
    if (f.get(Field.MPLS_BOS) == 0) {
      out.add("mpls_lse1=" + second);
      if ((second & 0x100) == 0) {
        out.add("mpls_lse2=" + (w[FlowLayout.MPLS2] >>> 32));
      }
    }
  }

  private void nsh() {
    long h = w[FlowLayout.NSH];
    out.add("nsh_flags=" + (h >>> 56));
    out.add("nsh_ttl=" + (h >>> 48 & 0xff));
    out.add("nsh_mdtype=" + (h >>> 40 & 0xff));
    out.add("nsh_np=" + (h >>> 32 & 0xff));
    out.add(String.format("nsh_spi=0x%x", h >>> 8 & 0xffffff));
    out.add("nsh_si=" + (h & 0xff));
    if ((h >>> 40 & 0xff) == 1) {
      for (int i = 0; i < 4; i++) {
        long c = w[FlowLayout.NSH_CONTEXT + i / 2] >>> (i % 2 == 0 ? 32 : 0) & 0xffffffffL;
        out.add(String.format("nsh_c%d=0x%x", i + 1, c));
      }
    }
  }

  private String address(Field field) {
    return new Ipv6Address(w[field.word()], w[field.word() + 1]).toString();
  }
}
