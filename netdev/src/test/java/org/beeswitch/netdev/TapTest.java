// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.netdev.testing.TestNetns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("system")
class TapTest {
  private static final long TIMEOUT_NS = 20_000_000_000L;

  private TestNetns ns;
  private Links links;

  @BeforeEach
  void open() throws Exception {
    TestNetns.assumeRoot();
    ns = TestNetns.create();
    links = ns.call(Links::open);
  }

  @AfterEach
  void close() {
    if (ns != null) {
      links.close();
      ns.close();
    }
  }

  @Test
  void aTapLivesAsLongAsItIsOpen() throws Exception {
    Tap tap = ns.call(() -> Tap.create(links, "t0", 4));
    assertThat(links.get("t0").ifindex()).isEqualTo(tap.ifindex());
    assertThat(links.get("t0").kind()).isEqualTo("tun");
    assertThat(tap.state().running()).isFalse();
    tap.setUp(true);
    assertThat(tap.state().running()).isTrue();
    assertThat(tap.features().current()).isEqualTo(LinkFeatures.F_10GB_FD | LinkFeatures.F_COPPER);
    assertThat(tap.driver()).isEqualTo("tun");
    tap.close();
    assertThat(links.find("t0")).isEmpty();
    assertThatThrownBy(tap::state).isInstanceOf(NetdevException.class);
  }

  @Test
  void aNameThatIsTakenIsRefused() throws Exception {
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
      assertThat(tap.queues()).isEqualTo(1);
      assertThatThrownBy(() -> ns.call(() -> Tap.create(links, "t0", 1)))
          .isInstanceOfSatisfying(
              NetdevException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    }
  }

  private static void receiveOne(PacketNetdev from, Packet[] into) throws Exception {
    try (NetdevPoll poll = new NetdevPoll()) {
      poll.add(from, 3);
      int[] ready = new int[1];
      assertThat(poll.await(TIMEOUT_NS, ready)).as("packets at %s", from).isEqualTo(1);
      assertThat(ready[0]).isEqualTo(3);
      assertThat(from.receive(into, into.length)).isEqualTo(1);
    }
  }

  private static void assertSame(Packet got, Packet sent) {
    assertThat(got.bytes()).isEqualTo(sent.bytes());
    assertThat(got.csumStart).isEqualTo(sent.csumStart);
    assertThat(got.csumOffset).isEqualTo(sent.csumOffset);
    assertThat(got.gsoType).isEqualTo(sent.gsoType);
    assertThat(got.gsoSize).isEqualTo(sent.gsoSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1448, 9_000, 30_000, 65_000})
  void offloadsSurviveBothWays(int payload) throws Exception {
    Packet[] got = {new Packet(2048), new Packet(2048)};
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
      tap.setUp(true);
      try (PacketSocket host = ns.call(() -> PacketSocket.tapInto(links, "t0"))) {
        Packet plain = Frames.tcp(payload, payload > 1448 ? 1448 : 0);
        for (Packet sent : List.of(plain, Frames.tagged(plain, 0x8100, 0x2005))) {
          assertThat(tap.send(sent)).isZero();
          receiveOne(host, got);
          assertSame(got[0], sent);
          assertThat(host.send(sent)).isZero();
          receiveOne(tap, got);
          assertSame(got[0], sent);
        }
      }
    }
  }

  @Test
  void countersAreTheSwitchsNotTheHosts() throws Exception {
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
      tap.setUp(true);
      NetdevStats before = tap.stats();
      assertThat(tap.send(Frames.udp(58))).isZero();
      NetdevStats after = tap.stats();
      assertThat(after.txPackets() - before.txPackets()).isEqualTo(1);
      assertThat(after.txBytes() - before.txBytes()).isEqualTo(100);
      assertThat(after.rxPackets()).isEqualTo(before.rxPackets());
    }
  }

  @Test
  void threadsSendOnQueuesOfTheirOwn() throws Exception {
    int each = 500;
    Packet[] got = new Packet[PacketNetdev.MAX_BATCH];
    Arrays.setAll(got, i -> new Packet(2048));
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 2))) {
      tap.setUp(true);
      try (PacketSocket host = ns.call(() -> PacketSocket.tapInto(links, "t0"))) {
        List<CompletableFuture<Void>> senders = new ArrayList<>();
        for (int q = 0; q < 2; q++) {
          int queue = q;
          senders.add(
              CompletableFuture.runAsync(
                  () -> {
                    for (int i = 0; i < each; i++) {
                      assertThat(tap.send(queue, Frames.udp(queue + 1))).isZero();
                    }
                  }));
        }
        senders.forEach(CompletableFuture::join);
        int[] count = new int[2];
        // The kernel may come to them a moment later.
        long end = System.nanoTime() + TIMEOUT_NS;
        while (count[0] + count[1] < 2 * each && System.nanoTime() < end) {
          int n = host.receive(got, got.length);
          for (int i = 0; i < n; i++) {
            count[got[i].length() - Frames.udp(1).length()]++;
          }
        }
        assertThat(host.receive(got, got.length)).isZero();
        assertThat(count).containsExactly(each, each);
      }
    }
  }

  @Test
  void aTapThatIsDownRefuses() throws Exception {
    try (Tap tap = ns.call(() -> Tap.create(links, "t0", 1))) {
      assertThat(tap.send(Frames.udp(58))).isEqualTo(-Errno.EIO);
      assertThat(tap.receive(new Packet[] {new Packet(64)}, 1)).isZero();
      assertThat(tap.drops()).isEmpty();
    }
  }
}
