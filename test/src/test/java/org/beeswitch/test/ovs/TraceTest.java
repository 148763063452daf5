// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.beeswitch.test.controllers.Datapath;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code ofproto/trace} and its neighbours on the control socket: all of what they print, against a
 * real Open vSwitch with the same ports and flows.
 */
@Tag("system")
class TraceTest {
  private static final int PORTS = 4;

  private static final String FLOWS =
      """
      priority=10,in_port=1,actions=output:2,output:3
      priority=20,in_port=1,tcp,tp_dst=80,actions=dec_ttl,set_field:10.9.9.9->ip_dst,\
      write_metadata:0x5/0xff,goto_table:1
      priority=30,in_port=1,udp,actions=write_actions(output:4,\
      set_field:02:00:00:00:00:99->eth_dst),goto_table:2
      priority=5,in_port=2,actions=NORMAL
      priority=6,in_port=2,arp,actions=CONTROLLER:128,FLOOD
      priority=5,in_port=3,actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:1,pop_vlan,2
      priority=50,in_port=3,dl_vlan=9,actions=IN_PORT
      priority=50,in_port=4,ip,nw_ttl=1,actions=dec_ttl,output:1
      priority=5,in_port=4,actions=output:77,output:4,LOCAL
      priority=5,in_port=LOCAL,actions=output:1
      table=1,cookie=0x77,metadata=0x5/0xff,actions=clear_actions,write_actions(output:3),\
      goto_table:9
      table=2,priority=3,actions=set_field:5->metadata,write_actions(output:1)
      """;

  /** Arguments behind the bridge. */
  private static final List<String> CASES =
      List.of(
          "in_port=1",
          "in_port=1,tcp,tcp_dst=80,nw_ttl=64",
          "in_port=1,tcp,tcp_dst=80,nw_ttl=1",
          "in_port=1,tcp,tcp_dst=80,nw_src=1.2.3.4,nw_ttl=3 -generate",
          "in_port=1,tcp " + OfctlCommand.PACKET,
          "in_port=1 " + OfctlCommand.PACKET,
          "in_port=1,udp,udp_src=5",
          "in_port=1,ip,nw_frag=later",
          "in_port=p1,metadata=5",
          "in_port=2,tcp",
          "in_port=2,arp",
          "in_port=2,dl_type=0x1234,dl_dst=ff:ff:ff:ff:ff:ff,dl_src=01:00:00:00:00:01",
          "in_port=2,dl_type=0x1234,dl_dst=01:80:c2:00:00:00",
          "in_port=2,dl_vlan=5,dl_vlan_pcp=1",
          "in_port=3,icmp",
          "in_port=3,dl_vlan=9,dl_vlan_pcp=3",
          "in_port=4,ip,nw_ttl=1",
          "in_port=4,icmp6,icmpv6_type=135",
          "in_port=4,sctp",
          "in_port=LOCAL,tcp6",
          "in_port=9",
          "dl_src=00:00:00:00:00:01",
          "in_port=1,mpls,mpls_label=5",
          "in_port=1,foo=5",
          "in_port=1,tcp,tcp_flags=+syn",
          "in_port=1,udp,tp_src=5",
          "in_port=1,tcp zz");

  private static final Pattern ACTIONS = Pattern.compile("(?m)^Datapath actions: (.*)$");

