// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import java.util.List;
import java.util.Random;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.test.controllers.Await;

/** Ports and bridges that come and go: port 3 of br0 with its device, and bridges of a moment. */
final class Ports {
  private static final int FLAPPING = 3;

  private final Site site;
  private final Random ports;
  private final Random bridges;

  Ports(Site site, Random ports, Random bridges) {
    this.site = site;
    this.ports = ports;
    this.bridges = bridges;
  }

  /** Something happens to port 3 or to what it is made of, and is undone. */
  void flap() throws Exception {
    switch (ports.nextInt(5)) {
      case 0 -> {
        site.host(FLAPPING).exec("ip", "link", "set", "dev", "eth0", "down");
        site.host(FLAPPING).exec("ip", "link", "set", "dev", "eth0", "up");
      }
      case 1 -> {
        site.machine.exec("ip", "link", "set", "dev", "p3", "down");
        site.machine.exec("ip", "link", "set", "dev", "p3", "up");
      }
      case 2 -> {
        site.machine.exec("ip", "link", "set", "dev", "p3", "mtu", "1400");
        site.machine.exec("ip", "link", "set", "dev", "p3", "mtu", "1500");
      }
      case 3 -> {
        site.control("del-port", "br0", "p3");
        site.control("add-port", "br0", "p3=3");
      }
      default -> {
        site.host(FLAPPING).exec("ip", "link", "del", "eth0");
        site.wire(FLAPPING);
      }
    }
  }

  /** Port 3 is as it was in the beginning, whatever was under way. */
  void mend() throws Exception {
    // The wire may have been half made when its thread was told to end: without an address, say.
    site.host(FLAPPING).exec("sh", "-c", "ip link del eth0 || true");
    site.wire(FLAPPING);
    site.machine.exec("ip", "link", "set", "dev", "p3", "up", "mtu", "1500");
    if (!site.control("list-ports", "br0").contains("p3\n")) {
      site.control("add-port", "br0", "p3=3");
    }
    for (String b : List.of("x0", "x1")) {
      site.control("del-br", "--if-exists", b);
    }
    if (site.machine.exec("ip", "-br", "link").contains("xa")) {
      site.machine.exec("ip", "link", "del", "xa");
    }
    Await.until("p3 is in the datapath", () -> site.control("dpctl/show").contains(": p3\n"));
  }

  /** A bridge of a moment, with two ports, rules, sometimes a controller, and traffic. */
  void bridge() throws Exception {
    String b = "x" + bridges.nextInt(2);
    site.control("add-br", b);
    site.machine.exec("ip", "link", "add", "xa", "type", "veth", "peer", "name", "xb");
    site.machine.exec("ip", "link", "set", "dev", "xa", "up");
    site.machine.exec("ip", "link", "set", "dev", "xb", "up");
    site.control("add-port", b, "xa");
    site.machine.exec("ip", "link", "set", "dev", b, "up");
    if (bridges.nextInt(3) == 0) {
      site.control("set-controller", b, site.fickle.target());
    }
    site.change(
        b,
        Site.flow(FlowMod.Command.ADD, "priority=5,ip,actions=output:1,LOCAL"),
        Site.flow(FlowMod.Command.ADD, "priority=4,hard_timeout=1,actions=NORMAL"));
    site.machine.exec("sh", "-c", "ping -n -b -c 2 -i 0.01 -W 0.05 -I " + b + " 10.9.9.9 || true");
    if (bridges.nextBoolean()) {
      site.machine.exec("ip", "link", "del", "xa");
      site.control("del-br", b);
    } else {
      site.control("del-port", b, "xa");
      site.control("del-br", b);
      site.machine.exec("ip", "link", "del", "xa");
    }
  }
}
