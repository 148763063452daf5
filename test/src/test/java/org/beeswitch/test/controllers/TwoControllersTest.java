// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.FlowMods;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetAsyncRequest;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.openflow.msg.SetAsync;
import org.beeswitch.openflow.msg.TableMod;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two controllers of one bridge, one of them slave: who may what, and who is told what. */
@Tag("system")
class TwoControllersTest {
  @ParameterizedTest
  @EnumSource
  void aSlaveReadsAndIsToldOfPortsAndMayDoNothing(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 2)) {
      FakeController first = lab.fakeController();
      FakeController second = lab.fakeController();
      lab.startSwitch(
          Lab.bridge(
              "br0",
              lab.hosts(),
              "--fail-mode=secure",
              "--controller=" + first.target(),
              "--controller=" + second.target()));
      Peer master = first.accept();
      Peer slave = second.accept();
      role(master, Role.PRIMARY, 1);
      role(slave, Role.SECONDARY, 1);

      everyCommandOfASlaveIsRefused(slave);
      aSlaveMayAsk(slave);
      theMasterCommandsAndIsTold(lab, master, slave);
      aSlaveMayWishForPacketIns(lab, master, slave);
      bothAreToldOfPorts(lab, master, slave);
      theNextMasterMakesTheFirstASlave(master, slave);
    }
  }

  private static void role(Peer sw, Role role, long generation) throws Exception {
    assertThat(sw.ask(new RoleRequest(role, generation), RoleReply.class))
        .isEqualTo(new RoleReply(role, generation));
  }

  private static void everyCommandOfASlaveIsRefused(Peer slave) throws Exception {
    List<OfMessage> commands =
        List.of(
            flowMod(FlowMod.Command.ADD, OfPort.NORMAL),
            new PacketOut(
                BufferId.NONE,
                OfPort.CONTROLLER,
                List.of(new Action.Output(OfPort.of(1), 0)),
                Bytes.wrap(new byte[60])),
            new GroupMod(GroupMod.Command.DELETE, GroupType.ALL, GroupId.ALL, List.of()),
            new PortMod(OfPort.of(1), 0, 0, 0, 0),
            new TableMod(0, TableMod.Miss.DEFAULT));
    for (OfMessage m : commands) {
      assertThat(slave.refusal(m)).as("%s", m).isEqualTo(OfErrorCode.OFPBRC_IS_SECONDARY);
    }
  }

  private static void aSlaveMayAsk(Peer slave) throws Exception {
    MultipartReply flows =
        slave.ask(
            new MultipartRequest(new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL)),
            MultipartReply.class);
    // Nothing of what was refused has happened.
    assertThat(((MultipartReply.Flow) flows.body()).flows()).isEmpty();
    slave.barrier();
  }

  private static void theMasterCommandsAndIsTold(Lab lab, Peer master, Peer slave)
      throws Exception {
    master.tell(flowMod(FlowMod.Command.ADD, OfPort.NORMAL));
    lab.awaitPing(lab.host(1), lab.host(2));
    master.tell(flowMod(FlowMod.Command.ADD, OfPort.CONTROLLER));
    lab.host(1).forgetNeighbours();
    lab.host(1).broadcast();
    master.await(PacketIn.class);
    master.send(flowMod(FlowMod.Command.DELETE, OfPort.CONTROLLER));
    FlowRemoved removed = master.await(FlowRemoved.class);
    assertThat(removed.reason()).isEqualTo(FlowRemoved.Reason.DELETE);
    assertThat(removed.packetCount()).isPositive();
    slave.barrier();
    assertThat(slave.take(PacketIn.class)).isEmpty();
    assertThat(slave.take(FlowRemoved.class)).isEmpty();
  }

  private static void bothAreToldOfPorts(Lab lab, Peer master, Peer slave) throws Exception {
    master.take(PortStatus.class);
    slave.take(PortStatus.class);
    lab.host(2).netns().exec("ip", "link", "set", "dev", "eth0", "down");
    PortStatus told = master.await(PortStatus.class, s -> hasNoLink(s.port()));
    assertThat(slave.await(PortStatus.class, s -> hasNoLink(s.port()))).isEqualTo(told);
    assertThat(told.port().port()).isEqualTo(OfPort.of(2));
  }

  private static boolean hasNoLink(PortDesc p) {
    return (p.state() & PortDesc.STATE_LINK_DOWN) != 0;
  }

  /** SET_ASYNC has masks of their own for slaves. */
  private static void aSlaveMayWishForPacketIns(Lab lab, Peer master, Peer slave) throws Exception {
    AsyncConfig was = slave.ask(new GetAsyncRequest(), GetAsyncReply.class).config();
    assertThat(was.packetInSecondary()).isZero();
    slave.tell(new SetAsync(new AsyncConfig(0, 0b111, 7, 7, 0, 0)));
    master.tell(flowMod(FlowMod.Command.ADD, OfPort.CONTROLLER));
    lab.host(1).forgetNeighbours();
    lab.host(1).broadcast();
    slave.await(PacketIn.class);
  }

  private static void theNextMasterMakesTheFirstASlave(Peer was, Peer is) throws Exception {
    role(is, Role.PRIMARY, 2);
    assertThat(was.ask(new RoleRequest(Role.NOCHANGE, 0), RoleReply.class))
        .isEqualTo(new RoleReply(Role.SECONDARY, 2));
    assertThat(was.refusal(flowMod(FlowMod.Command.ADD, OfPort.NORMAL)))
        .isEqualTo(OfErrorCode.OFPBRC_IS_SECONDARY);
    is.tell(flowMod(FlowMod.Command.ADD, OfPort.NORMAL));
  }

  private static FlowMod flowMod(FlowMod.Command command, OfPort output) {
    Instructions i = Instructions.apply(List.of(new Action.Output(output, 0xffff)));
    return FlowMods.of(command, 0, 0, Match.ANY, i, 0, FlowFlags.SEND_FLOW_REM);
  }
}
