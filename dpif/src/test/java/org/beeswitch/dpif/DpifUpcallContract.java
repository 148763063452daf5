// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.ODP;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Test;

/** What {@link Dpif} promises of packets that go up and come back down. */
public abstract class DpifUpcallContract extends DpifOnWires {
  // Upcalls

  @Test
  void userspaceActionSendsUpWhatIsThereThen() {
    OdpActions a = new OdpActions();
    a.set(FlowLayout.ETH_SRC - ODP, 0xaaL << 16, 0xffL << 16);
    a.userspace(UpcallKind.CONTROLLER.code(), 1, -2, 3);
    a.set(FlowLayout.ETH_SRC - ODP, 0xbbL << 16, 0xffL << 16);
    a.output(port[2]);
    put(1, 5, a);
    send(1, frame(5, 1));
    Up up = upcall();
    assertThat(up.kind()).isEqualTo(UpcallKind.CONTROLLER);
    assertThat(up.cookies()).containsExactly(1L, -2L, 3L);
    assertThat(up.packet().bytes()).isEqualTo(frame(5, 0xaa).bytes());
    assertThat(up.metadata().inPort()).isEqualTo(port[1]);
    assertThat(receive(2).bytes()).isEqualTo(frame(5, 0xbb).bytes());
  }

  @Test
  void slowPathIsAKindOfItsOwn() {
    OdpActions a = new OdpActions();
    a.userspace(UpcallKind.SLOW_PATH.code(), 7, 8, 9);
    put(1, 5, a);
    send(1, frame(5, 1));
    Up up = upcall();
    assertThat(up.kind()).isEqualTo(UpcallKind.SLOW_PATH);
    assertThat(up.cookies()).containsExactly(7L, 8L, 9L);
  }

  @Test
  void tagsAreInTheBytesOfWhatGoesUp() {
    byte[] tagged =
        new PacketBuilder()
            .eth(5, 1)
            .vlan(0x88a8, 5)
            .vlan(0x8100, 0xe007)
            .type(ETH_TYPE)
            .payload(new byte[46])
            .bytes();
    send(1, Packet.of(tagged));
    assertThat(upcall().packet().bytes()).isEqualTo(tagged);
  }

  @Test
  void missesOfOnePortDoNotStarveAnother() {
    flood(1, 20_000);
    assertThat(dpif.stats().lost()).as("the flood was more than fits").isPositive();
    send(2, frame(5, 0x22));
    awaitUpcall(u -> u.metadata().inPort() == port[2]);
  }

  @Test
  void missesOfOnePortDelayAnotherByOnePacket() {
    flood(1, 20_000);
    assertThat(dpif.stats().lost()).as("the flood was more than fits").isPositive();
    long missed = dpif.stats().missed();
    send(2, frame(5, 0x22));
    eventually(() -> dpif.stats().missed() > missed);
    List<Integer> order = new ArrayList<>();
    awaitUpcall(u -> order.add(u.metadata().inPort()) && order.contains(port[2]));
    assertThat(order.indexOf(port[2])).isLessThanOrEqualTo(1);
  }

  @Test
  void longMissesOfTwoPortsDoNotStarveAThird() {
    floodLong(1);
    floodLong(3);
    send(2, frame(5, 0x22));
    awaitUpcall(u -> u.metadata().inPort() == port[2]);
    assertThat(refused(1)).isPositive();
    assertThat(refused(2)).as("counted for the port that it was refused").isZero();
  }

  /** The longest frames until some are refused. */
  private void floodLong(int wire) {
    PacketBuilder b = new PacketBuilder().eth(5, wire).type(ETH_TYPE).payload(new byte[1_500]);
    for (int i = 0; i < 100 && refused(wire) == 0; i++) {
      sendAll(wire, 32, x -> Packet.of(b.bytes()));
    }
    assertThat(refused(wire)).isPositive();
  }

  private long refused(int wire) {
    return dpif.coverage().getOrDefault("upcall_refused.miss.port" + port[wire], 0L);
  }

  @Test
  void missesDoNotStarveWhatAFlowSendsUp() {
    OdpActions a = new OdpActions();
    a.userspace(UpcallKind.CONTROLLER.code(), 1, 0, 0);
    put(1, 5, a);
    OdpActions slow = new OdpActions();
    slow.userspace(UpcallKind.SLOW_PATH.code(), 1, 0, 0);
    put(1, 6, slow);
    flood(1, 20_000);
    send(1, frame(5, 1));
    send(1, frame(6, 1));
    EnumSet<UpcallKind> kinds = EnumSet.noneOf(UpcallKind.class);
    awaitUpcall(u -> kinds.add(u.kind()) && kinds.size() == 3);
  }

