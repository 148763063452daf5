// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Random flows in text that OVS takes: fields that go with each other, masks, actions. */
public final class RandomFlowText {
  private final Random r;

  public RandomFlowText(Random r) {
    this.r = r;
  }

  public String next() {
    List<String> parts = new ArrayList<>();
    maybe(parts, "priority=" + r.nextInt(65536));
    maybe(parts, "table=" + r.nextInt(100));
    maybe(parts, "cookie=" + hex(64));
    maybe(parts, "idle_timeout=" + r.nextInt(65536));
    maybe(parts, "hard_timeout=" + r.nextInt(65536));
    maybe(parts, "send_flow_rem");
    maybe(parts, "check_overlap");
    maybe(parts, "in_port=" + pick("1", "65279", "LOCAL", "controller", "0"));
    maybe(parts, "metadata=" + masked(64));
    maybe(parts, "tun_id=" + masked(64));
    maybe(parts, "reg" + r.nextInt(16) + "=" + masked(32));
    maybe(parts, "pkt_mark=" + masked(32));
    maybe(parts, "dl_src=" + mac());
    maybe(parts, "dl_dst=" + mac());
    boolean tag = r.nextInt(3) == 0;
    if (tag) {
      parts.add("dl_vlan=" + r.nextInt(4096));
      maybe(parts, "dl_vlan_pcp=" + r.nextInt(8));
    } else {
      maybe(parts, "vlan_tci=" + pick("0", "0x0000/0x1000", "0x1000/0x1000", "0x1005/0x1fff"));
    }
    String protocol =
        pick(
            "",
            "ip",
            "tcp",
            "udp",
            "sctp",
            "icmp",
            "ipv6",
            "tcp6",
            "udp6",
            "sctp6",
            "icmp6",
            "nd",
            "arp",
            "rarp",
            "mpls",
            "mplsm",
            "dl_type=0x88cc",
            "ip,nw_proto=89");
    boolean fields = !protocol.isEmpty();
    parts.add(protocol.equals("nd") ? "icmp6,icmpv6_type=135,icmpv6_code=0" : protocol);
    List<String> tail = new ArrayList<>();
    if (fields) {
      protocolFields(tail, protocol);
    }
    Collections.shuffle(tail, r);
    parts.addAll(tail);
    parts.removeIf(String::isEmpty);
    return String.join(r.nextBoolean() ? "," : ", ", parts) + " actions=" + actions(protocol, tag);
  }

  private void protocolFields(List<String> parts, String protocol) {
    boolean v6 = protocol.contains("6") && !protocol.startsWith("dl_") || protocol.equals("nd");
    switch (protocol) {
      case "arp", "rarp" -> {
        maybe(parts, "arp_op=" + r.nextInt(256));
        maybe(parts, "arp_spa=" + ip());
        maybe(parts, "arp_tpa=" + ip());
        maybe(parts, "arp_sha=" + mac());
        maybe(parts, "arp_tha=" + mac());
        return;
      }
      case "mpls", "mplsm" -> {
        maybe(parts, "mpls_label=" + r.nextInt(1 << 20));
        maybe(parts, "mpls_tc=" + r.nextInt(8));
        maybe(parts, "mpls_bos=" + r.nextInt(2));
        return;
      }
      case "dl_type=0x88cc" -> {
        return;
      }
      default -> {}
    }
    if (v6) {
      maybe(parts, "ipv6_src=" + ipv6());
      maybe(parts, "ipv6_dst=" + ipv6());
      maybe(parts, "ipv6_label=" + masked(20));
    } else {
      maybe(parts, "nw_src=" + ip());
      maybe(parts, "nw_dst=" + ip());
    }
    maybe(parts, "nw_tos=" + (r.nextInt(64) << 2));
    maybe(parts, "nw_ecn=" + r.nextInt(4));
    maybe(parts, "nw_ttl=" + r.nextInt(256));
    switch (protocol) {
      case "tcp", "udp", "sctp", "tcp6", "udp6", "sctp6" -> {
        maybe(parts, "tp_src=" + masked(16));
        maybe(parts, "tp_dst=" + masked(16));
        if (protocol.startsWith("tcp")) {
          maybe(parts, "tcp_flags=" + pick("+syn-ack", "fin|rst", "+ns", "0x12/0xfff", "0"));
        } else {
          // A later fragment has no ports, and then tp_src has no prerequisites.
          maybe(parts, "ip_frag=" + pick("no", "first", "yes", "not_later"));
        }
      }
      case "icmp" -> {
        maybe(parts, "icmp_type=" + r.nextInt(256));
        maybe(parts, "icmp_code=" + r.nextInt(256));
      }
      case "nd" -> {
        maybe(parts, "nd_target=" + ipv6());
        maybe(parts, "nd_sll=" + mac());
      }
      case "ip", "ipv6" -> maybe(parts, "ip_frag=" + pick("no", "yes", "first", "later"));
      default -> {}
    }
  }

