// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.odp.OdpActions;
import org.jspecify.annotations.Nullable;

/**
 * A megaflow: its masked key, packed by its subtable's mask, its actions and its counters.
 *
 * <p>Objects are pooled: after a {@link GracePeriod} a released one becomes another flow. That is
 * safe for whoever still holds a reference (a {@link FlowCache}): {@link #state} is written last
 * when a flow comes into force and first when it leaves, and is read before anything else.
 *
 * <p>Key, subtable and hash are written under the {@link FlowTable}'s lock while the state is FREE;
 * actions under that lock at any time; counters by every thread that forwards.
 */
final class NetdevFlow {
  static final int FREE = 0;
  static final int LIVE = 1;

  /** Unlinked, and not yet released: found by nobody new, counters still readable. */
  static final int UNLINKED = 2;

  private static final VarHandle PACKETS;
  private static final VarHandle BYTES;
  private static final VarHandle TCP_FLAGS;

  static {
    try {
      MethodHandles.Lookup l = MethodHandles.lookup();
      PACKETS = l.findVarHandle(NetdevFlow.class, "packets", long.class);
      BYTES = l.findVarHandle(NetdevFlow.class, "bytes", long.class);
      TCP_FLAGS = l.findVarHandle(NetdevFlow.class, "tcpFlags", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final int id;
  volatile int state = FREE;

  @Nullable Subtable subtable;
  long[] key = new long[4];
  int hash;

  /** Never changed once published: {@link FlowTable#modify} publishes another list. */
  volatile OdpActions actions = new OdpActions();

  @SuppressWarnings("unused") // by VarHandle
  private volatile long packets;

  @SuppressWarnings("unused") // by VarHandle
  private volatile long bytes;

  @SuppressWarnings("unused") // by VarHandle
  private volatile int tcpFlags;

  /** Racing writers all write about now. */
  private volatile long usedNs;

  NetdevFlow(int id) {
    this.id = id;
  }

  /** Whether it is in force and the packet whose flow words these are is one of its. */
  boolean matches(long[] words) {
    if (state != LIVE) {
      return false;
    }
    Subtable s = subtable;
    return s != null && s.equalUnderMask(words, key);
  }

  void count(int length, int flags, long nowNs) {
    PACKETS.getAndAdd(this, 1L);
    BYTES.getAndAdd(this, (long) length);
    if ((tcpFlags & flags) != flags) {
      TCP_FLAGS.getAndBitwiseOr(this, flags);
    }
    if (usedNs != nowNs) {
      usedNs = nowNs;
    }
  }

  void readStats(FlowStats out) {
    out.packets = packets;
    out.bytes = bytes;
    out.usedNs = usedNs;
    out.tcpFlags = tcpFlags;
  }

  void resetStats() {
    packets = 0;
    bytes = 0;
    usedNs = 0;
    tcpFlags = 0;
  }
}
