// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.PacketIn;
import org.junit.jupiter.api.Test;

class PacketInQueueTest {
  private static final int MAX = 100;
  private final PacketInQueue queue = new PacketInQueue(MAX);

  static PacketIn from(int port) {
    return new PacketIn(
        BufferId.NONE,
        64,
        PacketIn.Reason.ACTION,
        0,
        0,
        Match.builder().exact(Field.METADATA, 5).exact(Field.IN_PORT, port).build(),
        Bytes.copyOf(new byte[64], 0, 64));
  }

  static int portOf(PacketIn m) {
    return (int) (m.match().word(FlowLayout.OF_PORTS) >>> 32);
  }

  private void offer(int port, int n) {
    for (int i = 0; i < n; i++) {
      queue.offer(from(port));
    }
  }

  private List<Integer> takeAll() {
    List<Integer> all = new ArrayList<>();
    for (PacketIn m = queue.poll(); m != null; m = queue.poll()) {
      all.add(portOf(m));
    }
    return all;
  }

  @Test
  void portsTakeTurns() {
    offer(1, 50);
    offer(2, 2);
    assertThat(takeAll().subList(0, 5)).containsExactly(1, 2, 1, 2, 1);
  }

  @Test
  void aFullQueueLosesOfThePortThatHasMost() {
    offer(1, 3 * MAX);
    assertThat(queue.lost()).isEqualTo(2 * MAX);
    offer(2, 10);
    offer(3, 10);
    assertThat(queue.lost()).isEqualTo(2 * MAX + 20);
    List<Integer> all = takeAll();
    assertThat(all).hasSize(MAX);
    assertThat(all.stream().filter(p -> p == 2)).hasSize(10);
    assertThat(all.stream().filter(p -> p == 3)).hasSize(10);
  }

  @Test
  void whatWouldBeLostNeedNotBeMade() {
    offer(1, MAX - 1);
    assertThat(queue.hasRoomFor(1)).isTrue();
    offer(1, 1);
    assertThat(queue.hasRoomFor(1)).isFalse();
    assertThat(queue.lost()).isEqualTo(1);
    assertThat(queue.hasRoomFor(2)).isTrue();
    offer(2, 1);
    assertThat(queue.hasRoomFor(2)).isTrue();
    assertThat(queue.hasRoomFor(1)).isFalse();
    assertThat(takeAll()).contains(2).hasSize(MAX);
    assertThat(queue.hasRoomFor(1)).isTrue();
  }

  @Test
  void portsThatFloodTogetherHaveEqualParts() {
    for (int i = 0; i < 10 * MAX; i++) {
      queue.offer(from(1 + i % 3));
    }
    List<Integer> all = takeAll();
    for (int port = 1; port <= 3; port++) {
      int p = port;
      assertThat(all.stream().filter(x -> x == p).count()).isBetween(30L, 36L);
    }
  }

  @Test
  void morePortsThanPlacesHaveOneEachAtMost() {
    for (int port = 1; port <= 2 * MAX; port++) {
      offer(port, 1);
    }
    assertThat(takeAll()).hasSize(MAX).doesNotHaveDuplicates();
    offer(1, 1);
    assertThat(takeAll()).containsExactly(1);
  }
}
