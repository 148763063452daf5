// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A command line of {@code ovs-ofctl}, and the many of them that tests compare.
 *
 * @param stdin what it is given to read
 */
record OfctlCommand(List<String> words, String stdin) {
  /** A TCP SYN from 10.0.0.1 to 10.0.0.2, port 80. */
  static final String PACKET =
      "0a00000000020a0000000001080045000028000000004006"
          + "66ce0a0000010a000002303900500000000100000000500220006f590000";

  static final String FLOWS =
      """
      # comment
      priority=1,in_port=4,actions=output:1
      table=2,udp,udp_src=53,actions=set_field:aa:bb:cc:dd:ee:ff->eth_dst,output:3
      table=2,ipv6,ipv6_dst=2001:db8::/32,actions=push_vlan:0x8100,set_field:4099->vlan_vid,2
      table=3,priority=0,actions=CONTROLLER:65535
      table=3,priority=5,sctp,nw_src=10.0.0.0/255.0.255.0,actions=IN_PORT,LOCAL,set_queue:7,FLOOD
      """;

  static final String OTHERS =
      """
      priority=1,in_port=4,actions=output:2
      priority=2,in_port=1,tcp,actions=output:3
      cookie=0x7,priority=3,nd_target=fe80::1,icmp6,icmp_type=135,icmp_code=0,actions=drop
      table=2,udp,udp_src=53,actions=set_field:aa:bb:cc:dd:ee:ff->eth_dst,output:3
      table=4,vlan_tci=0x1000/0x1000,metadata=0x10/0xf0,actions=write_metadata:7,goto_table:9
      """;

  /** A line may say what it does; what has the wrong syntax is named by its line. */
  private static final String MIXED =
      """
      add table=6,priority=1,tcp,tp_dst=80,actions=output:1

      add table=6,priority=2,tcp,tp_dst=22,actions=output:2 # the rest
      add table=6,priority=2,udp,tp_dst=22,ip_dscp=3,actions=output:2
      modify table=6,tcp,tp_dst=80,actions=output:3
      delete table=6,udp
      """;

  private static final String WRONG_LINE = "table=6,actions=drop\ntable=6,tcp,foo=1,actions=drop\n";

  static OfctlCommand of(String line) {
    return new OfctlCommand(List.of(line.split(" ")), "");
  }

  String name() {
    return words.stream().filter(w -> !w.startsWith("-")).findFirst().orElse("");
  }

  @Override
  public String toString() {
    return String.join(" ", words);
  }

