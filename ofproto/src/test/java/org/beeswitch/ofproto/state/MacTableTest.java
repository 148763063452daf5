// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MacTableTest {
  private static final int ENTRIES = 2_000;
  private static final int SORTS = 300;

  /** Revalidators and handlers refresh entries while {@code main} puts them in order. */
  @Test
  void entriesMayBeRefreshedWhileTheyAreSorted() throws Exception {
    List<MacEntry> entries = new ArrayList<>();
    MacTable t = MacTable.EMPTY;
    for (int i = 0; i < ENTRIES; i++) {
      MacEntry e = new MacEntry(i, 0, 1, i);
      entries.add(e);
      t = t.with(e);
    }
    AtomicBoolean over = new AtomicBoolean();
    Thread refresher =
        new Thread(
            () -> {
              for (long now = ENTRIES; !over.get(); now++) {
                entries.get((int) (now * 7919 % ENTRIES)).touch(now);
              }
            });
    refresher.start();
    try {
      for (int i = 0; i < SORTS; i++) {
        assertThat(t.oldestFirst()).hasSize(ENTRIES);
      }
    } finally {
      over.set(true);
      refresher.join();
    }
  }
}
