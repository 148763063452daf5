// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.ofproto.SteppedSwitch.flowMod;
import static org.beeswitch.ofproto.SteppedSwitch.output;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.codec.FlowMods;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a packet-in says of where it comes from, each as a real OVS 3.1 says it. */
class PacketInTest {
  private static final Action CONTROLLER = new Action.Output(OfPort.CONTROLLER, 0xffff);
  private static final long NO_COOKIE = -1;
  private SteppedSwitch sw;
  private final byte[] frame =
      new PacketBuilder().eth(2, 4).ipv4(1, 2, 0, 1, 0).udp(1, 2).payload(60).bytes();

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(3);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private void rule(int table, int priority, Match m, long cookie, Instructions i) {
    FlowMod add = FlowMods.of(FlowMod.Command.ADD, table, priority, m, i, cookie, 0);
    assertThat(sw.br0.flowMod(add, sw.nowNs)).isNull();
  }

  private static Instructions writeThenGoto(int table, Action... actions) {
    return Instructions.builder().write(List.of(actions)).gotoTable(table).build();
  }

  private PacketIn only() {
    assertThat(sw.packetIns).hasSize(1);
    return sw.packetIns.get(0);
  }

  /** And a miss in a later table drops nothing of the action set. */
  @Test
  void theActionSetSpeaksForTheRuleWhereThePipelineBegan() {
    rule(0, 10, Match.ANY, 1, writeThenGoto(1));
    rule(1, 10, Match.ANY, 2, writeThenGoto(2, CONTROLLER));
    sw.send(1, frame);
    assertThat(only().cookie()).isEqualTo(1);
    assertThat(only().tableId()).isZero();
    assertThat(only().reason()).isEqualTo(PacketIn.Reason.ACTION);
  }

  @Test
  void anActionSetIsNoTableMissEvenIfAMissEntryWroteIt() {
    rule(0, 0, Match.ANY, 1, Instructions.builder().write(List.of(CONTROLLER)).build());
    sw.send(1, frame);
    assertThat(only().reason()).isEqualTo(PacketIn.Reason.ACTION);
  }

  @Test
  void aPacketOutMeetsNoTableMissEither() {
    rule(0, 0, Match.ANY, 4, Instructions.apply(List.of(CONTROLLER)));
    packetOut(new Action.Output(OfPort.TABLE, 0));
    assertThat(only().reason()).isEqualTo(PacketIn.Reason.ACTION);
    assertThat(only().cookie()).isEqualTo(4);
  }

  @Test
  void whatAPacketOutSendsUpItselfHasNoCookie() {
    packetOut(CONTROLLER);
    assertThat(only().cookie()).isEqualTo(NO_COOKIE);
    assertThat(only().match()).isEqualTo(Match.builder().exact(Field.IN_PORT, 2).build());
  }

  private void packetOut(Action a) {
    assertThat(
            sw.br0.packetOut(
                new PacketOut(BufferId.NONE, OfPort.of(2), List.of(a), Bytes.wrap(frame)),
                sw.nowNs))
        .isNull();
    sw.settle();
  }

  @Test
  void thePacketIsWholeWhateverMaxLenSays() {
    rule(0, 1, Match.ANY, 1, Instructions.apply(List.of(new Action.Output(OfPort.CONTROLLER, 20))));
    sw.send(1, frame);
    assertThat(only().data().array()).isEqualTo(frame);
  }

  /** So its TTL does not run out (OVS {@code ofpacts_execute_action_set}). */
  @Test
  void anActionSetWithoutAnOutputIsNotExecuted() {
    Match ip = Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).build();
    rule(0, 1, ip, 1, Instructions.builder().write(List.of(new Action.DecNwTtl())).build());
    assertThat(sw.send(1, frame)).isEmpty();
    assertThat(sw.packetIns).isEmpty();
    rule(
        0,
        1,
        ip,
        1,
        Instructions.builder().write(List.of(output(2), new Action.DecNwTtl())).build());
    assertThat(sw.send(1, frame)).isEmpty();
    assertThat(only().reason()).isEqualTo(PacketIn.Reason.INVALID_TTL);
  }

  @Test
  void metadataIsInTheMatch() {
    rule(0, 1, Match.ANY, 1, Instructions.builder().metadata(0x50, 0xf0).gotoTable(1).build());
    rule(
        1,
        1,
        Match.builder().masked(Field.METADATA, 0x10, 0x10).build(),
        2,
        Instructions.apply(List.of(CONTROLLER)));
    sw.send(3, frame);
    assertThat(only().match())
        .isEqualTo(Match.builder().exact(Field.IN_PORT, 3).exact(Field.METADATA, 0x50).build());
    assertThat(only().tableId()).isEqualTo(1);
  }

  /** The bridge's number has 16 bits in the cookie that the datapath keeps. */
  @Test
  void theThreeHundredthBridgeGetsItsOwnPacketIns() throws Exception {
    List<Integer> bridges = new ArrayList<>();
    SteppedSwitch other = new SteppedSwitch(0, (bridge, m) -> bridges.add(bridge));
    try {
      for (int i = 1; i < 300; i++) {
        new Ofproto(other.backer, "x" + i, new SteppedSwitch.Devices(), other).remove();
      }
      Ofproto last = new Ofproto(other.backer, "last", new SteppedSwitch.Devices(), other);
      other.addPort(last, "p", 7);
      last.flowMod(
          flowMod(FlowMod.Command.ADD, 9, 0, Match.ANY, Instructions.apply(List.of(CONTROLLER))),
          other.nowNs);
      last.flowMod(
          flowMod(
              FlowMod.Command.ADD, 0, 0, Match.ANY, Instructions.builder().gotoTable(9).build()),
          other.nowNs);
      other.send(1, frame);
      assertThat(bridges).containsExactly(300);
    } finally {
      other.close();
    }
  }
}
