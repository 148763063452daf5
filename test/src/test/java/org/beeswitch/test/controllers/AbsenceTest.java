// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A controller that dies and comes back. Three probe intervals are a long time: they pass for all
 * at once, for a standalone and a secure bridge of a daemon on each datapath.
 */
@Tag("system")
class AbsenceTest {
  /** Three probe intervals of 5 s, and what a busy machine adds. */
  private static final int FAIL_OPEN_S = 60;

  private final List<Site> sites = new ArrayList<>();

  /** A daemon, its hosts, and their controller. */
  private static final class Site implements AutoCloseable {
    final Lab lab;
    final List<Host> standalone;
    final List<Host> secure;
    Program controller;

    Site(Datapath datapath) throws Exception {
      lab = new Lab(datapath, 6);
      standalone = lab.hosts().subList(0, 3);
      secure = lab.hosts().subList(3, 6);
    }

    void startController() throws Exception {
      controller = lab.startLauncher("osken", "6653", "stay");
      controller.awaitLine("instantiating app os_ken.controller.ofp_handler");
    }

    void startSwitch() throws Exception {
      List<String> options = new ArrayList<>();
      options.addAll(bridge("open", standalone, "standalone"));
      options.addAll(bridge("closed", secure, "secure"));
      lab.startSwitch(options);
    }

    private static List<String> bridge(String name, List<Host> hosts, String failMode) {
      return Lab.bridge(name, hosts, "--fail-mode=" + failMode, "--controller=tcp:127.0.0.1:6653");
    }

    boolean logged(String bridge, String what) {
      return lab.log().stream().anyMatch(l -> l.contains(bridge + ":") && l.contains(what));
    }

    @Override
    public void close() throws Exception {
      lab.close();
    }
  }

  @BeforeEach
  void start() throws Exception {
    TestNetns.assumeRoot();
    for (Datapath d : Datapath.values()) {
      if (d.isAvailable()) {
        sites.add(new Site(d));
      }
    }
    for (Site s : sites) {
      s.startController();
      s.startSwitch();
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (Site s : sites) {
      s.close();
    }
  }

  @Test
  @ExpectedLog({"failing open", "no longer in fail-open mode"})
  void standaloneFailsOpenAndSecureGoesOnByItsFlowsUntilTheControllerIsBack() throws Exception {
    for (Site s : sites) {
      s.lab.awaitPing(s.standalone.get(0), s.standalone.get(1));
      s.lab.awaitPing(s.secure.get(0), s.secure.get(1));
    }
    for (Site s : sites) {
      s.controller.kill();
    }
    for (Site s : sites) {
      assertGoesOnByItsFlows(s.lab, s.standalone);
      assertGoesOnByItsFlows(s.lab, s.secure);
    }

    for (Site s : sites) {
      Await.until("fail-open", FAIL_OPEN_S, () -> s.logged("open", "failing open"));
      s.lab.awaitPing(s.standalone.get(0), s.standalone.get(2));
      // The rule that does it is above all others, and nobody's to see.
      assertThat(s.lab.flows("open")).isEmpty();
      assertGoesOnByItsFlows(s.lab, s.secure);
      assertThat(s.logged("closed", "failing open")).isFalse();
    }

    for (Site s : sites) {
      s.startController();
    }
    for (Site s : sites) {
      s.lab.awaitPing(s.secure.get(0), s.secure.get(2));
      Await.until("fail-open ends", () -> s.logged("open", "no longer in fail-open mode"));
      s.lab.awaitPing(s.standalone.get(1), s.standalone.get(2));
      Await.until("flows are learned again", () -> s.lab.flows("open").size() >= 3);
    }
  }

  /** The first two hosts had talked before; the third is a stranger. */
  private static void assertGoesOnByItsFlows(Lab lab, List<Host> hosts) throws Exception {
    lab.awaitPing(hosts.get(0), hosts.get(1));
    assertThat(hosts.get(0).pings(hosts.get(2))).isFalse();
  }
}
