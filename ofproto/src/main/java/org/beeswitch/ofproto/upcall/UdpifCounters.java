// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import java.util.Locale;
import java.util.Map;
import org.beeswitch.ofproto.xlate.XlateError;

/** What {@link Udpif} counts, by the names of {@code beectl coverage}. Guarded by its lock. */
final class UdpifCounters {
  private final long[] events = new long[Event.values().length];
  private final long[] errors = new long[XlateError.values().length];

  @SuppressWarnings("EnumOrdinal") // place in an array of counters
  enum Event {
    REVALIDATE_CHANGED,
    REVALIDATE_CHECKED,
    REVALIDATE_CORRECTED,
    REVALIDATE_IDLE,
    UPCALL_FLOW_PUT_FAILED,
    UPCALL_SLOW_PATH_FLOW,
    UPCALL_STALE,
    UPCALL_TRIES_USED_UP,
    UPCALL_UKEY_EXISTS,
    XLATE_ACTIONS_OVERSIZE;

    private final int index = ordinal();
  }

  void count(Event e) {
    events[e.index]++;
  }

  /** An upcall whose translation ended so. */
  void count(XlateError e) {
    errors[e.index()]++;
  }

  void addTo(Map<String, Long> coverage) {
    for (Event e : Event.values()) {
      coverage.put(e.name().toLowerCase(Locale.ROOT), events[e.index]);
    }
    for (XlateError e : XlateError.values()) {
      coverage.put(e.counter(), errors[e.index()]);
    }
  }
}