  /**
   * Commands that give the same on a real switch, ours and by {@code beectl}, one after the other.
   */
  static List<OfctlCommand> all(Path flows, Path others) {
    List<OfctlCommand> l = new ArrayList<>();
    lines(
        l,
        """
        del-flows br0
        show br0
        dump-desc br0
        dump-tables br0
        dump-table-features br0
        dump-ports br0
        dump-ports br0 1
        dump-ports br0 p2
        dump-ports br0 LOCAL
        dump-ports br0 77
        dump-ports-desc br0
        dump-ports-desc br0 3
        get-frags br0
        set-frags br0 drop
        get-frags br0
        set-frags br0 nx-match
        set-frags br0 reassemble
        set-frags br0 normal
        dump-flows br0
        add-flow br0 priority=10,in_port=1,actions=output:2
        add-flow br0 priority=20,tcp,nw_dst=10.0.0.0/24,tp_dst=80,actions=dec_ttl,output:3
        add-flow br0 table=1,cookie=0x99,idle_timeout=600,icmp6,actions=NORMAL
        add-flow br0 table=1,hard_timeout=900,send_flow_rem,dl_vlan=5,actions=pop_vlan,ALL
        add-flow br0 in_port=p2,actions=write_metadata:0x5/0xff,goto_table:1
        add-flow br0 arp,arp_tpa=10.0.0.1,actions=write_actions(output:1),clear_actions
        add-flow br0 in_port=3,check_overlap,priority=10,actions=drop
        add-flow br0 priority=10,check_overlap,tcp,actions=drop
        add-flow br0 actions=output:99
        add-flow br0 table=254,actions=drop
        add-flow br0 table=255,priority=3,actions=drop
        add-flow br0 actions=group:1
        add-flow br0 actions=meter:1,output:1
        add-flow br0 ip,actions=set_field:80->tcp_dst
        add-flow br0 actions=goto_table:0
        """);
    l.add(of("add-flows br0 " + flows));
    lines(
        l,
        """
        dump-flows br0
        -O OpenFlow13 --names dump-flows br0
        --no-names dump-flows br0
        --no-names dump-flows br0 in_port=1
        --no-stats dump-flows br0
        --no-stats --stats dump-flows br0 table=1
        --sort=priority --sort=in_port dump-flows br0 table=0
        --rsort dump-flows br0 table=3
        --sort=udp_src --rsort=ipv6_dst dump-flows br0 table=2
        dump-flows br0 table=1
        dump-flows br0 tcp
        dump-flows br0 out_port=2
        dump-flows br0 cookie=0x99/-1
        dump-aggregate br0 cookie=0/-1
        dump-aggregate br0 cookie=0/0xff
        -mm dump-flows br0 table=1
        --more dump-ports br0 1
        dump-aggregate br0
        dump-aggregate br0 table=1
        dump-aggregate br0 ip
        dump-aggregate br0 out_port=LOCAL
        mod-flows br0 tcp,actions=output:4
        --strict mod-flows br0 priority=10,in_port=1,actions=output:3
        mod-flows br0 cookie=0x99/-1,actions=FLOOD
        dump-flows br0
        """);
    l.add(of("diff-flows br0 " + flows));
    l.add(of("diff-flows " + flows + " " + others));
    l.add(new OfctlCommand(List.of("diff-flows", "-", flows.toString()), OTHERS));
    l.add(of("replace-flows br0 " + others));
    l.add(of("dump-flows br0"));
    l.add(of("--readd replace-flows br0 " + others));
    l.add(of("diff-flows br0 " + others));
    l.add(new OfctlCommand(List.of("replace-flows", "br0", "-"), FLOWS));
    l.add(new OfctlCommand(List.of("replace-flows", "br0", "-"), OTHERS));
    l.add(new OfctlCommand(List.of("add-flows", "br0", "-"), MIXED));
    l.add(of("--sort=tcp_dst dump-flows br0 table=6"));
    l.add(of("--rsort=tcp_dst dump-flows br0 table=6"));
    l.add(new OfctlCommand(List.of("add-flow", "br0", "-"), WRONG_LINE));
    l.add(new OfctlCommand(List.of("mod-flows", "br0", "-"), "table=6,tcp,actions=output:4\n"));
    l.add(of("dump-flows br0 table=6"));
    l.add(new OfctlCommand(List.of("del-flows", "br0", "-"), "table=6,tcp,tp_dst=22\n\n"));
    l.add(of("dump-flows br0 table=6"));
    l.add(of("del-flows br0 table=6"));
    lines(
        l,
        """
        packet-out br0 1 output:4 %1$s
        packet-out br0 1 output:4 %1$s %1$s
        packet-out br0 in_port=1,packet=%1$s,actions=TABLE
        packet-out br0 in_port=controller,packet=%1$s,actions=output:2
        packet-out br0 in_port=controller,packet=%1$s,actions=output:88
        packet-out br0 packet=%1$s,actions=set_field:1.2.3.4->nw_src,output:1
        dump-flows br0
        dump-aggregate br0
        --strict del-flows br0 priority=1,in_port=4
        del-flows br0 udp
        del-flows br0 cookie=0x7/-1
        del-flows br0 out_port=3
        dump-flows br0
        del-flows br0 table=254
        --strict del-flows br0 table=254,priority=0,reg0=2
        mod-flows br0 table=254,actions=drop
        mod-port br0 p4 down
        mod-port br0 p4 up
        mod-port br0 3 no-flood
        mod-port br0 3 no-forward
        mod-port br0 3 no-receive
        mod-port br0 3 no-packet-in
        mod-port br0 3 nostp
        show br0
        mod-port br0 3 FORWARD
        mod-port br0 3 receive
        mod-port br0 3 packet-in
        mod-port br0 3 flood
        dump-groups br0
        dump-groups br0 5
        dump-group-stats br0
        dump-group-stats br0 group_id=5
        dump-group-features br0
        del-groups br0
        del-groups br0 group_id=5
        dump-meters br0
        dump-meters br0 meter=5
        dump-meter br0 meter=5
        meter-stats br0
        meter-stats br0 meter=5
        meter-features br0
        del-meters br0
        del-meters br0 meter=5
        del-meter br0 meter=5
        queue-stats br0
        queue-stats br0 1
        queue-stats br0 ALL ALL
        queue-stats br0 1 0
        queue-get-config br0 1
        queue-get-config br0
        queue-get-config br0 77
        probe br0
        ping br0
        ping br0 10
        benchmark br0 100 10
        """
            .formatted(PACKET));
    packetTypes(l);
    wrong(l);
    l.add(of("del-flows br0"));
    l.add(of("dump-flows br0"));
    return l;
  }

