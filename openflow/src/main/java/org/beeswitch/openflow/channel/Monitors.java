// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who connected to {@code RUNDIR/br0.snoop} and are told what one connection receives and
 * sends. What they say is thrown away; one that is slow loses copies, and never slows the
 * connection down. Used by {@code main} alone.
 */
final class Monitors {
  private static final Logger log = LoggerFactory.getLogger(Monitors.class);

  private final String name;
  private final ChannelCounters counters;
  private final List<Vconn<?>> monitors = new ArrayList<>();
  private final MessageCounter copies = new MessageCounter();

  /**
   * @param name of the connection
   */
  Monitors(String name, ChannelCounters counters) {
    this.name = name;
    this.counters = counters;
  }

  void add(Vconn<?> monitor) {
    if (monitors.size() < ChannelLimits.MONITORS) {
      log.info("{}: new monitor connection from {}", name, monitor.name());
      monitors.add(monitor);
    } else {
      counters.increment(ChannelCounter.MONITORS_FULL);
      log.debug("{}: too many monitor connections, discarding {}", name, monitor.name());
      monitor.close();
    }
  }

  /** Forgets those that have gone. Returns how many messages it threw away. */
  int run() {
    int done = 0;
    for (int i = 0; i < monitors.size(); ) {
      Vconn<?> monitor = monitors.get(i);
      CloseReason end = monitor.end();
      int stray = 0;
      while (stray < ChannelLimits.MONITOR_MESSAGES_PER_RUN && monitor.poll() != null) {
        stray++;
      }
      done += stray;
      if (end != null) {
        log.debug("{}: closing monitor connection to {}: {}", name, monitor.name(), end);
        monitor.close();
        monitors.remove(i);
      } else {
        i++;
      }
    }
    return done;
  }

  /** Copies whole frames, which stay the caller's. */
  void copy(ByteBuf frames) {
    for (Vconn<?> monitor : monitors) {
      if (!monitor.isConnected()) {
        continue;
      }
      if (monitor.bytesQueued() > ChannelLimits.MONITOR_BYTES) {
        counters.increment(ChannelCounter.MONITOR_COPIES_DROPPED);
        continue;
      }
      // If it has to go because all peers together have too much, whoever queues next sees to it.
      boolean unused = monitor.send(Unpooled.copiedBuffer(frames), 1, copies);
    }
  }

  void close() {
    monitors.forEach(Vconn::close);
    monitors.clear();
  }
}
