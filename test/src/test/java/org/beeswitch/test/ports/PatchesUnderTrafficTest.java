// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bridges and patch ports are made and removed while packets run through them: from p1 in br0 over
 * the patch pa-pb to p4 in br1. One megaflow leads across; when a command that ends this returns,
 * no packet that enters later gets through.
 */
@Tag("system")
@Tag("slow")
class PatchesUnderTrafficTest {
  private static final int W4 = 1;

  @ParameterizedTest
  @EnumSource
  @Timeout(300)
  void packetsCrossFromWhenAPatchIsThereUntilItIsNot(Datapath datapath) throws Exception {
    try (Traffic t = new Traffic(datapath)) {
      t.ctl.call("del-port", "br0", "p4");
      add(t, "br0", "pa", "pb", 10);
      t.flows("in_port=1,actions=10");
      makeBr1(t);
      awaitCrossing(t);
      Await.until("one megaflow leads from p1 to p4", () -> leadsAcross(t));

      t.ctl.call("set-fail-mode", "br1", "secure"); // its only rule goes
      assertEnded(t, "the rule of br1 is gone");
      t.ctl.call("set-fail-mode", "br1", "standalone");
      awaitCrossing(t);

      t.own.ofctl("mod-port", "br0", "10", "no-forward");
      assertEnded(t, "pa does not forward");
      t.own.ofctl("mod-port", "br0", "10", "forward");
      awaitCrossing(t);

      t.ctl.call("del-port", "br1", "pb");
      assertEnded(t, "pb is gone");
      add(t, "br1", "pc", "pa", 20); // has pb's number, and pa does not lead to it
      assertEnded(t, "pb's number is another's");
      t.ctl.call("del-port", "br1", "pc");
      add(t, "br1", "pb", "pa", 20);
      awaitCrossing(t);

      t.ctl.call("del-port", "br0", "pa");
      assertEnded(t, "pa is gone");
      add(t, "br0", "pa", "pb", 10);
      awaitCrossing(t);

      t.ctl.call("del-br", "br1");
      assertEnded(t, "br1 is gone");
      makeBr1(t);
      awaitCrossing(t);
      assertThatThrownBy(() -> add(t, "br1", "pd", "pd", 5)).hasMessageContaining("another port");
      assertThat(t.own.log()).doesNotContain("WARN").doesNotContain("ERROR");
    }
  }

  /** A learning switch with the patch and p4. */
  private static void makeBr1(Traffic t) throws Exception {
    t.ctl.call("add-br", "br1");
    t.ctl.call("add-port", "br1", "p4=4");
    add(t, "br1", "pb", "pa", 20);
  }

  private static void add(Traffic t, String bridge, String port, String peer, int number)
      throws Exception {
    t.ctl.call("add-port", bridge, port + "=" + number, "type=patch", "options:peer=" + peer);
  }

  /** Made anew when an address has been learned: for a moment there may be none. */
  private static boolean leadsAcross(Traffic t) throws Exception {
    List<String> flows =
        t.ctl
            .call("dpctl/dump-flows", "--names")
            .lines()
            .filter(l -> l.contains("in_port(p1)"))
            .toList();
    return flows.size() == 1 && flows.get(0).contains("p4");
  }

  private static void awaitCrossing(Traffic t) throws Exception {
    long from = t.stream.sent();
    Await.until("packets cross", () -> t.arrivals.count(W4, from, t.stream.sent()) > 0);
  }

  /** None of the packets that are sent from now on arrives. */
  private static void assertEnded(Traffic t, String why) {
    long from = t.stream.sent();
    long to = from + Traffic.RATE / 20;
    t.arrivals.awaitAll(t.stream, from, to);
    assertThat(t.arrivals.count(W4, from, to)).as(why).isZero();
  }
}
