// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;

/**
 * What hosts send: echoes, TCP connections, and from host 1 frames of ever new flows. Whether they
 * arrive is not asked here: the rules of the moment may say that they do not.
 */
final class Traffic implements AutoCloseable {
  /** Source addresses, all of which a MAC table has room for. */
  private static final int ADDRESSES = 500;

  private static final int BURST = 20;
  private static final int TIMEOUT_MS = 300;
  private static final int BLOCK = 1 << 16;

  private final Site site;
  private final Random random;
  private final Links links;
  private final PacketSocket socket;
  private final ServerSocket server;
  private final AtomicLong frames = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();

  private Traffic(Site site, Random random, Links links, PacketSocket socket, ServerSocket server) {
    this.site = site;
    this.random = random;
    this.links = links;
    this.socket = socket;
    this.server = server;
  }

  static Traffic open(Site site, Random random) throws Exception {
    Links links = site.host(1).call(Links::open);
    PacketSocket socket = site.host(1).call(() -> PacketSocket.tapInto(links, "eth0"));
    ServerSocket server =
        site.host(2).call(() -> new ServerSocket(0, 8, InetAddress.getByName(Site.address(2))));
    server.setSoTimeout(TIMEOUT_MS);
    return new Traffic(site, random, links, socket, server);
  }

  /** A burst of frames, most of which nobody has seen the like of. */
  void frames() {
    for (int i = 0; i < BURST; i++) {
      int port = i == 0 ? Rules.MISS_PORT : random.nextInt(1 << 16);
      Packet p =
          new PacketBuilder()
              .eth(
                  0x060000000000L + random.nextInt(ADDRESSES),
                  0x060000000000L + random.nextInt(ADDRESSES))
              .ipv4(0x1e000000L + random.nextInt(1 << 10), 0x0a000000L + random.nextInt(1 << 8))
              .udp(random.nextInt(1 << 16), port)
              .payload(random.nextInt(64))
              .packet();
      if (socket.send(p) == 0) {
        frames.incrementAndGet();
      }
    }
  }

  /** Echoes across br0, across the patch and within br1. */
  void pings() {
    for (int[] pair : new int[][] {{1, 2}, {2, 4}, {3, 1}, {4, 5}}) {
      String command = "ping -n -c 2 -i 0.01 -W 0.1 " + Site.address(pair[1]) + " || true";
      site.host(pair[0]).exec("sh", "-c", command);
    }
  }

  /** A TCP connection from host 4 to host 2, if there can be one. */
  void tcp() throws Exception {
    InetSocketAddress to = new InetSocketAddress(Site.address(2), server.getLocalPort());
    try (Socket c = site.host(4).call(() -> connect(to))) {
      try (Socket s = server.accept()) {
        s.setSoTimeout(TIMEOUT_MS);
        s.setSoLinger(true, 0);
        OutputStream out = c.getOutputStream();
        out.write(new byte[BLOCK]);
        s.getInputStream().readNBytes(BLOCK);
        connections.incrementAndGet();
      }
    } catch (IOException e) {
      // The rules of the moment.
    }
  }

  private static Socket connect(InetSocketAddress to) throws IOException {
    Socket c = new Socket();
    try {
      c.setSoLinger(true, 0); // nothing is left to be sent later
      c.connect(to, TIMEOUT_MS);
      return c;
    } catch (IOException e) {
      c.close();
      throw e;
    }
  }

  long framesSent() {
    return frames.get();
  }

  long connectionsServed() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    links.close();
    server.close();
  }
}
