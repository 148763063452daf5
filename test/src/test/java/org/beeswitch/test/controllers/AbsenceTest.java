// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A controller that dies and comes back, with a standalone bridge and a secure one that it is the
 * controller of. The bridges are in one daemon, so that their three probe intervals pass at once.
 */
@Tag("system")
class AbsenceTest {
  /** Three probe intervals of 5 s, and what a busy machine adds. */
  private static final int FAIL_OPEN_S = 60;

  @ParameterizedTest
  @EnumSource
  @ExpectedLog({"failing open", "no longer in fail-open mode"})
  void standaloneFailsOpenAndSecureGoesOnByItsFlowsUntilTheControllerIsBack(Datapath datapath)
      throws Exception {
    try (Lab lab = new Lab(datapath, 6)) {
      List<Host> standalone = lab.hosts().subList(0, 3);
      List<Host> secure = lab.hosts().subList(3, 6);
      Program controller = lab.startLauncher("osken", "6653", "stay");
      controller.awaitLine("instantiating app os_ken.controller.ofp_handler");
      List<String> options = new ArrayList<>();
      options.addAll(bridge("open", standalone, "standalone"));
      options.addAll(bridge("closed", secure, "secure"));
      lab.startSwitch(options);
      for (List<Host> hosts : List.of(standalone, secure)) {
        lab.awaitPing(hosts.get(0), hosts.get(1));
      }

      controller.kill();
      // By the flows that are there; and there is none for the third host.
      for (List<Host> hosts : List.of(standalone, secure)) {
        assertThat(hosts.get(0).pings(hosts.get(1))).isTrue();
        assertThat(hosts.get(0).pings(hosts.get(2))).isFalse();
      }

      Await.until("fail-open", FAIL_OPEN_S, () -> logged(lab, "open", "failing open"));
      lab.awaitPing(standalone.get(0), standalone.get(2));
      // The rule that does it is above all others, and nobody's to see.
      assertThat(lab.flows("open")).isEmpty();
      assertThat(secure.get(0).pings(secure.get(1))).isTrue();
      assertThat(secure.get(0).pings(secure.get(2))).isFalse();
      assertThat(logged(lab, "closed", "failing open")).isFalse();
      assertThat(lab.flows("closed")).isNotEmpty();

      Program again = lab.startLauncher("osken", "6653", "stay");
      again.awaitLine("instantiating app os_ken.controller.ofp_handler");
      for (List<Host> hosts : List.of(standalone, secure)) {
        lab.awaitPing(hosts.get(0), hosts.get(2));
      }
      Await.until("fail-open ends", () -> logged(lab, "open", "no longer in fail-open mode"));
      lab.awaitPing(standalone.get(1), standalone.get(2));
      Await.until("flows are learned again", () -> lab.flows("open").size() >= 3);
    }
  }

  private static List<String> bridge(String name, List<Host> hosts, String failMode) {
    return Lab.bridge(name, hosts, "--fail-mode=" + failMode, "--controller=tcp:127.0.0.1:6653");
  }

  private static boolean logged(Lab lab, String bridge, String what) {
    return lab.log().stream().anyMatch(l -> l.contains(bridge + ":") && l.contains(what));
  }
}
