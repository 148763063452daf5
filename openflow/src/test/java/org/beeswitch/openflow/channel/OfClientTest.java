// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client against our own listener, on a unix socket. */
class OfClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final int OFPT_MULTIPART_REQUEST = 18;
  private static final int OFPT_MULTIPART_REPLY = 19;
  private static final int OFPT_FLOW_MOD = 14;
  private static final int OFPT_BARRIER_REQUEST = 20;

  @TempDir Path rundir;
  private final ChannelCounters counters = new ChannelCounters();
  private final Semaphore wakeups = new Semaphore(0);
  private Streams streams;
  private Listener<Frame> listener;
  private Thread main;
  private volatile boolean stop;

  /** Answers as a switch would, as far as the client cares. */
  private static final class Switch implements ConnectionListener<Frame, Frame> {
    @Override
    public void connected(OfConnection<Frame> connection, int version) {
      connection.sendFrame(Wire.encodeEchoRequest(version, 0));
    }

    @Override
    public void message(OfConnection<Frame> connection, Frame message, Frame frame) {
      switch (message.type()) {
        case OFPT_MULTIPART_REQUEST -> {
          for (int part = 2; part >= 0; part--) {
            byte[] body = {0, 1, 0, (byte) (part > 0 ? 1 : 0), 0, 0, 0, 0};
            connection.send(Frame.of(4, 10, 0));
            connection.send(Frame.of(4, OFPT_MULTIPART_REPLY, message.xid(), body));
          }
        }
        case OFPT_FLOW_MOD -> {
          if (message.length() > 100) {
            connection.sendFrame(Wire.encodeErrorReply(5, 1, message));
          }
        }
        case OFPT_BARRIER_REQUEST -> connection.send(Frame.of(4, 21, message.xid()));
        case 99 -> connection.close("asked to");
        default -> {}
      }
    }

    @Override
    public void disconnected(OfConnection<Frame> connection, CloseReason why) {}
  }

  @BeforeEach
  void start() throws IOException {
    streams = new Streams(rundir, counters, wakeups::release);
    listener = streams.listen(Target.parse("punix:br0.mgmt"), VersionSet.OF13, new FrameCodec());
    main = new Thread(this::runMain);
    main.start();
  }

  private void runMain() {
    UnhurriedClock clock = new UnhurriedClock();
    var rconns = new ArrayList<Rconn<Frame, Frame>>();
    while (!stop) {
      int done = 0;
      for (var vconn = listener.accept(); vconn != null; vconn = listener.accept()) {
        rconns.add(
            Rconn.accepted(
                vconn.name(),
                vconn,
                new FrameCodec(),
                new Switch(),
                RconnSettings.SERVICE,
                counters,
                clock.getAsLong()));
      }
      for (var rconn : rconns) {
        done += rconn.doWork(clock.getAsLong());
      }
      try {
        if (done == 0) {
          boolean unused = wakeups.tryAcquire(10, TimeUnit.MILLISECONDS);
          wakeups.drainPermits();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    stop = true;
    main.join();
    listener.close();
    streams.close();
  }

  private OfClient<Frame, Frame> connect(VersionSet versions, Duration timeout) throws IOException {
    return OfClient.connect(
        Target.parse("unix:br0.mgmt"), rundir, versions, new FrameCodec(), timeout);
  }

  @Test
  void aMultipartReplyIsPutTogetherFromItsPartsAlone() throws IOException {
    try (var client = connect(VersionSet.OF13, TIMEOUT)) {
      assertThat(client.version()).isEqualTo(4);
      var request = Frame.of(4, OFPT_MULTIPART_REQUEST, client.nextXid(), new byte[8]);
      var replies = client.transact(request);
      assertThat(replies).hasSize(3).allMatch(reply -> reply.xid() == request.xid());
    }
  }

  @Test
  void requestsWithoutReplyReportTheirErrors() throws IOException {
    try (var client = connect(VersionSet.OF13, TIMEOUT)) {
      var good = Frame.of(4, OFPT_FLOW_MOD, client.nextXid(), new byte[48]);
      var bad = Frame.of(4, OFPT_FLOW_MOD, client.nextXid(), new byte[148]);
      assertThat(client.transactNoReply(List.of(good))).isEmpty();
      assertThat(client.transactNoReply(List.of(good, bad, good, bad)))
          .extracting(Frame::xid)
          .containsExactly(bad.xid(), bad.xid());
    }
  }

  @Test
  void manyRequestsWithManyErrorsDoNotBlockEachOther() throws IOException {
    try (var client = connect(VersionSet.OF13, TIMEOUT)) {
      int n = 20_000;
      var requests = new ArrayList<Frame>(n);
      for (int i = 0; i < n; i++) {
        requests.add(Frame.of(4, OFPT_FLOW_MOD, client.nextXid(), new byte[500]));
      }
      assertThat(client.transactNoReply(requests)).hasSize(n);
    }
  }

  @Test
  void whatWasNotAskedForCanBeReceived() throws IOException {
    try (var client = connect(VersionSet.OF13, TIMEOUT)) {
      assertThat(client.receive(Duration.ofMillis(20))).isNull();
      client.send(Frame.of(4, OFPT_BARRIER_REQUEST, 77));
      assertThat(client.receive(TIMEOUT)).extracting(Frame::xid).isEqualTo(77);
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsATimeout() throws IOException {
    try (var client = connect(VersionSet.OF13, Duration.ofMillis(500))) {
      assertThatThrownBy(() -> client.transact(Frame.of(4, 5, 7)))
          .isInstanceOf(SocketTimeoutException.class)
          .hasMessage("unix:br0.mgmt: no answer within 0.5 s");
    }
  }

  @Test
  void aSwitchThatHangsUpIsSaidToHaveDoneSo() throws IOException {
    try (var client = connect(VersionSet.OF13, TIMEOUT)) {
      assertThatThrownBy(() -> client.transact(Frame.of(4, 99, 7)))
          .isInstanceOf(IOException.class)
          // The second if our answer to its echo is still unread (reset) or unsent (broken pipe).
          .hasMessageMatching(
              "unix:br0.mgmt: connection (closed by peer|dropped \\((Connection reset|Broken"
                  + " pipe).*\\))");
    }
  }

  @Test
  @ExpectedLog("version negotiation failed")
  void noCommonVersionIsReportedAsByOvs() {
    assertThatThrownBy(() -> connect(VersionSet.of(1), TIMEOUT))
        .hasMessage(
            "unix:br0.mgmt: version negotiation failed (we support version 0x01, peer supports"
                + " version 0x04)");
  }

  @Test
  void aMissingSwitchIsReported() {
    assertThatThrownBy(
            () ->
                OfClient.connect(
                    Target.parse("unix:br9.mgmt"),
                    rundir,
                    VersionSet.OF13,
                    new FrameCodec(),
                    TIMEOUT))
        .isInstanceOf(IOException.class)
        .hasMessage("unix:br9.mgmt: failed to connect (No such file or directory)");
  }
}
