// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.Test;

class RconnTest {
  private static final int OFPT_FEATURES_REQUEST = 5;
  private static final int OFPT_BARRIER_REQUEST = 20;

  private final ChannelCounters counters = new ChannelCounters();
  private final List<FakeVconn<Frame>> opened = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final List<Frame> messages = new ArrayList<>();
  private long nowMs = 1_000_000;
  private Rconn<Frame, Frame> rconn = active(RconnSettings.CONTROLLER);

  private final class Recorder implements ConnectionListener<Frame, Frame> {
    @Override
    public void connected(OfConnection<Frame> connection, int version) {
      events.add("connected " + version);
    }

    @Override
    public void message(OfConnection<Frame> connection, Frame message, Frame frame) {
      messages.add(message);
      if (message.type() == OFPT_BARRIER_REQUEST) {
        assertThat(connection.send(Frame.of(4, 21, message.xid()))).isTrue();
      }
    }

    @Override
    public void disconnected(OfConnection<Frame> connection, CloseReason why) {
      events.add("disconnected " + why);
    }
  }

  private Rconn<Frame, Frame> active(RconnSettings settings) {
    return active("tcp:192.0.2.1:6653", settings);
  }

  private Rconn<Frame, Frame> active(String to, RconnSettings settings) {
    return Rconn.active(
        "br0<->" + to,
        Target.parse(to),
        target -> {
          opened.add(new FakeVconn<>(target.text(), new FrameCodec()));
          return peer();
        },
        new FrameCodec(),
        new Recorder(),
        settings,
        counters,
        nowNs());
  }

  private FakeVconn<Frame> peer() {
    return opened.get(opened.size() - 1);
  }

  private long nowNs() {
    return nowMs * 1_000_000;
  }

  private void run() {
    while (rconn.doWork(nowNs()) > 0) {}
  }

  private void runAfter(long ms) {
    nowMs += ms;
    run();
  }

  private void connect() {
    run();
    peer().negotiate(4);
    run();
  }

  private void refuse() {
    peer().end(new CloseReason(CloseReason.Kind.IO, "Connection refused"));
    run();
  }

  @Test
  void failuresWaitOneSecondAndThenTwiceAsLongUpToEight() {
    run();
    assertThat(opened).hasSize(1);
    for (int waitMs : new int[] {1000, 2000, 4000, 8000, 8000, 8000}) {
      int before = opened.size();
      refuse();
      assertThat(rconn.state()).isEqualTo(RconnState.BACKOFF);
      runAfter(waitMs - 1);
      assertThat(opened).as("just before %d ms", waitMs).hasSize(before);
      assertThat(rconn.deadlineNs()).isEqualTo(nowNs() + 1_000_000);
      runAfter(1);
      assertThat(opened).as("after %d ms", waitMs).hasSize(before + 1);
    }
    assertThat(rconn.lastError()).hasToString("Connection refused");
    assertThat(events).isEmpty();
  }

  @Test
  void anAttemptThatHangsEndsAfterItsBackoffButNotBeforeOneSecond() {
    run();
    runAfter(999);
    assertThat(rconn.state()).isEqualTo(RconnState.CONNECTING);
    runAfter(1);
    assertThat(rconn.state()).isEqualTo(RconnState.BACKOFF);
    assertThat(rconn.lastError()).isEqualTo(CloseReason.timedOut());
    assertThat(peer().isClosed()).isTrue();

    runAfter(1000);
    runAfter(1000);
    assertThat(rconn.state()).isEqualTo(RconnState.BACKOFF);
    runAfter(2000);
    assertThat(opened).hasSize(3);
    runAfter(1999);
    assertThat(rconn.state()).isEqualTo(RconnState.CONNECTING);
    runAfter(1);
    assertThat(rconn.state()).isEqualTo(RconnState.BACKOFF);
  }

  @Test
  void aControllerThatThrowsUsOutAtOnceIsAskedLessAndLessOften() {
    run();
    for (int waitMs : new int[] {1000, 2000, 4000, 8000, 8000}) {
      connect();
      peer().end(CloseReason.closedByPeer());
      run();
      int before = opened.size();
      runAfter(waitMs - 1);
      assertThat(opened).hasSize(before);
      runAfter(1);
      assertThat(opened).hasSize(before + 1);
    }
  }

  @Test
  void aConnectionThatLastedStartsTheBackoffAnew() {
    run();
    refuse();
    runAfter(1000);
    refuse();
    runAfter(2000);
    connect();
    assertThat(rconn.isConnected()).isTrue();
    runAfter(2500);
    peer().end(CloseReason.closedByPeer());
    run();
    int before = opened.size();
    runAfter(1000);
    assertThat(opened).hasSize(before + 1);
    assertThat(events).containsExactly("connected 4", "disconnected End of file");
  }

