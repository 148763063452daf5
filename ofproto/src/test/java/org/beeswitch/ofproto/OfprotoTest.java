// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OfprotoTest {
  private static final long A = 0x0a0000000001L;
  private static final long B = 0x0a0000000002L;
  private static final Action NORMAL = new Action.Output(OfPort.NORMAL, 0);
  private static final Action CONTROLLER =
      new Action.Output(OfPort.CONTROLLER, Action.Output.ALL_BYTES);

  private SteppedSwitch sw;

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(3);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private static byte[] udp(long src, long dst) {
    return new PacketBuilder()
        .eth(dst, src)
        .ipv4("10.0.0.1", "10.0.0.2")
        .udp(1, 2)
        .payload(10)
        .bytes();
  }

  private static Match inPort(int p) {
    return Match.builder().exact(Field.IN_PORT, p).build();
  }

  private static Flow parse(byte[] frame) {
    Flow f = new Flow();
    FlowParser.parse(frame, 0, frame.length, f, new Layers());
    return f;
  }

  @Test
  void theSecondPacketNeedsNoUpcall() {
    sw.add(1, inPort(1), SteppedSwitch.output(2));
    byte[] frame = udp(A, B);
    assertThat(sw.send(1, frame)).containsExactly(SteppedSwitch.Sent.of(2, frame));
    long upcalls = sw.upcalls();
    assertThat(sw.send(1, frame)).containsExactly(SteppedSwitch.Sent.of(2, frame));
    assertThat(sw.upcalls()).isEqualTo(upcalls);
  }

  /**
   * Finding that the new rule does not apply takes the source; what is cached never looked at it.
   */
  @Test
  void aRuleThatNoCachedPacketMatchesLeavesTheMegaflowAlone() {
    Match toB = Match.builder().exact(Field.ETH_DST, B).build();
    sw.add(5, toB, SteppedSwitch.output(2));
    sw.add(0, Match.ANY, SteppedSwitch.output(3));
    sw.send(1, udp(A, A));
    long upcalls = sw.upcalls();
    sw.add(9, Match.builder().exact(Field.ETH_DST, B).exact(Field.ETH_SRC, A).build());
    sw.revalidate();
    assertThat(sw.backer.udpif().coverage()).containsEntry("revalidate_corrected", 0L);
    assertThat(sw.portsOf(1, udp(B, A))).containsExactly(3);
    assertThat(sw.upcalls()).isEqualTo(upcalls);
  }

  @Test
  void noRuleDropsAndTheDropIsCached() {
    assertThat(sw.portsOf(1, udp(A, B))).isEmpty();
    long upcalls = sw.upcalls();
    assertThat(sw.portsOf(1, udp(B, A))).isEmpty();
    assertThat(sw.upcalls()).isEqualTo(upcalls);
  }

  @Test
  void normalLearnsFromTheFirstPacketAndOneMegaflowADirectionIsEnough() {
    sw.add(0, Match.ANY, NORMAL);
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2, 3);
    assertThat(sw.portsOf(2, udp(B, A))).containsExactly(1);
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    long upcalls = sw.upcalls();
    for (int i = 0; i < 100; i++) {
      byte[] tcp =
          new PacketBuilder().eth(B, A).ipv4("10.0.0.1", "10.0.0.2").tcp(1000 + i, 80).bytes();
      assertThat(sw.portsOf(1, tcp)).containsExactly(2);
    }
    assertThat(sw.upcalls()).isEqualTo(upcalls);
  }

  @Test
  void aMovedMacIsFollowedByThePacketsToIt() {
    sw.add(0, Match.ANY, NORMAL);
    sw.send(1, udp(A, B));
    assertThat(sw.portsOf(2, udp(B, A))).containsExactly(1);
    sw.send(3, udp(A, B));
    assertThat(sw.portsOf(2, udp(B, A))).containsExactly(3);
  }

  @Test
  void afterAFlowModNoPacketIsForwardedByWhatWasThereBefore() {
    sw.add(1, inPort(1), SteppedSwitch.output(2));
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    sw.add(1, inPort(1), SteppedSwitch.output(3));
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(3);
    sw.add(
        9,
        Match.builder().exact(Field.ETH_DST, B).build(),
        SteppedSwitch.output(2),
        SteppedSwitch.output(3));
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2, 3);
  }

  @Test
  void aFlowModThatConcernsNoMegaflowLeavesThemAll() {
    sw.add(1, inPort(1), SteppedSwitch.output(2));
    sw.send(1, udp(A, B));
    long upcalls = sw.upcalls();
    sw.add(5, inPort(3), SteppedSwitch.output(1));
    sw.add(1, 5, inPort(1), Instructions.NONE); // table 1, which nobody goes to
    sw.send(1, udp(A, B));
    assertThat(sw.upcalls()).isEqualTo(upcalls);
  }

  @Test
  void changesTwoGotosDeepReachTheMegaflow() {
    sw.add(0, 1, Match.ANY, Instructions.builder().metadata(5, 0xff).gotoTable(1).build());
    sw.add(
        1,
        1,
        Match.builder().exact(Field.METADATA, 5).build(),
        Instructions.builder().gotoTable(2).build());
    sw.add(2, 1, Match.ANY, Instructions.apply(List.of(SteppedSwitch.output(2))));
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    long upcalls = sw.upcalls();
    sw.add(
        1,
        9,
        Match.builder().exact(Field.METADATA, 6).build(),
        Instructions.NONE); // other metadata
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    assertThat(sw.upcalls()).isEqualTo(upcalls);
    sw.add(2, 9, Match.builder().exact(Field.ETH_SRC, A).build(), Instructions.NONE);
    assertThat(sw.portsOf(1, udp(A, B))).isEmpty();
  }

  @Test
  void statisticsHoldEveryPacketForwardedBeforeTheRequest() {
    sw.add(1, inPort(1), SteppedSwitch.output(2));
    byte[] frame = udp(A, B);
    for (int i = 0; i < 5; i++) {
      sw.send(1, frame);
    }
    FlowStats s = sw.br0.flowStats(MultipartRequest.RuleFilter.ALL, sw.nowNs).get(0);
    assertThat(s.packetCount()).isEqualTo(5);
    assertThat(s.byteCount()).isEqualTo(5L * frame.length);
    assertThat(sw.br0.tableStats().get(0).lookupCount()).isEqualTo(5);
    assertThat(sw.br0.tableStats().get(0).matchedCount()).isEqualTo(5);
  }

  @Test
  void flowRemovedCarriesTheFinalCount() {
    sw.br0.flowMod(
        SteppedSwitch.flowMod(
            FlowMod.Command.ADD,
            0,
            1,
            inPort(1),
            Instructions.apply(List.of(SteppedSwitch.output(2))),
            0,
            0,
            FlowFlags.SEND_FLOW_REM),
        sw.nowNs);
    for (int i = 0; i < 7; i++) {
      sw.send(1, udp(A, B));
    }
    sw.br0.flowMod(
        SteppedSwitch.flowMod(FlowMod.Command.DELETE, 0, 0, Match.ANY, Instructions.NONE),
        sw.nowNs);
    assertThat(sw.flowsRemoved).isEmpty(); // packets may be under way
    sw.revalidate();
    assertThat(sw.flowsRemoved).hasSize(1);
    assertThat(sw.flowsRemoved.get(0).packetCount()).isEqualTo(7);
    assertThat(sw.flowsRemoved.get(0).reason()).isEqualTo(FlowRemoved.Reason.DELETE);
    assertThat(sw.flowsRemoved.get(0).cookie()).isEqualTo(0x77);
  }

  @Test
  void rulesTimeOutOnlyWhenTheDatapathHasNotUsedThem() {
    Instructions out = Instructions.apply(List.of(SteppedSwitch.output(2)));
    sw.br0.flowMod(
        SteppedSwitch.flowMod(
            FlowMod.Command.ADD, 0, 1, inPort(1), out, 5, 0, FlowFlags.SEND_FLOW_REM),
        sw.nowNs);
    sw.br0.flowMod(
        SteppedSwitch.flowMod(
            FlowMod.Command.ADD, 0, 1, inPort(2), out, 0, 7, FlowFlags.SEND_FLOW_REM),
        sw.nowNs);
    for (int i = 0; i < 6; i++) {
      sw.nowNs += 1_000_000_000L;
      sw.send(1, udp(A, B));
      sw.br0.expire(sw.nowNs);
    }
    assertThat(sw.flowsRemoved).isEmpty();
    sw.nowNs += 2_000_000_000L;
    sw.br0.expire(sw.nowNs);
    assertThat(sw.flowsRemoved)
        .extracting(FlowRemoved::reason)
        .containsExactly(FlowRemoved.Reason.HARD_TIMEOUT);
    sw.nowNs += 4_000_000_000L;
    sw.br0.expire(sw.nowNs);
    sw.revalidate();
    assertThat(sw.flowsRemoved)
        .extracting(FlowRemoved::reason)
        .containsExactly(FlowRemoved.Reason.HARD_TIMEOUT, FlowRemoved.Reason.IDLE_TIMEOUT);
  }

  @Test
  void idleMegaflowsGoAndTheirRulesStay() {
    sw.add(1, inPort(1), SteppedSwitch.output(2));
    sw.send(1, udp(A, B));
    assertThat(sw.backer.udpif().flowCount()).isEqualTo(1);
    sw.nowNs += 11_000_000_000L;
    sw.revalidate();
    assertThat(sw.backer.udpif().flowCount()).isZero();
    assertThat(sw.dpif.stats().flows()).isZero();
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
  }

  @Test
  void aTableMissEntrySendsTheWholePacketUp() {
    sw.add(0, Match.ANY, CONTROLLER);
    byte[] frame = udp(A, B);
    sw.send(2, frame);
    sw.send(2, frame);
    assertThat(sw.packetIns).hasSize(2);
    PacketIn p = sw.packetIns.get(1);
    assertThat(p.reason()).isEqualTo(PacketIn.Reason.NO_MATCH);
    assertThat(p.cookie()).isEqualTo(0x77);
    assertThat(p.tableId()).isZero();
    assertThat(p.data().array()).isEqualTo(frame);
    assertThat(p.match()).isEqualTo(inPort(2));
  }

  @Test
  void anExpiredTtlGoesToTheControllerAndNoFurther() {
    sw.add(
        1,
        Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).build(),
        new Action.DecNwTtl(),
        SteppedSwitch.output(2));
    byte[] dying = new PacketBuilder().eth(B, A).ipv4(1, 2, 0, 1, 0).udp(1, 2).bytes();
    byte[] living = new PacketBuilder().eth(B, A).ipv4(1, 2, 0, 64, 0).udp(1, 2).bytes();
    assertThat(sw.portsOf(1, dying)).isEmpty();
    assertThat(sw.packetIns)
        .extracting(PacketIn::reason)
        .containsExactly(PacketIn.Reason.INVALID_TTL);
    List<SteppedSwitch.Sent> sent = sw.send(1, living);
    assertThat(parse(sent.get(0).frame()).get(Field.IP_TTL)).isEqualTo(63);
  }

  @Test
  void actionsBetweenOutputsChangeOnlyLaterOutputs() {
    sw.add(
        1,
        inPort(1),
        SteppedSwitch.output(2),
        new Action.PushVlan(EthType.VLAN),
        Action.SetField.exact(Field.VLAN_VID, 0x1000 | 42),
        Action.SetField.exact(Field.ETH_SRC, 0x0b0000000001L),
        SteppedSwitch.output(3));
    byte[] frame = udp(A, B);
    List<SteppedSwitch.Sent> sent = sw.send(1, frame);
    assertThat(sent.get(0).frame()).isEqualTo(frame);
    Flow f = parse(sent.get(1).frame());
    assertThat(f.get(Field.VLAN_VID)).isEqualTo(0x1000 | 42);
    assertThat(f.get(Field.ETH_SRC)).isEqualTo(0x0b0000000001L);
    assertThat(sw.send(1, frame)).isEqualTo(sent);
  }

  @Test
  void theActionSetIsExecutedAtTheEndInItsOwnOrder() {
    sw.add(
        0,
        1,
        Match.ANY,
        Instructions.builder()
            .write(
                List.of(
                    SteppedSwitch.output(2), Action.SetField.exact(Field.ETH_SRC, 0x0b0000000001L)))
            .gotoTable(3)
            .build());
    sw.add(3, 1, Match.ANY, Instructions.builder().write(List.of(SteppedSwitch.output(3))).build());
    List<SteppedSwitch.Sent> sent = sw.send(1, udp(A, B));
    assertThat(sent).extracting(SteppedSwitch.Sent::port).containsExactly(3);
    assertThat(parse(sent.get(0).frame()).get(Field.ETH_SRC)).isEqualTo(0x0b0000000001L);
  }

  /** As in OVS, where only the port's look at the packet makes it one. */
  @Test
  void packetOutFromAPortThatDoesNotReceiveGoesNowhere() {
    PortDesc d = sw.br0.state().ports().at(0).desc();
    PacketOut m =
        new PacketOut(
            BufferId.NONE, d.port(), List.of(SteppedSwitch.output(2)), Bytes.wrap(udp(A, B)));
    assertThat(sw.br0.packetOut(m, sw.nowNs)).isNull();
    assertThat(sw.drain()).hasSize(1);
    int noRecv = PortDesc.CONFIG_NO_RECV;
    assertThat(sw.br0.portMod(new PortMod(d.port(), d.hwAddr(), noRecv, noRecv, 0))).isNull();
    assertThat(sw.br0.packetOut(m, sw.nowNs)).isNull();
    assertThat(sw.drain()).isEmpty();
  }

  @Test
  void packetOutGoesThroughTheTablesWhenTold() {
    sw.add(1, inPort(2), SteppedSwitch.output(3));
    byte[] frame = udp(A, B);
    PacketOut m =
        new PacketOut(
            BufferId.NONE,
            OfPort.of(2),
            List.of(new Action.Output(OfPort.TABLE, 0)),
            Bytes.wrap(frame));
    assertThat(sw.br0.packetOut(m, sw.nowNs)).isNull();
    assertThat(sw.wire(3).drain()).hasSize(1);
  }

  @Test
  void overlapIsRefusedWhenAskedFor() {
    sw.add(5, inPort(1), SteppedSwitch.output(2));
    FlowMod m =
        SteppedSwitch.flowMod(
            FlowMod.Command.ADD,
            0,
            5,
            Match.builder().exact(Field.ETH_TYPE, EthType.IPV4).build(),
            Instructions.NONE,
            0,
            0,
            FlowFlags.CHECK_OVERLAP);
    assertThat(sw.br0.flowMod(m, sw.nowNs)).isEqualTo(OfErrorCode.OFPFMFC_OVERLAP);
  }

  @Test
  void modifyKeepsCountersAndStrictKeepsToPriority() {
    sw.add(5, inPort(1), SteppedSwitch.output(2));
    sw.send(1, udp(A, B));
    Instructions to3 = Instructions.apply(List.of(SteppedSwitch.output(3)));
    sw.br0.flowMod(
        SteppedSwitch.flowMod(FlowMod.Command.MODIFY_STRICT, 0, 6, inPort(1), to3), sw.nowNs);
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    sw.br0.flowMod(SteppedSwitch.flowMod(FlowMod.Command.MODIFY, 0, 0, Match.ANY, to3), sw.nowNs);
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(3);
    FlowStats s = sw.br0.flowStats(MultipartRequest.RuleFilter.ALL, sw.nowNs).get(0);
    assertThat(s.packetCount()).isEqualTo(3);
    assertThat(s.cookie()).isEqualTo(0x77);
  }

  @Test
  void theHiddenTableIsReadOnly() {
    assertThat(sw.add(254, 1, Match.ANY, Instructions.NONE)).isEqualTo(OfErrorCode.OFPBRC_EPERM);
    assertThat(sw.add(255, 1, inPort(1), Instructions.apply(List.of(SteppedSwitch.output(2)))))
        .isNull();
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
  }

  @Test
  void fragmentsMatchWithPortsZero() {
    Match udp =
        Match.builder()
            .exact(Field.ETH_TYPE, EthType.IPV4)
            .exact(Field.IP_PROTO, IpProto.UDP)
            .exact(Field.UDP_DST, 2)
            .build();
    sw.add(5, udp, SteppedSwitch.output(2));
    sw.add(1, Match.ANY, SteppedSwitch.output(3));
    byte[] first =
        new PacketBuilder()
            .eth(B, A)
            .ipv4("10.0.0.1", "10.0.0.2")
            .ipv4Fragment(7, 0, true)
            .udp(1, 2)
            .payload(16)
            .bytes();
    assertThat(sw.portsOf(1, udp(A, B))).containsExactly(2);
    assertThat(sw.portsOf(1, first)).containsExactly(3);
  }
}