  private String actions(String protocol, boolean tag) {
    if (r.nextInt(10) == 0) {
      return "drop";
    }
    List<String> a = new ArrayList<>();
    maybe(a, "meter:" + (1 + r.nextInt(100)));
    int n = 1 + r.nextInt(4);
    for (int i = 0; i < n; i++) {
      a.add(action(protocol, tag));
    }
    maybe(a, "clear_actions");
    maybe(a, "write_actions(output:" + (1 + r.nextInt(9)) + ",set_field:" + mac6() + "->eth_src)");
    maybe(a, "write_metadata:0x5/0xff");
    maybe(a, "goto_table:" + (100 + r.nextInt(100)));
    return String.join(",", a);
  }

  private String action(String protocol, boolean tag) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "output:" + r.nextInt(65280),
                "LOCAL",
                "in_port",
                "normal",
                "flood",
                "all",
                "controller:" + r.nextInt(65536),
                "group:" + r.nextInt(1000),
                "set_queue:" + r.nextInt(1000),
                "pop_queue",
                "mod_dl_src:" + mac6(),
                "set_field:" + mac6() + "->eth_dst",
                "set_field:" + hex(64) + "->metadata",
                "set_field:" + masked(32) + "->reg" + r.nextInt(16),
                "load:" + hex(16) + "->NXM_NX_REG1[0..15]",
                "load:" + r.nextInt(65280) + "->NXM_OF_IN_PORT[]",
                "load:0xfffe->NXM_OF_IN_PORT[]",
                "set_tunnel:" + hex(64)));
    if (tag) {
      all.addAll(List.of("mod_vlan_vid:" + r.nextInt(4096), "set_field:4097->vlan_vid"));
      all.add("mod_vlan_pcp:" + r.nextInt(8));
    }
    switch (protocol) {
      case "ip", "tcp", "udp", "sctp", "icmp" ->
          all.addAll(
              List.of(
                  "mod_nw_src:10.1.2." + r.nextInt(256),
                  "set_field:" + ip() + "->ip_dst",
                  "dec_ttl",
                  "mod_nw_ttl:" + r.nextInt(256),
                  "mod_nw_tos:" + (r.nextInt(64) << 2),
                  "mod_nw_ecn:" + r.nextInt(4)));
      case "ipv6", "tcp6" -> all.add("set_field:" + ipv6() + "->ipv6_src");
      case "arp" ->
          all.addAll(List.of("set_field:" + ip() + "->arp_spa", "load:2->NXM_OF_ARP_OP[]"));
      default -> {}
    }
    if (protocol.equals("tcp") || protocol.equals("udp")) {
      all.add("mod_tp_src:" + r.nextInt(65536));
      all.add("set_field:" + masked(16) + "->" + protocol + "_dst");
    }
    return all.get(r.nextInt(all.size()));
  }

  private void maybe(List<String> parts, String part) {
    if (r.nextInt(3) == 0) {
      parts.add(part);
    }
  }

  private String pick(String... s) {
    return s[r.nextInt(s.length)];
  }

  private String hex(int bits) {
    return "0x" + Long.toHexString(r.nextLong() >>> 64 - bits);
  }

  /** A number with some mask, or none. */
  private String masked(int bits) {
    return switch (r.nextInt(3)) {
      case 0 -> hex(bits);
      case 1 -> hex(bits) + "/" + hex(bits);
      default -> hex(bits) + "/0x" + Long.toHexString(1 + r.nextInt((1 << Math.min(bits, 16)) - 1));
    };
  }

  private String mac6() {
    return String.format(
        "%02x:%02x:%02x:%02x:%02x:%02x",
        r.nextInt(256),
        r.nextInt(256),
        r.nextInt(256),
        r.nextInt(256),
        r.nextInt(256),
        r.nextInt(256));
  }

  private String mac() {
    return r.nextInt(3) == 0 ? mac6() + "/" + mac6() : mac6();
  }

  private String ip() {
    String ip = r.nextInt(256) + "." + r.nextInt(256) + ".3." + r.nextInt(256);
    return switch (r.nextInt(3)) {
      case 0 -> ip;
      case 1 -> ip + "/" + (1 + r.nextInt(32));
      default -> ip + "/255.0.255.1";
    };
  }

  private String ipv6() {
    String ip =
        pick("2001:db8::" + Integer.toHexString(r.nextInt(65536)), "fe80::1:2", "1:2:3:4::");
    return switch (r.nextInt(3)) {
      case 0 -> ip;
      case 1 -> ip + "/" + (1 + r.nextInt(128));
      default -> ip + "/ffff:0:ffff::1";
    };
  }
}
