// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.ofproto.SteppedSwitch.output;

import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limit on megaflows follows what revalidation takes (OVS {@code udpif_revalidator}). */
class FlowLimitTest {
  private static final long MS = 1_000_000L;
  private SteppedSwitch sw;
  private int sent;

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(2);
    // A megaflow for each source address.
    sw.add(1, Match.ANY, Action.SetField.exact(Field.ETH_SRC, 1), output(2));
    sw.revalidate();
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private void newFlows(int n) {
    for (int i = 0; i < n; i++) {
      send(sent++);
    }
  }

  private void send(int flow) {
    byte[] f = new PacketBuilder().eth(2, 0x1000 + flow).type(0x88b5).payload(46).bytes();
    assertThat(sw.portsOf(1, f)).as("flow %d", flow).containsExactly(2);
  }

  /** A packet of each flow there has been. */
  private void sendAll() {
    for (int i = 0; i < sent; i++) {
      send(i);
    }
  }

  private int flows() {
    return sw.backer.udpif().flowCount();
  }

  private long count(String name) {
    return sw.backer.coverage().get("upcall_flow_limit" + name);
  }

  /** One round of the revalidator, that takes so long. */
  private void round(long ms) {
    sw.nowNs += 600 * MS;
    roundNow(ms);
  }

  private void roundNow(long ms) {
    int batches = Math.max(1, (flows() + 511) / 512);
    sw.backer.revalidator().doWork(sw.nowNs);
    sw.nowNs += ms * MS;
    for (int i = 0; i < batches; i++) {
      sw.backer.revalidator().doWork(sw.nowNs);
    }
    sw.settle();
  }

  /** Rounds that take nine seconds, until the limit is at its lowest; all flows are in use. */
  private void lower() {
    for (int i = 0; i < 3; i++) {
      sendAll();
      round(9_000);
    }
    assertThat(count("")).isEqualTo(1_000);
    assertThat(flows()).isEqualTo(sent);
    sendAll();
  }

  @Test
  void slowRoundsLowerItQuickOnesRaiseItAgain() {
    assertThat(count("")).isEqualTo(200_000);
    round(4_000);
    assertThat(count("")).isEqualTo(50_000);
    assertThat(count("_scaled")).isEqualTo(1);
    round(1_500);
    assertThat(count("")).isEqualTo(37_500);
    assertThat(count("_reduced")).isEqualTo(1);
    round(60_000);
    assertThat(count("")).as("never below").isEqualTo(1_000);
    round(1);
    assertThat(count("")).as("raised only if it is too low").isEqualTo(1_000);
    newFlows(3);
    round(1);
    assertThat(count("")).isEqualTo(2_000);
    assertThat(count("_grew")).isEqualTo(1);
  }

  @Test
  void atTheLimitPacketsAreForwardedOneByOneAndIdleFlowsMakeRoom() {
    round(400_000);
    newFlows(1_100);
    assertThat(flows()).isEqualTo(1_000);
    assertThat(count("_hit")).isEqualTo(100);
    sw.nowNs += 11_000 * MS;
    sw.revalidate();
    assertThat(flows()).isZero();
    newFlows(10);
    assertThat(flows()).isEqualTo(10);
    assertThat(count("_hit")).isEqualTo(100);
  }

  @Test
  void whereTheLimitFallsBelowWhatThereIsIdleFlowsGoEarly() {
    newFlows(1_500);
    lower();
    round(0);
    assertThat(flows()).as("more had been idle for a tenth of a second").isEqualTo(1_000);
    assertThat(count("_kill")).isZero();
  }

  @Test
  void whereItFallsBelowHalfOfThatThoseInUseGoToo() {
    newFlows(2_400);
    lower();
    sw.nowNs += 600 * MS;
    sendAll();
    roundNow(0);
    assertThat(flows()).isEqualTo(2_000);
    assertThat(count("_kill")).isEqualTo(400);
    sendAll(); // nothing is lost
  }
}
