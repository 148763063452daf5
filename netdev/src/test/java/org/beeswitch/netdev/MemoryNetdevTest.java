// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.testing.Frames;
import org.junit.jupiter.api.Test;

class MemoryNetdevTest {
  private final MemoryNetdev.Pair wire = MemoryNetdev.pair("a", "b");
  private final MemoryNetdev a = wire.a();
  private final MemoryNetdev b = wire.b();
  private final Packet[] got = new Packet[PacketNetdev.MAX_BATCH];

  MemoryNetdevTest() {
    Arrays.setAll(got, i -> new Packet(64));
  }

  @Test
  void whatOneEndSendsTheOtherReceivesWithItsOffloads() {
    Packet sent = Frames.tcp(30_000, 1448);
    assertThat(a.send(sent)).isZero();
    assertThat(a.isReadable()).isFalse();
    assertThat(b.isReadable()).isTrue();
    assertThat(b.receive(got, got.length)).isEqualTo(1);
    assertThat(got[0].bytes()).isEqualTo(sent.bytes());
    assertThat(got[0].csumStart).isEqualTo(sent.csumStart);
    assertThat(got[0].gsoSize).isEqualTo(1448);
    assertThat(b.receive(got, got.length)).isZero();
  }

  @Test
  void orderIsKeptAroundTheRing() {
    int next = 0;
    for (int i = 0; i < 3 * MemoryNetdev.QUEUE; i++) {
      assertThat(a.send(Frames.udp(i % 1000))).isZero();
      if (i % 3 == 2) {
        assertThat(b.receive(got, 3)).isEqualTo(3);
        for (int k = 0; k < 3; k++) {
          assertThat(got[k].length()).isEqualTo(Frames.udp(next++ % 1000).length());
        }
      }
    }
  }

  @Test
  void aFullWireRefusesAndBothEndsCount() throws Exception {
    for (int i = 0; i < MemoryNetdev.QUEUE; i++) {
      assertThat(a.send(Frames.udp(1))).isZero();
    }
    assertThat(a.send(Frames.udp(1))).isEqualTo(-Errno.ENOBUFS);
    assertThat(a.stats().txDropped()).isEqualTo(1);
    assertThat(b.stats().rxDropped()).isEqualTo(1);
    assertThat(b.drops()).containsEntry("netdev_rx_queue_full", 1L);
    assertThat(b.stats().rxPackets()).isEqualTo(MemoryNetdev.QUEUE);
    assertThat(b.receive(got, got.length)).isEqualTo(PacketNetdev.MAX_BATCH);
    assertThat(a.send(Frames.udp(1))).isZero();
  }

  @Test
  void anEndRunsWhenBothAreUp() throws Exception {
    assertThat(a.state().running()).isTrue();
    b.setUp(false);
    assertThat(a.state().up()).isTrue();
    assertThat(a.state().running()).isFalse();
    assertThat(a.send(Frames.udp(1))).isEqualTo(-Errno.ENETDOWN);
    assertThat(b.send(Frames.udp(1))).isEqualTo(-Errno.ENETDOWN);
    b.setUp(true);
    assertThat(a.send(Frames.udp(1))).isZero();
    b.close();
    assertThat(a.state().running()).isFalse();
    assertThat(a.send(Frames.udp(1))).isEqualTo(-Errno.ENODEV);
    assertThatThrownBy(b::state).isInstanceOf(NetdevException.class);
  }

  @Test
  void theMtuBindsWhatIsNotCutLater() throws Exception {
    assertThat(a.send(Frames.udp(1472 + 4))).isZero();
    assertThat(a.send(Frames.udp(1472 + 5))).isEqualTo(-Errno.EMSGSIZE);
    assertThat(a.send(Frames.tcp(60_000, 1448))).isZero();
    a.setMtu(9_000);
    assertThat(a.send(Frames.udp(8_000))).isZero();
    assertThatThrownBy(() -> a.setMtu(1)).isInstanceOf(NetdevException.class);
  }

  @Test
  void aPollReportsItAndIsWokenByIt() throws Exception {
    try (NetdevPoll poll = new NetdevPoll()) {
      poll.add(a, 4);
      poll.add(b, 5);
      int[] ready = new int[8];
      assertThat(poll.await(0, ready)).isZero();
      assertThat(a.send(Frames.udp(1))).isZero();
      assertThat(poll.await(0, ready)).isEqualTo(1);
      assertThat(ready[0]).isEqualTo(5);
      assertThat(poll.await(0, ready)).as("a level, not an edge").isEqualTo(1);
      b.receive(got, got.length);

      CompletableFuture<Integer> waiting =
          CompletableFuture.supplyAsync(
              () -> {
                // A wake-up from before may end one wait early.
                int n = 0;
                while (n == 0) {
                  n = poll.await(TimeUnit.SECONDS.toNanos(60), ready);
                }
                return n;
              });
      assertThat(b.send(Frames.udp(1))).isZero();
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(ready[0]).isEqualTo(4);
      poll.remove(a);
      assertThat(poll.await(0, ready)).isZero();
    }
  }

  @Test
  void aWakeUpEndsTheWaitOrTheNextOne() throws Exception {
    try (NetdevPoll poll = new NetdevPoll()) {
      int[] ready = new int[1];
      poll.wake();
      poll.wake();
      assertThat(poll.await(TimeUnit.HOURS.toNanos(1), ready)).isZero();
      CompletableFuture<Integer> waiting =
          CompletableFuture.supplyAsync(() -> poll.await(TimeUnit.HOURS.toNanos(1), ready));
      poll.wake();
      assertThat(waiting.get(20, TimeUnit.SECONDS)).isZero();
    }
  }
}