  @Test
  @ExpectedLog("no response to inactivity probe")
  void aSilentPeerIsProbedAndThenGivenUp() {
    connect();
    assertThat(rconn.state()).isEqualTo(RconnState.ACTIVE);
    runAfter(4999);
    assertThat(peer().takeSent()).isEmpty();
    runAfter(1);
    assertThat(peer().takeSent())
        .singleElement()
        .satisfies(
            probe -> {
              assertThat(probe.type()).isEqualTo(2);
              assertThat(probe.version()).isEqualTo(4);
              assertThat(probe.length()).isEqualTo(8);
            });
    assertThat(rconn.state()).isEqualTo(RconnState.IDLE);
    runAfter(4999);
    assertThat(rconn.isConnected()).isTrue();
    runAfter(1);
    assertThat(rconn.isConnected()).isFalse();
    assertThat(events).containsExactly("connected 4", "disconnected Connection timed out");
    assertThat(counters.get(ChannelCounter.PROBES_UNANSWERED)).isEqualTo(1);
  }

  @Test
  void anyMessageAnswersAProbe() {
    connect();
    runAfter(5000);
    assertThat(rconn.state()).isEqualTo(RconnState.IDLE);
    peer().deliver(Frame.of(4, 3, 1));
    runAfter(4000);
    assertThat(rconn.state()).isEqualTo(RconnState.ACTIVE);
    assertThat(messages).isEmpty();
    peer().takeSent();
    runAfter(4999);
    assertThat(peer().takeSent()).isEmpty();
    runAfter(1);
    assertThat(peer().takeSent()).hasSize(1);
  }

  @Test
  void anAnswerThatArrivedWhileMainWasBusyCounts() {
    connect();
    runAfter(5000);
    peer().deliver(Frame.of(4, 3, 1));
    runAfter(60_000);
    assertThat(rconn.isConnected()).isTrue();
  }

  @Test
  void aPeerThatReadsWhatWaitedForItIsAlive() {
    connect();
    peer().stopReading();
    assertThat(rconn.send(Frame.of(4, 10, 0), new MessageCounter())).isTrue();
    runAfter(4000);
    peer().readAll();
    run();
    runAfter(4999);
    assertThat(rconn.state()).isEqualTo(RconnState.ACTIVE);
    runAfter(1);
    assertThat(rconn.state()).isEqualTo(RconnState.IDLE);
  }

  @Test
  void withoutAProbeIntervalSilenceIsNoReason() {
    rconn = active(new RconnSettings(0, 8));
    connect();
    assertThat(rconn.deadlineNs()).isEqualTo(Long.MAX_VALUE);
    runAfter(1_000_000);
    assertThat(rconn.isConnected()).isTrue();
  }

  @Test
  void anActiveUnixConnectionIsNotProbed() {
    rconn = active("unix:/run/controller", RconnSettings.CONTROLLER);
    connect();
    assertThat(rconn.deadlineNs()).isEqualTo(Long.MAX_VALUE);
    rconn.configure(RconnSettings.CONTROLLER);
    assertThat(rconn.deadlineNs()).isEqualTo(nowNs() + 5_000_000_000L);
  }

  @Test
  void anAcceptedConnectionIsNotMadeAgain() {
    var vconn = new FakeVconn<>("unix#0", new FrameCodec());
    rconn =
        Rconn.accepted(
            "br0<->unix#0",
            vconn,
            new FrameCodec(),
            new Recorder(),
            RconnSettings.SERVICE,
            counters,
            nowNs());
    assertThat(rconn.isService()).isTrue();
    vconn.negotiate(4);
    run();
    runAfter(59_999);
    assertThat(rconn.state()).isEqualTo(RconnState.ACTIVE);
    vconn.end(CloseReason.closedByPeer());
    run();
    assertThat(rconn.isAlive()).isFalse();
    assertThat(vconn.isClosed()).isTrue();
    assertThat(events).containsExactly("connected 4", "disconnected End of file");
  }

  @Test
  void anAcceptedPeerThatStallsHasFiveSeconds() {
    var vconn = new FakeVconn<>("unix#0", new FrameCodec());
    rconn =
        Rconn.accepted(
            "br0<->unix#0",
            vconn,
            new FrameCodec(),
            new Recorder(),
            RconnSettings.SERVICE,
            counters,
            nowNs());
    runAfter(4_999);
    assertThat(rconn.isAlive()).isTrue();
    runAfter(1);
    assertThat(rconn.isAlive()).isFalse();
    assertThat(vconn.isClosed()).isTrue();
    assertThat(counters.get(ChannelCounter.HANDSHAKES_TIMED_OUT)).isOne();
    assertThat(events).isEmpty();
  }

