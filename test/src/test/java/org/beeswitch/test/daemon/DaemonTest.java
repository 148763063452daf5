// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code bin/beeswitchd} as an operator meets it. */
@Tag("system")
class DaemonTest {
  private static final String[] BRIDGE = {"--bridge", "br0", "--port", "p1=1", "--port", "p2=2"};

  @ParameterizedTest
  @EnumSource
  void anEndBySignalLeavesNothing(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      String before = m.devices();
      Program d = m.startReady(BRIDGE);
      m.awaitPing();
      assertThat(m.files()).contains("beeswitchd.pid", "br0.mgmt", "br0.snoop");
      assertThat(m.devices()).isNotEqualTo(before);
      assertThat(d.stop()).as(d.toString()).isZero();
      assertThat(m.files()).isEmpty();
      assertThat(m.devices()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void exitReturnsWhenNothingIsLeft(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      String before = m.devices();
      Program d = m.startReady(BRIDGE);
      m.beectl("exit");
      assertThat(m.files()).isEmpty();
      assertThat(m.devices()).isEqualTo(before);
      assertThat(d.awaitEnd()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKilledDaemonIsNoObstacleToTheNext(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      String before = m.devices();
      Program first = m.startReady(BRIDGE);
      m.awaitPing();
      first.kill();
      Program second = m.startReady(BRIDGE);
      m.awaitPing();
      assertThat(second.stop()).as(second.toString()).isZero();
      assertThat(m.devices()).isEqualTo(before);
    }
  }

  @Test
  void aSecondDaemonOnTheRundirIsRefused() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady("--bridge", "br0");
      Program second = m.start("--bridge", "br1");
      assertThat(second.awaitEnd()).isEqualTo(1);
      assertThat(second.lines())
          .singleElement()
          .asString()
          .contains("runs on " + m.rundir() + " already, pid ");
      assertThat(m.beectl("list-br")).isEqualTo("br0\n");
    }
  }

  /** The last line is what matters: a JVM may have something to say of its own. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--bridge br0 --port nosuch | nosuch",
        "--bridge br0 --port p1 --port p1 | bridge br0 has two ports p1",
        "--bridge br0 --port p1=1 --port p2=1 | two ports with OpenFlow port number 1",
        "--bridge br0 --port p1 --bridge br1 --port p1 | port p1 is wanted in bridge br1",
        "--port p1 | before the first --bridge",
        "--bridge br0 --port p1=x | a port is DEVICE or DEVICE=N",
        "--bridge a/b | cannot be the name of a bridge",
        "--bridge br0 --dpid 0 | datapath id \"0\"",
        "--bridge br0 --controller udp:1.2.3.4 | is not one of tcp",
        "--bridge br0 --private-key /nosuch --certificate /nosuch --ca-cert /nosuch | /nosuch: no"
            + " such file",
        "--bridge br0 --private-key /nosuch | --certificate",
        "--bridge br0 --fail-mode open | neither standalone nor secure",
        "--bridge br0 --protocols OpenFlow10 | not spoken here yet",
        "--bridge br0 --flows /nosuch | no such file",
        "--conf /nosuch | no such file",
        "--datapath none | neither bpf nor netdev",
        "--nosuch | Unknown option",
        "--bridge lo | lo",
      })
  void badInputEndsInOneLine(String options, String complaint) throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      String before = m.devices();
      Program d = m.start(options.split(" "));
      m.assertRefused(d, complaint, before);
    }
  }

  @Test
  void aBadLineOfFlowsIsNamed() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      Path flows = m.dir().resolve("flows");
      Files.writeString(
          flows, "# a comment\n\nin_port=1,actions=output:2\nin_port=,actions=drop\n");
      Program d = m.start("--bridge", "br0", "--flows", flows.toString());
      assertThat(d.awaitEnd()).isEqualTo(1);
      assertThat(d.lines()).singleElement().asString().contains(flows + ":4:");
      Files.writeString(flows, "table=0,actions=drop\ntable=254,actions=drop\n");
      d = m.start("--bridge", "br0", "--flows", flows.toString());
      assertThat(d.awaitEnd()).isEqualTo(1);
      assertThat(d.lines())
          .singleElement()
          .asString()
          .contains(flows + ":2: bridge br0 refuses this flow: OFPBRC_EPERM");
    }
  }

  @Test
  void aPortOfAnotherSwitchIsRefused() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady(BRIDGE);
      Program other =
          m.run(
              "beeswitchd",
              Machine.ROOT.resolve("bin/beeswitchd").toString(),
              "--datapath",
              "netdev",
              "--bridge",
              "br9",
              "--port",
              "p1",
              "--rundir",
              m.dir().resolve("other").toString());
      assertThat(other.awaitEnd()).isEqualTo(1);
      assertThat(other.lines()).singleElement().asString().contains("p1").contains("already");
      m.awaitPing();
    }
  }

  @ParameterizedTest
  @EnumSource
  void flowsOfAFileAreThereBeforeAnythingIsForwarded(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      Path flows = m.dir().resolve("flows");
      Files.writeString(flows, "in_port=p1,actions=output:p2\nin_port=p2,actions=output:1\n");
      m.startReady(
          "--bridge",
          "br0",
          "--port",
          "p1=1",
          "--port",
          "p2=2",
          "--fail-mode",
          "secure",
          "--flows",
          flows.toString());
      assertThat(m.pings(Await.PATIENCE_S)).as("the first packet is answered").isTrue();
      assertThat(m.beectl("--no-stats", "dump-flows", "br0"))
          .isEqualTo(" in_port=1 actions=output:2\n in_port=2 actions=output:1\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void bridgesAndPortsComeAndGoAtRunTime(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      m.startReady();
      assertThat(m.beectl("list-br")).isEmpty();
      m.beectl("add-br", "br0");
      m.beectl("--may-exist", "add-br", "br0");
      m.beectl("--if-exists", "del-port", "p1");
      m.beectl("add-port", "br0", "p1=7");
      m.beectl("add-port", "br0", "p2");
      assertThat(m.beectl("list-ports", "br0")).isEqualTo("p1\np2\n");
      m.awaitPing();
      assertThat(m.beectl("dump-ports-desc", "br0")).contains(" 7(p1): ", " 1(p2): ", "LOCAL(br0)");
      Await.until(
          "a megaflow, which goes when nothing has come for a while",
          () -> m.pings() && m.beectl("dpctl", "dump-flows", "--names").contains("in_port(p1)"));

      m.beectl("del-port", "br0", "p2");
      assertThat(m.pings()).isFalse();
      m.beectl("add-br", "br1");
      m.beectl("add-port", "br1", "p2");
      assertThat(m.pings()).isFalse();
      m.beectl("del-br", "br1");
      m.beectl("add-port", "br0", "p2");
      m.awaitPing();
      assertThat(m.beectl("list-br")).isEqualTo("br0\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileJoinsTwoBridgesByPatchPorts(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      Path conf = m.dir().resolve("conf.toml");
      Files.writeString(
          conf,
          """
          [[bridge]]
          name = "br0"
          [[bridge.port]]
          name = "p1"
          [[bridge.port]]
          name = "to1"
          peer = "to0"
          [[bridge]]
          name = "br1"
          [[bridge.port]]
          name = "p2"
          [[bridge.port]]
          name = "to0"
          peer = "to1"
          """);
      m.startReady("--conf", conf.toString());
      m.awaitPing();
      assertThat(m.beectl("fdb", "show", "br1").lines()).hasSizeGreaterThan(2);
      // Of OVS's form: in order of names, and without what there is none of.
      String memory =
          "handlers:\\d+ heap_kb:\\d+ heap_max_kb:\\d+ ports:6 revalidators:1 rules:10"
              + "( udpif keys:\\d+)?\n";
      assertThat(m.beectl("memory", "show")).matches(memory);
      Await.until(
          "megaflows are counted too, as long as there are any",
          () -> m.pings() && m.beectl("memory", "show").contains(" udpif keys:"));
    }
  }

  @Test
  void ovsAppctlIsServed() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady(BRIDGE);
      String socket =
          m.rundir()
              .resolve(m.files().stream().filter(f -> f.endsWith(".ctl")).findFirst().get())
              .toString();
      assertThat(TestNetns.run("ovs-appctl", "-t", socket, "list-commands"))
          .contains("dpctl/dump-flows", "fdb/show", "coverage/show");
      assertThat(TestNetns.run("ovs-appctl", "-t", socket, "dpctl/show"))
          .startsWith("netdev@beeswitch:\n")
          .contains(": p1\n");
    }
  }

  @Test
  void aDeviceThatGoesAndComesBackIsThePortAgain() throws Exception {
    for (Datapath datapath : List.of(Datapath.NETDEV, Datapath.BPF)) {
      try (Machine m = new Machine(datapath)) {
        m.startReady(BRIDGE);
        m.awaitPing();
        m.netns.exec("ip", "link", "del", "p2");
        Await.until(
            "p2 is reported as down",
            () -> m.beectl("dump-ports-desc", "br0").contains("2(p2): addr:00:00:00:00:00:00"));
        m.host2.veth("eth0", m.netns, "p2");
        m.host2.address("eth0", "10.0.0.2/24");
        m.host1.exec("ip", "neigh", "flush", "dev", "eth0");
        m.awaitPing();
      }
    }
  }

  /** The walk that the real ofproto/trace prints for these tables and this packet. */
  @Test
  void aTraceReadsAsThatOfOvs() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady(BRIDGE);
      m.beectl(
          "add-flow",
          "br0",
          "priority=5,ip,actions=dec_ttl,write_actions(output:2),write_metadata:5,goto_table:1");
      m.beectl(
          "add-flow",
          "br0",
          "table=1,cookie=7,priority=9,tcp,actions=set_field:00:00:00:00:00:01->eth_dst,output:7");
      String flow =
          "vlan_tci=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:0%d,nw_src=10.0.0.1,"
              + "nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=%d,nw_frag=no,tp_src=0,tp_dst=80,"
              + "tcp_flags=0\n";
      assertThat(
              m.beectl(
                  "trace",
                  "br0",
                  "in_port=p1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_dst=80"))
          .isEqualTo(
              "Flow: tcp,in_port=1,"
                  + flow.formatted(0, 64)
                  + """

                  bridge("br0")
                  -------------
                   0. ip, priority 5
                      dec_ttl
                      write_actions(output:2)
                       -> action set is: output:2
                      write_metadata:0x5
                      goto_table:1
                       1. tcp, priority 9, cookie 0x7
                              set_field:00:00:00:00:00:01->eth_dst
                              output:7
                               >> Nonexistent output port
                  --. Executing action set:
                      output:2

                  """
                  + "Final flow: tcp,metadata=0x5,in_port=1,"
                  + flow.formatted(1, 63)
                  + "Megaflow: recirc_id=0,eth,tcp,in_port=1,dl_dst=00:00:00:00:00:00,nw_ttl=64,"
                  + "nw_frag=no\n"
                  + "Datapath actions: set(eth(dst=00:00:00:00:00:01)),set(ipv4(ttl=63)),3\n");
      assertThat(m.beectl("dpctl", "dump-flows")).doesNotContain("tcp");
    }
  }
}
