// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.ofproto.connmgr.SwitchIdentity;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetAsyncRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is told what unasked, as a real OVS 3.1 does it. */
class AsyncMessagesTest {
  private SteppedSwitch sw;
  private Connmgr connmgr;
  private int wakesOfMain;
  private final FakeController a = new FakeController();
  private final FakeController b = new FakeController();

  @BeforeEach
  void start() throws Exception {
    sw = new SteppedSwitch(0);
    connmgr =
        new Connmgr(
            listener -> new Ofproto(sw.backer, "br", new SteppedSwitch.Devices(), listener),
            1,
            SwitchIdentity.OVS,
            () -> wakesOfMain++);
    sw.addPort(connmgr.ofproto(), "p1", 1);
    connmgr.connected(a, FakeController.OF13);
    connmgr.connected(b, FakeController.OF13);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private void receive(FakeController from, OfMessage m) {
    connmgr.message(
        from,
        new Decoded.Good(new OfFrame(FakeController.OF13, 9, m)),
        Frame.of(FakeController.OF13, 0, 9));
  }

  @Test
  void aPortModIsToldToAllButTheControllerThatSentIt() {
    PortDesc d = connmgr.ofproto().state().ports().at(0).desc();
    receive(
        a,
        new PortMod(OfPort.of(1), d.hwAddr(), PortDesc.CONFIG_NO_FWD, PortDesc.CONFIG_NO_FWD, 0));
    assertThat(a.messages).isEmpty();
    assertThat(b.messages)
        .singleElement()
        .isInstanceOfSatisfying(
            PortStatus.class, s -> assertThat(s.port().config()).isEqualTo(PortDesc.CONFIG_NO_FWD));
  }

  @Test
  void theDefaultIsMissesAndActionsPortsAndTheFourReasonsOf13() {
    receive(a, new GetAsyncRequest());
    assertThat(a.messages).containsExactly(new GetAsyncReply(new AsyncConfig(3, 0, 7, 7, 0xf, 0)));
  }

  private void packetIns(int port, int n) {
    for (int i = 0; i < n; i++) {
      connmgr.packetIn(
          new PacketIn(
              BufferId.NONE,
              60,
              PacketIn.Reason.ACTION,
              0,
              0,
              Match.builder().exact(Field.IN_PORT, port).build(),
              Bytes.copyOf(new byte[60], 0, 60)));
    }
  }

  /** And nobody loses any: the event loop is only late. */
  @Test
  void packetInsWaitForRoomAtAConnection() {
    a.isStalled = true;
    b.isStalled = true;
    packetIns(1, 250);
    connmgr.doWork(sw.nowNs);
    assertThat(a.messages).hasSize(100);
    connmgr.doWork(sw.nowNs + 10_000_000);
    assertThat(a.messages).hasSize(100);
    int wakes = wakesOfMain;
    a.unstall();
    assertThat(wakesOfMain).isGreaterThan(wakes);
    connmgr.doWork(sw.nowNs + 20_000_000);
    assertThat(a.messages).as("took all").hasSize(250);
    assertThat(b.messages).as("is still stalled").hasSize(100);
    assertThat(connmgr.coverage()).containsEntry("packet_in_queue_full", 150L);
  }

  @Test
  void aControllerThatDoesNotReadLosesPacketInsBeyondAHundred() {
    a.isStalled = true;
    b.isStalled = true;
    packetIns(1, 200);
    connmgr.doWork(sw.nowNs);
    connmgr.doWork(sw.nowNs + 2_000_000_000L);
    assertThat(connmgr.coverage()).containsEntry("packet_in_queue_full", 200L);
    a.unstall();
    packetIns(1, 1);
    connmgr.doWork(sw.nowNs + 2_000_000_000L);
    assertThat(a.messages).hasSize(101);
  }
}