  /** Rules of Ethernet packets, which may say so, and of others, which there are none of. */
  private static void packetTypes(List<OfctlCommand> l) {
    lines(
        l,
        """
        add-flow br0 table=8,priority=1,actions=drop
        add-flow br0 table=8,priority=1,packet_type=(0,0),actions=output:1
        add-flow br0 table=8,priority=2,eth,metadata=3,actions=output:2
        add-flow br0 table=8,priority=2,metadata=3,actions=output:3
        add-flow br0 table=8,priority=3,tcp,packet_type=(0,0),actions=output:4
        add-flow br0 table=8,priority=4,packet_type=(1,0x800),nw_src=10.0.0.1,actions=dec_ttl,1
        add-flow br0 table=8,priority=4,packet_type=(1,0x800),dl_src=02:00:00:00:00:01,actions=1
        add-flow br0 table=8,priority=5,packet_type=(0,0),tcp_dst=80,actions=1
        dump-flows br0 table=8
        dump-flows br0 table=8,packet_type=(0,0)
        dump-flows br0 table=8,packet_type=(1,0x800)
        dump-aggregate br0 tcp_dst
        dump-aggregate br0 tcp_dst=80
        dump-aggregate br0 eth
        --strict mod-flows br0 table=8,priority=2,eth,metadata=3,actions=output:4
        mod-flows br0 table=8,eth,actions=output:5
        dump-flows br0 table=8
        --strict del-flows br0 table=8,priority=1,eth
        dump-flows br0 table=8
        del-flows br0 table=8,packet_type=(0,0)
        dump-flows br0 table=8
        """);
  }

