// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The commands of {@code ovs-ofctl} for OpenFlow 1.3, one after the other on a real Open vSwitch
 * and on {@code bin/beeswitchd} with the same ports: the same output and exit status. Then once
 * more with {@code beectl}, which is to print the same.
 *
 * <p>Left out are the commands that the issue leaves out: groups, adding meters, queues, bundles,
 * flow monitors, ipfix, conntrack and tunnel maps.
 */
@Tag("system")
class ToolsTest {
  private static final int PORTS = 4;

  /** A TCP SYN from 10.0.0.1 to 10.0.0.2, port 80. */
  private static final String PACKET =
      "0a00000000020a0000000001080045000028000000004006"
          + "66ce0a0000010a000002303900500000000100000000500220006f590000";

  /** What cannot be the same in two runs, and why. */
  private static final List<Normal> NORMALS =
      List.of(
          new Normal("xid=0x[0-9a-f]+", "xid"), // a counter of the tool
          new Normal("duration=[0-9.]+s", "duration"), // of flows and ports
          new Normal("time=[0-9.]+ ms", "time"), // of pings
          new Normal("LOCAL\\(br0\\): addr:[0-9a-f:]+", "LOCAL(br0): addr"), // each one's own
          new Normal("(?m)^[0-9-]+T[0-9:.]+Z\\|.*\\|WARN\\|.*\n", ""), // the tool's log
          // D-TEXT-FEATURES, D-XREG, D-NSH, D-ERSPAN, D-IN-PHY-PORT, D-EXTHDR, D-PBB-MATCH
          new Normal("(?m)^ +(supported on Set-Field|arbitrary mask|exact match[ a-z]*): .*", ""));

  /** Commands of which the order of lines is that of a hash table. */
  private static final Set<String> UNORDERED = Set.of("diff-flows", "dump-ports");

  /** What ovs-ofctl has for other versions; beectl speaks 1.3 alone, and says so. */
  private static final Set<String> NOT_BEECTL = Set.of("dump-table-desc");

  private record Normal(Pattern pattern, String name) {
    Normal(String pattern, String name) {
      this(Pattern.compile(pattern), name);
    }
  }

  private static String normal(String[] command, RealOvs.Output o, Path rundir) {
    String s = o.text().replace(rundir.toString(), "RUNDIR").stripTrailing();
    for (Normal n : NORMALS) {
      s = n.pattern().matcher(s).replaceAll(n.name());
    }
    if (UNORDERED.contains(command[0])) {
      // Lines that go on are of one entry.
      s = Stream.of(s.split("\\n(?! {5})")).sorted().collect(Collectors.joining("\n"));
    }
    return "exit " + o.status() + "\n" + s;
  }

  private static List<String[]> commands(Path flows, Path others) {
    List<String[]> l = new ArrayList<>();
    for (String c :
        List.of(
            "del-flows br0",
            "show br0",
            "dump-desc br0",
            "dump-tables br0",
            "dump-table-features br0",
            "dump-ports br0",
            "dump-ports br0 1",
            "dump-ports br0 p2",
            "dump-ports br0 LOCAL",
            "dump-ports br0 77",
            "dump-ports-desc br0",
            "dump-ports-desc br0 3",
            "get-frags br0",
            "set-frags br0 drop",
            "get-frags br0",
            "set-frags br0 nx-match",
            "set-frags br0 reassemble",
            "set-frags br0 normal",
            "dump-flows br0",
            "add-flow br0 priority=10,in_port=1,actions=output:2",
            "add-flow br0 priority=20,tcp,nw_dst=10.0.0.0/24,tp_dst=80,actions=dec_ttl,output:3",
            "add-flow br0 table=1,cookie=0x99,idle_timeout=600,icmp6,actions=NORMAL",
            "add-flow br0 table=1,hard_timeout=900,send_flow_rem,dl_vlan=5,actions=pop_vlan,ALL",
            "add-flow br0 in_port=p2,actions=write_metadata:0x5/0xff,goto_table:1",
            "add-flow br0 arp,arp_tpa=10.0.0.1,actions=write_actions(output:1),clear_actions",
            "add-flow br0 in_port=3,check_overlap,priority=10,actions=drop",
            "add-flow br0 priority=10,check_overlap,tcp,actions=drop",
            "add-flow br0 actions=output:99",
            "add-flow br0 table=254,actions=drop",
            "add-flow br0 table=255,priority=3,actions=drop",
            "add-flow br0 actions=group:1",
            "add-flow br0 actions=meter:1,output:1",
            "add-flow br0 ip,actions=set_field:80->tcp_dst",
            "add-flow br0 actions=goto_table:0",
            "add-flow br0 nonsense",
            "add-flow br0 tcp,tp_dst=80000,actions=drop",
            "add-flows br0 " + flows,
            "dump-flows br0",
            "--names dump-flows br0",
            "--no-names dump-flows br0",
            "--no-stats dump-flows br0",
            "--sort=priority dump-flows br0",
            "--rsort=priority dump-flows br0",
            "dump-flows br0 table=1",
            "--sort=in_port --rsort dump-flows br0",
            "dump-flows br0 tcp",
            "dump-flows br0 out_port=2",
            "dump-flows br0 cookie=0x99/-1",
            "dump-aggregate br0",
            "dump-aggregate br0 table=1",
            "dump-aggregate br0 ip",
            "mod-flows br0 tcp,actions=output:4",
            "--strict mod-flows br0 priority=10,in_port=1,actions=output:3",
            "mod-flows br0 cookie=0x99/-1,actions=FLOOD",
            "dump-flows br0",
            "diff-flows br0 " + flows,
            "diff-flows " + flows + " " + others,
            "replace-flows br0 " + others,
            "dump-flows br0",
            "diff-flows br0 " + others,
            "packet-out br0 1 output:4 " + PACKET,
            "packet-out br0 in_port=1,packet=" + PACKET + ",actions=TABLE",
            "packet-out br0 in_port=controller,packet=" + PACKET + ",actions=output:2",
            "packet-out br0 in_port=controller,packet=" + PACKET + ",actions=output:88",
            "dump-flows br0",
            "dump-aggregate br0",
            "--strict del-flows br0 priority=1,in_port=4",
            "del-flows br0 udp",
            "del-flows br0 cookie=0x7/-1",
            "del-flows br0 out_port=3",
            "dump-flows br0",
            "mod-port br0 p4 down",
            "mod-port br0 p4 up",
            "mod-port br0 3 no-flood",
            "mod-port br0 3 no-forward",
            "mod-port br0 3 no-receive",
            "mod-port br0 3 no-packet-in",
            "show br0",
            "mod-port br0 3 forward",
            "mod-port br0 3 receive",
            "mod-port br0 3 packet-in",
            "mod-port br0 9 up",
            "mod-table br0 0 drop",
            "dump-groups br0",
            "dump-group-stats br0",
            "dump-group-features br0",
            "del-groups br0",
            "dump-meters br0",
            "meter-stats br0",
            "meter-features br0",
            "del-meters br0",
            "queue-stats br0",
            "queue-stats br0 1",
            "queue-get-config br0 1",
            "dump-table-desc br0",
            "probe br0",
            "ping br0",
            "del-flows br0",
            "dump-flows br0")) {
      l.add(c.split(" "));
    }
    return l;
  }