  private static String call(Unixctl c, String method, String... args) throws Exception {
    try {
      return c.call(method, args);
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage()).replaceFirst("^\\{.*?\\}: ", "");
    }
  }

  /**
   * What of a trace is to be the same: OVS freezes a state with each packet-in and says that a
   * trace does not send it (D-PACKET-IN-COOKIE), and floods in the order of a hash table.
   */
  private static String normal(String trace) {
    String s =
        trace.replaceAll("dont_send=\\d,continuation=0,recirc_id=\\d+", "dont_send,recirc_id");
    Matcher m = ACTIONS.matcher(s);
    return m.replaceAll(
        r -> {
          String actions = r.group(1);
          int ports = actions.lastIndexOf(')') + 1;
          String sorted =
              Arrays.stream(actions.substring(ports).split(","))
                  .sorted()
                  .collect(Collectors.joining(","));
          return Matcher.quoteReplacement(
              "Datapath actions: " + actions.substring(0, ports) + sorted);
        });
  }

  @Test
  void tracesPrintWhatOpenVswitchPrints() throws Exception {
    RealOvs.assumePossible();
    Map<String, String> differences = new LinkedHashMap<>();
    try (RealOvs ovs = RealOvs.start(PORTS);
        OwnSwitch own = new OwnSwitch(Datapath.NETDEV, PORTS);
        Unixctl theirs = ovs.unixctl();
        Unixctl ours = own.unixctl()) {
      String flows = FLOWS.replace("\\\n", "");
      List<String> addFlows = List.of("add-flows", "br0", "-");
      assertThat(RealOvs.ofctl(ovs.rundir(), addFlows, flows).text()).isEmpty();
      assertThat(own.beectl(addFlows, flows).text()).isEmpty();
      for (String line : CASES) {
        List<String> args = new ArrayList<>(List.of("br0"));
        args.addAll(List.of(line.split(" ")));
        args.add("--names"); // ports of the two datapaths have other numbers
        String[] a = args.toArray(String[]::new);
        String expected = normal(call(theirs, "ofproto/trace", a));
        String got = normal(call(ours, "ofproto/trace", a));
        if (!got.equals(expected)) {
          differences.put(line, String.format("%nours %s%nOVS's %s%n", got, expected));
        }
      }
      assertThat(own.beectl(List.of("trace", "br0", "in_port=1"), "").text())
          .contains("Final flow: unchanged\n");
      compareLearning(ovs, own, theirs, ours, differences);
    }
    System.out.printf(
        "figure: %d traces in full as OVS prints them, %d differ%n",
        CASES.size(), differences.size());
    assertThat(differences).isEmpty();
  }

  /** Addresses that were learned, and a trace that goes by them. */
  private static void compareLearning(
      RealOvs ovs, OwnSwitch own, Unixctl theirs, Unixctl ours, Map<String, String> differences)
      throws Exception {
    List<String> packet =
        List.of("packet-out", "br0", "in_port=2,packet=" + OfctlCommand.PACKET + ",actions=NORMAL");
    RealOvs.ofctl(ovs.rundir(), packet, "");
    RealOvs.ofctl(own.rundir(), packet, "");
    for (String[] command :
        List.of(
            new String[] {"fdb/show", "br0"},
            new String[] {"fdb/show", "nobridge"},
            new String[] {
              "ofproto/trace", "br0", "in_port=2,tcp,dl_dst=0a:00:00:00:00:01", "--names"
            })) {
      String line = String.join(" ", command);
      String method = command[0];
      String[] args = Arrays.copyOfRange(command, 1, command.length);
      String expected = call(theirs, method, args).replaceAll("(?m) +\\d+$", " age");
      String got = call(ours, method, args).replaceAll("(?m) +\\d+$", " age");
      if (!got.equals(expected)) {
        differences.put(line, String.format("%nours %s%nOVS's %s%n", got, expected));
      }
    }
  }

  @Test
  void aMegaflowIsTracedAndFilteredAsTheDatapathShowsIt() throws Exception {
    try (OwnSwitch own = new OwnSwitch(Datapath.NETDEV, PORTS);
        Unixctl ours = own.unixctl()) {
      assertThat(own.beectl(List.of("add-flow", "br0", "in_port=3,actions=output:1"), "").text())
          .isEmpty();
      String odp = "in_port(p3),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0806)";
      assertThat(call(ours, "ofproto/trace", odp, "--names"))
          .contains("Flow: arp,in_port=p3")
          .endsWith("Datapath actions: p1\n");
      assertThat(call(ours, "ofproto/trace", "in_port(99),eth_type(0x0806)"))
          .contains("its in_port is in no bridge");
      assertThat(call(ours, "dpctl/dump-flows", "filter=foo=1")).contains("Failed to parse filter");
      assertThat(call(ours, "dpctl/dump-flows", "-m", "--names", "filter=in_port=1,tcp")).isEmpty();
      assertThat(call(ours, "coverage/read-counter", "nosuch")).contains("No such counter");
    }
  }
}
