// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Test;

class PortTurnsTest {
  private static final int ENTRIES = 64;
  private static final int PORTS = 5;

  private final PortTurns turns = new PortTurns(ENTRIES, PORTS);

  /** Serves everything; returns the places in the order of serving. */
  private List<Integer> serveAll() {
    List<Integer> order = new ArrayList<>();
    for (int e = turns.take(); e >= 0; e = turns.take()) {
      order.add(turns.place(e));
      turns.served(e);
    }
    return order;
  }

  @Test
  void aPortWithManyDelaysAnotherByOne() {
    for (int i = 0; i < 50; i++) {
      turns.add(1, i, 8);
    }
    turns.add(2, 100, 8);
    turns.add(2, 101, 8);
    turns.add(3, 200, 8);
    assertThat(serveAll().subList(0, 6)).containsExactlyInAnyOrder(0, 100, 200, 1, 101, 2);
  }

  @Test
  void whatComesWhileAnotherIsServedHasTheNextTurnButOne() {
    for (int i = 0; i < 50; i++) {
      turns.add(1, i, 8);
    }
    for (int i = 0; i < 10; i++) {
      turns.served(turns.take());
    }
    turns.add(2, 100, 8);
    assertThat(serveAll().indexOf(100)).isLessThanOrEqualTo(1);
  }

  @Test
  void bytesComeBackFromTheFrontOnly() {
    turns.add(1, 0, 10);
    turns.add(1, 1, 20);
    turns.add(2, 2, 40);
    int a = turns.take();
    int b = turns.take();
    int c = turns.take();
    assertThat(turns.take()).isNegative();
    assertThat(List.of(turns.place(a), turns.place(b), turns.place(c))).containsExactly(0, 2, 1);
    assertThat(turns.served(b)).isZero();
    assertThat(turns.served(a)).isEqualTo(10);
    assertThat(turns.served(c)).isEqualTo(60);
  }

  @Test
  void nothingIsTakenWhereAllEntriesAreInUse() {
    for (int i = 0; i < ENTRIES; i++) {
      assertThat(turns.isFull()).isFalse();
      turns.add(i % PORTS, i, 8);
    }
    assertThat(turns.isFull()).isTrue();
    assertThatThrownBy(() -> turns.add(0, 0, 8)).isInstanceOf(IllegalStateException.class);
    serveAll();
    assertThat(turns.isFull()).isFalse();
    assertThat(turns.isEmpty()).isTrue();
  }

  /** Of each port in order; and between two turns of a port that waits, all others have one. */
  @Test
  void everyPortHasItsTurnAndItsOrder() {
    Random random = Seed.random("port turns");
    List<Queue<Integer>> model = new ArrayList<>();
    for (int p = 0; p < PORTS; p++) {
      model.add(new ArrayDeque<>());
    }
    int[] othersServed = new int[PORTS];
    int waiting = 0;
    long bytes = 0;
    for (int i = 0; i < 20_000; i++) {
      if (random.nextInt(5) < 3 && !turns.isFull()) {
        int port = random.nextInt(random.nextBoolean() ? 2 : PORTS);
        if (model.get(port).isEmpty()) {
          othersServed[port] = 0;
        }
        turns.add(port, i * PORTS + port, 1 + port);
        model.get(port).add(i * PORTS + port);
        bytes += 1 + port;
        waiting++;
      } else {
        int e = turns.take();
        assertThat(e >= 0).isEqualTo(waiting > 0);
        if (e >= 0) {
          int port = turns.place(e) % PORTS;
          assertThat(turns.place(e)).isEqualTo(model.get(port).remove());
          waiting--;
          for (int p = 0; p < PORTS; p++) {
            othersServed[p] += p == port ? 0 : 1;
            assertThat(model.get(p).isEmpty() || othersServed[p] <= PORTS).isTrue();
          }
          othersServed[port] = 0;
          bytes -= turns.served(e);
        }
      }
    }
    for (int e = turns.take(); e >= 0; e = turns.take()) {
      bytes -= turns.served(e);
    }
    assertThat(bytes).as("all memory is back").isZero();
  }
}
