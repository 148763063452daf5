// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.ofproto.connmgr.SwitchIdentity;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.MessageCounter;
import org.beeswitch.openflow.channel.OfConnection;
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
  private static final int OF13 = 4;
  private SteppedSwitch sw;
  private Connmgr connmgr;
  private int wakesOfMain;
  private final Controller a = new Controller();
  private final Controller b = new Controller();

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
    connmgr.connected(a, OF13);
    connmgr.connected(b, OF13);
  }

  @AfterEach
  void stop() {
    sw.close();
  }

  private void receive(Controller from, OfMessage m) {
    connmgr.message(from, new Decoded.Good(new OfFrame(OF13, 9, m)), Frame.of(OF13, 0, 9));
  }

  @Test
  void aPortModIsToldToAllButTheControllerThatSentIt() {
    PortDesc d = connmgr.ofproto().state().ports().at(0).desc();
    receive(
        a,
        new PortMod(OfPort.of(1), d.hwAddr(), PortDesc.CONFIG_NO_FWD, PortDesc.CONFIG_NO_FWD, 0));
    assertThat(a.sent).isEmpty();
    assertThat(b.sent)
        .singleElement()
        .isInstanceOfSatisfying(
            PortStatus.class, s -> assertThat(s.port().config()).isEqualTo(PortDesc.CONFIG_NO_FWD));
  }

  @Test
  void theDefaultIsMissesAndActionsPortsAndTheFourReasonsOf13() {
    receive(a, new GetAsyncRequest());
    assertThat(a.sent).containsExactly(new GetAsyncReply(new AsyncConfig(3, 0, 7, 7, 0xf, 0)));
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
    assertThat(a.sent).hasSize(100);
    connmgr.doWork(sw.nowNs + 10_000_000);
    assertThat(a.sent).hasSize(100);
    int wakes = wakesOfMain;
    a.unstall();
    assertThat(wakesOfMain).isGreaterThan(wakes);
    connmgr.doWork(sw.nowNs + 20_000_000);
    assertThat(a.sent).as("took all").hasSize(250);
    assertThat(b.sent).as("is still stalled").hasSize(100);
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
    assertThat(a.sent).hasSize(101);
  }

  private static final class Controller implements OfConnection<OfFrame> {
    final List<OfMessage> sent = new ArrayList<>();

    /** Nothing that is sent reaches the socket. */
    boolean isStalled;

    private final List<MessageCounter> waiting = new ArrayList<>();

    void unstall() {
      isStalled = false;
      waiting.forEach(c -> c.subtract(1, 1));
      waiting.clear();
    }

    @Override
    public String name() {
      return "controller";
    }

    @Override
    public String target() {
      return "tcp:192.0.2.1:6653";
    }

    @Override
    public boolean isService() {
      return false;
    }

    @Override
    public boolean isConnected() {
      return true;
    }

    @Override
    public int version() {
      return OF13;
    }

    @Override
    public boolean send(OfFrame m) {
      return sent.add(m.message());
    }

    @Override
    public boolean send(OfFrame m, MessageCounter counter) {
      if (isStalled) {
        counter.add(1, 1);
        waiting.add(counter);
      }
      return send(m);
    }

    @Override
    public boolean sendFrame(Frame frame) {
      throw new IllegalStateException("nothing here is sent encoded");
    }

    @Override
    public boolean sendFrames(ByteBuf frames) {
      throw new IllegalStateException("nothing here is sent encoded");
    }

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public long bytesQueued() {
      return 0;
    }

    @Override
    public void close(String why) {}
  }
}
