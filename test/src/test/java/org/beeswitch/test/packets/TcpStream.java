// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.testing.Seed;

/** A TCP connection between two namespaces by the kernel's own sockets, offloads as they are. */
final class TcpStream implements AutoCloseable {
  private static final int TIMEOUT_MS = 20_000;
  private static final int BLOCK = 1 << 18;

  private final Socket client;
  private final Socket server;

  private TcpStream(Socket client, Socket server) {
    this.client = client;
    this.server = server;
  }

  /** A server that listens; port 0: any that is free. */
  static ServerSocket listen(TestNetns ns, String address, int port) throws Exception {
    return ns.call(() -> new ServerSocket(port, 1, InetAddress.getByName(address)));
  }

  /**
   * Connects.
   *
   * @param address where the client thinks that the server is
   */
  static TcpStream connect(TestNetns ns, ServerSocket listening, String address, int port)
      throws Exception {
    Socket client =
        ns.call(
            () -> {
              Socket s = new Socket();
              s.connect(new InetSocketAddress(address, port), TIMEOUT_MS);
              return s;
            });
    listening.setSoTimeout(TIMEOUT_MS);
    Socket server = listening.accept();
    client.setSoTimeout(TIMEOUT_MS);
    server.setSoTimeout(TIMEOUT_MS);
    return new TcpStream(client, server);
  }

  /** Sends so many bytes to the server; fails unless they arrive as they are, in time. */
  void transfer(long bytes) throws Exception {
    CompletableFuture<Long> sent = CompletableFuture.supplyAsync(() -> send(bytes));
    CRC32C crc = new CRC32C();
    InputStream in = server.getInputStream();
    byte[] block = new byte[BLOCK];
    long left = bytes;
    while (left > 0) {
      int n = in.read(block, 0, (int) Math.min(left, BLOCK));
      if (n < 0) {
        throw new AssertionError("the connection ended " + left + " bytes too early");
      }
      crc.update(block, 0, n);
      left -= n;
    }
    if (crc.getValue() != sent.get()) {
      throw new AssertionError("what arrived is not what was sent");
    }
  }

  private long send(long bytes) {
    byte[] block = new byte[BLOCK];
    Random random = Seed.random("TcpStream");
    random.nextBytes(block);
    CRC32C crc = new CRC32C();
    try {
      OutputStream out = client.getOutputStream();
      for (long left = bytes; left > 0; left -= BLOCK) {
        int n = (int) Math.min(left, BLOCK);
        ByteBuffer.wrap(block).putLong(random.nextInt(BLOCK - 8), random.nextLong());
        crc.update(block, 0, n);
        out.write(block, 0, n);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return crc.getValue();
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
