// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.ODP;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.netdev.sys.Sys;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A start that finds what an earlier process left: whole, half done, or damaged. */
@Tag("system")
class AdoptionTest extends BetweenTwoHosts {
  private boolean pings() {
    // An address that was asked for in vain is not asked for again at once.
    lab.hosts.get(0).exec("ip", "neigh", "flush", "dev", "h0");
    try {
      return lab.hosts.get(0).exec("ping", "-c1", "-W2", lab.address(1)).contains("1 received");
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private Path pins() {
    return Path.of("/sys/fs/bpf", "beeswitch-" + Pins.nameOf(lab.rundir));
  }

  /** Flow ids with all that is said of them. */
  private Map<Integer, String> dump() {
    Map<Integer, String> all = new TreeMap<>();
    lab.dpif.flowDump(
        (id, key, mask, actions, stats) ->
            all.put(
                id, List.of(key.words()[0], key.hashCode(), mask.hashCode(), actions).toString()));
    return all;
  }

  private DpifPort port(String name) {
    return lab.dpif.ports().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  private OdpPort add(String name, PortKind kind) throws Exception {
    return lab.inSwitch(() -> lab.dpif.portAdd(name, kind));
  }

  @Test
  void whatIsKeptForwardsOnAndIsTakenOver() throws Exception {
    lab.wire(0, 1);
    lab.wire(1, 0);
    OdpPort local = add("br0", PortKind.INTERNAL);
    assertThat(local.number()).isEqualTo(3);
    assertThat(lab.dpif.note("br0/s0", 7)).isZero();
    assertThat(pings()).isTrue();
    lab.inSwitch(
        () -> {
          lab.dpif.close(true);
          return null;
        });
    assertThat(pings()).isTrue();
    lab.dpif = lab.inSwitch(() -> BpfDpif.open(lab.rundir));
    assertThat(lab.dpif.isAdopted()).isTrue();
    assertThat(lab.dpif.stats().flows()).isEqualTo(2);
    assertThat(lab.dpif.stats().hit()).isGreaterThanOrEqualTo(4);
    assertThat(lab.dpif.notes()).isEqualTo(Map.of("br0/s0", 7L));
    assertThat(add("br0", PortKind.INTERNAL)).isEqualTo(local);
    assertThat(add("s1", PortKind.SYSTEM).number()).isEqualTo(lab.port(1));
    assertThat(add("s0", PortKind.SYSTEM).number()).isEqualTo(lab.port(0));
    lab.inSwitch(
        () -> {
          lab.dpif.dropUnclaimedPorts();
          return null;
        });
    assertThat(lab.dpif.ports()).hasSize(3);
    assertThat(pings()).isTrue();
    lab.inSwitch(
        () -> {
          lab.dpif.close(false);
          return null;
        });
    assertThat(Files.exists(pins())).isFalse();
    assertThat(lab.switchNs.exec("ip", "-o", "link")).doesNotContain("br0");
    assertThat(pings()).isFalse();
  }

  @Test
  void flowsKeepTheirIdsAndCanBeModifiedAndDeleted() throws Exception {
    int there = lab.wire(0, 1);
    int back = lab.wire(1, 0);
    assertThat(pings()).isTrue();
    OdpActions many = new OdpActions();
    many.output(lab.port(0));
    many.output(lab.port(0));
    many.output(lab.port(1));
    int twoSlots = lab.dpif.flowPut(frameKey(1), allOf(12), many);
    int eightSlots = lab.dpif.flowPut(frameKey(2), allOf(30), many);
    int gone = lab.dpif.flowPut(frameKey(3), allOf(12), many);
    assertThat(lab.dpif.flowUnlink(gone)).isZero(); // and never released
    Map<Integer, String> before = dump();
    assertThat(before).containsKeys(there, back, twoSlots, eightSlots).hasSize(4);
    lab.restart(1);
    assertThat(dump()).isEqualTo(before);
    assertThat(lab.dpif.coverage())
        .containsEntry("dp_adopted_flows", 4L)
        .containsEntry("dp_adopted_dead_records", 0L)
        .containsEntry("dp_adopted_dead_elements", 0L)
        .containsEntry("dp_action_lists", 1L);
    assertThat(lab.dpif.flowPut(frameKey(2), allOf(30), many)).isEqualTo(-17); // EEXIST
    int again = lab.dpif.flowPut(frameKey(3), allOf(12), many);
    assertThat(again).isPositive().isNotIn(before.keySet());
    OdpActions drop = new OdpActions();
    assertThat(lab.dpif.flowModify(there, drop)).isZero();
    assertThat(pings()).isFalse();
    for (int id : new int[] {there, back, twoSlots, eightSlots, again}) {
      assertThat(lab.dpif.flowUnlink(id)).isZero();
    }
    lab.dpif.quiesce();
    for (int id : new int[] {there, back, twoSlots, eightSlots, again}) {
      lab.dpif.flowRelease(id);
    }
    assertThat(lab.dpif.stats().flows()).isZero();
    assertThat(lab.dpif.stats().masks()).isZero();
    assertThat(lab.dpif.coverage()).containsEntry("dp_action_lists", 0L);
  }

  private static OdpKey frameKey(int i) {
    OdpKey key = new OdpKey();
    for (int w = 1; w < FlowLayout.ODP_WORDS; w++) {
      key.words()[w] = 1000L * i + w;
    }
    return key;
  }

  /** A mask with ones in that many words. */
  private static OdpKey allOf(int words) {
    OdpKey mask = new OdpKey();
    for (int w = 0; w < words; w++) {
      mask.words()[w] = -1L;
    }
    return mask;
  }

  /** Element of the flow table that a wire's flow is in. */
  private Bpf.Attr element(int flow) {
    ByteBuffer m = flowMemory();
    Bpf.Attr a = new Bpf.Attr(32, 4);
    a.key().putLong(0, Mem.getInt(m, flow * Abi.Flow.SIZE + Abi.Flow.MASK));
    a.key().putLong(8, Mem.getLong(m, flow * Abi.Flow.SIZE + Abi.Flow.KEY));
    return a;
  }

  private ByteBuffer flowMemory() {
    int fd = Bpf.getElement(lab.dpif.system().map("dp_flows"), 0);
    ByteBuffer m = Bpf.map(fd, 0, (long) Abi.Flow.SIZE << Abi.FLOW_CHUNK_BITS, true);
    Sys.close(fd);
    assertThat(m).isNotNull();
    return m;
  }

  private int table3() {
    return Bpf.getElement(lab.dpif.system().map("dp_table3"), 0);
  }

  @Test
  void aRecordWithoutElementIsFreedAndAnElementWithoutRecordDeleted() throws Exception {
    int there = lab.wire(0, 1);
    int back = lab.wire(1, 0);
    assertThat(pings()).isTrue();
    int table = table3();
    assertThat(element(there).delete(table)).isZero();
    Mem.putInt(flowMemory(), back * Abi.Flow.SIZE + Abi.Flow.STATE, Abi.Flow.FREE);
    Bpf.Attr nowhere = element(there);
    nowhere.key().putLong(8, 99);
    nowhere.value().putInt(0, 1 << 30);
    assertThat(nowhere.update(table, Bpf.ANY)).isZero();
    Sys.close(table);
    lab.restart(1);
    assertThat(dump()).isEmpty();
    assertThat(lab.dpif.coverage())
        .containsEntry("dp_adopted_flows", 0L)
        .containsEntry("dp_adopted_dead_records", 1L)
        .containsEntry("dp_adopted_dead_elements", 2L);
    assertThat(lab.dpif.stats().masks()).isZero();
    assertThat(pings()).as("a cached record that is dead").isFalse();
    lab.wire(0, 1);
    lab.wire(1, 0);
    assertThat(pings()).isTrue();
  }

  @Test
  void masksThatTradedPlacesWhenTheProcessDiedAreFoundAgain() throws Exception {
    int there = lab.wire(0, 1);
    int back = lab.wire(1, 0);
    assertThat(lab.dpif.flowPut(frameKey(1), allOf(2), new OdpActions())).isPositive();
    assertThat(lab.dpif.flowPut(frameKey(1), allOf(3), new OdpActions())).isPositive();
    ByteBuffer order = lab.dpif.system().memory("dp_mask_order");
    // Died between the two stores of an exchange: the wires' mask has no place now.
    Mem.putLong(order, 0, Mem.getLong(order, Abi.MaskOrder.SIZE));
    assertThat(pings()).isFalse();
    lab.restart(1);
    assertThat(lab.dpif.stats().masks()).isEqualTo(3);
    assertThat(dump()).containsKeys(there, back).hasSize(4);
    assertThat(pings()).isTrue();
    int[] ids = new int[4];
    order = lab.dpif.system().memory("dp_mask_order");
    for (int p = 0; p < 4; p++) {
      ids[p] = Mem.getInt(order, p * Abi.MaskOrder.SIZE + Abi.MaskOrder.KINDS) == 0 ? 0 : 1;
    }
    assertThat(ids).containsExactly(1, 1, 1, 0);
  }

  @Test
  void whatWaitsInARingIsReceivedByTheNextProcess() throws Exception {
    int packets = 5;
    for (int handlers : new int[] {3, 1, 3}) {
      byte[] frame = Lab.udp(handlers);
      for (int i = 0; i < packets; i++) {
        inject(frame);
      }
      lab.restart(handlers);
      assertThat(lab.dpif.coverage()).containsEntry("dp_adopted_upcall_shares", 0L);
      int[] found = new int[1];
      for (int h = 0; h < handlers; h++) {
        lab.dpif.receive(h, u -> found[0] += Arrays.equals(u.packet.bytes(), frame) ? 1 : 0, 1000);
      }
      assertThat(found[0]).as("with %s handlers", handlers).isEqualTo(packets);
      assertNothingOutstandingOnceReceived();
    }
  }

  /** Hosts send what nobody asked for at any time: what has come meanwhile is received too. */
  private void assertNothingOutstandingOnceReceived() {
    long end = System.nanoTime() + 10_000_000_000L;
    while (outstanding(lab.port(0)) != 0 && System.nanoTime() < end) {
      lab.dpif.receive(0, u -> {}, 1000);
    }
    assertThat(outstanding(lab.port(0))).isZero();
  }

  /** Has a packet come in by port s0. */
  private void inject(byte[] frame) throws Exception {
    int ifindex = port("s0").ifindex();
    ByteBuffer context = ByteBuffer.allocate(192).order(ByteOrder.nativeOrder());
    context.putInt(40, ifindex); // __sk_buff.ifindex
    int[] error = new int[1];
    Bpf.TestRun run =
        lab.inSwitch(
            () ->
                Bpf.testRun(
                    lab.dpif.system().program("dp_ingress"), frame, context.array(), 1, error));
    assertThat(run).as("errno " + error[0]).isNotNull();
  }

  private int outstanding(int port) {
    ByteBuffer ports = lab.dpif.system().memory("dp_ports");
    int at = port * Abi.Port.SIZE;
    return Mem.getInt(ports, at + Abi.Port.PRODUCED) - Mem.getInt(ports, at + Abi.Port.CONSUMED);
  }

  @Test
  void aPortsShareOfTheRingIsPutRight() throws Exception {
    for (int wrong : new int[] {-100, 100}) {
      inject(Lab.udp(1));
      Mem.addInt(
          lab.dpif.system().memory("dp_ports"),
          lab.port(0) * Abi.Port.SIZE + Abi.Port.CONSUMED,
          wrong);
      lab.restart(1);
      assertThat(lab.dpif.coverage()).containsEntry("dp_adopted_upcall_shares", 1L);
      assertThat(outstanding(lab.port(0))).isPositive();
      assertNothingOutstandingOnceReceived();
    }
  }

  @Test
  @ExpectedLog("its device has gone while no daemon ran")
  void portsThatChangedMeanwhileAreFollowed() throws Exception {
    lab.wire(0, 1);
    lab.wire(1, 0);
    OdpPort local = add("br0", PortKind.INTERNAL);
    add("br1", PortKind.INTERNAL);
    lab.inSwitch(
        () -> {
          lab.dpif.close(true);
          return null;
        });
    // s1 is another device now, br0 is gone; an end of a port that was half made is there.
    lab.switchNs.exec("ip", "link", "del", "s1");
    lab.hosts.get(1).veth("h1", lab.switchNs, "s1");
    lab.hosts.get(1).address("h1", lab.address(1) + "/24");
    lab.switchNs.exec("ip", "link", "del", "br0");
    String prefix = "bs" + Pins.nameOf(lab.rundir).substring(0, 6) + ".";
    lab.switchNs.exec("ip", "link", "add", "x", "type", "veth", "peer", "name", prefix + "99");
    lab.dpif = lab.inSwitch(() -> BpfDpif.open(lab.rundir));
    assertThat(lab.switchNs.exec("ip", "-o", "link")).doesNotContain(prefix + "99");
    assertThat(port("br0").ifindex()).isZero();
    assertThat(pings()).isTrue();
    assertThat(add("br0", PortKind.INTERNAL)).isEqualTo(local);
    assertThat(port("br0").ifindex()).isPositive();
    assertThat(add("s0", PortKind.SYSTEM).number()).isEqualTo(lab.port(0));
    assertThat(add("s1", PortKind.SYSTEM).number()).isEqualTo(lab.port(1));
    lab.inSwitch(
        () -> {
          lab.dpif.dropUnclaimedPorts();
          return null;
        });
    assertThat(lab.dpif.ports().stream().map(DpifPort::name)).containsExactly("s0", "s1", "br0");
    assertThat(lab.switchNs.exec("ip", "-o", "link")).contains("br0").doesNotContain("br1");
    // A new port gets a number that no flow can name.
    assertThat(add("br2", PortKind.INTERNAL).number()).isEqualTo(5);
  }

  @Test
  @ExpectedLog("its device has gone while no daemon ran")
  void aDeviceThatVanishedLeavesItsPortWithoutOne() throws Exception {
    lab.inSwitch(
        () -> {
          lab.dpif.close(true);
          return null;
        });
    lab.switchNs.exec("ip", "link", "del", "s1");
    lab.dpif = lab.inSwitch(() -> BpfDpif.open(lab.rundir));
    assertThat(add("s1", PortKind.SYSTEM).number()).isEqualTo(lab.port(1));
    assertThat(port("s1").ifindex()).isZero();
    assertThat(Files.exists(pins().resolve(BpfSystem.abiHash()).resolve("port-1"))).isTrue();
    assertThat(Files.exists(pins().resolve(BpfSystem.abiHash()).resolve("port-2"))).isFalse();
  }

  @Test
  @ExpectedLog("cannot be taken over: it is of another version")
  void anotherVersionsDatapathIsRemoved() throws Exception {
    startAfresh(
        () -> Files.move(pins().resolve(BpfSystem.abiHash()), pins().resolve("0123456789abcdef")));
  }

  @Test
  @ExpectedLog("cannot be taken over: it was not finished")
  void whatAStartDidNotFinishIsRemoved() throws Exception {
    startAfresh(() -> Files.delete(pins().resolve(BpfSystem.abiHash()).resolve("dp_clock")));
  }

  private interface Change {
    void run() throws Exception;
  }

  private void startAfresh(Change change) throws Exception {
    lab.wire(0, 1);
    lab.wire(1, 0);
    add("br0", PortKind.INTERNAL);
    lab.inSwitch(
        () -> {
          lab.dpif.close(true);
          return null;
        });
    change.run();
    lab.dpif = lab.inSwitch(() -> BpfDpif.open(lab.rundir));
    assertThat(lab.dpif.isAdopted()).isFalse();
    assertThat(lab.dpif.ports()).isEmpty();
    assertThat(dump()).isEmpty();
    assertThat(lab.switchNs.exec("ip", "-o", "link")).doesNotContain("br0");
    assertThat(pings()).isFalse();
    assertThat(lab.dpif.system().map("dp_flows")).isPositive();
    assertThat(add("s0", PortKind.SYSTEM).number()).isEqualTo(1);
  }

  @Test
  void recirculationIdsOfFlowsAreKnown() throws Exception {
    OdpKey key = frameKey(1);
    for (int id : new int[] {7, 0x80000001, 3}) {
      key.words()[FlowLayout.PORT_RECIRC - ODP] = 1L << 32 | id & 0xffffffffL;
      assertThat(lab.dpif.flowPut(key, allOf(2), new OdpActions())).isPositive();
    }
    lab.restart(1);
    assertThat(lab.dpif.highestRecircId()).isEqualTo(0x80000001);
  }
}
