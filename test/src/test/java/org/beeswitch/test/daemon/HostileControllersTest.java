// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.tls.Pki;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Datapath;
import org.beeswitch.test.ovs.Unixctl;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Peers that want to hurt: while each does what it does, another connection's echo is timed and a
 * host pings another through the switch, of which at least one answer has to come. Afterwards
 * descriptors and connections are gone, and the counters say what has happened.
 */
@Tag("system")
@Tag("soak")
class HostileControllersTest {
  private static final long PHASE_MS = Seed.sized(500, 10_000);
  private static final int TCP = 6700;
  private static final int TLS = 6701;
  private static final int OFPT_HELLO = 0;
  private static final int OFPT_ECHO_REQUEST = 2;
  private static final int OFPT_PACKET_OUT = 13;
  private static final int OFPT_FLOW_MOD = 14;
  private static final int OFPT_BARRIER_REQUEST = 20;
  private static final byte[] HELLO = frame(OFPT_HELLO);
  private static final int BATCH = 50;

  /** More than wait at a usual listener, fewer than a switch holds at a time. */
  private static final int BURST = 500;

  /** Several times what TCP tries to connect in. */
  private static final int CONNECT_MS = 10_000;

  @TempDir Path dir;
  private long endNs;

  /** What one kind of peer does until {@link #endNs}; returns how often. */
  private interface Peer {
    long run() throws Exception;
  }

  private static byte[] frame(int type, byte... body) {
    return Frame.of(4, type, 1, body).bytes();
  }

  @Test
  void oneBadPeerIsNobodyElsesProblem() throws Exception {
    Pki pki = new Pki(dir).selfSigned("ca").issue("switch", "ca");
    ExecutorService threads = Executors.newCachedThreadPool();
    try (Machine m = new Machine(Datapath.NETDEV)) {
      m.startReady(
          "--bridge=br0",
          "--port=p1=1",
          "--port=p2=2",
          "--controller=ptcp:" + TCP + ":127.0.0.1",
          "--controller=pssl:" + TLS + ":127.0.0.1",
          "--private-key=" + pki.key("switch"),
          "--certificate=" + pki.certificate("switch"),
          "--ca-cert=" + pki.certificate("ca"));
      m.awaitPing();
      Watched process = new Watched(m.rundir());
      long fds = process.fds();
      long rssKb = process.rssKb();
      UnixDomainSocketAddress mgmt = UnixDomainSocketAddress.of(m.rundir().resolve("br0.mgmt"));

      m.netns.call(() -> connectsWhileItSleeps(process.pid()));
      phase(m, threads, mgmt, "nobody", () -> 0);
      try (Unixctl control = new Unixctl(process.control(m.rundir()))) {
        phase(m, threads, mgmt, "does not read", () -> doesNotRead(control));
      }
      phase(m, threads, mgmt, "floods echoes", () -> floods(frame(OFPT_ECHO_REQUEST)));
      phase(m, threads, mgmt, "floods flow-mods", () -> floods(flowMod()));
      phase(m, threads, mgmt, "floods packet-outs", () -> floods(packetOut()));
      phase(m, threads, mgmt, "sends 65,535 bytes", this::sendsTheLargest);
      phase(m, threads, mgmt, "sends byte by byte", this::sendsByteByByte);
      phase(m, threads, mgmt, "sends half messages", this::sendsHalfMessages);
      phase(m, threads, mgmt, "claims absurd lengths", this::claimsAbsurdLengths);
      phase(m, threads, mgmt, "reconnects", this::reconnects);
      phase(m, threads, mgmt, "connects to ptcp:", () -> connects(TCP));
      phase(m, threads, mgmt, "connects to pssl:", () -> connects(TLS));
      phase(m, threads, mgmt, "connects to punix:", () -> connects(mgmt));

      Await.until("descriptors are closed", () -> process.fds() <= fds + 4);
      System.out.printf(
          "figure: hostile controllers: fds %d before, %d after; RSS %d MB before, %d MB after%n",
          fds, process.fds(), rssKb / 1024, process.rssKb() / 1024);
      assertThat(process.rssKb() - rssKb).as("KB of RSS more").isLessThan(400 * 1024);
      String coverage = m.beectl("coverage");
      for (String counter :
          List.of(
              "openflow_replies_unread",
              "openflow_inbox_full",
              "openflow_framing_errors",
              "openflow_handshakes_timed_out",
              "openflow_tls_handshakes_failed")) {
        assertThat(coverage).containsPattern(counter + " +[1-9]");
      }
      assertThat(coverage).doesNotContainPattern("openflow_internal_errors +[1-9]");
      System.out.println("figure: hostile controllers: " + moved(coverage));
    } finally {
      threads.shutdownNow();
    }
  }

  private static String moved(String coverage) {
    List<String> all = new ArrayList<>();
    Matcher c = Pattern.compile("openflow_(\\w+) +([1-9]\\d*)").matcher(coverage);
    while (c.find()) {
      all.add(c.group(1) + "=" + c.group(2));
    }
    return String.join(" ", all);
  }