  @Test
  void printsWhatItPrintsOnOpenVswitch() throws Exception {
    RealOvs.assumePossible();
    Path flows = Files.createTempFile("flows", ".txt");
    Path others = Files.createTempFile("others", ".txt");
    Files.writeString(
        flows,
        """
        # comment
        priority=1,in_port=4,actions=output:1
        table=2,udp,udp_src=53,actions=set_field:aa:bb:cc:dd:ee:ff->eth_dst,output:3
        table=2,ipv6,ipv6_dst=2001:db8::/32,actions=push_vlan:0x8100,set_field:4099->vlan_vid,2
        table=3,priority=0,actions=CONTROLLER:65535
        table=3,priority=5,sctp,nw_src=10.0.0.0/255.0.255.0,actions=IN_PORT,LOCAL,set_queue:7,FLOOD
        """);
    Files.writeString(
        others,
        """
        priority=1,in_port=4,actions=output:2
        priority=2,in_port=1,tcp,actions=output:3
        cookie=0x7,priority=3,nd_target=fe80::1,icmp6,icmp_type=135,icmp_code=0,actions=drop
        table=2,udp,udp_src=53,actions=set_field:aa:bb:cc:dd:ee:ff->eth_dst,output:3
        table=4,vlan_tci=0x1000/0x1000,metadata=0x10/0xf0,actions=write_metadata:7,goto_table:9
        """);
    List<String> differences = new ArrayList<>();
    List<String[]> commands = commands(flows, others);
    try (RealOvs ovs = RealOvs.start(PORTS);
        OwnSwitch own = new OwnSwitch(PORTS);
        OwnSwitch other = new OwnSwitch(PORTS)) {
      List<String> expected = new ArrayList<>();
      for (String[] c : commands) {
        expected.add(normal(c, ovs.ofctl(c), ovs.rundir()));
      }
      compare("ovs-ofctl", own::ofctl, commands, expected, own, differences);
      compare("beectl", other::beectl, commands, expected, other, differences);
    } finally {
      Files.delete(flows);
      Files.delete(others);
    }
    System.out.printf(
        "tools: %d commands of ovs-ofctl, %d of them also of beectl: %d outputs differ%n",
        commands.size(),
        commands.stream().filter(c -> !NOT_BEECTL.contains(c[0])).count(),
        differences.size());
    assertThat(differences).as("outputs that differ").isEmpty();
  }

  private static void compare(
      String tool,
      Function<String[], RealOvs.Output> run,
      List<String[]> commands,
      List<String> expected,
      OwnSwitch own,
      List<String> differences) {
    for (int i = 0; i < commands.size(); i++) {
      String command = String.join(" ", commands.get(i));
      if (tool.equals("beectl") && NOT_BEECTL.contains(commands.get(i)[0])) {
        continue;
      }
      String got = normal(commands.get(i), run.apply(commands.get(i)), own.rundir());
      // Each tool puts its name before what it complains of.
      String want = expected.get(i);
      if (!got.replace("beectl: ", "ovs-ofctl: ").equals(want)) {
        differences.add(String.format("%n%s %s%nours %s%nOVS's %s", tool, command, got, want));
      }
    }
  }
}
