// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.ActionExecutor;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketEditor;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.PacketInCookie;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Megaflow soundness through a real datapath: whichever megaflow a packet meets, what leaves is
 * what a fresh translation of that packet gives. Random tables with MAC learning and packet-ins;
 * random packets, some with partial checksums, each sent twice, then with some bits changed.
 *
 * <p>A fresh translation is made with the tables as they are before the packet and as they are
 * after it, for the packet itself may have taught the switch an address: either is right.
 */
@Tag("system")
class MegaflowSoundnessTest {
  private static final int TABLE_SETS = 60;
  private static final int FRAMES = 25;

  /** Sent behind each frame: some other value in a field that its megaflow may not look at. */
  private static final int VARIANTS = 3;

  private static final List<Field> VARIED =
      List.of(
          Field.ETH_DST,
          Field.ETH_SRC,
          Field.VLAN_PCP,
          Field.IP_DSCP,
          Field.IP_TTL,
          Field.IPV4_SRC,
          Field.IPV4_DST,
          Field.IPV6_DST,
          Field.TCP_SRC,
          Field.TCP_DST);

  /** Packets of one kind for which a handler may have waited in vain. */
  private static final int MORE_TRIES = 10;

  private static final long PATIENCE_NS = 20_000_000_000L;

  /** By which port, or to controllers, went what. */
  private record Sent(String to, Bytes bytes) {}

  private InProcessSwitch s;
  private final Xlate xlate = new Xlate(q -> 1 << 16 | (q + 1 & 0xffff));
  private int hits;
  private int hitsAtOnce;
  private int left;

  @ParameterizedTest
  @EnumSource
  void whatLeavesIsWhatAFreshTranslationGives(Backend backend) throws Exception {
    backend.assumeAvailable();
    Random random = Seed.random("MegaflowSoundnessTest" + backend);
    int tableSets = Math.min(TABLE_SETS, Seed.tries());
    try (InProcessSwitch started = InProcessSwitch.start(backend, RandomTables.PORTS)) {
      s = started;
      for (int i = 0; i < tableSets; i++) {
        RandomTables tables = new RandomTables(random.nextLong());
        install(tables);
        for (int k = 0; k < FRAMES; k++) {
          Packet p = Packet.of(tables.frame());
          if (random.nextInt(3) == 0) {
            leaveChecksumPartial(p);
          }
          int port = tables.port();
          sendAndSendAgain(port, p);
          for (int v = 0; v < VARIANTS; v++) {
            vary(p, random);
            hitsAtOnce += send(port, p) ? 1 : 0;
          }
        }
      }
      System.out.printf(
          "%s: %d packets through %d table sets: %d hits, %d of them of new packets; %d frames"
              + " and packet-ins left, all as a fresh translation gives%n",
          backend, (2 + VARIANTS) * FRAMES * tableSets, tableSets, hits, hitsAtOnce, left);
      assertThat(hitsAtOnce).isPositive();
      assertThat(s.dpif().coverage().getOrDefault("dp_upcall_slow_path", 0L)).isZero();
      assertThat(s.backer().coverage()).containsEntry("revalidate_corrected", 0L);
    }
  }

  /**
   * The second packet is a hit. It is not where the first one's handler, on a busy machine, waited
   * for {@code main} in vain, which is counted: then the next may be.
   */
  private void sendAndSendAgain(int port, Packet p) {
    long waitsWere = s.waitsInVain();
    boolean hit = send(port, p);
    hitsAtOnce += hit ? 1 : 0;
    hit = send(port, p);
    for (int i = 0; !hit && i < MORE_TRIES && s.waitsInVain() != waitsWere; i++) {
      waitsWere = s.waitsInVain();
      hit = send(port, p);
    }
    assertThat(hit).as("the second packet is a hit").isTrue();
  }

  private void install(RandomTables tables) throws Exception {
    List<FlowMod> all = new ArrayList<>();
    BridgeState b = bridge(tables.snapshot());
    for (int t = 0; t < RandomTables.TABLES; t++) {
      b.table(t)
          .forEach(
              r ->
                  all.add(
                      InProcessSwitch.flowMod(
                          FlowMod.Command.ADD,
                          r.tableId(),
                          r.priority(),
                          r.match(),
                          r.instructions(),
                          0)));
    }
    s.replaceRules(all);
  }

  private static BridgeState bridge(Snapshot snapshot) {
    BridgeState b = snapshot.bridge(0);
    assertThat(b).isNotNull();
    return b;
  }

  /** Sends a frame and checks what leaves. Returns whether it was a hit. */
  private boolean send(int port, Packet p) {
    List<Sent> before = expected(s.backer().current(), port, p);
    DpifStats was = s.dpif().stats();
    long upcallsWere = s.upcalls();
    s.wire(port).send(p);
    List<Sent> sent = new ArrayList<>();
    List<Sent> after = before;
    boolean done = false;
    long end = System.nanoTime() + PATIENCE_NS;
    while (!(done && (sorted(sent).equals(before) || sorted(sent).equals(after)))
        && System.nanoTime() < end) {
      DpifStats now = s.dpif().stats();
      long misses = now.missed() - was.missed();
      after = expected(s.backer().current(), port, p);
      done =
          now.hit() - was.hit() + misses > 0
              && s.upcalls() - upcallsWere >= misses + packetIns(after);
      if (!receive(sent)) {
        LockSupport.parkNanos(30_000);
      }
    }
    List<Sent> got = sorted(sent);
    if (!got.equals(before)) {
      assertThat(got)
          .as("frame %s by port %d%s", Bytes.wrap(p.bytes()), port, tables())
          .isEqualTo(after);
    }
    left += got.size();
    boolean hit = s.dpif().stats().missed() == was.missed();
    hits += hit ? 1 : 0;
    return hit;
  }