  /**
   * Connections of a burst wait for a switch that has no time: none has to be begun anew by TCP,
   * which does that after a second, and again after two.
   */
  private static int connectsWhileItSleeps(long pid) throws Exception {
    List<Socket> all = new ArrayList<>();
    try {
      TestNetns.run("kill", "-STOP", Long.toString(pid));
      try {
        for (int i = 0; i < BURST; i++) {
          all.add(connect(TCP));
        }
      } finally {
        TestNetns.run("kill", "-CONT", Long.toString(pid));
      }
      for (Socket s : all) {
        s.setSoTimeout(20_000);
        assertThat(s.getInputStream().readNBytes(Frame.HEADER_LEN)).startsWith(4, OFPT_HELLO);
      }
    } finally {
      for (Socket s : all) {
        s.close();
      }
    }
    return all.size();
  }

  /** The daemon's process, from outside. */
  private static final class Watched {
    private final Path proc;

    Watched(Path rundir) throws IOException {
      proc = Path.of("/proc", Files.readString(rundir.resolve("beeswitchd.pid")).trim());
    }

    Path control(Path rundir) {
      return rundir.resolve("beeswitchd." + pid() + ".ctl");
    }

    long pid() {
      return Long.parseLong(proc.getFileName().toString());
    }

    long fds() throws IOException {
      try (var all = Files.list(proc.resolve("fd"))) {
        return all.count();
      }
    }

    long rssKb() throws IOException {
      Matcher m =
          Pattern.compile("VmRSS:\\s+(\\d+)").matcher(Files.readString(proc.resolve("status")));
      assertThat(m.find()).isTrue();
      return Long.parseLong(m.group(1));
    }
  }

  private void phase(
      Machine m, ExecutorService threads, UnixDomainSocketAddress mgmt, String what, Peer peer)
      throws Exception {
    long startNs = System.nanoTime();
    endNs = startNs + TimeUnit.MILLISECONDS.toNanos(PHASE_MS);
    Callable<Long> hostile = () -> m.netns.call(peer::run);
    Future<Long> bad = threads.submit(hostile);
    Future<List<Long>> good = threads.submit(() -> echoes(mgmt));
    String ping = m.host1.exec("ping", "-n", "-q", "-c", "5", "-i", "0.1", "-W", "20", "10.0.0.2");
    Matcher loss = Pattern.compile("(\\d+)% packet loss").matcher(ping);
    assertThat(loss.find()).as(ping).isTrue();
    long done = bad.get(60, TimeUnit.SECONDS);
    double seconds = (System.nanoTime() - startNs) / 1e9;
    List<Long> rttUs = good.get(60, TimeUnit.SECONDS);
    assertThat(rttUs).as(what).isNotEmpty();
    long median = rttUs.get(rttUs.size() / 2);
    System.out.printf(
        "figure: a peer that %s: %,.0f/s; another's echo %d us median, %d us p99, %d us max; %s %%"
            + " of 5 pings lost%n",
        what,
        done / seconds,
        median,
        rttUs.get(rttUs.size() * 99 / 100),
        rttUs.get(rttUs.size() - 1),
        loss.group(1));
    assertThat(median).as("us of an echo beside a peer that " + what).isLessThan(5_000_000);
  }

  /** Round trips on a connection of its own, sorted. */
  private List<Long> echoes(UnixDomainSocketAddress mgmt) throws Exception {
    List<Long> us = new ArrayList<>();
    try (SocketChannel c = SocketChannel.open(mgmt)) {
      DataInputStream in = new DataInputStream(Channels.newInputStream(c));
      c.write(ByteBuffer.wrap(HELLO));
      in.readNBytes(Frame.HEADER_LEN);
      // At least once: on a busy machine the greeting may have taken all the time there was.
      do {
        long sentNs = System.nanoTime();
        c.write(ByteBuffer.wrap(frame(OFPT_ECHO_REQUEST)));
        in.readNBytes(Frame.HEADER_LEN);
        us.add((System.nanoTime() - sentNs) / 1000);
        LockSupport.parkNanos(2_000_000);
      } while (!over());
    }
    us.sort(null);
    return us;
  }

