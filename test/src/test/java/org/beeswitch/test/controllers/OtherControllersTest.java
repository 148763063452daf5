// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Controllers other than Ryu, each with two bridges of one daemon: one that it asks everything it
 * can ask, and one for which it is a learning switch.
 */
@Tag("system")
class OtherControllersTest {
  private static final String CHECKED = "--controller=tcp:127.0.0.1:6653";
  private static final String LEARNING = "--controller=tcp:127.0.0.1:6654";

  /** What the launchers print a line of for each thing asked. */
  private static final int OSKEN_CHECKS = 20;

  private static final int ONOS_CHECKS = 25;

  @ParameterizedTest
  @EnumSource
  void oskenAsksEverythingAndLearns(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 3)) {
      Program check = lab.startLauncher("osken", "6653", "check");
      Program learn = lab.startLauncher("osken", "6654", "stay");
      check.awaitLine("instantiating app os_ken.controller.ofp_handler");
      learn.awaitLine("instantiating app os_ken.controller.ofp_handler");
      startSwitch(lab);
      assertAllWell(check, OSKEN_CHECKS);
      assertLearned(lab);
    }
  }

  /**
   * ONOS's OpenFlow engine; the services around it are stand-ins. It has a driver for an Open
   * vSwitch of version 2, which a bridge may say it is.
   */
  @ParameterizedTest
  @EnumSource
  void onosAsksEverythingAndLearns(Datapath datapath) throws Exception {
    Lab.install("onos");
    try (Lab lab = new Lab(datapath, 3)) {
      Program check = lab.startLauncher("onos", "6653", "check");
      Program learn = lab.startLauncher("onos", "6654", "stay");
      check.awaitLine("LISTENING");
      learn.awaitLine("LISTENING");
      Path conf =
          lab.file(
              "version2.toml",
              """
              [[bridge]]
              name = "learning"
              [bridge.desc]
              software = "2.17.0"
              """);
      startSwitch(lab, "--conf=" + conf);
      check.awaitLine("DRIVER default");
      learn.awaitLine("DRIVER ovs");
      assertAllWell(check, ONOS_CHECKS);
      assertLearned(lab);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theTestControllerOfOpenVswitchLearns(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 3)) {
      lab.startTestController(6654);
      startSwitch(lab);
      assertLearned(lab);
    }
  }

  private static void startSwitch(Lab lab, String... before) throws Exception {
    List<String> options = new ArrayList<>(List.of(before));
    options.addAll(Lab.bridge("checked", List.of(lab.host(3)), CHECKED, "--fail-mode=secure"));
    List<Host> talkers = List.of(lab.host(1), lab.host(2));
    options.addAll(Lab.bridge("learning", talkers, LEARNING, "--fail-mode=secure"));
    lab.startSwitch(options);
  }

  private static void assertAllWell(Program check, int count) throws Exception {
    int status = check.awaitEnd();
    assertThat(check.lines()).filteredOn(l -> l.startsWith("ok ")).as("%s", check).hasSize(count);
    assertThat(check.lines()).noneMatch(l -> l.startsWith("FAIL"));
    assertThat(status).isZero();
  }

  private static void assertLearned(Lab lab) throws Exception {
    Host one = lab.host(1);
    Host two = lab.host(2);
    lab.awaitPing(one, two);
    Await.until("IPv6", () -> one.pings6(two));
    // One a direction at least, besides the table-miss flow; and the switch forwards by them.
    Await.until(
        "learned flows count packets",
        () -> {
          boolean answered = one.pings(two);
          return answered
              && lab.flows("learning").stream()
                      .filter(f -> f.priority() > 0 && f.packetCount() > 0)
                      .count()
                  >= 2;
        });
  }
}