  @Test
  void messagesThatCameBeforeTheEndAreHandled() {
    connect();
    peer().deliver(Frame.of(4, OFPT_BARRIER_REQUEST, 7));
    peer().end(CloseReason.closedByPeer());
    run();
    assertThat(messages).hasSize(1);
    assertThat(peer().takeSent()).hasSize(1);
    assertThat(events).containsExactly("connected 4", "disconnected End of file");
  }

  @Test
  void aRunHandlesNoMoreThanItsShare() {
    connect();
    for (int i = 0; i < 2 * ChannelLimits.MESSAGES_PER_RUN + 1; i++) {
      peer().deliver(Frame.of(4, OFPT_FEATURES_REQUEST, i));
    }
    assertThat(rconn.doWork(nowNs())).isEqualTo(ChannelLimits.MESSAGES_PER_RUN);
    assertThat(messages).hasSize(ChannelLimits.MESSAGES_PER_RUN);
  }

  @Test
  void aPeerThatDoesNotReadIsNotReadFrom() {
    connect();
    peer().stopReading();
    for (int i = 0; i < 3 * ChannelLimits.REPLIES; i++) {
      peer().deliver(Frame.of(4, OFPT_BARRIER_REQUEST, i));
    }
    run();
    assertThat(messages).hasSize(ChannelLimits.REPLIES);
    assertThat(counters.get(ChannelCounter.REPLIES_UNREAD)).isPositive();
    peer().readAll();
    run();
    assertThat(messages).hasSize(3 * ChannelLimits.REPLIES);
  }

  @Test
  void packetInsDoNotStopThePeersRequests() {
    connect();
    peer().stopReading();
    var packetIns = new MessageCounter();
    for (int i = 0; i < 2 * ChannelLimits.REPLIES; i++) {
      assertThat(rconn.send(Frame.of(4, 10, 0), packetIns)).isTrue();
    }
    assertThat(packetIns.messages()).isEqualTo(2 * ChannelLimits.REPLIES);
    assertThat(packetIns.bytes()).isEqualTo(16L * ChannelLimits.REPLIES);
    peer().deliver(Frame.of(4, OFPT_FEATURES_REQUEST, 1));
    run();
    assertThat(messages).hasSize(1);
    peer().readAll();
    assertThat(packetIns.messages()).isZero();
  }

  @Test
  void echoIsAnsweredInItsOwnVersionWithItsOwnBytes() {
    connect();
    peer().deliver(Frame.of(9, 2, 77, "nine".getBytes(US_ASCII)));
    run();
    assertThat(peer().takeSent())
        .singleElement()
        .satisfies(
            reply ->
                assertThat(reply.bytes())
                    .isEqualTo(Frame.of(9, 3, 77, "nine".getBytes(US_ASCII)).bytes()));
    assertThat(messages).isEmpty();
  }

  /** Each of these pairs was observed on OVS 3.1.0. */
  @Test
  @ExpectedLog("received OpenFlow version")
  void whatHasNoPlaceInAConnectionIsRefusedAsByOvs() {
    connect();
    assertRefused(Frame.of(4, 0, 7, bytes(0, 1, 0, 8, 0, 0, 0, 0x10)), 4, 1);
    assertRefused(Frame.of(1, 0, 7), 1, 1);
    assertRefused(Frame.of(9, 0, 7), 1, 1);
    assertRefused(Frame.of(4, 1, 7, bytes(0, 0, 0, 0, 'a')), 4, 1);
    assertRefused(Frame.of(1, 1, 7, bytes(0, 0, 0, 0, 'a')), 1, 1);
    assertRefused(Frame.of(4, 1, 7, bytes(0)), 4, 6);
    assertRefused(Frame.of(1, 5, 7), 1, 0);
    assertRefused(Frame.of(6, 5, 7), 6, 0);
    assertRefused(Frame.of(9, 5, 7, bytes('a', 'b')), 1, 0);
    assertRefused(Frame.of(0, 2, 7, bytes('z')), 1, 0);
    assertThat(messages).isEmpty();
    assertThat(counters.get(ChannelCounter.BAD_VERSION)).isEqualTo(4);
    assertThat(rconn.isConnected()).isTrue();
  }