  /** What is wrong already on the command line. */
  private static void wrong(List<OfctlCommand> l) {
    lines(
        l,
        """
        add-flow br0 nonsense
        add-flow br0 tcp,tp_dst=80000,actions=drop
        add-flow br0 actions=bogus
        add-flow br0 actions=output:
        add-flow br0 ip,nw_dst=10.0.0.0/x,actions=drop
        add-flow br0 foo=1,actions=drop
        add-flow br0 table=foo,actions=drop
        add-flow br0 in_port=nosuchport,actions=drop
        add-flow br0 cookie=1/2,actions=drop
        add-flow br0 priority=70000,actions=drop
        mod-flows br0 actions=set_field:1->nosuch
        del-flows br0 cookie=5
        del-flows br0 out_port=foo
        dump-flows br0 bogus
        dump-flows br0 table=300
        replace-flows br0 /nonexistent/file
        diff-flows br0 /nonexistent/file
        add-flows br0 /nonexistent/file
        add-groups br0 /nonexistent/file
        packet-out br0 1 output:2
        packet-out br0 1 output:2 zz
        packet-out br0 1 output:2 00
        packet-out br0 1 bogus %1$s
        packet-out br0 77x output:2 00
        packet-out br0 in_port=1,packet=00,actions=drop
        packet-out br0 in_port=1,actions=drop
        packet-out br0 foo=1,packet=00,actions=drop
        packet-out br0 packet=%1$s,actions=bogus
        packet-out br0 in_port=ALL,packet=%1$s,actions=drop
        packet-out br0
        mod-port br0 9 up
        mod-port br0 1 foo
        mod-port br0 nosuchport up
        mod-port br0 1
        mod-table br0 0 drop
        mod-table br0 0 evict
        mod-table br0 0 bogus
        set-frags br0 foo
        add-group br0 foo
        add-group br0 group_id=1
        add-group br0 group_id=1,type=foo
        add-group br0 group_id=1,type=indirect,bucket=output:1,bucket=output:2
        mod-group br0 type=all
        del-groups br0 foo=1
        dump-group-stats br0 foo=1
        add-meter br0 foo
        add-meter br0 meter=1
        add-meter br0 meter=1,kbps,bands=type=drop
        mod-meter br0 meter=0,kbps,bands=type=drop,rate=1
        del-meters br0 foo
        dump-meters br0 5
        meter-stats br0 meter=0
        queue-stats br0 nosuchport
        queue-get-config br0 nosuchport
        dump-ports br0 nosuchport
        ping br0 70000
        benchmark br0
        monitor br0 foo
        monitor br0 invalid_ttl
        -P foo monitor br0
        --sort=foo dump-flows br0
        --strict
        --bogus show br0
        -Z show br0
        --timeout
        -t abc show br0
        --names=5 show br0
        --s show br0
        bogus br0
        add-flow br0
        add-flow br0 a b
        show
        show nobridge
        dump-flows nobridge
        diff-flows nobridge br0
        """
            .formatted(PACKET));
  }

  private static void lines(List<OfctlCommand> l, String lines) {
    lines.lines().forEach(line -> l.add(of(line)));
  }

  /** Commands of which beectl says the same in words of its own, or more; and why. */
  static final Map<String, String> OWN_WORDS =
      Map.of(
          "--s show br0", "other options begin so",
          "show", "without a switch the daemon's own command",
          "dump-table-desc br0", "OpenFlow13 is all there is");

  /** Commands that are not in any list above, and why. */
  static final Map<String, String> NOT_COMPARED =
      Map.ofEntries(
          Map.entry("monitor", "here only what is wrong; packets in WatchingTest"),
          Map.entry("snoop", "in WatchingTest"),
          Map.entry("bundle", "bundles are to come"),
          Map.entry("insert-buckets", "groups of OpenFlow 1.5"),
          Map.entry("remove-buckets", "groups of OpenFlow 1.5"),
          Map.entry("dump-table-desc", "OpenFlow 1.4"),
          Map.entry("dump-ipfix-bridge", "ipfix"),
          Map.entry("dump-ipfix-flow", "ipfix"),
          Map.entry("ct-flush", "connection tracking"),
          Map.entry("ct-flush-zone", "connection tracking"),
          Map.entry("add-tlv-map", "tunnel metadata"),
          Map.entry("del-tlv-map", "tunnel metadata"),
          Map.entry("dump-tlv-map", "tunnel metadata"));

  /** Those that speak to no switch. */
  static boolean isLocal(String name) {
    return name.matches(
        "help|list-commands|ofp-parse|ofp-parse-pcap|ofp-print|parse-.*|check-vlan|print-error"
            + "|encode-.*|compose-packet");
  }
}
