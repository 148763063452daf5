// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * UDP packets that stand for many datagrams, with partial checksums (what UDP_SEGMENT makes): whole
 * through the kernel and through user space, as datagrams to a controller.
 */
@Tag("system")
class UdpOffloadTest {
  private static final int HEADERS = 14 + 20 + 8;
  private static final int UDP = 14 + 20;
  private static final int SEGMENT = 1_200;
  private static final int PAYLOAD = 20 * SEGMENT + 300;
  private static final long PATIENCE_NS = 20_000_000_000L;

  /** More than a list in the kernel has. */
  private static final int MANY_ACTIONS = 40;

  private static byte[] payload() {
    byte[] b = new byte[PAYLOAD];
    for (int i = 0; i < PAYLOAD; i++) {
      b[i] = (byte) (i * 31 + (i >> 8));
    }
    return b;
  }

  private static Packet datagrams() {
    byte[] frame =
        new PacketBuilder()
            .eth(0x020000000002L, 0x020000000001L)
            .ipv4(0x0a000001L, 0x0a000002L, 0, 64, 0)
            .udp(1_000, 2_000)
            .payload(payload())
            .bytes();
    // The checksum is that of the pseudo-header alone, for whoever completes it.
    int length = PAYLOAD + 8;
    long sum = 0x0a00L + 0x0001 + 0x0a00 + 0x0002 + 17 + length;
    sum = (sum & 0xffff) + (sum >> 16);
    frame[UDP + 6] = (byte) (sum >> 8);
    frame[UDP + 7] = (byte) sum;
    Packet p = Packet.of(frame);
    p.csumStart = UDP;
    p.csumOffset = 6;
    p.gsoType = Packet.GSO_UDP_L4;
    p.gsoSize = SEGMENT;
    return p;
  }

  private static Action out(int port) {
    return new Action.Output(OfPort.of(port), 0);
  }

  /** What arrives until it is as much as was sent; each as long as it may be. */
  private static byte[] receive(Wire wire) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    long end = System.nanoTime() + PATIENCE_NS;
    while (all.size() < PAYLOAD) {
      for (Packet p : wire.receive()) {
        if (p.gsoType == Packet.GSO_NONE) {
          assertThat(p.length()).isLessThanOrEqualTo(HEADERS + SEGMENT);
        } else {
          assertThat(p.gsoType).isEqualTo(Packet.GSO_UDP_L4);
          assertThat(p.gsoSize).isEqualTo(SEGMENT);
        }
        all.write(p.data(), p.offset() + HEADERS, p.length() - HEADERS);
      }
      assertThat(System.nanoTime()).as("%d bytes came", all.size()).isLessThan(end);
      LockSupport.parkNanos(100_000);
    }
    return all.toByteArray();
  }

  @ParameterizedTest
  @EnumSource
  void datagramsArriveThroughTheKernelAndThroughUserSpace(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 3)) {
      s.add(1, Match.ANY, Action.SetField.exact(Field.ETH_SRC, 5), out(2));
      long upcalls = s.upcalls();
      for (int i = 0; i < 3; i++) { // a miss, then hits
        s.wire(1).send(datagrams());
        assertThat(receive(s.wire(2))).isEqualTo(payload());
      }
      assertThat(s.upcalls() - upcalls).isEqualTo(1);
    }
  }

  /** Every packet is translated again: on BPF as a slow path, and nothing is lost by it. */
  @ParameterizedTest
  @EnumSource
  void datagramsArriveByAListThatIsTooLongForTheKernel(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 3)) {
      List<Action> many = new ArrayList<>();
      for (int i = 0; i < MANY_ACTIONS; i++) {
        many.add(Action.SetField.exact(Field.ETH_SRC, 5 + i));
        many.add(out(3));
      }
      many.add(out(2));
      s.add(1, Match.ANY, many.toArray(Action[]::new));
      long upcalls = s.upcalls();
      for (int i = 0; i < 3; i++) {
        s.wire(1).send(datagrams());
        assertThat(receive(s.wire(2))).isEqualTo(payload());
      }
      boolean isSlow = backend == Backend.BPF;
      assertThat(s.upcalls() - upcalls).isEqualTo(isSlow ? 3 : 1);
      assertThat(s.backer().coverage())
          .containsEntry("upcall_slow_path_flow", isSlow ? 1L : 0L)
          .containsEntry("xlate_actions_oversize", 0L);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aControllerGetsDatagramsWithTheirChecksums(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, 2)) {
      s.add(1, Match.ANY, new Action.Output(OfPort.CONTROLLER, 0xffff));
      s.wire(1).send(datagrams());
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      long end = System.nanoTime() + PATIENCE_NS;
      while (all.size() < PAYLOAD) {
        PacketIn m = s.packetIns.poll();
        if (m != null) {
          byte[] d = m.data().array();
          assertThat(d.length).isLessThanOrEqualTo(HEADERS + SEGMENT);
          assertThat(udpSum(d)).isEqualTo(0xffff);
          all.write(d, HEADERS, d.length - HEADERS);
        } else {
          assertThat(System.nanoTime()).as("%d bytes came", all.size()).isLessThan(end);
          LockSupport.parkNanos(100_000);
        }
      }
      assertThat(all.toByteArray()).isEqualTo(payload());
    }
  }

  /** The sum over pseudo-header and datagram, checksum included: all ones if that is right. */
  private static int udpSum(byte[] d) {
    long sum = 17L + d.length - UDP;
    for (int i = UDP - 8; i < d.length; i++) {
      sum += (d[i] & 0xffL) << (i % 2 == 0 ? 8 : 0);
    }
    while (sum > 0xffff) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (int) sum;
  }
}
