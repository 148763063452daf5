// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.testing.TestNetns;

/**
 * Sends packets at a steady rate from a thread of its own, each with a number in its last eight
 * bytes: 1, 2, 3 and so on. Who sees a number leave the switch knows when it entered: after
 * everything that had happened when {@link #sent} was still below it.
 *
 * <p>A sender that the machine has kept waiting does not make up for more than {@link #MOST_BEHIND}
 * packets, so that a pause is not followed by a flood.
 */
public final class NumberedStream implements AutoCloseable {
  /** The bytes before the number. */
  static final long MAGIC = 0x6265_6573_7769_7463L;

  /** Of a frame's end: {@link #MAGIC} and the number. */
  static final int TRAILER = 16;

  private static final int MOST_BEHIND = 500;
  private static final long NAP_NS = 50_000;

  private final Links links;
  private final PacketSocket socket;
  private final int rate;
  private final Thread thread = new Thread(this::run, "numbered stream");
  private volatile Packet[] templates;
  private volatile long sent;
  private volatile boolean paused;
  private volatile boolean closing;
  private volatile int refused;

  /**
   * @param rate packets a second
   * @param templates are sent in turn; their last {@link #TRAILER} bytes are written over
   */
  private NumberedStream(Links links, PacketSocket socket, int rate, Packet... templates) {
    this.links = links;
    this.socket = socket;
    this.rate = rate;
    this.templates = templates;
  }

  public static NumberedStream start(TestNetns ns, String device, int rate, Packet... templates)
      throws Exception {
    NumberedStream s =
        ns.call(
            () -> {
              Links links = Links.open();
              return new NumberedStream(
                  links, PacketSocket.tapInto(links, device), rate, templates);
            });
    s.thread.setDaemon(true);
    s.thread.start();
    return s;
  }

  /** From now on sends these; what has a lower number than {@link #sent} may be of those before. */
  void templates(Packet... next) {
    templates = next;
  }

  /** The highest number that may have been sent by now. */
  public long sent() {
    return sent;
  }

  /** Waits until that number has been sent. */
  public void awaitSent(long number) {
    while (sent <= number && thread.isAlive()) {
      LockSupport.parkNanos(NAP_NS);
    }
    assertThat(thread.isAlive()).as("the sender is alive").isTrue();
  }

  void pause(boolean on) {
    paused = on;
  }

  /** Packets that the device did not take. */
  public int refused() {
    return refused;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void run() {
    long startedNs = System.nanoTime();
    long first = 0;
    while (!closing) {
      long now = System.nanoTime();
      long due = first + (now - startedNs) * rate / 1_000_000_000L;
      if (paused || due - sent > MOST_BEHIND) {
        startedNs = now;
        first = sent;
        due = paused ? sent : sent + MOST_BEHIND;
      }
      Packet[] all = templates;
      while (sent < due && !closing) {
        Packet p = all[(int) (sent % all.length)];
        long number = sent + 1;
        int at = p.offset() + p.length() - TRAILER;
        put(p.data(), at, MAGIC);
        put(p.data(), at + 8, number);
        sent = number; // before: who reads less knows that it has not been sent
        if (socket.send(p) != 0) {
          refused++;
        }
      }
      LockSupport.parkNanos(NAP_NS);
    }
  }

  private static void put(byte[] to, int at, long v) {
    for (int i = 0; i < 8; i++) {
      to[at + i] = (byte) (v >>> 56 - 8 * i);
    }
  }

  /** The number of a frame of such a stream, or 0: it is none. */
  static long numberOf(Packet p) {
    int at = p.offset() + p.length() - TRAILER;
    return p.length() >= TRAILER && get(p.data(), at) == MAGIC ? get(p.data(), at + 8) : 0;
  }

  private static long get(byte[] from, int at) {
    long v = 0;
    for (int i = 0; i < 8; i++) {
      v = v << 8 | from[at + i] & 0xff;
    }
    return v;
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    thread.join();
    socket.close();
    links.close();
  }
}
