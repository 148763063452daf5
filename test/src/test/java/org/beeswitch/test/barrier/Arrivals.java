// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * Captures at the far ends of ports and knows which numbers of a {@link NumberedStream} have
 * arrived at which. A thread of its own reads; whoever asks sees everything that it had read by
 * then.
 */
public final class Arrivals implements AutoCloseable {
  /** What is not there this long after all of it has been sent does not come. */
  private static final long PATIENCE_NS = 300_000_000L;

  private static final long NAP_NS = 100_000;

  private final Links links;
  private final List<PacketSocket> sockets;

  /** By place of the device in the list; guarded by this. */
  private final List<BitSet> numbers = new ArrayList<>();

  /** How often the thread has found nothing in any socket. */
  private final AtomicLong emptyPasses = new AtomicLong();

  private final Thread thread = new Thread(this::run, "arrivals");
  private volatile boolean closing;

  private Arrivals(Links links, List<PacketSocket> sockets) {
    this.links = links;
    this.sockets = sockets;
    sockets.forEach(s -> numbers.add(new BitSet()));
  }

  public static Arrivals at(TestNetns ns, String... devices) throws Exception {
    Arrivals a =
        ns.call(
            () -> {
              Links links = Links.open();
              List<PacketSocket> sockets = new ArrayList<>();
              for (String d : devices) {
                sockets.add(PacketSocket.tapInto(links, d));
              }
              return new Arrivals(links, sockets);
            });
    a.thread.setDaemon(true);
    a.thread.start();
    return a;
  }

  private void run() {
    Packet[] batch = new Packet[PacketNetdev.MAX_BATCH];
    for (int i = 0; i < batch.length; i++) {
      batch[i] = new Packet(2_048);
    }
    while (!closing) {
      int n = 0;
      for (int i = 0; i < sockets.size(); i++) {
        n += receive(i, batch);
      }
      if (n == 0) {
        emptyPasses.incrementAndGet();
        LockSupport.parkNanos(NAP_NS);
      }
    }
  }

  private int receive(int device, Packet[] batch) {
    int n = sockets.get(device).receive(batch, batch.length);
    if (n > 0) {
      synchronized (this) {
        for (int i = 0; i < n; i++) {
          long number = NumberedStream.numberOf(batch[i]);
          if (number != 0) {
            numbers.get(device).set((int) number);
          }
        }
      }
    }
    return n;
  }

  /** How many of the numbers above {@code after}, up to {@code last}, have arrived at a device. */
  public synchronized int count(int device, long after, long last) {
    return numbers.get(device).get((int) after + 1, (int) last + 1).cardinality();
  }

  /** How many have arrived at any. */
  public synchronized int countAnywhere(long after, long last) {
    BitSet all = new BitSet();
    for (BitSet b : numbers) {
      all.or(b.get((int) after + 1, (int) last + 1));
    }
    return all.cardinality();
  }

  /** The highest of these numbers that has arrived at a device; {@code after} if none has. */
  synchronized long highest(int device, long after, long last) {
    long n = numbers.get(device).previousSetBit((int) last);
    return Math.max(n, after);
  }

  /** Waits until all of these have arrived somewhere, or those that are missing will not come. */
  public void awaitAll(NumberedStream stream, long after, long last) {
    stream.awaitSent(last);
    long end = System.nanoTime() + PATIENCE_NS;
    while (countAnywhere(after, last) < last - after && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(NAP_NS);
    }
    // If it was us whom the machine kept waiting, it is all there and has only to be read: one
    // pass that begins from now on.
    long passes = emptyPasses.get() + 2;
    while (countAnywhere(after, last) < last - after && emptyPasses.get() < passes) {
      LockSupport.parkNanos(NAP_NS);
    }
  }

  /** Packets that the captures have missed. */
  public long missed() {
    return sockets.stream()
        .mapToLong(s -> s.drops().getOrDefault("netdev_rx_queue_full", 0L))
        .sum();
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    thread.join();
    sockets.forEach(PacketSocket::close);
    links.close();
  }
}
