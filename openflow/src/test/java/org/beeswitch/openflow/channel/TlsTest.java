// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.beeswitch.openflow.tls.Pki;
import org.beeswitch.openflow.tls.TlsException;
import org.beeswitch.openflow.tls.TlsSettings;
import org.beeswitch.testing.ExpectedLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections over TLS between two sides that each have files of their own. */
class TlsTest {
  private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final int OFPT_BARRIER_REQUEST = 20;

  @TempDir static Path dir;
  private static Pki pki;

  private final UnhurriedClock clock = new UnhurriedClock();
  private final Semaphore wakeups = new Semaphore(0);
  private final Side switchSide = new Side();
  private final Side controllerSide = new Side();

  @BeforeAll
  static void issue() throws IOException {
    pki =
        new Pki(dir)
            .selfSigned("ca")
            .selfSigned("other-ca")
            .issue("switch", "ca")
            .issueRsa("switch-rsa", "ca")
            .issue("controller", "ca")
            .issueRsa("controller-rsa", "ca")
            .issueExpired("expired", "ca")
            .issue("foreign", "other-ca")
            .selfSigned("self");
  }

  /** One process: its sockets, its connections, what they received. */
  private final class Side implements ConnectionListener<Frame, Frame> {
    final ChannelCounters counters = new ChannelCounters();
    final Streams streams = new Streams(dir, counters, wakeups::release);
    final List<Rconn<Frame, Frame>> rconns = new ArrayList<>();
    final List<Frame> received = new ArrayList<>();
    @Nullable Listener<Frame> listener;
    int connected;

    int listen() throws IOException {
      listener =
          streams.listen(Target.parse("pssl:0:127.0.0.1"), VersionSet.OF13, new FrameCodec());
      return listener.port();
    }

    Rconn<Frame, Frame> connect(String target) {
      Rconn<Frame, Frame> rconn =
          Rconn.active(
              target,
              Target.parse(target),
              t -> streams.open(t, VersionSet.OF13, new FrameCodec()),
              new FrameCodec(),
              this,
              RconnSettings.CONTROLLER,
              counters,
              clock.getAsLong());
      rconns.add(rconn);
      return rconn;
    }

    int doWork() {
      int done = 0;
      if (listener != null) {
        for (var v = listener.accept(); v != null; v = listener.accept()) {
          rconns.add(
              Rconn.accepted(
                  v.name(),
                  v,
                  new FrameCodec(),
                  this,
                  RconnSettings.SERVICE,
                  counters,
                  clock.getAsLong()));
        }
      }
      for (var r : rconns) {
        done += r.doWork(clock.getAsLong());
      }
      return done;
    }

    long count(ChannelCounter c) {
      return counters.get(c);
    }

    @Override
    public void connected(OfConnection<Frame> connection, int version) {
      connected++;
    }

    @Override
    public void message(OfConnection<Frame> connection, Frame message, Frame frame) {
      received.add(message);
      if (connection.isService()) {
        assertThat(connection.send(message)).isTrue();
      }
    }

    @Override
    public void disconnected(OfConnection<Frame> connection, CloseReason why) {}

    void close() {
      rconns.forEach(r -> r.shutdown("end of test"));
      if (listener != null) {
        listener.close();
      }
      streams.close();
    }
  }

  @AfterEach
  void close() {
    switchSide.close();
    controllerSide.close();
  }