  private static long packetIns(List<Sent> l) {
    return l.stream().filter(x -> x.to().startsWith("controller")).count();
  }

  private String tables() {
    return RandomTables.text(bridge(s.backer().current()));
  }

  private boolean receive(List<Sent> into) {
    int had = into.size();
    for (Wire w : s.wires()) {
      for (Packet p : w.receive()) {
        Csum.complete(p);
        into.add(new Sent(w.port().toString(), Bytes.wrap(p.bytes())));
      }
    }
    for (PacketIn m = s.packetIns.poll(); m != null; m = s.packetIns.poll()) {
      into.add(new Sent(controller(m.tableId(), m.reason(), m.totalLen()), m.data()));
    }
    return into.size() > had;
  }

  private static String controller(int table, PacketIn.Reason reason, int length) {
    return "controller: table " + table + " " + reason + " of " + length;
  }

  /** What a packet does by a fresh translation, executed in user space. */
  private List<Sent> expected(Snapshot snapshot, int port, Packet original) {
    BridgeState b = bridge(snapshot);
    PortState in = b.ports().get(port);
    assertThat(in).isNotNull();
    Flow flow = new Flow();
    FlowParser.parse(original, flow, new Layers());
    flow.words()[FlowLayout.PORT_RECIRC] = (long) in.odpPort() << 32;
    XlateOut x = xlate.translate(snapshot, flow);
    List<Sent> sent = new ArrayList<>();
    Packet p = new Packet(original.length());
    p.copyFrom(original);
    new ActionExecutor().run(p, new OdpKey(), x.actions, new Collector(b, sent));
    return sorted(sent);
  }

  private static final class Collector implements ActionExecutor.Sink {
    private final BridgeState bridge;
    private final List<Sent> sent;

    Collector(BridgeState bridge, List<Sent> sent) {
      this.bridge = bridge;
      this.sent = sent;
    }

    @Override
    public void output(int odpPortNo, Packet p) {
      for (PortState port : bridge.ports().asList()) {
        if (port.odpPort() == odpPortNo) {
          sent.add(new Sent(OfPort.of(port.ofPort()).toString(), complete(p)));
        }
      }
    }

    @Override
    public void upcall(UpcallKind kind, Packet p, OdpKey metadata, long c0, long c1, long c2) {
      Upcall u = new Upcall();
      u.cookie0 = c0;
      u.cookie1 = c1;
      u.cookie2 = c2;
      PacketInCookie c = PacketInCookie.of(u);
      Bytes whole = complete(p);
      sent.add(new Sent(controller(c.tableId(), c.reason(), whole.length()), whole));
    }

    @Override
    public void drop(DropReason reason, Packet p) {}

    private static Bytes complete(Packet p) {
      Packet copy = new Packet(p.length());
      copy.copyFrom(p);
      Csum.complete(copy);
      return Bytes.wrap(copy.bytes());
    }
  }

  private static List<Sent> sorted(List<Sent> l) {
    List<Sent> copy = new ArrayList<>(l);
    copy.sort(Comparator.comparing(Sent::to).thenComparing(x -> x.bytes().toString()));
    return copy;
  }

  /** Flips a bit of a field that the packet has, its checksums following. */
  private static void vary(Packet p, Random random) {
    PacketEditor editor = new PacketEditor();
    editor.begin(p);
    byte[] was = p.bytes();
    for (int tries = 0; tries < 20 && Arrays.equals(was, p.bytes()); tries++) {
      Field f = VARIED.get(random.nextInt(VARIED.size()));
      // The lower bits of addresses, of which the tables speak.
      long bit = 1L << f.shift() + random.nextInt(Math.min(f.bits(), 10));
      editor.set(f.word(), ~editor.flow().words()[f.word()], bit);
    }
  }

  /** Leaves a whole TCP or UDP packet's checksum to its device, as a local sender does. */
  private static void leaveChecksumPartial(Packet p) {
    Flow f = new Flow();
    Layers l = new Layers();
    FlowParser.parse(p, f, l);
    int proto = (int) f.get(Field.IP_PROTO);
    int field = proto == IpProto.TCP ? 16 : 6;
    if (l.l4 < 0
        || f.get(Field.IP_FRAG) != 0
        || proto != IpProto.TCP && proto != IpProto.UDP
        || l.end - l.l4 < field + 2) {
      return;
    }
    int at = p.offset() + l.l4;
    boolean v4 = f.get(Field.ETH_TYPE) == EthType.IPV4;
    int ip = p.offset() + l.l3;
    long sum =
        v4
            ? Csum.pseudo4(p.data(), ip, proto, l.end - l.l4)
            : Csum.pseudo6(p.data(), ip, proto, l.end - l.l4);
    Be.put16(p.data(), at + field, Csum.fold(sum));
    p.csumStart = l.l4;
    p.csumOffset = field;
  }
}
