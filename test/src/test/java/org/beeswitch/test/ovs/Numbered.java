// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * Numbered packets, each of a new flow, sent at a steady rate: how many arrive, and after what
 * time.
 */
final class Numbered {
  private static final int SRC = 0x0a010000;
  private static final int HEADERS = 14 + 20 + 8;
  private static final long MOST_LATE_NS = 20_000_000L;
  private static final long MAGIC = 0x6e756d6265726564L;

  private final AtomicLongArray sentNs;
  private final AtomicLongArray arrivedNs;

  Numbered(int n) {
    sentNs = new AtomicLongArray(n);
    arrivedNs = new AtomicLongArray(n);
  }

  static byte[] frame(int number) {
    byte[] payload = ByteBuffer.allocate(18).putLong(MAGIC).putInt(number).array();
    return new PacketBuilder()
        .eth(0x020000000002L, 0x020000000003L)
        .ipv4(SRC + number, 0x0a090009, 0, 64, 0)
        .udp(7, 9)
        .payload(payload)
        .bytes();
  }

  /** Notes the arrival if it is one of these packets. */
  void arrived(byte[] data, int offset, int length) {
    if (length >= HEADERS + 12) {
      ByteBuffer b = ByteBuffer.wrap(data, offset + HEADERS, 12);
      if (b.getLong() == MAGIC) {
        arrivedNs.set(b.getInt(), System.nanoTime());
      }
    }
  }

  /**
   * Sends all. A sender that the machine has kept waiting makes up for no more than {@link
   * #MOST_LATE_NS}, so that a pause is not followed by a flood. Returns when the last one is sent.
   */
  void send(TestNetns netns, String device, int perSecond) throws Exception {
    netns.call(
        () -> {
          try (Links links = Links.open();
              PacketSocket socket = PacketSocket.tapInto(links, device)) {
            long began = System.nanoTime();
            for (int i = 0; i < sentNs.length(); i++) {
              long due = began + i * (1_000_000_000L / perSecond);
              long late = System.nanoTime() - due;
              if (late > MOST_LATE_NS) {
                began += late;
              }
              while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
              }
              sentNs.set(i, System.nanoTime());
              int r = socket.send(Packet.of(frame(i)));
              if (r != 0) {
                throw new AssertionError("send: errno " + -r);
              }
            }
          }
          return null;
        });
  }

  /** Takes what arrives at a device until it is closed. */
  AutoCloseable receive(TestNetns netns, String device) throws Exception {
    return netns.call(
        () -> {
          Links links = Links.open();
          PacketSocket socket = PacketSocket.tapInto(links, device);
          return new Receiver(links, socket);
        });
  }

  private final class Receiver implements AutoCloseable {
    private final Links links;
    private final PacketSocket socket;
    private final Packet[] batch = new Packet[PacketNetdev.MAX_BATCH];
    private final Thread thread = new Thread(this::run, "receiver");
    private volatile boolean over;

    Receiver(Links links, PacketSocket socket) {
      this.links = links;
      this.socket = socket;
      Arrays.setAll(batch, i -> new Packet(2_048));
      thread.setDaemon(true);
      thread.start();
    }

    private void run() {
      while (!over) {
        int n = socket.receive(batch, batch.length);
        for (int i = 0; i < n; i++) {
          arrived(batch[i].data(), batch[i].offset(), batch[i].length());
        }
        if (n == 0) {
          LockSupport.parkNanos(100_000);
        }
      }
    }

    @Override
    public void close() throws Exception {
      over = true;
      thread.join();
      socket.close();
      links.close();
    }
  }

  int sent() {
    return sentNs.length();
  }

  int lost() {
    int n = 0;
    for (int i = 0; i < sentNs.length(); i++) {
      n += arrivedNs.get(i) == 0 ? 1 : 0;
    }
    return n;
  }

  /** What a share of those that arrived took at most. */
  long delayUs(double share) {
    long[] d = new long[sent() - lost()];
    int n = 0;
    for (int i = 0; i < sent(); i++) {
      if (arrivedNs.get(i) != 0) {
        d[n++] = (arrivedNs.get(i) - sentNs.get(i)) / 1_000;
      }
    }
    Arrays.sort(d);
    return n == 0 ? -1 : d[Math.min(n - 1, (int) (share * n))];
  }

  @Override
  public String toString() {
    return String.format(
        "%d of %d lost, delay %d us in the middle, 99 %% below %d us, at most %d us",
        lost(), sent(), delayUs(0.5), delayUs(0.99), delayUs(1));
  }
}
