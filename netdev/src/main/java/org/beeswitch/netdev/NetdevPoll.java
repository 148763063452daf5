// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * Waits until one of many devices has packets, or somebody calls {@link #wake}.
 *
 * <p>Who adds something gives it a <em>token</em>, a number that {@link #await} returns when it is
 * readable. Readiness is a level, not an edge: what is not drained is reported again. Devices of
 * the kernel go through epoll; in-memory ones are asked, and end the wait by {@link #wake}.
 *
 * <p>A tap whose device somebody deleted is readable for ever and has no packets: remove it when
 * {@link LinkMonitor} says that the device is gone.
 *
 * <p>One thread adds, removes, waits and closes; any thread wakes. Waiting makes no garbage.
 */
public final class NetdevPoll implements AutoCloseable {
  private static final int WAKE_TOKEN = -1;
  private static final long NS_PER_MS = 1_000_000;

  /** More than these at once are reported by the next call: epoll takes turns. */
  public static final int MAX_READY = 64;

  private record Soft(PacketNetdev netdev, int token) {}

  private final int epoll;
  private final int wakeFd;
  private final NativeBuffer event = new NativeBuffer(Sys.EPOLL_EVENT_SIZE);
  private final NativeBuffer events = new NativeBuffer(MAX_READY * Sys.EPOLL_EVENT_SIZE);
  private final NativeBuffer wakeWrite = new NativeBuffer(8);
  private final NativeBuffer wakeRead = new NativeBuffer(8);
  private final List<Soft> softs = new ArrayList<>();

  /** Where {@link #await} begins to look among {@link #softs}, so that none starves. */
  private int nextSoft;

  /** Set by whoever wakes, cleared by the waiting thread: at most one write per wait. */
  private final AtomicBoolean wakePending = new AtomicBoolean();

  public NetdevPoll() throws NetdevException {
    epoll = Sys.epollCreate();
    if (epoll < 0) {
      throw new NetdevException(-epoll, "poll", "create epoll");
    }
    wakeFd = Sys.eventfd();
    if (wakeFd < 0) {
      Sys.close(epoll);
      throw new NetdevException(-wakeFd, "poll", "create eventfd");
    }
    wakeWrite.bytes().putLong(0, 1);
    add(wakeFd, WAKE_TOKEN, "wake-up");
  }

  /**
   * @param token at least 0
   */
  public void add(PacketNetdev netdev, int token) throws NetdevException {
    if (token < 0) {
      throw new IllegalArgumentException("token " + token + " of " + netdev.name());
    }
    if (netdev.pollFd() >= 0) {
      add(netdev.pollFd(), token, netdev.name());
    } else {
      softs.add(new Soft(netdev, token));
      netdev.onReadable(this::wake);
    }
  }

  /** Adds another file, such as a {@link LinkMonitor}'s. */
  public void add(int fd, int token, String name) throws NetdevException {
    event.bytes().putInt(0, Sys.EPOLLIN).putLong(Sys.EPOLL_EVENT_DATA, token);
    int r = Sys.epollCtl(epoll, Sys.EPOLL_CTL_ADD, fd, event);
    if (r < 0) {
      throw new NetdevException(-r, name, "poll");
    }
  }

  /** Before the device is closed. */
  public void remove(PacketNetdev netdev) {
    if (netdev.pollFd() >= 0) {
      remove(netdev.pollFd());
    } else {
      softs.removeIf(s -> s.netdev == netdev);
      netdev.onReadable(() -> {});
    }
  }

  public void remove(int fd) {
    // Fails only if it was never added.
    Sys.epollCtl(epoll, Sys.EPOLL_CTL_DEL, fd, event);
  }

  /**
   * Waits, with {@code timeoutNs} 0 not at all, else for that time rounded up to milliseconds.
   *
   * @param ready receives the tokens of what is readable, as many as fit
   * @return how many these are; 0 after a wake-up or the time
   */
  public int await(long timeoutNs, int[] ready) {
    int n = softReady(ready);
    boolean wait = n == 0 && timeoutNs > 0;
    int timeoutMs =
        wait ? (int) Math.min(Integer.MAX_VALUE, (timeoutNs + NS_PER_MS - 1) / NS_PER_MS) : 0;
    int max = Math.min(MAX_READY, ready.length - n + 1);
    int got = Sys.epollWait(epoll, events, max, timeoutMs);
    if (got < 0) {
      if (got != -Errno.EINTR) {
        throw new IllegalStateException("epoll_wait: " + Errno.text(-got));
      }
      return n;
    }
    boolean woken = false;
    for (int i = 0; i < got; i++) {
      int token = (int) events.bytes().getLong(i * Sys.EPOLL_EVENT_SIZE + Sys.EPOLL_EVENT_DATA);
      if (token == WAKE_TOKEN) {
        // First the counter, then the flag: a wake between the two is not needed, for its cause is
        // visible to the look that follows (getAndSet has seen it); one after the flag writes
        // again.
        Sys.read(wakeFd, wakeRead, 0, 8);
        wakePending.getAndSet(false);
        woken = true;
      } else if (n < ready.length) {
        ready[n++] = token;
      }
    }
    return n == 0 && woken ? softReady(ready) : n;
  }

  private int softReady(int[] ready) {
    int n = 0;
    int count = softs.size();
    for (int i = 0; i < count && n < ready.length; i++) {
      Soft s = softs.get((nextSoft + i) % count);
      if (s.netdev.isReadable()) {
        ready[n++] = s.token;
      }
    }
    if (count > 0) {
      nextSoft = (nextSoft + 1) % count;
    }
    return n;
  }

  /** Ends the wait that is under way, or else the next one at once. Any thread. */
  public void wake() {
    if (!wakePending.getAndSet(true)) {
      Sys.write(wakeFd, wakeWrite, 0, 8);
    }
  }

  @Override
  public void close() {
    Sys.close(epoll);
    Sys.close(wakeFd);
  }
}
