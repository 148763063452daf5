// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.test.controllers.Await;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What docs/departures.md says of ports is so, on Open vSwitch and on Beeswitch. */
@Tag("system")
@Timeout(300)
class PortDeparturesTest {
  private static final String AGAIN = "type veth peer name w2";

  private static void ip(TestNetns ns, String command) {
    ns.exec(("ip " + command).split(" "));
  }

  /** Has the host ask for an address that nobody has. */
  private static void says(TestNetns ns, String device, String net) {
    ip(ns, "addr add " + net + ".1/24 dev " + device);
    ns.exec("sh", "-c", "ping -n -c 1 -W 1 -I " + device + " " + net + ".2 || true");
  }

  private static void addsADeviceOfAnother(TestNetns ns) {
    ip(ns, "link add lb type bridge");
    ip(ns, "link add e1 type veth peer name e2");
    ip(ns, "link set e1 master lb");
  }

  @Test
  void openVswitchDoesIt() throws Exception {
    RealOvs.assumePossible();
    try (RealOvs ovs = RealOvs.start(3)) {
      TestNetns ns = ovs.netns();
      // D-PORT-RENAMED
      ip(ns, "link set p3 name q3");
      Await.until(
          "no counters", () -> ovs.ofctl("dump-ports", "br0", "3").text().contains("pkts=?"));
      // D-PORT-NUMBER
      ovs.vsctl("add-port", "br0", "p4", "--", "set", "interface", "p4", "type=internal");
      assertThat(ovs.ofctl("dump-ports-desc", "br0").text()).contains(" 4(p4)");
      ovs.vsctl("del-port", "p4");
      ovs.vsctl("add-port", "br0", "p4", "--", "set", "interface", "p4", "type=internal");
      assertThat(ovs.ofctl("dump-ports-desc", "br0").text()).contains(" 5(p4)");
      // D-PORT-TAKEN
      ovs.vsctl(
          "add-port",
          "br0",
          "p5",
          "--",
          "set",
          "interface",
          "p5",
          "type=internal",
          "ofport_request=1");
      assertThat(ovs.ofctl("dump-ports-desc", "br0").text()).contains("(p5)").contains(" 1(p1)");
      // D-PORT-OF-BRIDGE
      addsADeviceOfAnother(ns);
      ovs.vsctl("add-port", "br0", "e1");
      assertThat(ovs.ofctl("dump-ports-desc", "br0").text()).contains("(e1)");
      // D-PORT-NAME
      String name = "sixteen-or-more-letters";
      ovs.vsctl(
          "add-port", "br0", name, "--", "set", "interface", name, "type=patch", "options:peer=x");
      assertThat(ovs.ofctl("dump-ports-desc", "br0").text()).contains("(sixteen-or-more)");
      // D-PORT-AWAY
      ovs.vsctl("--no-wait", "add-port", "br0", "later");
      ip(ns, "link add later type veth peer name w9");
      Await.until(
          "a device that came late",
          () -> ovs.ofctl("dump-ports-desc", "br0").text().contains("(later)"));
    }
  }

  /** D-PORT-RETURN. */
  @Test
  void openVswitchReceivesNothingFromADeviceThatReturned() throws Exception {
    RealOvs.assumePossible();
    try (RealOvs ovs = RealOvs.start(3)) {
      TestNetns ns = ovs.netns();
      ovs.ofctl("add-flow", "br0", "in_port=1,actions=drop");
      ovs.ofctl("add-flow", "br0", "in_port=2,actions=drop");
      ip(ns, "link del p2");
      Await.until(
          "p2 is away",
          () ->
              ovs.ofctl("dump-ports-desc", "br0").text().contains("(p2): addr:00:00:00:00:00:00"));
      ip(ns, "link add p2 " + AGAIN);
      ip(ns, "link set p2 up");
      ip(ns, "link set w2 up");
      Await.until(
          "p2 is back",
          () ->
              ovs.ofctl("dump-ports-desc", "br0")
                  .text()
                  .matches("(?s).* 2\\(p2\\): addr:[^\\n]*\\n *config: *0\\n *state: *LIVE.*"));
      says(ns, "w2", "10.9.0");
      says(ns, "w1", "10.8.0");
      Await.until(
          "packets of port 1 are counted",
          () -> !ovs.ofctl("dump-flows", "br0", "in_port=1").text().contains("n_packets=0,"));
      assertThat(ovs.ofctl("dump-ports", "br0", "2").text()).doesNotContain("rx pkts=0,");
      assertThat(ovs.ofctl("dump-flows", "br0", "in_port=2").text()).contains("n_packets=0,");
    }
  }

  @Test
  void beeswitchDoesNot() throws Exception {
    RealOvs.assumePossible();
    try (OwnSwitch own = new OwnSwitch(3);
        Unixctl ctl = own.unixctl()) {
      TestNetns ns = own.netns();
      ip(ns, "link set p3 name q3");
      assertThat(own.ofctl("dump-ports", "br0", "3").text()).doesNotContain("?");
      ip(ns, "link add p4 type veth peer name w4");
      ctl.call("add-port", "br0", "p4");
      ctl.call("del-port", "br0", "p4");
      ctl.call("add-port", "br0", "p4");
      assertThat(own.ofctl("dump-ports-desc", "br0").text()).contains(" 4(p4)");
      ip(ns, "link add p5 type veth peer name w5");
      assertThatThrownBy(() -> ctl.call("add-port", "br0", "p5=1"))
          .hasMessageContaining("OpenFlow port number 1");
      addsADeviceOfAnother(ns);
      assertThatThrownBy(() -> ctl.call("add-port", "br0", "e1")).hasMessageContaining("nomaster");
      assertThatThrownBy(
              () ->
                  ctl.call(
                      "add-port", "br0", "sixteen-or-more-letters", "type=patch", "options:peer=x"))
          .hasMessageContaining("1 to 15 bytes");
      assertThatThrownBy(() -> ctl.call("add-port", "br0", "later"))
          .hasMessageContaining("No such device");
    }
  }
}
