// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.beeswitch.flow.FlowLayout.ODP;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.Errno;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Test;

/**
 * What {@link Dpif} promises, as tests that every backend runs: a subclass says how to open a
 * datapath, how to give it a port with a wire whose other end the test holds, and, where the
 * datapath does not run by itself, how to have it forward. Ports, flows and actions are here,
 * upcalls and execute in {@link DpifUpcallContract}.
 */
public abstract class DpifContractTest extends DpifUpcallContract {
  // Ports

  @Test
  void notesAreKeptUntilTheyAreForgotten() {
    assertThat(dpif.notes()).isEmpty();
    assertThat(dpif.note("br0/p1", 1)).isZero();
    assertThat(dpif.note("br0/p2", -2)).isZero();
    assertThat(dpif.note("br0/p1", 7)).isZero();
    assertThat(dpif.notes()).isEqualTo(Map.of("br0/p1", 7L, "br0/p2", -2L));
    dpif.forget("br0/p1");
    dpif.forget("br0/p1");
    assertThat(dpif.notes()).isEqualTo(Map.of("br0/p2", -2L));
  }

  @Test
  void portsAreDenseFromOneAndListedByNumber() {
    assertThat(dpif.ports()).extracting(p -> p.number().number()).containsExactly(1, 2, 3);
    assertThat(dpif.ports()).extracting(DpifPort::name).containsExactly("p1", "p2", "p3");
  }

