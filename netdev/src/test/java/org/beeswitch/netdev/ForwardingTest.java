// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two ports and a loop between them: the least that a datapath does with devices. */
@Tag("system")
class ForwardingTest {
  /** Sends what each of two devices receives out of the other. */
  private static final class Wire {
    private final PacketNetdev[] devices;
    private final NetdevPoll poll = new NetdevPoll();
    private final Packet[] batch = new Packet[PacketNetdev.MAX_BATCH];
    private final int[] ready = new int[2];
    long packets;
    long gsoPackets;
    long partialChecksums;
    long refused;

    Wire(PacketNetdev a, PacketNetdev b) throws NetdevException {
      devices = new PacketNetdev[] {a, b};
      poll.add(a, 0);
      poll.add(b, 1);
      Arrays.setAll(batch, i -> new Packet(2048));
    }

    int step(long timeoutNs) {
      int n = 0;
      int readable = poll.await(timeoutNs, ready);
      for (int i = 0; i < readable; i++) {
        int got = devices[ready[i]].receive(batch, batch.length);
        for (int k = 0; k < got; k++) {
          if (batch[k].gsoType != Packet.GSO_NONE) {
            gsoPackets++;
          }
          if (batch[k].csumStart >= 0) {
            partialChecksums++;
          }
          if (devices[1 - ready[i]].send(batch[k]) != 0) {
            refused++;
          }
        }
        n += got;
      }
      packets += n;
      return n;
    }
  }

  @Test
  void hostsTalkTcpThroughItWithAllOffloadsOn() throws Exception {
    TestNetns.assumeRoot();
    int size = 20 << 20;
    try (TestNetns ns = TestNetns.create();
        TestNetns h1 = TestNetns.create();
        TestNetns h2 = TestNetns.create();
        Links links = ns.call(Links::open)) {
      ns.veth("p1", h1, "e1");
      ns.veth("p2", h2, "e2");
      h1.address("e1", "10.0.0.1/24");
      h2.address("e2", "10.0.0.2/24");
      try (PacketSocket p1 = ns.call(() -> PacketSocket.open(links, "p1"));
          PacketSocket p2 = ns.call(() -> PacketSocket.open(links, "p2"))) {
        Wire wire = new Wire(p1, p2);
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> loop =
            CompletableFuture.runAsync(
                () -> {
                  while (!stop.get()) {
                    wire.step(TimeUnit.MILLISECONDS.toNanos(100));
                  }
                });
        try (ServerSocket server =
            h2.call(() -> new ServerSocket(0, 1, InetAddress.getByName("10.0.0.2")))) {
          CompletableFuture<Integer> sum = CompletableFuture.supplyAsync(() -> receiveAll(server));
          try (Socket client =
              h1.call(
                  () -> {
                    Socket s = new Socket();
                    s.connect(new InetSocketAddress("10.0.0.2", server.getLocalPort()), 5_000);
                    return s;
                  })) {
            byte[] data = new byte[size];
            new Random(1).nextBytes(data);
            OutputStream out = client.getOutputStream();
            out.write(data);
            client.shutdownOutput();
            assertThat(sum.get(60, TimeUnit.SECONDS)).isEqualTo(Arrays.hashCode(data));
          }
        } finally {
          stop.set(true);
          loop.join();
          wire.poll.close();
        }
        assertThat(wire.gsoPackets).as("packets left whole").isPositive();
        assertThat(wire.partialChecksums).isPositive();
        assertThat(wire.packets).isLessThan(size / 1448);
      }
    }
  }

  private static int receiveAll(ServerSocket server) {
    try (Socket s = server.accept();
        InputStream in = s.getInputStream()) {
      return Arrays.hashCode(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPacketMakesNoGarbage() throws Exception {
    TestNetns.assumeRoot();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (TestNetns ns = TestNetns.create();
        TestNetns host = TestNetns.create();
        Links links = ns.call(Links::open);
        Links hostLinks = host.call(Links::open)) {
      ns.veth("p1", host, "h1");
      try (PacketSocket p1 = ns.call(() -> PacketSocket.open(links, "p1"));
          PacketSocket h1 = host.call(() -> PacketSocket.tapInto(hostLinks, "h1"));
          Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
        tap.setUp(true);
        MemoryNetdev.Pair memory = MemoryNetdev.pair("a", "b");
        Wire wire = new Wire(p1, tap);
        Wire soft = new Wire(memory.a(), tap);
        Packet packet = Frames.udp(100);
        Packet[] drain = {new Packet(2048)};
        long allocated = 0;
        int count = 5_000;
        // Twice: the first round is the warm-up.
        for (int round = 0; round < 2; round++) {
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < count; i++) {
            h1.send(packet);
            wire.step(0);
            memory.b().send(packet);
            soft.step(0);
            memory.b().receive(drain, 1);
          }
          // The kernel may be late with some.
          long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
          while (wire.packets < (round + 1L) * count && System.nanoTime() < end) {
            wire.step(0);
          }
          allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(wire.packets).isGreaterThanOrEqualTo(2L * count);
        assertThat(soft.packets).isGreaterThanOrEqualTo(2L * count);
        assertThat(wire.refused + soft.refused).isZero();
        assertThat(allocated / (2.0 * count)).as("bytes a packet").isLessThan(1);
        wire.poll.close();
        soft.poll.close();
      }
    }
  }
}