  private void assertRefused(Frame request, int errorVersion, int badRequestCode) {
    peer().deliver(request);
    run();
    var error = peer().takeSent().get(0);
    assertThat(error.version()).isEqualTo(errorVersion);
    assertThat(error.type()).isEqualTo(1);
    assertThat(error.xid()).isEqualTo(request.xid());
    assertThat(error.u16(8)).isEqualTo(1);
    assertThat(error.u16(10)).isEqualTo(badRequestCode);
    assertThat(error.bytes()).endsWith(request.bytes()).hasSize(12 + request.length());
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void failureDurationEndsWithAdmissionAndNotWithConnection() {
    run();
    refuse();
    runAfter(1000);
    runAfter(500);
    assertThat(rconn.failureDurationS()).isEqualTo(1);
    connect();
    peer().deliver(Frame.of(4, OFPT_FEATURES_REQUEST, 1));
    runAfter(1500);
    assertThat(rconn.isConnected()).isTrue();
    assertThat(rconn.isAdmitted()).isFalse();
    assertThat(rconn.failureDurationS()).isEqualTo(3);
    peer().deliver(Frame.of(4, OFPT_BARRIER_REQUEST, 1));
    run();
    assertThat(rconn.isAdmitted()).isTrue();
    assertThat(rconn.failureDurationS()).isZero();
    peer().end(CloseReason.closedByPeer());
    runAfter(0);
    runAfter(5000);
    assertThat(rconn.failureDurationS()).isEqualTo(5);
  }

  @Test
  void aControllerThatTalkedForHalfAMinuteHasAdmittedUs() {
    connect();
    for (int i = 0; i < 30; i++) {
      peer().deliver(Frame.of(4, 2, i));
      runAfter(1000);
    }
    assertThat(rconn.isAdmitted()).isTrue();
  }

  @Test
  void closingReconnectsAndShuttingDownDoesNot() {
    connect();
    runAfter(2000);
    rconn.close("because");
    run();
    assertThat(events).containsExactly("connected 4", "disconnected because");
    runAfter(1000);
    assertThat(opened).hasSize(2);
    connect();
    rconn.shutdown("removed");
    assertThat(events).endsWith("connected 4", "disconnected removed");
    assertThat(peer().isClosed()).isTrue();
    runAfter(100_000);
    assertThat(opened).hasSize(2);
    assertThat(rconn.isAlive()).isFalse();
    assertThat(rconn.send(Frame.of(4, 10, 0))).isFalse();
    assertThat(counters.get(ChannelCounter.MESSAGES_UNCONNECTED)).isEqualTo(1);
  }

  @Test
  void aReconnectOnDemandDoesNotWait() {
    run();
    refuse();
    rconn.reconnectNow();
    run();
    assertThat(opened).hasSize(2);
  }

  @Test
  void monitorsSeeBothDirectionsAndAreLimited() {
    connect();
    var monitors = new ArrayList<FakeVconn<Frame>>();
    for (int i = 0; i <= ChannelLimits.MONITORS; i++) {
      var monitor = new FakeVconn<>("unix#" + i, new FrameCodec());
      monitor.negotiate(1);
      monitors.add(monitor);
      rconn.addMonitor(monitor);
    }
    assertThat(monitors.get(ChannelLimits.MONITORS).isClosed()).isTrue();
    assertThat(counters.get(ChannelCounter.MONITORS_FULL)).isEqualTo(1);
    var request = Frame.of(4, OFPT_BARRIER_REQUEST, 7);
    peer().deliver(request);
    run();
    var monitor = monitors.get(0);
    assertThat(monitor.takeSent()).extracting(Frame::type).containsExactly(20, 21);
    monitor.end(CloseReason.closedByPeer());
    run();
    assertThat(monitor.isClosed()).isTrue();
    peer().deliver(request);
    run();
    assertThat(monitor.takeSent()).isEmpty();
    assertThat(monitors.get(1).takeSent()).hasSize(4);
  }

  @Test
  void aMonitorThatDoesNotReadLosesCopies() {
    connect();
    var monitor = new FakeVconn<>("unix#0", new FrameCodec());
    monitor.negotiate(1);
    monitor.stopReading();
    rconn.addMonitor(monitor);
    var large = Frame.of(4, 2, 1, new byte[60_000]);
    int n = ChannelLimits.MONITOR_BYTES / large.length() + 10;
    for (int i = 0; i < n; i++) {
      peer().deliver(large);
    }
    run();
    assertThat(peer().takeSent()).hasSize(n);
    assertThat(counters.get(ChannelCounter.MONITOR_COPIES_DROPPED)).isPositive();
  }

  @Test
  void aCodecThatLiesAboutLengthsIsABug() {
    connect();
    rconn =
        Rconn.accepted(
            "br0<->unix#0",
            peer(),
            new MessageCodec<>() {
              @Override
              public Frame decode(Frame frame) {
                return frame;
              }

              @Override
              public void encode(Frame message, io.netty.buffer.ByteBuf out) {
                out.writeBytes(message.bytes()).writeByte(0);
              }
            },
            new Recorder(),
            RconnSettings.SERVICE,
            counters,
            nowNs());
    run();
    assertThatThrownBy(() -> rconn.send(Frame.of(4, 10, 0)))
        .isInstanceOf(IllegalStateException.class);
  }
}
