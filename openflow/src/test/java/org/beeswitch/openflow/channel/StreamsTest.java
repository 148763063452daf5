// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.beeswitch.testing.ExpectedLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real sockets on the loopback and in a directory of the test's own. */
class StreamsTest {
  private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path rundir;
  private final ChannelCounters counters = new ChannelCounters();
  private final UnhurriedClock clock = new UnhurriedClock();
  private final Semaphore wakeups = new Semaphore(0);
  private final List<Rconn<Frame, Frame>> rconns = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private @Nullable Listener<Frame> listener;
  private Streams streams;

  private final class Echoer implements ConnectionListener<Frame, Frame> {
    @Override
    public void connected(OfConnection<Frame> connection, int version) {
      events.add("connected " + version);
    }

    @Override
    public void message(OfConnection<Frame> connection, Frame message, Frame frame) {
      events.add((connection.isService() ? "request " : "reply ") + message.type());
      if (connection.isService()) {
        assertThat(connection.send(message)).isTrue();
      }
    }

    @Override
    public void disconnected(OfConnection<Frame> connection, CloseReason why) {
      events.add("disconnected " + why);
    }
  }

  @BeforeEach
  void open() {
    streams = new Streams(rundir, counters, wakeups::release);
  }

  @AfterEach
  void close() throws IOException {
    rconns.forEach(rconn -> rconn.shutdown("end of test"));
    if (listener != null) {
      listener.close();
    }
    streams.close();
  }