  @Test
  void addingAPortTwiceIsRefused() {
    assertThatThrownBy(() -> dpif.portAdd("p1", PortKind.SYSTEM))
        .isInstanceOfSatisfying(
            DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
    assertThat(dpif.ports()).hasSize(3);
  }

  @Test
  void portOfNoDeviceIsRefused() {
    if (knowsDevices()) {
      assertThatThrownBy(() -> dpif.portAdd("nodevice0", PortKind.SYSTEM))
          .isInstanceOfSatisfying(
              DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
    }
  }

  @Test
  void deletingAPortTwiceIsRefused() throws Exception {
    OdpPort p = new OdpPort(port[3]);
    dpif.portDel(p);
    assertThat(dpif.ports()).hasSize(2);
    assertThatThrownBy(() -> dpif.portDel(p))
        .isInstanceOfSatisfying(
            DpifException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void flowToADeletedPortStaysAndDrops() throws Exception {
    int id = put(1, 5, outputs(port[3]));
    dpif.portDel(new OdpPort(port[3]));
    send(1, frame(5, 1));
    eventually(() -> drops(DropReason.OUTPUT_NO_PORT) == 1);
    assertThat(stats(id).packets).isEqualTo(1);
  }

  // Flows

  @Test
  void packetOfNoFlowGoesUpAsItCame() {
    send(2, frame(5, 1));
    Up up = upcall();
    assertThat(up.kind()).isEqualTo(UpcallKind.MISS);
    assertThat(up.packet().bytes()).isEqualTo(frame(5, 1).bytes());
    assertThat(up.metadata().inPort()).isEqualTo(port[2]);
    assertThat(up.metadata().recircId()).isZero();
    assertThat(up.cookies()).containsExactly(0L, 0L, 0L);
    eventually(() -> dpif.stats().missed() == 1);
  }

  @Test
  void secondPacketOfAFlowIsAHit() {
    send(1, frame(5, 1));
    upcall();
    int id = put(1, 5, outputs(port[2]));
    send(1, frame(5, 1));
    assertThat(receive(2).bytes()).isEqualTo(frame(5, 1).bytes());
    send(1, frame(5, 1));
    receive(2);
    assertThat(takeUpcalls()).isEmpty();
    assertThat(stats(id).packets).isEqualTo(2);
    assertThat(stats(id).bytes).isEqualTo(120);
    assertThat(dpif.stats().hit()).isEqualTo(2);
    assertThat(dpif.stats().flows()).isEqualTo(1);
    assertThat(dpif.stats().masks()).isEqualTo(1);
  }

  @Test
  void maskedCompareDecides() {
    put(1, 5, outputs(port[2]));
    send(1, frame(5, 0xabcdef));
    assertThat(receive(2).bytes()).as("eth_src is wild").isEqualTo(frame(5, 0xabcdef).bytes());
    send(1, frame(6, 1));
    assertThat(upcall().packet().bytes()).isEqualTo(frame(6, 1).bytes());
    send(3, frame(5, 1));
    assertThat(upcall().metadata().inPort()).isEqualTo(port[3]);
    receivesNothing(2);
  }

  @Test
  void flowsOfDifferentMasksAreAllFound() {
    put(1, 5, outputs(port[2]));
    OdpKey k = key(1, 0);
    OdpKey m = new OdpKey();
    m.words()[0] = -1L;
    m.words()[1] = 0xffff;
    m.words()[2] = 0xffffffffffff0000L;
    k.words()[2] = 0x99L << 16;
    assertThat(dpif.flowPut(k, m, outputs(port[3]))).isNotNegative();
    assertThat(dpif.stats().masks()).isEqualTo(2);
    for (int i = 0; i < 3; i++) {
      send(1, frame(5, 1));
      send(1, frame(6, 0x99));
      receive(2);
      receive(3);
    }
    assertThat(takeUpcalls()).isEmpty();
  }

  @Test
  void keyBitsOutsideTheMaskDoNotCount() {
    put(1, 5, outputs(port[2]));
    OdpKey same = key(1, 5);
    same.words()[2] = 0x123456L << 16;
    same.words()[20] = -1L;
    assertThat(dpif.flowPut(same, mask(), outputs(port[3]))).isEqualTo(-Errno.EEXIST);
    assertThat(dpif.stats().flows()).isEqualTo(1);
  }

  @Test
  void putKeepsNeitherItsKeyNorItsActions() {
    OdpKey k = key(1, 5);
    OdpKey m = mask();
    OdpActions a = outputs(port[2]);
    assertThat(dpif.flowPut(k, m, a)).isNotNegative();
    k.clear();
    m.clear();
    a.clear();
    send(1, frame(5, 1));
    receive(2);
  }

  @Test
  void modifyReplacesTheActions() {
    int id = put(1, 5, outputs(port[2]));
    assertThat(dpif.flowModify(id, outputs(port[3]))).isZero();
    send(1, frame(5, 1));
    receive(3);
    receivesNothing(2);
    dpif.flowUnlink(id);
    assertThat(dpif.flowModify(id, outputs(port[2]))).isEqualTo(-Errno.ENOENT);
    assertThat(dpif.flowModify(12_345, outputs(port[2]))).isEqualTo(-Errno.ENOENT);
  }

  @Test
  void packetSeesTheOldActionsOrTheNewOnes() throws Exception {
    int src = FlowLayout.ETH_SRC - ODP;
    OdpActions[] lists = new OdpActions[2];
    for (int v = 0; v < 2; v++) {
      // Both copies carry the mark of one list.
      lists[v] = new OdpActions();
      lists[v].set(src, (v + 1L) << 16, 0xffL << 16);
      lists[v].output(port[2]);
      lists[v].set(src, (v + 1L) << 24, 0xffL << 24);
      lists[v].output(port[3]);
    }
    int id = put(1, 5, lists[0]);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread flipper =
        new Thread(
            () -> {
              for (int i = 0; !stop.get(); i++) {
                if (dpif.flowModify(id, lists[i & 1]) != 0) {
                  failure.set(new AssertionError("modify refused"));
                }
              }
            });
    flipper.start();
    try {
      for (int i = 0; i < 2_000; i++) {
        send(1, frame(5, 0));
        int first = receive(2).bytes()[11];
        byte[] second = receive(3).bytes();
        assertThat(second[11]).isEqualTo((byte) first);
        assertThat(second[10]).isEqualTo((byte) first);
      }
    } finally {
      stop.set(true);
      flipper.join();
    }
    assertThat(failure.get()).isNull();
  }

  @Test
  void unlinkedFlowIsNotFoundAndItsCountersStayUntilReleased() {
    int id = put(1, 5, outputs(port[2]));
    send(1, frame(5, 1));
    receive(2);
    assertThat(dpif.flowUnlink(id)).isZero();
    assertThat(dpif.flowUnlink(id)).isEqualTo(-Errno.ENOENT);
    send(1, frame(5, 1));
    assertThat(upcall().kind()).isEqualTo(UpcallKind.MISS);
    dpif.quiesce();
    assertThat(stats(id).packets).isEqualTo(1);
    int other = put(1, 5, outputs(port[3]));
    assertThat(other).as("an id is not given again before its release").isNotEqualTo(id);
    dpif.flowRelease(id);
    assertThat(stats(other).packets).isZero();
    assertThat(dpif.stats().flows()).isEqualTo(1);
  }

  @Test
  void releasedFlowLeavesNothingToTheNextOfItsId() {
    for (int round = 0; round < 3; round++) {
      int id = put(1, 5, outputs(port[2]));
      assertThat(stats(id).packets).isZero();
      assertThat(stats(id).usedNs).isZero();
      assertThat(stats(id).tcpFlags).isZero();
      send(1, frame(5, 1));
      receive(2);
      dpif.flowUnlink(id);
      dpif.quiesce();
      dpif.flowRelease(id);
    }
  }

  @Test
  void countersAreExactThoughFlowsAreDeletedUnderTraffic() throws Exception {
    int n = 20_000;
    AtomicBoolean stop = new AtomicBoolean();
    long[] counted = new long[2];
    Thread client =
        new Thread(
            () -> {
              while (!stop.get()) {
                int id = dpif.flowPut(key(1, 5), mask(), new OdpActions());
                Thread.onSpinWait();
                dpif.flowUnlink(id);
                dpif.quiesce();
                FlowStats s = stats(id);
                counted[0] += s.packets;
                counted[1] += s.bytes;
                dpif.flowRelease(id);
              }
            });
    client.start();
    long sent = sendAll(1, n, i -> frame(5, 1));
    stop.set(true);
    client.join();
    assertThat(dpif.stats().hit() + dpif.stats().missed()).isEqualTo(sent);
    assertThat(counted[0]).as("packets of deleted flows").isEqualTo(dpif.stats().hit());
    assertThat(counted[1]).isEqualTo(60 * dpif.stats().hit());
  }

  @Test
  void dumpShowsEachFlowOnce() {
    int a = put(1, 5, outputs(port[2], port[3]));
    OdpKey extra = key(1, 6);
    extra.words()[2] = 77L << 16; // wildcarded
    int b = dpif.flowPut(extra, mask(), new OdpActions());
    send(1, frame(5, 1));
    receive(2);
    List<Integer> ids = new ArrayList<>();
    dpif.flowDump(
        (id, key, mask, actions, stats) -> {
          ids.add(id);
          assertThat(mask).isEqualTo(mask());
          if (id == a) {
            assertThat(key).isEqualTo(key(1, 5));
            assertThat(actions).isEqualTo(outputs(port[2], port[3]));
            assertThat(stats.packets).isEqualTo(1);
          } else {
            assertThat(key.words()[0]).isEqualTo(key(1, 6).words()[0]);
            assertThat(key.words()[1]).isEqualTo(key(1, 6).words()[1]);
            assertThat(actions.isEmpty()).isTrue();
          }
        });
    assertThat(ids).containsExactlyInAnyOrder(a, b);
    dpif.flowUnlink(a);
    ids.clear();
    dpif.flowDump((id, key, mask, actions, stats) -> ids.add(id));
    assertThat(ids).containsExactly(b);
  }

  @Test
  void statsTellWhenAFlowWasUsedAndItsTcpFlags() {
    OdpKey k = new OdpKey();
    k.words()[0] = (long) port[1] << 32;
    OdpKey m = new OdpKey();
    m.words()[0] = -1L;
    int id = dpif.flowPut(k, m, outputs(port[2]));
    assertThat(stats(id).usedNs).isZero();
    send(1, neighbourSolicitation());
    receive(2);
    for (int flags : new int[] {0x02, 0x10}) {
      send(1, tcp(flags));
      receive(2);
    }
    assertThat(stats(id).usedNs).isNotZero();
    assertThat(stats(id).tcpFlags).isEqualTo(0x12);
  }

  /** Its option's type is where the flags of a TCP packet are. */
  private static Packet neighbourSolicitation() {
    Ipv6Address a = new Ipv6Address(0xfe80L << 48, 1);
    return Packet.of(new PacketBuilder().eth(2, 1).ipv6(a, a).nd(135, 0, a).ndOption(1, 5).bytes());
  }

  private static Packet tcp(int flags) {
    return Packet.of(
        new PacketBuilder().eth(2, 1).ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, flags, 0).bytes());
  }

  @Test
  void listThatIsNotSupportedIsRefused() {
    OdpActions a = new OdpActions();
    a.addRaw((long) OdpActionKind.POP_ETH.code() << 48, 0, 0, 0);
    assertThat(dpif.supports(a)).isFalse();
    assertThat(dpif.flowPut(key(1, 5), mask(), a)).isEqualTo(-Errno.EOPNOTSUPP);
    assertThat(dpif.supports(outputs(port[1], port[2]))).isTrue();
  }

  // Actions

  @Test
  void emptyListAndDropAreCountedDrops() {
    int id = put(1, 5, new OdpActions());
    send(1, frame(5, 1));
    eventually(() -> drops(DropReason.ACTION) == 1);
    OdpActions drop = new OdpActions();
    drop.drop();
    dpif.flowModify(id, drop);
    send(1, frame(5, 1));
    eventually(() -> drops(DropReason.ACTION) == 2);
    assertThat(stats(id).packets).isEqualTo(2);
    assertThat(takeUpcalls()).isEmpty();
  }

  @Test
  void laterActionsDoNotTouchWhatHasLeft() {
    OdpActions a = outputs(port[1], port[2]);
    a.set(FlowLayout.ETH_SRC - ODP, 0xaaL << 16, 0xffL << 16);
    a.pushVlan(0x8100, 7);
    a.output(port[3]);
    a.popVlan();
    a.output(port[3]);
    put(1, 5, a);
    send(1, frame(5, 1));
    assertThat(receive(1).bytes())
        .as("also back where it came from")
        .isEqualTo(frame(5, 1).bytes());
    assertThat(receive(2).bytes()).isEqualTo(frame(5, 1).bytes());
    assertThat(receive(3).bytes())
        .isEqualTo(
            new PacketBuilder()
                .eth(5, 0xaa)
                .vlan(0x8100, 7)
                .type(ETH_TYPE)
                .payload(new byte[46])
                .bytes());
    assertThat(receive(3).bytes()).isEqualTo(frame(5, 0xaa).bytes());
  }

  @Test
  void setRewritesHeadersAndTheirChecksums() {
    OdpKey k = new OdpKey();
    k.words()[0] = (long) port[1] << 32;
    k.words()[1] = 0x0800;
    k.words()[FlowLayout.NW - ODP] = 6L << 32;
    OdpKey m = new OdpKey();
    m.words()[0] = -1L;
    m.words()[1] = 0xffff;
    m.words()[FlowLayout.NW - ODP] = 0xffL << 32;
    OdpActions a = new OdpActions();
    a.set(FlowLayout.NW - ODP, 63L << 40, 0xffL << 40);
    a.set(FlowLayout.IPV4 - ODP, 0x0a09_0807L, 0xffff_ffffL);
    a.set(FlowLayout.TP - ODP, 8080L << 32, 0xffffL << 32);
    a.output(port[2]);
    assertThat(dpif.flowPut(k, m, a)).isNotNegative();
    send(1, tcp(0x10));
    byte[] want =
        new PacketBuilder()
            .eth(2, 1)
            .ipv4(0x0a000001L, 0x0a090807L, 0, 63, 0)
            .tcp(1, 8080, 0x10, 0)
            .bytes();
    assertThat(receive(2).bytes()).isEqualTo(want);
  }

  @Test
  void truncCutsTheNextOutputOnly() {
    OdpActions a = new OdpActions();
    a.trunc(20);
    a.output(port[2]);
    a.output(port[3]);
    if (dpif.supports(a)) {
      put(1, 5, a);
      send(1, frame(5, 1));
    } else {
      assertThat(dpif.execute(0, frame(5, 1), new OdpKey(), a)).isZero();
    }
    assertThat(receive(2).length()).isEqualTo(20);
    assertThat(receive(3).length()).isEqualTo(60);
  }

  @Test
  void frameLongerThanTheMtuIsACountedDrop() {
    put(1, 5, outputs(port[2]));
    OdpActions a = outputs(port[2]);
    Packet tooLong = Packet.of(new PacketBuilder().eth(5, 1).payload(new byte[1_600]).bytes());
    dpif.execute(0, tooLong, new OdpKey(), a);
    eventually(() -> drops(DropReason.OUTPUT_MTU) == 1);
    receivesNothing(2);
  }
}