  private static Socket connect(int port) throws IOException {
    Socket s = new Socket();
    s.setTcpNoDelay(true);
    s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MS);
    return s;
  }

  private static Socket greeted() throws IOException {
    Socket s = connect(TCP);
    s.setSoTimeout(20_000);
    s.getOutputStream().write(HELLO);
    s.getInputStream().readNBytes(Frame.HEADER_LEN);
    return s;
  }

  private boolean over() {
    return System.nanoTime() >= endNs;
  }

  /** Until the switch, however slow it is, has stopped reading from it. */
  private long doesNotRead(Unixctl control) throws Exception {
    Pattern stopped = Pattern.compile("openflow_replies_unread +[1-9]");
    long sent = 0;
    byte[] echo = frame(OFPT_ECHO_REQUEST, new byte[8000]);
    try (SocketChannel c =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), TCP))) {
      c.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
      c.write(ByteBuffer.wrap(HELLO));
      c.configureBlocking(false);
      ByteBuffer out = ByteBuffer.wrap(echo);
      while (!over() || !stopped.matcher(control.call("coverage/show")).find()) {
        if (c.write(out) == 0) {
          LockSupport.parkNanos(1_000_000);
        }
        if (!out.hasRemaining()) {
          sent++;
          out.rewind();
        }
      }
    }
    return sent;
  }

  /** As fast as it is answered, with a barrier behind each batch of what has no reply. */
  private long floods(byte[] message) throws Exception {
    boolean answered = message[1] == OFPT_ECHO_REQUEST;
    ByteBuffer batch = ByteBuffer.allocate(BATCH * message.length + Frame.HEADER_LEN);
    for (int i = 0; i < BATCH; i++) {
      batch.put(message);
    }
    int replies = answered ? BATCH : 1;
    if (!answered) {
      batch.put(frame(OFPT_BARRIER_REQUEST));
    }
    long sent = 0;
    try (Socket s = greeted()) {
      while (!over()) {
        s.getOutputStream().write(batch.array(), 0, batch.position());
        s.getInputStream().readNBytes(replies * Frame.HEADER_LEN);
        sent += BATCH;
      }
    }
    return sent;
  }

  /** An ADD to table 9, which nothing goes to. */
  private static byte[] flowMod() {
    ByteBuffer b = ByteBuffer.allocate(48);
    b.putLong(0).putLong(0).put((byte) 9).put((byte) 0).putShort((short) 0).putShort((short) 0);
    b.putShort((short) 7).putInt(-1).putInt(-1).putInt(-1).putInt(0);
    b.putShort((short) 1).putShort((short) 4);
    return frame(OFPT_FLOW_MOD, b.array());
  }

  /** 64 bytes to port 1, of a type that no host knows. */
  private static byte[] packetOut() {
    ByteBuffer b = ByteBuffer.allocate(16 + 16 + 64);
    b.putInt(-1).putInt(0xfffffffd).putShort((short) 16).position(16);
    b.putShort((short) 0).putShort((short) 16).putInt(1).position(32);
    b.putShort((short) 0x0200).putInt(1).putShort((short) 0x0200).putInt(2);
    b.putShort((short) 0x88b5);
    return frame(OFPT_PACKET_OUT, b.array());
  }

  private long sendsTheLargest() throws Exception {
    byte[] largest = frame(OFPT_ECHO_REQUEST, new byte[Frame.MAX_LEN - Frame.HEADER_LEN]);
    long sent = 0;
    try (Socket s = greeted()) {
      while (!over()) {
        s.getOutputStream().write(largest);
        s.getInputStream().readNBytes(largest.length);
        sent++;
      }
    }
    return sent;
  }

  private long sendsByteByByte() throws Exception {
    long sent = 0;
    byte[] echo = frame(OFPT_ECHO_REQUEST);
    try (Socket s = greeted()) {
      OutputStream out = s.getOutputStream();
      while (!over()) {
        for (byte b : echo) {
          out.write(b);
        }
        s.getInputStream().readNBytes(Frame.HEADER_LEN);
        sent += echo.length;
      }
    }
    return sent;
  }

  /** Two hundred that have greeted and stop in the middle, two hundred that stop in the HELLO. */
  private long sendsHalfMessages() throws Exception {
    List<Socket> all = new ArrayList<>();
    try {
      do {
        Socket whole = greeted();
        all.add(whole);
        whole.getOutputStream().write(new byte[] {4, 14, 1, 0, 0, 0, 0, 1, 0, 0});
        Socket half = connect(TCP);
        all.add(half);
        half.getOutputStream().write(HELLO, 0, 5);
      } while (all.size() < 400 && !over());
      // Until the switch has given up on the last one.
      all.get(1).setSoTimeout(20_000);
      all.get(1).getInputStream().readAllBytes();
    } finally {
      for (Socket s : all) {
        s.close();
      }
    }
    return all.size();
  }

  private long claimsAbsurdLengths() throws Exception {
    long sent = 0;
    do {
      try (Socket s = greeted()) {
        s.getOutputStream()
            .write(new byte[] {4, 2, 0, (byte) (sent % Frame.HEADER_LEN), 0, 0, 0, 0});
        s.getInputStream().readAllBytes();
        sent++;
      }
    } while (!over());
    return sent;
  }

  private long reconnects() throws Exception {
    long made = 0;
    while (!over()) {
      Socket s = greeted();
      s.setSoLinger(true, 0); // so that ports of ours do not run out
      s.close();
      made++;
    }
    return made;
  }

  private long connects(int port) {
    long made = 0;
    do {
      try {
        Socket s = connect(port);
        s.setSoLinger(true, 0);
        s.close();
        made++;
      } catch (IOException e) {
        LockSupport.parkNanos(1_000_000); // no port of ours is free, or the switch has no time
      }
    } while (!over());
    return made;
  }

  private long connects(UnixDomainSocketAddress socket) {
    long made = 0;
    while (!over()) {
      try {
        SocketChannel.open(socket).close();
        made++;
      } catch (IOException e) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    return made;
  }
}
