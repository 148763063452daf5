// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.ofproto.SteppedSwitch.flowMod;
import static org.beeswitch.ofproto.SteppedSwitch.output;

import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Bridges joined by patch ports: br0 with ports 1 and 2, br1 with port 1 (wire 3), port 5 between.
 */
class PatchPortTest {
  private static final long A = 0x0a0000000001L;
  private static final long B = 0x0a0000000002L;
  private static final OfPort PATCH = OfPort.of(5);
  private SteppedSwitch sw;
  private Ofproto br1;
  private final byte[] frame =
      new PacketBuilder().eth(B, A).ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(10).bytes();

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(2);
    br1 = new Ofproto(sw.backer, "br1", new SteppedSwitch.Devices(), sw);
    sw.addPort(br1, "q1", 1);
    patch(sw.br0, PATCH, br1, PATCH);
    patch(br1, PATCH, sw.br0, PATCH);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private void patch(Ofproto b, OfPort n, Ofproto to, OfPort peer) {
    b.addPatchPort("patch" + n, n, 0x020000000099L, sw.nowNs);
    b.setPatchPeer(n, to.number(), peer);
  }

  private void add(Ofproto b, int priority, Match m, Action... actions) {
    assertThat(
            b.flowMod(
                flowMod(FlowMod.Command.ADD, 0, priority, m, Instructions.apply(List.of(actions))),
                sw.nowNs))
        .isNull();
  }

  @Test
  void oneMegaflowLeadsAcrossAndBothEndsCount() {
    add(sw.br0, 1, Match.ANY, output(5));
    add(br1, 1, Match.builder().exact(Field.IN_PORT, 5).build(), output(1));
    sw.nowNs += 3_000_000_000L;
    for (int i = 0; i < 3; i++) {
      assertThat(sw.portsOf(1, frame)).containsExactly(3);
    }
    assertThat(sw.upcalls()).isEqualTo(1);
    PortStats tx = sw.br0.portStats(PATCH, sw.nowNs).get(0);
    PortStats rx = br1.portStats(PATCH, sw.nowNs).get(0);
    assertThat(tx.txPackets()).isEqualTo(3);
    assertThat(tx.rxPackets()).isZero();
    assertThat(rx.rxPackets()).isEqualTo(3);
    assertThat(rx.rxBytes()).isEqualTo(3L * frame.length);
    assertThat(rx.durationSec()).isEqualTo(3);
    assertThat(rx.rxDropped()).as("nobody counts these").isEqualTo(-1);
  }

  @Test
  void aChangeInTheSecondBridgeReachesTheMegaflow() {
    add(sw.br0, 1, Match.ANY, output(5));
    add(br1, 1, Match.ANY, output(1));
    assertThat(sw.portsOf(1, frame)).containsExactly(3);
    add(br1, 2, Match.ANY);
    assertThat(sw.portsOf(1, frame)).isEmpty();
  }

  @Test
  void aPeerThatComesLaterIsFound() {
    add(sw.br0, 1, Match.ANY, output(5));
    add(br1, 1, Match.ANY, output(1));
    br1.removePort(PATCH);
    assertThat(sw.portsOf(1, frame)).isEmpty();
    br1.addPatchPort("patch", PATCH, 0x020000000099L, sw.nowNs);
    assertThat(sw.portsOf(1, frame)).containsExactly(3);
  }

  /** The table is one level deep, the other bridge the next. */
  @Test
  void aPacketOutGoesByTheTableThroughThePatch() {
    add(sw.br0, 1, Match.ANY, output(5));
    add(br1, 1, Match.ANY, output(1));
    for (int i = 0; i < 2; i++) {
      assertThat(
              sw.br0.packetOut(
                  new PacketOut(
                      BufferId.NONE,
                      OfPort.of(1),
                      List.of(new Action.Output(OfPort.TABLE, 0)),
                      Bytes.wrap(frame)),
                  sw.nowNs))
          .isNull();
      assertThat(sw.drain()).extracting(SteppedSwitch.Sent::port).containsExactly(3);
    }
  }

  /** As OVS: what was sent before the depth was reached is sent, once for each round. */
  @Test
  void aLoopOfPatchPortsEndsAtTheDepthOf64() {
    patch(sw.br0, OfPort.of(6), br1, OfPort.of(6));
    patch(br1, OfPort.of(6), sw.br0, OfPort.of(6));
    add(sw.br0, 1, Match.ANY, output(2), output(5));
    add(br1, 1, Match.ANY, output(1), output(6));
    List<Integer> ports = sw.portsOf(1, frame);
    assertThat(ports).hasSize(65);
    assertThat(ports).filteredOn(p -> p == 2).hasSize(33);
  }

  @Test
  void bridgesThatFloodEachOtherThroughTwoPatchesComeToAnEnd() {
    patch(sw.br0, OfPort.of(6), br1, OfPort.of(6));
    patch(br1, OfPort.of(6), sw.br0, OfPort.of(6));
    Action[] all = {output(5), output(6), new Action.Output(OfPort.IN_PORT, 0)};
    add(sw.br0, 1, Match.ANY, all);
    add(br1, 1, Match.ANY, all);
    sw.send(1, frame);
    assertThat(br1.tableStats().get(0).lookupCount() + sw.br0.tableStats().get(0).lookupCount())
        .isEqualTo(4_097); // the first, and 4,096 resubmits
  }

  @Test
  void theSecondBridgeSeesItsOwnPortAndNoMetadata() {
    assertThat(
            sw.br0.flowMod(
                flowMod(
                    FlowMod.Command.ADD,
                    0,
                    1,
                    Match.ANY,
                    Instructions.builder().metadata(7, -1L).gotoTable(1).build()),
                sw.nowNs))
        .isNull();
    assertThat(
            sw.br0.flowMod(
                flowMod(
                    FlowMod.Command.ADD,
                    1,
                    1,
                    Match.builder().exact(Field.METADATA, 7).build(),
                    Instructions.apply(List.of(output(5)))),
                sw.nowNs))
        .isNull();
    add(br1, 0, Match.ANY, new Action.Output(OfPort.CONTROLLER, 0xffff));
    sw.send(2, frame);
    assertThat(sw.packetIns)
        .extracting(PacketIn::match)
        .containsExactly(Match.builder().exact(Field.IN_PORT, 5).build());
  }

  @Test
  void aPatchPortThatDoesNotReceiveLetsNothingIn() {
    add(sw.br0, 1, Match.ANY, output(5));
    add(br1, 1, Match.ANY, output(1));
    assertThat(sw.portsOf(1, frame)).containsExactly(3);
    br1.portMod(
        new PortMod(PATCH, 0x020000000099L, PortDesc.CONFIG_NO_RECV, PortDesc.CONFIG_NO_RECV, 0));
    assertThat(sw.portsOf(1, frame)).isEmpty();
    byte[] stp = new PacketBuilder().eth(0x0180c2000000L, A).type(0x88b5).payload(20).bytes();
    byte[] other = new PacketBuilder().eth(B, A).type(0x88b5).payload(20).bytes();
    assertThat(sw.portsOf(1, other)).isEmpty();
    assertThat(sw.portsOf(1, stp)).as("has a flag of its own, which 1.3 lacks").containsExactly(3);
    assertThat(sw.portsOf(1, other)).isEmpty();
  }
}
