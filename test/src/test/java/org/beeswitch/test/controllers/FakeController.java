// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.openflow.channel.Frame;

/**
 * A controller that says what a test has it say. It accepts at once, greets, and answers probes;
 * the rest is the test's, which takes each connection of the switch with {@link #accept}.
 */
public final class FakeController implements AutoCloseable {
  /** Version 1.3 without a bitmap, as os-ken, Ryu and Faucet greet. */
  static final byte[] HELLO = {4, 0, 0, 8, 0, 0, 0, 1};

  private final TestNetns netns;
  private final byte[] hello;
  private final int port;
  private final BlockingQueue<Peer> accepted = new LinkedBlockingQueue<>();
  private volatile ServerSocket server;

  private FakeController(TestNetns netns, byte[] hello) throws Exception {
    this.netns = netns;
    this.hello = hello;
    this.server = open(0);
    this.port = server.getLocalPort();
    begin();
  }

  /** Listens on the loopback of a namespace, at a port that is free, and greets as most do. */
  public static FakeController listen(TestNetns netns) throws Exception {
    return new FakeController(netns, HELLO);
  }

  /** As {@link #listen(TestNetns)}, with a greeting of the test's. */
  static FakeController listen(TestNetns netns, byte[] hello) throws Exception {
    return new FakeController(netns, hello);
  }

  private ServerSocket open(int wanted) throws Exception {
    return netns.call(
        () -> {
          ServerSocket s = new ServerSocket();
          s.setReuseAddress(true);
          s.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
          return s;
        });
  }

  private void begin() {
    ServerSocket s = server;
    Thread t = new Thread(() -> acceptAll(s), "controller " + port);
    t.setDaemon(true);
    t.start();
  }

  private void acceptAll(ServerSocket s) {
    try {
      while (true) {
        Socket socket = s.accept();
        socket.setTcpNoDelay(true);
        accepted.add(new Peer(socket, hello));
      }
    } catch (IOException e) {
      // Closed: by the test.
    }
  }

  /** For {@code --controller}. */
  public String target() {
    return "tcp:127.0.0.1:" + port;
  }

  /**
   * The switch's next connection, from the first on, of those that came through the greeting: on a
   * busy machine a switch may give up on one that takes longer than its back-off.
   */
  public Peer accept() throws Exception {
    while (true) {
      Peer p = acceptAny();
      if (p.greets()) {
        return p;
      }
    }
  }

  /**
   * The error that the switch answers the greeting with before it closes: of its next connection,
   * or a later one if it gave up those before.
   */
  Frame awaitRefusal() throws Exception {
    while (true) {
      Optional<Frame> error = acceptAny().refusesGreeting();
      if (error.isPresent()) {
        return error.get();
      }
    }
  }

  /** The switch's next connection, whatever becomes of it. */
  public Peer acceptAny() throws InterruptedException {
    Peer p = accepted.poll(Await.PATIENCE_S, TimeUnit.SECONDS);
    if (p == null) {
      throw new AssertionError("the switch does not connect to " + target());
    }
    return p;
  }

  /** Listens no more; connections that there are stay. */
  public void deafen() throws IOException {
    server.close();
  }

  /** Listens again, at the same port. */
  public void listenAgain() throws Exception {
    server = open(port);
    begin();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Peer p : accepted) {
      p.close();
    }
  }
}
