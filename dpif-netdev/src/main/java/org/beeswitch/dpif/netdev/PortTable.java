// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.OdpPort;
import org.jspecify.annotations.Nullable;

/**
 * Ports by number. Read without a lock by whoever forwards, inside a {@link GracePeriod} section;
 * written under this object's lock.
 *
 * <p>Numbers go round: the number of a deleted port is given again as late as possible, so that a
 * flow that still names it drops and does not find a stranger.
 */
final class PortTable {
  private final AtomicReferenceArray<@Nullable NetdevPort> byNumber =
      new AtomicReferenceArray<>(OdpPort.MAX + 1);

  /** Number given last. */
  private int last;

  /** Highest number in use: where walks end. Racing readers may see an old one. */
  private volatile int highest;

  @Nullable NetdevPort get(int number) {
    return number > 0 && number <= OdpPort.MAX ? byNumber.get(number) : null;
  }

  int highest() {
    return highest;
  }

  synchronized @Nullable NetdevPort get(String name) {
    for (int i = 1; i <= highest; i++) {
      NetdevPort p = byNumber.get(i);
      if (p != null && p.name().equals(name)) {
        return p;
      }
    }
    return null;
  }

  /** Returns a free number, or 0. */
  synchronized int nextNumber() {
    for (int i = 0; i < OdpPort.MAX; i++) {
      int n = (last + i) % OdpPort.MAX + 1;
      if (byNumber.get(n) == null) {
        return n;
      }
    }
    return 0;
  }

  /** Returns the port of that device, if there is one. */
  synchronized @Nullable NetdevPort ofIfindex(int ifindex) {
    for (int i = 1; i <= highest; i++) {
      NetdevPort p = byNumber.get(i);
      if (p != null && p.ifindex() == ifindex) {
        return p;
      }
    }
    return null;
  }

  synchronized void add(NetdevPort p) {
    byNumber.set(p.number(), p);
    last = p.number();
    highest = Math.max(highest, p.number());
  }

  synchronized void remove(NetdevPort p) {
    byNumber.set(p.number(), null);
    int h = highest;
    while (h > 0 && byNumber.get(h) == null) {
      h--;
    }
    highest = h;
  }

  synchronized List<DpifPort> list() {
    List<DpifPort> all = new ArrayList<>();
    for (int i = 1; i <= highest; i++) {
      NetdevPort p = byNumber.get(i);
      if (p != null) {
        all.add(new DpifPort(new OdpPort(i), p.name(), p.kind(), p.ifindex()));
      }
    }
    return all;
  }
}