  private void runUntil(BooleanSupplier done) throws InterruptedException {
    long start = System.nanoTime();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as("deadline").isLessThan(DEADLINE_NS);
      if (switchSide.doWork() + controllerSide.doWork() == 0) {
        boolean unused = wakeups.tryAcquire(10, TimeUnit.MILLISECONDS);
        wakeups.drainPermits();
      }
    }
  }

  private static TlsSettings who(String name) {
    return pki.settings(name, "ca");
  }

  /** Large messages and many, in both directions. */
  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, switch, controller",
    "TLSv1.3, switch, controller",
    "TLSv1.2, switch-rsa, controller-rsa",
    "TLSv1.3, switch-rsa, controller-rsa",
    "TLSv1.3, switch-rsa, controller",
  })
  void bothSidesVerifyEachOther(String protocol, String us, String them) throws Exception {
    switchSide.streams.setTls(pki.settings(us, "ca", List.of(protocol)));
    controllerSide.streams.setTls(pki.settings(them, "ca"));
    var active = switchSide.connect("ssl:127.0.0.1:" + controllerSide.listen());
    runUntil(() -> switchSide.connected + controllerSide.connected == 2);
    int messages = 100;
    for (int i = 0; i < messages; i++) {
      byte[] body = new byte[i % 10 == 0 ? Frame.MAX_LEN - Frame.HEADER_LEN : i];
      assertThat(active.send(Frame.of(4, OFPT_BARRIER_REQUEST, i, body))).isTrue();
    }
    runUntil(() -> switchSide.received.size() == messages);
    for (int i = 0; i < messages; i++) {
      assertThat(switchSide.received.get(i).bytes())
          .isEqualTo(controllerSide.received.get(i).bytes());
      assertThat(switchSide.received.get(i).xid()).isEqualTo(i);
    }
    assertThat(switchSide.count(ChannelCounter.TLS_CONNECTIONS)).isOne();
    active.shutdown("enough");
    runUntil(() -> controllerSide.rconns.stream().noneMatch(Rconn::isAlive));
    assertThat(controllerSide.count(ChannelCounter.IO_ERRORS)).isZero();
    assertThat(controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED)).isZero();
  }

  /** As a client; the listener refuses, counts, and goes on. */
  @ParameterizedTest
  @ValueSource(strings = {"foreign", "expired", "self"})
  @ExpectedLog("TLS: ")
  void aClientWhoseCertificateIsWrongIsRefused(String who) throws Exception {
    controllerSide.streams.setTls(who("controller"));
    switchSide.streams.setTls(who(who));
    int port = controllerSide.listen();
    switchSide.connect("ssl:127.0.0.1:" + port);
    runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 1);
    switchSide.streams.setTls(who("switch"));
    switchSide.connect("ssl:127.0.0.1:" + port);
    runUntil(() -> controllerSide.connected == 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"foreign", "expired", "self"})
  @ExpectedLog("TLS: ")
  void aControllerWhoseCertificateIsWrongIsRefusedAndBackedOffFrom(String who) throws Exception {
    controllerSide.streams.setTls(who(who));
    switchSide.streams.setTls(who("switch"));
    var active = switchSide.connect("ssl:127.0.0.1:" + controllerSide.listen());
    runUntil(() -> active.lastError() != null);
    assertThat(active.state()).isEqualTo(RconnState.BACKOFF);
    assertThat(String.valueOf(active.lastError())).startsWith("TLS: ");
    assertThat(switchSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED)).isOne();
    assertThat(switchSide.connected + controllerSide.connected).isZero();
  }

  /**
   * None of these connects: no certificate, plain OpenFlow, an end in the middle, nothing at all.
   */
  @Test
  @Tag("slow")
  @ExpectedLog("TLS: ")
  void whatIsNoHandshakeIsRefused() throws Exception {
    controllerSide.streams.setTls(who("controller"));
    int port = controllerSide.listen();
    Process anonymous =
        new ProcessBuilder("openssl", "s_client", "-connect", "127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 1);
    anonymous.destroy();
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), port)) {
      plain.getOutputStream().write(Frame.of(4, 0, 1).bytes());
      runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 2);
    }
    try (Socket half = new Socket(InetAddress.getLoopbackAddress(), port)) {
      half.getOutputStream().write(new byte[] {0x16, 3, 1, 2, 0, 1});
      half.shutdownOutput();
      runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 3);
    }
    try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
      runUntil(() -> controllerSide.count(ChannelCounter.HANDSHAKES_TIMED_OUT) == 1);
      assertThat(silent.getInputStream().readAllBytes()).hasSizeLessThan(20);
    }
    assertThat(controllerSide.connected).isZero();
  }

  @Test
  @ExpectedLog({"private key must be configured", "TLS: "})
  void withoutAKeyNothingIsMadeOrAccepted() throws Exception {
    controllerSide.streams.setTls(who("controller"));
    var active = switchSide.connect("ssl:127.0.0.1:" + controllerSide.listen());
    runUntil(() -> active.lastError() != null);
    assertThat(switchSide.count(ChannelCounter.TLS_NOT_CONFIGURED)).isOne();
    active.shutdown("enough");
    controllerSide.connect("ssl:127.0.0.1:" + switchSide.listen());
    runUntil(() -> switchSide.count(ChannelCounter.TLS_NOT_CONFIGURED) == 2);
    assertThat(switchSide.connected + controllerSide.connected).isZero();
  }

  /** A pair whose second half is not there yet leaves the old one in force. */
  @Test
  @ExpectedLog({"TLS: ", "stay as they were"})
  void filesThatAreReplacedAreReadAgain() throws Exception {
    Pki mine = new Pki(Files.createDirectory(dir.resolve("replaced")));
    Files.copy(pki.key("foreign"), mine.key("me"));
    Files.copy(pki.certificate("foreign"), mine.certificate("me"));
    switchSide.streams.setTls(
        new TlsSettings(
            mine.key("me"),
            mine.certificate("me"),
            pki.certificate("ca"),
            false,
            TlsSettings.PROTOCOLS));
    controllerSide.streams.setTls(who("controller"));
    String target = "ssl:127.0.0.1:" + controllerSide.listen();
    var first = switchSide.connect(target);
    runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 1);
    first.shutdown("enough");
    replace(pki.key("switch"), mine.key("me"));
    var second = switchSide.connect(target);
    runUntil(() -> controllerSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) == 2);
    assertThat(switchSide.count(ChannelCounter.TLS_FILES_BAD)).isOne();
    second.shutdown("enough");
    replace(pki.certificate("switch"), mine.certificate("me"));
    switchSide.connect(target);
    runUntil(() -> controllerSide.connected == 1);
    assertThat(switchSide.count(ChannelCounter.TLS_FILES_READ_AGAIN)).isOne();
  }

  private static void replace(Path from, Path to) throws IOException {
    Path beside = to.resolveSibling("new.pem");
    Files.copy(from, beside);
    Files.move(beside, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The first controller's authority is taken; another one's is not believed afterwards. */
  @Test
  @ExpectedLog("TLS: ")
  void anAuthorityIsTakenFromTheFirstPeer() throws Exception {
    Path ca = dir.resolve("taken.pem");
    switchSide.streams.setTls(
        new TlsSettings(
            pki.key("switch"), pki.certificate("switch"), ca, true, TlsSettings.PROTOCOLS));
    controllerSide.streams.setTls(who("controller"));
    var first = switchSide.connect("ssl:127.0.0.1:" + controllerSide.listen());
    runUntil(() -> first.lastError() != null);
    assertThat(String.valueOf(first.lastError())).contains("retry using CA cert");
    assertThat(Files.readString(ca)).contains("BEGIN CERTIFICATE");
    first.reconnectNow();
    runUntil(first::isConnected);
    controllerSide.streams.setTls(
        new TlsSettings(
            pki.key("foreign"),
            pki.certificate("foreign"),
            pki.certificate("other-ca"),
            false,
            TlsSettings.PROTOCOLS));
    first.close("again");
    runUntil(() -> first.state() == RconnState.BACKOFF);
    first.reconnectNow();
    runUntil(
        () -> !first.isConnected() && switchSide.count(ChannelCounter.TLS_HANDSHAKES_FAILED) > 0);
  }

  @Test
  void badFilesLeaveWhatWasSet() throws Exception {
    switchSide.streams.setTls(who("switch"));
    assertThatThrownBy(() -> switchSide.streams.setTls(pki.settings("none", "ca")))
        .isInstanceOf(TlsException.class);
    controllerSide.streams.setTls(who("controller"));
    switchSide.connect("ssl:127.0.0.1:" + controllerSide.listen());
    runUntil(() -> switchSide.connected == 1);
  }

  /** The command line's client, with more on its way in both directions than sockets hold. */
  @Test
  @Tag("slow")
  void aClientWithoutNettySpeaksItToo() throws Exception {
    controllerSide.streams.setTls(who("controller"));
    Target target = Target.parse("ssl:localhost:" + controllerSide.listen());
    int messages = 400;
    var answered = new java.util.concurrent.CompletableFuture<List<Frame>>();
    Thread asking =
        new Thread(
            () -> {
              try (OfClient<Frame, Frame> client = client(target, who("switch-rsa"))) {
                byte[] body = new byte[Frame.MAX_LEN - Frame.HEADER_LEN];
                for (int i = 0; i < messages; i++) {
                  client.send(Frame.of(4, OFPT_BARRIER_REQUEST, i, body));
                }
                List<Frame> replies = new ArrayList<>();
                while (replies.size() < messages) {
                  replies.add(client.receive(Duration.ofSeconds(20)));
                }
                answered.complete(replies);
              } catch (IOException | RuntimeException e) {
                answered.completeExceptionally(e);
              }
            });
    asking.start();
    runUntil(answered::isDone);
    assertThat(answered.get()).hasSize(messages).allMatch(f -> f.length() == Frame.MAX_LEN);
    asking.join();
  }

  @Test
  @ExpectedLog("TLS: ")
  void theClientSaysWhyItDoesNotConnect() throws Exception {
    controllerSide.streams.setTls(who("foreign"));
    Target target = Target.parse("ssl:127.0.0.1:" + controllerSide.listen());
    assertThatThrownBy(() -> client(target, who("switch")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(target.text() + ": failed to connect (")
        .hasMessageContaining("path");
    assertThatThrownBy(() -> client(target, null)).hasMessageContaining("TLS wants a private key");
  }

  private static OfClient<Frame, Frame> client(Target target, @Nullable TlsSettings tls)
      throws IOException {
    return OfClient.connect(
        target, dir, tls, VersionSet.OF13, new FrameCodec(), Duration.ofSeconds(20));
  }
}