  /** Runs main's part until {@code done}, asleep while there is nothing to do. */
  private void runUntil(BooleanSupplier done) throws InterruptedException {
    long start = System.nanoTime();
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime() - start)
          .as("deadline; events %s", events)
          .isLessThan(DEADLINE_NS);
      if (runOnce() == 0) {
        boolean unused = wakeups.tryAcquire(10, TimeUnit.MILLISECONDS);
        wakeups.drainPermits();
      }
    }
  }

  private int runOnce() {
    int done = 0;
    if (listener != null) {
      for (var vconn = listener.accept(); vconn != null; vconn = listener.accept()) {
        rconns.add(
            Rconn.accepted(
                "br0<->" + vconn.name(),
                vconn,
                new FrameCodec(),
                new Echoer(),
                RconnSettings.SERVICE,
                counters,
                clock.getAsLong()));
        done++;
      }
    }
    for (var rconn : rconns) {
      done += rconn.doWork(clock.getAsLong());
    }
    return done;
  }

  private void listen(String target) throws IOException {
    listener = streams.listen(Target.parse(target), VersionSet.OF13, new FrameCodec());
  }

  private Rconn<Frame, Frame> connect(String target) {
    var rconn =
        Rconn.active(
            "br0<->" + target,
            Target.parse(target),
            t -> streams.open(t, VersionSet.OF13, new FrameCodec()),
            new FrameCodec(),
            new Echoer(),
            RconnSettings.CONTROLLER,
            counters,
            clock.getAsLong());
    rconns.add(rconn);
    return rconn;
  }

  @Test
  void anActiveConnectionNegotiatesAndCarriesMessages() throws Exception {
    listen("ptcp:0:127.0.0.1");
    var active = connect("tcp:127.0.0.1:" + listener.port());
    runUntil(() -> events.size() == 2);
    assertThat(events).containsExactly("connected 4", "connected 4");
    assertThat(active.send(Frame.of(4, 20, 7))).isTrue();
    runUntil(() -> events.size() == 4);
    assertThat(events).endsWith("request 20", "reply 20");
    assertThat(counters.get(ChannelCounter.CONNECTIONS_MADE)).isEqualTo(2);
  }

  @Test
  void namesOfHostsAreLookedUp() throws Exception {
    listen("ptcp:0:127.0.0.1");
    connect("tcp:localhost:" + listener.port());
    runUntil(() -> events.size() == 2);
  }

  @Test
  void aRefusedConnectionSaysSo() throws Exception {
    int port;
    try (var unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = unused.getLocalPort();
    }
    var rconn = connect("tcp:127.0.0.1:" + port);
    // On a slow machine the first attempt may time out before.
    runUntil(
        () -> new CloseReason(CloseReason.Kind.IO, "Connection refused").equals(rconn.lastError()));
  }

  @Test
  void aMissingSocketSaysSo() throws Exception {
    var rconn = connect("unix:nothing.sock");
    // On a slow machine the first attempt may time out before.
    runUntil(
        () ->
            new CloseReason(CloseReason.Kind.IO, "No such file or directory")
                .equals(rconn.lastError()));
  }

  @Test
  void aPathThatNoSocketCanHaveSaysSo() throws Exception {
    var rconn = connect("unix:" + "x".repeat(120));
    runUntil(() -> rconn.lastError() != null);
    assertThat(rconn.lastError().text()).contains("the system allows 107");
  }

  @Test
  void theSocketIsForItsOwnerAndGoesWithTheListener() throws Exception {
    Path socket = rundir.resolve("br0.mgmt");
    listen("punix:br0.mgmt");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rwx------");
    listener.close();
    assertThat(socket).doesNotExist();
  }

  @Test
  void aStaleSocketIsReplacedAndAFileIsNot() throws Exception {
    Path socket = rundir.resolve("br0.mgmt");
    try (var server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      server.bind(java.net.UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();
    listen("punix:br0.mgmt");
    connect("unix:br0.mgmt");
    runUntil(() -> events.size() == 2);

    Files.writeString(rundir.resolve("file"), "x");
    assertThatThrownBy(() -> listen("punix:file"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a socket");
    assertThat(rundir.resolve("file")).hasContent("x");
  }

  @Test
  void anAddressInUseSaysWhichTarget() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String target = "ptcp:" + taken.getLocalPort() + ":127.0.0.1";
      assertThatThrownBy(() -> listen(target))
          .isInstanceOf(IOException.class)
          .hasMessage(target + ": cannot be listened on: Address already in use");
    }
  }

  @Test
  void requestsFollowedByTheEndOfTheStreamAreAnswered() throws Exception {
    listen("ptcp:0:127.0.0.1");
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      var out = socket.getOutputStream();
      out.write(Frame.of(4, 0, 1).bytes());
      out.write(Frame.of(4, 2, 2, "abc".getBytes(US_ASCII)).bytes());
      out.write(Frame.of(4, 20, 3).bytes());
      socket.shutdownOutput();
      runUntil(() -> events.size() == 3);
      assertThat(events).containsExactly("connected 4", "request 20", "disconnected End of file");
      var in = socket.getInputStream();
      assertThat(readFrame(in).type()).isEqualTo(0);
      assertThat(readFrame(in).bytes())
          .isEqualTo(Frame.of(4, 3, 2, "abc".getBytes(US_ASCII)).bytes());
      assertThat(readFrame(in).xid()).isEqualTo(3);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void aPeerThatWritesAndNeverReadsIsHeldBackAndStillServed() throws Exception {
    listen("ptcp:0:127.0.0.1");
    byte[] echo = Frame.of(4, 2, 2, new byte[8_000]).bytes();
    int n = 4_000;
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
      var out = socket.getOutputStream();
      out.write(Frame.of(4, 0, 1).bytes());
      var writer =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < n; i++) {
                    out.write(echo);
                  }
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      writer.start();
      runUntil(
          () ->
              counters.get(ChannelCounter.REPLIES_UNREAD) > 0
                  && counters.get(ChannelCounter.INBOX_FULL) > 0);
      assertThat(rconns.get(0).bytesQueued())
          .isLessThanOrEqualTo((ChannelLimits.REPLIES + 1L) * echo.length);
      var reader =
          new Thread(
              () -> {
                try {
                  assertThat(readFrame(socket.getInputStream()).type()).isEqualTo(0);
                  for (int i = 0; i < n; i++) {
                    assertThat(readFrame(socket.getInputStream()).type()).isEqualTo(3);
                  }
                  events.add("all read");
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      reader.start();
      runUntil(() -> !reader.isAlive());
      writer.join();
      assertThat(events).contains("all read");
    }
  }

  private static Frame readFrame(java.io.InputStream in) throws IOException {
    var data = new DataInputStream(in);
    byte[] header = data.readNBytes(Frame.HEADER_LEN);
    int length = Unpooled.wrappedBuffer(header).getUnsignedShort(2);
    byte[] frame = java.util.Arrays.copyOf(header, length);
    data.readFully(frame, header.length, length - header.length);
    return Frame.wrap(frame);
  }

  // ---- The real ovs-ofctl.

  private record Run(int status, String output) {}

  private Run ofctl(String... args) throws Exception {
    var command = new ArrayList<>(List.of("ovs-ofctl", "--timeout=60", "-O", "OpenFlow13"));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OVS_RUNDIR", rundir.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    runUntil(() -> !process.isAlive());
    return new Run(process.exitValue(), new String(process.getInputStream().readAllBytes(), UTF_8));
  }

  private static void assumeOfctl() {
    assumeThat(Path.of("/usr/bin/ovs-ofctl")).as("ovs-ofctl is installed").exists();
  }

  @Test
  void ovsOfctlProbesAndPings() throws Exception {
    assumeOfctl();
    listen("punix:br0.mgmt");
    String target = "unix:" + rundir.resolve("br0.mgmt");
    assertThat(ofctl("probe", target)).isEqualTo(new Run(0, ""));
    var ping = ofctl("ping", target, "1000");
    assertThat(ping.output()).contains("1000 bytes from").doesNotContain("!=");
    assertThat(ping.status()).isZero();
    var benchmark = ofctl("benchmark", target, "60000", "200");
    assertThat(benchmark.output()).contains("Finished in");
  }

  @Test
  @ExpectedLog("version negotiation failed")
  void ovsOfctlOfAnotherVersionIsToldSo() throws Exception {
    assumeOfctl();
    listen("punix:br0.mgmt");
    var run = ofctl("-O", "OpenFlow10", "probe", "unix:" + rundir.resolve("br0.mgmt"));
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.output()).contains("version negotiation failed");
    runUntil(() -> counters.get(ChannelCounter.HELLO_INCOMPATIBLE) == 1);
  }

  @Test
  void ovsOfctlSnoopsOnAControllersConnection() throws Exception {
    assumeOfctl();
    try (var controller = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var snoop =
            streams.listen(Target.parse("punix:br0.snoop"), VersionSet.KNOWN, new FrameCodec())) {
      var rconn = connect("tcp:127.0.0.1:" + controller.getLocalPort());
      runOnce();
      try (var socket = controller.accept()) {
        socket.getOutputStream().write(Frame.of(4, 0, 1).bytes());
        runUntil(rconn::isConnected);

        var builder = new ProcessBuilder("ovs-ofctl", "--timeout=60", "snoop", "br0");
        builder.environment().put("OVS_RUNDIR", rundir.toString());
        Process process = builder.redirectErrorStream(true).start();
        var output = new ConcurrentLinkedQueue<String>();
        var reader = new Thread(() -> process.inputReader().lines().forEach(output::add));
        reader.start();
        runUntil(
            () -> {
              for (var vconn = snoop.accept(); vconn != null; vconn = snoop.accept()) {
                rconn.addMonitor(vconn);
              }
              // The monitor gets copies once it has said hello; echo until it does.
              try {
                socket.getOutputStream().write(Frame.of(4, 2, 9, (byte) 1).bytes());
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
              return output.contains("OFPT_ECHO_REPLY (OF1.3) (xid=0x9): 1 bytes of payload");
            });
        assertThat(output).contains("OFPT_ECHO_REQUEST (OF1.3) (xid=0x9): 1 bytes of payload");
        process.destroy();
        process.waitFor();
        reader.join();
      }
    }
  }

  /** Two daemons with one {@code punix:} path: the second does not take it away from the first. */
  @Test
  void aSocketThatSomebodyListensOnIsNotReplaced() throws Exception {
    listen("punix:s");
    assertThatThrownBy(
            () -> streams.listen(Target.parse("punix:s"), VersionSet.OF13, new FrameCodec()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is listened on by another process");
    connect("unix:s");
    runUntil(() -> events.size() == 2);
  }

  /** What is queued is one array, many times: the limit is about what is counted. */
  @Test
  @ExpectedLog("openflow_output_full")
  void whoHasTheMostUnreadGoesWhenAllTogetherHaveTooMuch() throws Exception {
    listen("punix:s");
    try (var greedy = SocketChannel.open(UnixDomainSocketAddress.of(rundir.resolve("s")));
        var modest = SocketChannel.open(UnixDomainSocketAddress.of(rundir.resolve("s")))) {
      greedy.write(ByteBuffer.wrap(Frame.of(4, 0, 1).bytes()));
      runUntil(() -> events.size() == 1);
      modest.write(ByteBuffer.wrap(Frame.of(4, 0, 1).bytes()));
      runUntil(() -> events.size() == 2);
      var large = rconns.stream().filter(Rconn::isConnected).toList().get(0);
      var small = rconns.stream().filter(Rconn::isConnected).toList().get(1);
      Frame frame = Frame.of(4, 20, 1, new byte[Frame.MAX_LEN - Frame.HEADER_LEN]);
      long sent = 0;
      for (; sent < ChannelLimits.OUTPUT_BYTES * 9 / 10; sent += frame.length()) {
        assertThat(large.sendFrame(frame)).isTrue();
      }
      for (; sent < ChannelLimits.OUTPUT_BYTES * 11 / 10; sent += frame.length()) {
        assertThat(small.sendFrame(frame)).isTrue();
      }
      runUntil(() -> !large.isAlive());
      assertThat(small.isConnected()).isTrue();
      assertThat(counters.get(ChannelCounter.OUTPUT_FULL)).isOne();
      small.shutdown("enough");
    }
  }
}
