// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a bridge does without its controllers. */
@Tag("system")
@Tag("slow")
class FailModeTest {
  private static final String CONTROLLER = "tcp:127.0.0.1:6653";

  /** Three probe intervals, and the time that a busy machine takes. */
  private static final int FAIL_OPEN_S = 60;

  private static String[] bridge(String... options) {
    String[] all = {"--bridge", "br0", "--port", "p1=1", "--port", "p2=2"};
    String[] result = java.util.Arrays.copyOf(all, all.length + options.length);
    System.arraycopy(options, 0, result, all.length, options.length);
    return result;
  }

  @Test
  void standaloneWithoutControllersShowsItsRule() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady(bridge());
      assertThat(m.beectl("--no-stats", "dump-flows", "br0"))
          .isEqualTo(" priority=0 actions=NORMAL\n");
      m.beectl("set-fail-mode", "br0", "secure");
      assertThat(m.beectl("--no-stats", "dump-flows", "br0")).isEmpty();
      assertThat(m.pings()).isFalse();
      m.beectl("set-fail-mode", "br0", "standalone");
      m.awaitPing();
      m.beectl("set-controller", "br0", CONTROLLER);
      assertThat(m.beectl("--no-stats", "dump-flows", "br0")).isEmpty();
      m.beectl("del-controller", "br0");
      assertThat(m.beectl("--no-stats", "dump-flows", "br0"))
          .isEqualTo(" priority=0 actions=NORMAL\n");
    }
  }

  /** The controller is away, comes, dies and comes back. */
  @ParameterizedTest
  @EnumSource
  void failOpenLastsUntilAControllerAdmitsTheSwitch(Datapath datapath) throws Exception {
    try (Machine m = new Machine(datapath)) {
      Program d = m.startReady(bridge("--controller", CONTROLLER));
      m.beectl("add-flow", "br0", "priority=5,actions=drop");
      assertThat(m.pings()).isFalse();
      Await.until("the bridge fails open", FAIL_OPEN_S, m::pings);
      assertThat(d.printed("failing open")).isTrue();
      assertThat(m.beectl("--no-stats", "dump-flows", "br0")).isEmpty();

      Program controller = controller(m);
      d.awaitLine("no longer in fail-open mode");
      m.awaitPing();
      assertThat(m.beectl("dump-flows", "br0")).contains("CONTROLLER");
      controller.kill();
      Await.until(
          "the bridge fails open again",
          FAIL_OPEN_S,
          () -> d.lines().stream().filter(l -> l.contains("failing open")).count() == 2);
      controller(m);
      Await.until(
          "the controller is back", () -> m.beectl("show-controllers", "br0").contains("admitted"));
    }
  }

  private static Program controller(Machine m) throws Exception {
    return m.run(
        "ovs-testcontroller",
        "ovs-testcontroller",
        "--unixctl=" + m.dir().resolve("controller.ctl"),
        "-O",
        "OpenFlow13",
        "ptcp:6653:127.0.0.1");
  }

  @Test
  void secureDoesNothingByItself() throws Exception {
    try (Machine m = new Machine(Datapath.NETDEV)) {
      Program d = m.startReady(bridge("--fail-mode", "secure", "--controller", CONTROLLER));
      m.beectl("add-flow", "br0", "priority=5,arp,actions=drop");
      Await.until(
          "the switch has tried for 17 s",
          FAIL_OPEN_S,
          () -> d.lines().stream().anyMatch(l -> l.contains("continuing to retry")));
      assertThat(m.pings()).isFalse();
      assertThat(m.beectl("--no-stats", "dump-flows", "br0")).contains("arp actions=drop");
    }
  }
}
