// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.testing.Frames;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetdevDpifTest {
  private long nowNs = 1_000_000_000L;
  private final NetdevDpif dpif = NetdevDpif.inMemory(() -> nowNs);
  private OdpPort p1;
  private OdpPort p2;

  @BeforeEach
  void twoPorts() throws Exception {
    p1 = dpif.portAdd("p1", PortKind.SYSTEM);
    p2 = dpif.portAdd("p2", PortKind.SYSTEM);
    dpif.setHandlers(1);
    dpif.setExecutors(1);
  }

  @AfterEach
  void close() {
    dpif.close();
    assertThat(dpif.ports()).isEmpty();
  }

  static byte[] frame(int dst, int src, int length) {
    byte[] f = new byte[length];
    f[5] = (byte) dst;
    f[11] = (byte) src;
    f[12] = (byte) 0x88;
    f[13] = (byte) 0xb5; // local experimental
    return f;
  }

  private static final OdpKey IN_PORT_AND_DST = new OdpKey();

  static {
    IN_PORT_AND_DST.words()[0] = -1L;
    IN_PORT_AND_DST.words()[1] = 0xffffffffffff0000L;
  }

  private int forward(OdpPort from, int dst, OdpPort to) {
    OdpKey key = new OdpKey();
    key.words()[0] = (long) from.number() << 32;
    key.words()[1] = (long) dst << 16;
    OdpActions a = new OdpActions();
    if (to != null) {
      a.output(to.number());
    }
    return dpif.flowPut(key, IN_PORT_AND_DST, a);
  }

  private record Up(UpcallKind kind, int inPort, Packet packet, long cookie0) {}

  private List<Up> upcalls() {
    List<Up> all = new ArrayList<>();
    dpif.receive(
        0,
        u -> all.add(new Up(u.kind, u.metadata.inPort(), Packet.of(u.packet.bytes()), u.cookie0)),
        Integer.MAX_VALUE);
    return all;
  }

  @Test
  void missGoesUpAndTheNextPacketOfTheFlowDoesNot() {
    dpif.memoryPort("p1").inject(frame(2, 1, 60));
    assertThat(dpif.step()).isEqualTo(1);
    List<Up> up = upcalls();
    assertThat(up).hasSize(1);
    assertThat(up.get(0).kind()).isEqualTo(UpcallKind.MISS);
    assertThat(up.get(0).inPort()).isEqualTo(p1.number());
    assertThat(up.get(0).packet().bytes()).isEqualTo(frame(2, 1, 60));

    int id = forward(p1, 2, p2);
    dpif.memoryPort("p1").inject(frame(2, 1, 60));
    dpif.memoryPort("p1").inject(frame(2, 7, 64));
    dpif.step();
    assertThat(upcalls()).isEmpty();
    assertThat(dpif.memoryPort("p2").drain()).hasSize(2);
    FlowStats s = new FlowStats();
    dpif.flowStats(id, s);
    assertThat(s.packets).isEqualTo(2);
    assertThat(s.bytes).isEqualTo(124);
    assertThat(s.usedNs).isEqualTo(nowNs);
    assertThat(dpif.stats().hit()).isEqualTo(2);
    assertThat(dpif.stats().missed()).isEqualTo(1);
  }

  @Test
  void executeSendsToThePort() {
    OdpActions a = new OdpActions();
    a.output(p2.number());
    assertThat(dpif.execute(0, Packet.of(frame(2, 1, 60)), new OdpKey(), a)).isZero();
    assertThat(dpif.memoryPort("p2").drain()).hasSize(1);
    a.clear();
    a.output(77);
    assertThat(dpif.execute(0, Packet.of(frame(2, 1, 60)), new OdpKey(), a))
        .isEqualTo(-Errno.ENODEV);
    assertThat(dpif.coverage()).containsEntry(DropReason.OUTPUT_NO_PORT.text(), 1L);
  }

  @Test
  void setAndVlanActionsChangeWhatLeaves() {
    OdpActions a = new OdpActions();
    a.set(FlowLayout.ETH_SRC - FlowLayout.ODP, 0x00aabbccddeeL << 16, 0xffffffffffffL << 16);
    a.output(p1.number());
    a.pushVlan(0x8100, 0x100a);
    a.output(p2.number());
    a.popVlan();
    a.output(p2.number());
    dpif.execute(0, Packet.of(frame(2, 1, 60)), new OdpKey(), a);
    byte[] plain = dpif.memoryPort("p1").drain().get(0).bytes();
    assertThat(plain).hasSize(60);
    assertThat(plain[6]).isEqualTo((byte) 0);
    assertThat(plain[7]).isEqualTo((byte) 0xaa);
    List<Packet> out = dpif.memoryPort("p2").drain();
    byte[] tagged = out.get(0).bytes();
    assertThat(tagged).hasSize(64);
    assertThat(tagged).containsSequence(0x81, 0x00, 0x00, 0x0a, 0x88, 0xb5);
    assertThat(out.get(1).bytes()).isEqualTo(plain);
  }

  @Test
  void deletedFlowIsNotFoundThroughACache() {
    int id = forward(p1, 2, p2);
    dpif.memoryPort("p1").inject(frame(2, 1, 60));
    dpif.step();
    assertThat(dpif.flowUnlink(id)).isZero();
    dpif.memoryPort("p1").inject(frame(2, 1, 60));
    dpif.step();
    assertThat(upcalls()).hasSize(1);
    dpif.quiesce();
    dpif.flowRelease(id);
    assertThat(forward(p1, 3, p1)).as("id used again").isEqualTo(id);
    dpif.memoryPort("p1").inject(frame(2, 1, 60));
    dpif.step();
    assertThat(upcalls()).hasSize(1);
  }

  @Test
  void hitsAndUpcallsMakeNoGarbage() {
    forward(p1, 2, p2);
    forward(p1, 3, null);
    MemoryPort in = dpif.memoryPort("p1");
    MemoryPort out = dpif.memoryPort("p2");
    Packet hit = Packet.of(frame(2, 1, 60));
    Packet drop = Packet.of(frame(3, 1, 60));
    Packet miss = Packet.of(frame(4, 1, 60));
    Packet got = new Packet(2048);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int round = 0; round < 4_000; round++) {
      if (round == 2_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      in.inject(hit);
      in.inject(drop);
      in.inject(miss);
      dpif.step();
      while (out.poll(got)) {}
      dpif.receive(0, u -> {}, 100);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes for 6,000 packets").isLessThan(6_000);
  }

  private void execute(Packet p, OdpPort to) {
    OdpActions a = new OdpActions();
    a.output(to.number());
    Packet copy = new Packet(0);
    copy.copyFrom(p);
    dpif.execute(0, copy, new OdpKey(), a);
  }

  @Test
  void gsoPacketIsCutForAPortThatTakesNone() {
    MemoryPort out = dpif.memoryPort("p2");
    execute(Frames.tcp(3_500, 1_000), p2);
    assertThat(out.drain()).as("whole").hasSize(1);
    out.setOffloads(false);
    execute(Frames.tcp(3_500, 1_000), p2);
    List<Packet> segments = out.drain();
    assertThat(segments).hasSize(4);
    for (Packet s : segments) {
      assertThat(s.csumStart).isEqualTo(-1);
      assertThat(Frames.tcpChecksumIsRight(s.bytes())).isTrue();
    }
    execute(Frames.tcp(200, 0), p2);
    assertThat(Frames.tcpChecksumIsRight(out.drain().get(0).bytes())).isTrue();
    assertThat(dpif.coverage()).containsEntry("gso_segmented", 1L);
    assertThat(dpif.coverage()).containsEntry("csum_completed", 1L);
  }

  @Test
  void mtuLimitsSegmentsAndNotGsoPackets() throws Exception {
    MemoryPort out = dpif.memoryPort("p2");
    out.setMtu(1_040);
    execute(Frames.tcp(3_000, 1_000), p2);
    assertThat(out.drain()).hasSize(1);
    execute(Frames.tcp(3_000, 1_001), p2);
    assertThat(out.drain()).isEmpty();
    execute(Frames.tcp(1_000, 0), p2);
    assertThat(out.drain()).hasSize(1);
    execute(Frames.tagged(Frames.tcp(1_000, 0), 0x8100, 5), p2);
    assertThat(out.drain()).as("a tag is beside the MTU").hasSize(1);
    execute(Frames.tcp(1_001, 0), p2);
    assertThat(out.drain()).isEmpty();
    assertThat(dpif.coverage()).containsEntry(DropReason.OUTPUT_MTU.text(), 2L);
  }

  @Test
  void refusalOfAPortIsACountedDrop() throws Exception {
    dpif.memoryPort("p2").setUp(false);
    execute(Packet.of(frame(2, 1, 60)), p2);
    assertThat(dpif.coverage()).containsEntry(DropReason.OUTPUT_TX.text(), 1L);
  }

  @Test
  void runtIsACountedDrop() {
    forward(p1, 0, p2);
    dpif.memoryPort("p1").inject(new byte[13]);
    dpif.step();
    assertThat(dpif.memoryPort("p2").drain()).isEmpty();
    assertThat(dpif.coverage()).containsEntry(DropReason.RUNT.text(), 1L);
  }

  @Test
  void numberOfADeletedPortIsNotGivenAgainAtOnce() throws Exception {
    dpif.portDel(p2);
    OdpPort p3 = dpif.portAdd("p3", PortKind.SYSTEM);
    assertThat(p3).isNotEqualTo(p2);
    assertThat(dpif.portAdd("p2", PortKind.SYSTEM)).isNotEqualTo(p2);
  }

  @Test
  void allNumbersInUseIsRefused() throws Exception {
    for (int i = 3; i <= OdpPort.MAX; i++) {
      dpif.portAdd("q" + i, PortKind.SYSTEM);
    }
    assertThatThrownBy(() -> dpif.portAdd("one-more", PortKind.SYSTEM))
        .isInstanceOfSatisfying(
            DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
    dpif.portDel(p1);
    assertThat(dpif.portAdd("one-more", PortKind.SYSTEM)).isEqualTo(p1);
  }
}
