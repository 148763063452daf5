// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.GsoSegmenter;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.ofproto.xlate.PacketInCookie;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.PacketIn;

/**
 * Serves one handler's upcalls: parses, translates, installs the megaflow, sends the packet through
 * the same actions. Agent {@code handler-N}; also the datapath's executor N.
 *
 * <p>A packet that waits for a learned address or finds its translation stale is translated again,
 * {@link #TRIES} times at most; then it is forwarded by the tables that there are, and no megaflow
 * is made.
 */
public final class Handler implements Agent, Dpif.UpcallSink {
  private static final int BATCH = 64;
  private static final int TRIES = 5;

  /** What of a packet fits into an OpenFlow message, whatever the match before it. */
  private static final int MAX_PACKET_IN_DATA = 65_000;

  /** Cookie of a slow-path action: the reason, by OVS's bit, in the upper half. */
  private static final long SLOW_ACTION = 1L << 5 << 32;

  private final int number;
  private final Udpif udpif;
  private final Dpif dpif;
  private final Xlate xlate;
  private final MacLearning learning;
  private final PacketInSink packetIns;
  private final Flow flow = new Flow();
  private final Layers layers = new Layers();
  private final OdpActions slowPath = slowPath();
  private final GsoSegmenter segmenter = new GsoSegmenter();
  private final Packet segment = new Packet(2048);

  /** Of a packet-in; kept, since a full builder for each was most of a flood's garbage. */
  private final Match.Builder match = Match.builder();

  private final AtomicLong upcalls = new AtomicLong();
  private long nowNs;

  public Handler(
      int number, Udpif udpif, Xlate xlate, MacLearning learning, PacketInSink packetIns) {
    this.number = number;
    this.udpif = udpif;
    this.dpif = udpif.dpif();
    this.xlate = xlate;
    this.learning = learning;
    this.packetIns = packetIns;
  }

  /** What a megaflow has whose packets all have to come up. */
  static OdpActions slowPath() {
    OdpActions a = new OdpActions();
    a.userspace(UpcallKind.SLOW_PATH.code(), SLOW_ACTION, 0, 0);
    return a;
  }

  @Override
  public String roleName() {
    return "handler-" + number;
  }

  @Override
  public int doWork(long now) {
    nowNs = now;
    return dpif.receive(number, this, BATCH);
  }

  @Override
  public void await(long timeoutNs) {
    dpif.awaitUpcall(number, timeoutNs);
  }

  @Override
  public void wake() {
    dpif.wakeHandler(number);
  }

  /** Upcalls served so far. */
  public long upcalls() {
    return upcalls.get();
  }

  @Override
  public void onUpcall(Upcall u) {
    switch (u.kind) {
      case MISS -> forward(u, true);
      case SLOW_PATH -> forward(u, false);
      case CONTROLLER -> toControllers(u);
    }
    upcalls.lazySet(upcalls.get() + 1); // last: who sees it sees what came of the upcall
  }

  private void forward(Upcall u, boolean isMiss) {
    extract(u.packet, u.metadata);
    XlateOut x = xlate.translate(udpif.current(), flow);
    boolean accepted = !isMiss; // what went up as slow path is counted by its megaflow
    for (int i = 1; i < TRIES; i++) {
      if (x.learns && learning.learn(x.learnBridge, x.learnVlan, x.learnMac, x.learnOfPort)) {
        x = xlate.translate(udpif.current(), flow);
        continue;
      }
      if (!accepted) {
        OdpActions installed = canBeInstalled(x.actions) ? x.actions : slowPath;
        accepted = udpif.install(flow, x, installed, u.packet.length(), nowNs);
      }
      if (accepted) {
        break;
      }
      x = xlate.translate(udpif.current(), flow);
    }
    if (!accepted) {
      x = udpif.translateLocked(xlate, flow, u.packet.length(), nowNs);
    }
    if (!x.actions.isEmpty()) {
      dpif.execute(number, u.packet, u.metadata, x.actions);
    }
  }

  private boolean canBeInstalled(OdpActions actions) {
    return actions.size() <= Udpif.MAX_INSTALLED_ACTIONS && dpif.supports(actions);
  }

  /**
   * Makes {@link #flow} that of the packet: headers by parsing, the rest as the datapath knows it.
   */
  private void extract(Packet p, OdpKey metadata) {
    FlowParser.parse(p, flow, layers);
    long[] m = metadata.words();
    long[] f = flow.words();
    f[PORT_RECIRC] = m[PORT_RECIRC - ODP];
    System.arraycopy(m, SKB - ODP, f, SKB, NSH - SKB);
    System.arraycopy(m, TUN_ID - ODP, f, TUN_ID, TUN_WORDS);
  }

  /**
   * A controller gets packets as they are on the wire: one for each segment, with their checksums;
   * and whole, since none is kept here for it to ask for the rest: as OVS, max_len is not looked at
   * (OF 1.3.5, 7.4.1).
   */
  private void toControllers(Upcall u) {
    PacketInCookie c = PacketInCookie.of(u);
    if (!packetIns.hasRoomFor(c.bridge(), c.ofInPort())) {
      return;
    }
    if (u.packet.gsoType != Packet.GSO_NONE) {
      segmenter.begin(u.packet);
      while (segmenter.next(segment)) {
        packetIn(c, segment, u.metadata);
      }
    } else {
      Csum.complete(u.packet);
      packetIn(c, u.packet, u.metadata);
    }
  }

  private void packetIn(PacketInCookie c, Packet p, OdpKey metadata) {
    Match.Builder m = match.clear().exact(Field.IN_PORT, c.ofInPort() & 0xffffffffL);
    if (c.metadata() != 0) {
      m.exact(Field.METADATA, c.metadata());
    }
    long tunId = metadata.words()[TUN_ID - ODP];
    if (tunId != 0) {
      m.exact(Field.TUN_ID, tunId);
    }
    packetIns.packetIn(
        c.bridge(),
        new PacketIn(
            BufferId.NONE,
            Math.min(p.length(), 0xffff),
            c.reason(),
            c.tableId(),
            c.ruleCookie(),
            m.build(),
            Bytes.copyOf(p.data(), p.offset(), Math.min(p.length(), MAX_PACKET_IN_DATA))));
  }
}
