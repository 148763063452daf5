// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import java.util.Locale;
import java.util.Map;

/** How datapaths name the upcalls that they refused among their counters. */
public final class RefusedUpcalls {
  private RefusedUpcalls() {}

  /** What a port had refused. */
  public interface Count {
    long of(int odpPortNo, UpcallKind kind);
  }

  /** Adds the sum of each kind, and that of a kind and port where there were any. */
  public static void addTo(
      Map<String, Long> coverage, Iterable<Integer> odpPortNos, Count refused) {
    for (UpcallKind kind : UpcallKind.values()) {
      String name = "upcall_refused." + kind.name().toLowerCase(Locale.ROOT);
      long sum = 0;
      for (int port : odpPortNos) {
        long n = refused.of(port, kind);
        sum += n;
        if (n > 0) {
          coverage.put(name + ".port" + port, n);
        }
      }
      coverage.put(name, sum);
    }
  }
}
