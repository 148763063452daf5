// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.ofproto.SteppedSwitch.output;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.upcall.Adoption;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfPort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a second process makes of the megaflows of the first, in one datapath. */
class AdoptionTest {
  private static final long A = 0x020000000001L;
  private static final long B = 0x020000000002L;
  private SteppedSwitch s;
  private Backer next;
  private Ofproto br0;

  @BeforeEach
  void start() throws Exception {
    s = new SteppedSwitch(3);
  }

  @AfterEach
  void end() {
    s.close();
  }

  /** The next process, with the same ports; its handlers do not run. */
  private Adoption restart() {
    next = new Backer(s.dpif, () -> {}, (bridge, m) -> {});
    br0 = new Ofproto(next, "br0", new SteppedSwitch.Devices(), s);
    for (DpifPort p : s.dpif.ports()) {
      br0.addPort(new DpifPort(p.number(), p.name(), PortKind.SYSTEM, 0), null, s.nowNs);
    }
    return new Adoption(next.udpif(), next.newXlate());
  }

  private void add(int priority, Match m, Action... actions) {
    Instructions i = Instructions.apply(List.of(actions));
    assertThat(br0.flowMod(SteppedSwitch.flowMod(FlowMod.Command.ADD, 0, priority, m, i), s.nowNs))
        .isNull();
  }

  private static byte[] udp(long dst, long src, int port) {
    return new PacketBuilder()
        .eth(dst, src)
        .ipv4(0x0a000001L, 0x0a000002L)
        .udp(1000, port)
        .payload(22)
        .bytes();
  }

  /** Ports that a frame leaves by, without any handler. */
  private List<Integer> portsOf(int port, byte[] frame) {
    s.wire(port).inject(frame);
    int moved;
    do {
      moved = s.dpif.step();
    } while (moved > 0);
    List<Integer> ports = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      for (int n = s.wire(i).drain().size(); n > 0; n--) {
        ports.add(i);
      }
    }
    return ports;
  }

  private long packetsOfRules() {
    next.udpif().pullStats();
    long[] sum = new long[1];
    br0.forEachRule(MultipartRequest.RuleFilter.ALL, (Rule r) -> sum[0] += r.counter().packets());
    return sum[0];
  }

  @Test
  void whatIsStillRightIsKeptAndCreditsWhatComesLater() {
    s.add(1, Match.ANY, output(2));
    for (int i = 0; i < 5; i++) {
      assertThat(s.portsOf(1, udp(B, A, 9))).containsExactly(2);
    }
    Adoption a = restart();
    add(1, Match.ANY, output(2));
    assertThat(portsOf(1, udp(B, A, 9))).containsExactly(2);
    a.correct(s.nowNs);
    a.removeWrong();
    assertThat(a.coverage())
        .containsEntry("adopt_kept", 1L)
        .containsEntry("adopt_corrected", 0L)
        .containsEntry("adopt_removed", 0L)
        .containsEntry("adopt_uncredited_packets", 5L); // the first was executed, not matched
    assertThat(packetsOfRules()).isZero();
    assertThat(portsOf(1, udp(B, A, 9))).containsExactly(2);
    assertThat(packetsOfRules()).isEqualTo(1);
    assertThat(next.udpif().flowCount()).isEqualTo(1);
  }

  @Test
  void otherActionsAreCorrectedAndAChangeFindsTheUkey() {
    s.add(1, Match.ANY, output(2));
    s.portsOf(1, udp(B, A, 9));
    Adoption a = restart();
    add(1, Match.ANY, output(3));
    assertThat(portsOf(1, udp(B, A, 9))).as("until then").containsExactly(2);
    a.correct(s.nowNs);
    assertThat(a.coverage()).containsEntry("adopt_corrected", 1L);
    assertThat(portsOf(1, udp(B, A, 9))).containsExactly(3);
    add(2, Match.ANY, output(2));
    assertThat(portsOf(1, udp(B, A, 9))).as("it misses, and nobody serves it").isEmpty();
  }

  @Test
  void whatLooksAtMoreNowOrCameInByNoPortIsRemoved() {
    s.add(1, Match.ANY, output(2));
    s.portsOf(1, udp(B, A, 9));
    s.portsOf(3, udp(B, A, 9));
    Adoption a = restart();
    br0.removePort(OfPort.of(3));
    Match http =
        Match.builder()
            .exact(Field.ETH_TYPE, 0x0800)
            .exact(Field.IP_PROTO, 17)
            .exact(Field.UDP_DST, 80)
            .build();
    add(2, http, output(3));
    add(1, Match.ANY, output(2));
    a.correct(s.nowNs);
    assertThat(next.udpif().flowCount()).isZero();
    a.removeWrong();
    assertThat(a.coverage()).containsEntry("adopt_kept", 0L).containsEntry("adopt_removed", 2L);
    assertThat(s.dpif.stats().flows()).isZero();
  }

  @Test
  void aLearningSwitchKnowsAgainWhoIsWhere() {
    s.add(1, Match.ANY, new Action.Output(OfPort.NORMAL, 0));
    s.portsOf(1, udp(B, A, 9));
    for (int i = 0; i < 3; i++) {
      assertThat(s.portsOf(2, udp(A, B, 9))).containsExactly(1);
      assertThat(s.portsOf(1, udp(B, A, 9))).containsExactly(2);
    }
    Adoption a = restart();
    add(1, Match.ANY, new Action.Output(OfPort.NORMAL, 0));
    assertThat(a.addresses().stream().map(Adoption.Address::mac)).contains(A, B);
    assertThat(a.addresses().stream().map(Adoption.Address::ofPort)).contains(1, 2);
  }

  @Test
  void bridgesAndPortsKeepTheirNumbers() throws Exception {
    s.addPort(s.br0, "p9", 99);
    restart();
    assertThat(br0.number()).isEqualTo(s.br0.number());
    assertThat(br0.state().ports().byName("p9").ofPort()).isEqualTo(99);
    assertThat(br0.state().ports().byName("p3").ofPort()).isEqualTo(3);
    br0.remove();
    assertThat(s.dpif.notes()).isEmpty();
  }

  @Test
  void nothingMayStayIfNobodyWaits() {
    s.add(1, Match.ANY, output(2));
    s.portsOf(1, udp(B, A, 9));
    Adoption a = restart();
    a.rejectAll();
    a.removeWrong();
    assertThat(s.dpif.stats().flows()).isZero();
    assertThat(a.toString()).isEqualTo("0 megaflows kept, 0 corrected, 1 removed");
  }
}
