// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * A datapath with three ports whose wires' other ends a test holds, and the words that the contract
 * is written in. Which datapath it is, a subclass says.
 *
 * <p>A backend may deliver late: what should come is waited for. That something does not come is
 * shown by something else that comes after it on the same way.
 */
@Timeout(120)
public abstract class DpifOnWires {
  private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(20);
  static final int ETH_TYPE = 0x88b5;

  /** Opens an empty datapath. */
  protected abstract Dpif open() throws Exception;

  /** Adds a port; what is sent to the returned end of its wire, the port receives. */
  protected abstract PacketNetdev addPort(Dpif dpif, String name) throws Exception;

  /** Forwards what waits, if the datapath does not do so itself. */
  protected void pump() {}

  /** Takes away what {@link #open} and {@link #addPort} made. Called after the datapath closes. */
  protected void cleanUp() throws Exception {}

  /** Whether a name can be that of no device. */
  protected boolean knowsDevices() {
    return true;
  }

  protected Dpif dpif;
  private final PacketNetdev[] wires = new PacketNetdev[4];
  final int[] port = new int[4];
  private final Packet[] one = {new Packet(Packet.MAX_LENGTH)};

  /** A copy of an {@link Upcall}. */
  protected record Up(UpcallKind kind, Packet packet, OdpKey metadata, List<Long> cookies) {}

  @BeforeEach
  void openWithThreePorts() throws Exception {
    dpif = open();
    dpif.setHandlers(1);
    dpif.setExecutors(2);
    for (int i = 1; i <= 3; i++) {
      wires[i] = addPort(dpif, "p" + i);
      List<DpifPort> ports = dpif.ports();
      port[i] = ports.get(ports.size() - 1).number().number();
    }
  }

  @AfterEach
  void close() throws Exception {
    try {
      dpif.close();
    } finally {
      for (PacketNetdev w : wires) {
        if (w != null) {
          w.close();
        }
      }
      cleanUp();
    }
  }

  // What the tests are written in

  static Packet frame(int dst, int src) {
    return Packet.of(
        new PacketBuilder().eth(dst, src).type(ETH_TYPE).payload(new byte[46]).bytes());
  }

  void send(int from, Packet p) {
    assertThat(wires[from].send(p)).isZero();
    pump();
  }

  /** The next packet that the datapath sends out of a port. */
  Packet receive(int at) {
    long end = System.nanoTime() + DEADLINE_NS;
    do {
      if (wires[at].receive(one, 1) == 1) {
        Packet p = new Packet(one[0].length());
        p.copyFrom(one[0]);
        return p;
      }
      pump();
    } while (System.nanoTime() < end);
    return fail("nothing came out of port p" + at + "; " + dpif.coverage());
  }

  /** Nothing more has been sent out of a port before this call. */
  void receivesNothing(int at) {
    Packet marker = frame(0x77, 0x77);
    OdpActions a = new OdpActions();
    a.output(port[at]);
    Packet copy = new Packet(0);
    copy.copyFrom(marker);
    assertThat(dpif.execute(0, copy, new OdpKey(), a)).isZero();
    assertThat(receive(at).bytes()).isEqualTo(marker.bytes());
  }

  List<Up> takeUpcalls() {
    List<Up> all = new ArrayList<>();
    dpif.receive(0, u -> all.add(copy(u)), Integer.MAX_VALUE);
    return all;
  }

  static Up copy(Upcall u) {
    Packet p = new Packet(u.packet.length());
    p.copyFrom(u.packet);
    OdpKey metadata = new OdpKey();
    metadata.copyFrom(u.metadata);
    return new Up(u.kind, p, metadata, List.of(u.cookie0, u.cookie1, u.cookie2));
  }

  Up upcall() {
    List<Up> all = new ArrayList<>();
    eventually(
        () -> {
          pump();
          return all.isEmpty() && dpif.receive(0, u -> all.add(copy(u)), 1) == 1;
        });
    return all.get(0);
  }

  /** Takes upcalls until one is as wanted. */
  void awaitUpcall(Predicate<Up> wanted) {
    AtomicBoolean found = new AtomicBoolean();
    eventually(
        () -> {
          pump();
          dpif.receive(
              0,
              u -> {
                if (wanted.test(copy(u))) {
                  found.set(true);
                }
              },
              1_000);
          return found.get();
        });
  }

  static void eventually(BooleanSupplier condition) {
    long end = System.nanoTime() + DEADLINE_NS;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time is over").isLessThan(end);
    }
  }

  static OdpActions outputs(int... ports) {
    OdpActions a = new OdpActions();
    for (int p : ports) {
      a.output(p);
    }
    return a;
  }

  OdpKey key(int from, int dst) {
    OdpKey k = new OdpKey();
    k.words()[0] = (long) port[from] << 32;
    k.words()[1] = (long) dst << 16 | ETH_TYPE;
    return k;
  }

  /** in_port, recirc_id, eth_dst, eth_type. */
  static OdpKey mask() {
    OdpKey m = new OdpKey();
    m.words()[0] = -1L;
    m.words()[1] = -1L;
    return m;
  }

  int put(int from, int dst, OdpActions a) {
    int id = dpif.flowPut(key(from, dst), mask(), a);
    assertThat(id).isNotNegative();
    return id;
  }

  FlowStats stats(int id) {
    FlowStats s = new FlowStats();
    dpif.flowStats(id, s);
    return s;
  }

  long drops(DropReason reason) {
    return dpif.coverage().getOrDefault(reason.text(), 0L);
  }

  /** Sends misses and waits until the datapath has seen them all. */
  long flood(int from, int n) {
    return sendAll(from, n, i -> frame(0x1000 + i, 1));
  }

  /** Sends packets no faster than the datapath looks them up, so that none is lost on the wire. */
  long sendAll(int from, int n, IntFunction<Packet> packets) {
    long before = dpif.stats().hit() + dpif.stats().missed();
    for (int i = 0; i < n; i++) {
      send(from, packets.apply(i));
      if (i % 256 == 255 || i == n - 1) {
        long want = before + i + 1;
        eventually(() -> dpif.stats().hit() + dpif.stats().missed() >= want);
      }
    }
    return n;
  }
}