  @Test
  void whatIsRefusedIsCountedAndNothingElseIsLost() {
    long sent = flood(1, 20_000);
    assertThat(dpif.stats().missed()).isEqualTo(sent);
    AtomicLong up = new AtomicLong();
    eventually(() -> up.addAndGet(dpif.receive(0, u -> {}, 1_000)) + dpif.stats().lost() == sent);
    assertThat(drops(DropReason.UPCALL_LIMIT) + drops(DropReason.UPCALL_RING))
        .isEqualTo(dpif.stats().lost());
    send(1, frame(5, 1));
    upcall(); // taken: there is room again
  }

  @Test
  void waitEndsWithAnUpcallAWakeOrTheTime() throws Exception {
    dpif.awaitUpcall(0, 1_000_000);
    Thread sleeper = new Thread(() -> dpif.awaitUpcall(0, TimeUnit.HOURS.toNanos(1)));
    sleeper.start();
    // A wake before the wait counts too, so it does not matter which is first.
    dpif.wakeHandler(0);
    sleeper.join();
    AtomicBoolean stop = new AtomicBoolean();
    Thread handler =
        new Thread(
            () -> {
              while (!stop.get()) {
                dpif.awaitUpcall(0, TimeUnit.HOURS.toNanos(1));
                dpif.receive(0, u -> stop.set(true), 1);
              }
            });
    handler.start();
    send(1, frame(5, 1));
    handler.join();
  }

  @Test
  void offloadsSurviveTheWayUpAndBack() {
    for (int mss : new int[] {0, 1_000}) {
      Packet sent = Frames.tcp(mss == 0 ? 200 : 3_500, mss);
      send(1, sent);
      Up up = upcall();
      assertThat(up.packet().gsoSize).isEqualTo(mss);
      assertThat(dpif.execute(1, up.packet(), up.metadata(), outputs(port[2]))).isZero();
      assertArrives(sent, 2);
    }
  }

  // Execute

  /** The packet arrives whole, or as the segments that it stands for; checksums right. */
  private void assertArrives(Packet sent, int at) {
    int headers = Frames.ETH + Frames.IPV4 + Frames.TCP;
    byte[] want = sent.bytes();
    for (int payload = 0; payload < want.length - headers; ) {
      Packet got = receive(at);
      if (got.gsoType == Packet.GSO_NONE) {
        Csum.complete(got);
        assertThat(Frames.tcpChecksumIsRight(got.bytes())).isTrue();
      } else {
        assertThat(got.gsoSize).isEqualTo(sent.gsoSize);
        assertThat(got.csumStart).isEqualTo(sent.csumStart);
      }
      int n = got.length() - headers;
      assertThat(Arrays.copyOfRange(got.bytes(), headers, headers + n))
          .isEqualTo(Arrays.copyOfRange(want, headers + payload, headers + payload + n));
      payload += n;
    }
  }

  @Test
  void executeCarriesGsoAndPartialChecksums() {
    Packet gso = Frames.tcp(30_000, 1_400);
    OdpActions a = outputs(port[2]);
    Packet copy = new Packet(0);
    copy.copyFrom(gso);
    assertThat(dpif.execute(0, copy, new OdpKey(), a)).isZero();
    assertArrives(gso, 2);
    Packet partial = Frames.tcp(100, 0);
    copy.copyFrom(partial);
    assertThat(dpif.execute(0, copy, new OdpKey(), a)).isZero();
    assertArrives(partial, 2);
  }

  @Test
  void executeToNoPortIsACountedDrop() {
    dpif.execute(0, frame(5, 1), new OdpKey(), outputs(999));
    eventually(() -> drops(DropReason.OUTPUT_NO_PORT) == 1);
  }

  @Test
  void executeRunsListsOfAnyLength() {
    int n = 200;
    OdpActions a = new OdpActions();
    for (int i = 0; i < n; i++) {
      a.set(FlowLayout.ETH_SRC - ODP, (long) i << 16, 0xffL << 16);
      a.output(port[2]);
    }
    dpif.execute(0, frame(5, 1), new OdpKey(), a);
    for (int i = 0; i < n; i++) {
      assertThat(receive(2).bytes()).isEqualTo(frame(5, i).bytes());
    }
  }

  @Test
  void executorsDoNotMixTheirActions() throws Exception {
    int n = 300; // less than a wire holds
    Thread[] threads = new Thread[2];
    for (int e = 0; e < 2; e++) {
      int executor = e;
      threads[e] =
          new Thread(
              () -> {
                for (int i = 0; i < n; i++) {
                  OdpActions a = new OdpActions();
                  a.set(FlowLayout.ETH_SRC - ODP, executor + 1L << 16, 0xffL << 16);
                  a.output(port[2 + executor]);
                  dpif.execute(executor, frame(5, 0), new OdpKey(), a);
                }
              });
      threads[e].start();
    }
    for (Thread t : threads) {
      t.join();
    }
    for (int e = 0; e < 2; e++) {
      for (int i = 0; i < n; i++) {
        assertThat(receive(2 + e).bytes()).isEqualTo(frame(5, e + 1).bytes());
      }
    }
  }
}
