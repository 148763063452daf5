// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.controllers.FakeController;
import org.beeswitch.test.controllers.Peer;
import org.beeswitch.test.controllers.Program;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a bridge does without its controllers. */
@Tag("system")
@Tag("slow")
class FailModeTest {
  private static final String CONTROLLER = "tcp:127.0.0.1:6653";

  /** Three probe intervals, and the time that a busy machine takes. */
  private static final int FAIL_OPEN_S = 60;

  private static final int ETHER_TYPE_AT = 12;
  private static final short RARP = (short) 0x8035;

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

  /**
   * The controller is away at first, or is there and says nothing; comes, dies and comes back. One
   * that says nothing is sent packets that nobody sent, to see whether it says something then.
   */
  @Test
  void failOpenLastsUntilAControllerAdmitsTheSwitch() throws Exception {
    Datapath.BPF.assumeAvailable();
    ExecutorService threads = Executors.newFixedThreadPool(2); // most of it is waiting
    try {
      Future<?> away = threads.submit(() -> failOpen(Datapath.BPF, false));
      Future<?> silent = threads.submit(() -> failOpen(Datapath.NETDEV, true));
      away.get();
      silent.get();
    } finally {
      threads.shutdownNow();
      threads.awaitTermination(FAIL_OPEN_S, TimeUnit.SECONDS);
    }
  }

  private static @Nullable Void failOpen(Datapath datapath, boolean there) throws Exception {
    try (Machine m = new Machine(datapath);
        FakeController silent = FakeController.listen(m.netns)) {
      String target = silent.target();
      if (!there) {
        silent.close();
      }
      Program d = m.startReady(bridge("--controller", target));
      m.beectl("add-flow", "br0", "priority=5,actions=drop");
      assertThat(m.pings()).isFalse();
      Await.until("the bridge fails open", FAIL_OPEN_S, m::pings);
      assertThat(d.printed("failing open")).isTrue();
      assertThat(m.beectl("--no-stats", "dump-flows", "br0")).isEmpty();
      if (there) {
        assertSentBogusPacket(silent);
        assertThat(d.printed("no longer in fail-open mode")).isFalse();
      }

      Program controller = controller(m, target);
      d.awaitLine("no longer in fail-open mode");
      m.awaitPing();
      assertThat(m.beectl("dump-flows", "br0")).contains("CONTROLLER");
      controller.kill();
      Await.until(
          "the bridge fails open again",
          FAIL_OPEN_S,
          () -> d.lines().stream().filter(l -> l.contains("failing open")).count() == 2);
      controller(m, target);
      Await.until(
          "the controller is back", () -> m.beectl("show-controllers", "br0").contains("admitted"));
    }
    return null;
  }

  /** A RARP request from nowhere, as OVS sends it; the controller goes then. */
  private static void assertSentBogusPacket(FakeController silent) throws Exception {
    try (Peer peer = silent.accept()) {
      byte[] packet = peer.await(PacketIn.class).data().array();
      assertThat(ByteBuffer.wrap(packet).getShort(ETHER_TYPE_AT)).isEqualTo(RARP);
      silent.close();
    }
  }

  private static Program controller(Machine m, String target) throws Exception {
    return m.run(
        "ovs-testcontroller",
        "ovs-testcontroller",
        "--unixctl=" + m.dir().resolve("controller.ctl"),
        "-O",
        "OpenFlow13",
        target.replaceFirst("tcp:(.*):(.*)", "ptcp:$2:$1"));
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
