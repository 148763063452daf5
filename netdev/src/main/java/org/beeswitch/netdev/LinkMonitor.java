// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.beeswitch.netdev.sys.Netlink;

/**
 * Tells of devices that come, go and change.
 *
 * <h2>What a listener may rely on</h2>
 *
 * <ul>
 *   <li>It first hears {@link LinkEvent.Added} of every device that is there, so that "now" and
 *       "from now on" need no other call and have no gap between them.
 *   <li>Events of one device are in order, and describe real differences: the kernel's repetitions
 *       (it announces a device several times per change) are dropped.
 *   <li>A burst too large for the socket's queue (the kernel then drops events and says ENOBUFS)
 *       costs nothing but time: all devices are read anew and compared with what was known. A
 *       device that came and went within the burst is then never heard of.
 *   <li>A listener may hear of a state that is already over; what replaced it follows.
 * </ul>
 *
 * <p>A renamed device is {@link LinkEvent.Changed}; devices are the same when their ifindex is.
 *
 * <h2>Threads</h2>
 *
 * One thread, which polls by {@link #doWork} without ever blocking, or has {@link #fd} in a {@link
 * NetdevPoll} and polls when that is readable.
 */
public final class LinkMonitor implements AutoCloseable {
  private static final int RTMGRP_LINK = 1;

  /** Some two thousand events; more at once cause a comparison with a dump instead. */
  private static final int QUEUE_BYTES = 4 << 20;

  /** As many as one call of {@link #doWork} reads, so that a storm of changes does not hold it. */
  private static final int MAX_READS = 256;

  /** Receives events one by one, on the polling thread. */
  public interface Listener {
    void onLink(LinkEvent event);
  }

  private final Netlink netlink;
  private final Links links;
  private final Map<Integer, Link> known = new LinkedHashMap<>();
  private final Queue<LinkEvent> pending = new ArrayDeque<>();
  private long overruns;

  private LinkMonitor(Netlink netlink, Links links) {
    this.netlink = netlink;
    this.links = links;
  }

  /**
   * Begins to listen.
   *
   * @param links of the same network namespace; used on the polling thread after lost events
   */
  public static LinkMonitor open(Links links) throws NetdevException {
    Netlink netlink = Netlink.open(RTMGRP_LINK);
    if (netlink.error() < 0) {
      throw new NetdevException(-netlink.error(), "rtnetlink", "listen for link events");
    }
    netlink.setReceiveQueue(QUEUE_BYTES);
    LinkMonitor monitor = new LinkMonitor(netlink, links);
    try {
      monitor.compare();
    } catch (NetdevException e) {
      netlink.close();
      throw e;
    }
    return monitor;
  }

  /**
   * Tells the listener what has happened since the last call. Returns how many events that were; if
   * that was not all, {@link #fd} stays readable.
   */
  public int doWork(Listener listener) throws NetdevException {
    int n = deliver(listener);
    for (int i = 0; i < MAX_READS; i++) {
      int received = netlink.receive(this::take);
      if (received == -Errno.ENOBUFS) {
        overruns++;
        // What is still queued is older than what was dropped: after the comparison it would undo
        // it.
        discardQueue();
        compare();
      } else if (received == -Errno.EAGAIN) {
        return n;
      } else if (received < 0 && received != -Errno.EINTR) {
        throw new NetdevException(-received, "rtnetlink", "receive link events");
      }
      n += deliver(listener);
    }
    return n;
  }

  private void discardQueue() {
    int r;
    do {
      r = netlink.receive((type, b, from, to) -> {});
    } while (r >= 0 || r == -Errno.ENOBUFS || r == -Errno.EINTR);
  }

  private int deliver(Listener listener) {
    int n = 0;
    for (LinkEvent e = pending.poll(); e != null; e = pending.poll()) {
      listener.onLink(e);
      n++;
    }
    return n;
  }

  private void take(int type, ByteBuffer b, int from, int to) {
    if (!LinkMessage.isAboutDevice(b, from)) {
      return;
    }
    if (type == LinkMessage.RTM_NEWLINK) {
      put(LinkMessage.link(b, from, to));
    } else if (type == LinkMessage.RTM_DELLINK) {
      remove(b.getInt(from + 4));
    }
  }

  private void put(Link link) {
    Link before = known.put(link.ifindex(), link);
    if (before == null) {
      pending.add(new LinkEvent.Added(link));
    } else if (!before.equals(link)) {
      pending.add(new LinkEvent.Changed(before, link));
    }
  }

  private void remove(int ifindex) {
    Link last = known.remove(ifindex);
    if (last != null) {
      pending.add(new LinkEvent.Removed(last));
    }
  }

  private void compare() throws NetdevException {
    List<Link> now = links.all();
    List<Integer> gone = new ArrayList<>(known.keySet());
    now.forEach(link -> gone.remove((Integer) link.ifindex()));
    // First what went, so that a name is never held by two devices.
    gone.forEach(this::remove);
    now.forEach(this::put);
  }

  /** The devices as the listener knows them. */
  public Collection<Link> links() {
    return List.copyOf(known.values());
  }

  /** How often the kernel dropped events and all devices were compared instead. */
  public long overruns() {
    return overruns;
  }

  /** Readable when there are events; for {@link NetdevPoll}. */
  public int fd() {
    return netlink.fd();
  }

  /** Does not close the {@link Links}. */
  @Override
  public void close() {
    netlink.close();
  }
}
