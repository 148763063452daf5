// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Be;
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
  private final Packet[] templates;
  private volatile long sent;
  private volatile boolean paused = true;
  private volatile boolean idle;
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

  /** A stream that sends at once. */
  public static NumberedStream start(TestNetns ns, String device, int rate, Packet... templates)
      throws Exception {
    NumberedStream s = open(ns, device, rate, templates);
    s.resume();
    return s;
  }

  /** A stream that waits for {@link #resume}. */
  static NumberedStream open(TestNetns ns, String device, int rate, Packet... templates)
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

  /** Stops sending; when this returns nothing is sent any more. */
  public void pause() {
    paused = true;
    while (!idle && thread.isAlive()) {
      LockSupport.parkNanos(NAP_NS);
    }
  }

  void resume() {
    idle = false;
    paused = false;
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
        idle = paused;
      }
      while (sent < due && !closing) {
        Packet p = templates[(int) (sent % templates.length)];
        long number = sent + 1;
        int at = p.offset() + p.length() - TRAILER;
        Be.put64(p.data(), at, MAGIC);
        Be.put64(p.data(), at + 8, number);
        sent = number; // before: who reads less knows that it has not been sent
        if (socket.send(p) != 0) {
          refused++;
        }
      }
      LockSupport.parkNanos(NAP_NS);
    }
  }

  /** The number of a frame of such a stream, or 0: it is none. */
  static long numberOf(Packet p) {
    int at = p.offset() + p.length() - TRAILER;
    return p.length() >= TRAILER && Be.get64(p.data(), at) == MAGIC
        ? Be.get64(p.data(), at + 8)
        : 0;
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    thread.join();
    socket.close();
    links.close();
  }
}
