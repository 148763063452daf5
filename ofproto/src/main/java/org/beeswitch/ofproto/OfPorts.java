// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.PatchEnd;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.upcall.Change;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.jspecify.annotations.Nullable;

/**
 * The ports of one bridge: their numbers, what becomes of their devices, what controllers are told
 * and change about them (the half of OVS {@code ofproto.c} that is about {@code struct ofport}).
 *
 * <p>What translation needs of a port is a {@link PortState} in the bridge's {@link BridgeState};
 * here is what only {@code main} needs: which datapath port each port is, the numbers that ports
 * had, when they came. {@code main} alone calls.
 */
final class OfPorts {
  /**
   * Largest number given to a port that asked for none; those above are for who asks, as in OVS.
   */
  private static final int MAX_AUTO_NUMBER = 32_767;

  /** Names of ports whose numbers are remembered. */
  private static final int MAX_NAMES = 4_096;

  private final Backer backer;
  private final String bridge;
  private final int bridgeNumber;
  private final PortDevices devices;
  private final OfprotoListener listener;
  private final Map<Integer, Attached> attached = new HashMap<>();

  /**
   * A port that comes back under its name keeps its number: the {@link #MAX_NAMES} names that came
   * last.
   */
  private final Map<String, Integer> numbers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          return size() > MAX_NAMES;
        }
      };

  private int lastNumber;

  /** A port's device, null for a patch port's, and when the port came. */
  private record Attached(@Nullable DpifPort port, long sinceNs) {}

  OfPorts(
      Backer backer,
      String bridge,
      int bridgeNumber,
      PortDevices devices,
      OfprotoListener listener) {
    this.backer = backer;
    this.bridge = bridge;
    this.bridgeNumber = bridgeNumber;
    this.devices = devices;
    this.listener = listener;
  }

  private BridgeState state() {
    return Objects.requireNonNull(backer.current().bridge(bridgeNumber), bridge);
  }

  /**
   * Makes a datapath port a port of this bridge.
   *
   * @param requested the number it is to have. If that is null, or another port has it: the number
   *     that the port had under its name, or the next that is free
   */
  PortState add(DpifPort port, @Nullable OfPort requested, long nowNs) {
    OfPort n = numberFor(port.name(), requested);
    attached.put(n.number(), new Attached(port, nowNs));
    return put(
        new PortState(devices.describe(port, n), port.number().number(), null),
        PortStatus.Reason.ADD);
  }

  /**
   * Adds one end of a patch, which leads nowhere until {@link #setPatchPeer}.
   *
   * @param requested as in {@link #add}
   * @param hwAddr what controllers are told, as it has no device
   */
  PortState addPatch(String portName, @Nullable OfPort requested, long hwAddr, long nowNs) {
    OfPort n = numberFor(portName, requested);
    attached.put(n.number(), new Attached(null, nowNs));
    PortDesc d = new PortDesc(n, hwAddr, portName, 0, PortDesc.STATE_LIVE, 0, 0, 0, 0, 0, 0);
    PatchEnd nowhere = new PatchEnd(-1, 0, new Counter(nowNs), new Counter(nowNs));
    return put(new PortState(d, 0, nowhere), PortStatus.Reason.ADD);
  }

  /** Says where a patch port leads. */
  void setPatchPeer(OfPort n, int peerBridge, OfPort peer) {
    PortState p = state().ports().get(n.number());
    if (p == null || p.patch() == null) {
      throw new IllegalStateException("port " + n + " of bridge " + bridge + " is no patch port");
    }
    PatchEnd end = new PatchEnd(peerBridge, peer.number(), p.patch().rx(), p.patch().tx());
    backer.commit(
        state().withPorts(state().ports().with(new PortState(p.desc(), 0, end))),
        List.of(new Change.InPorts(bridgeNumber)));
  }

  private OfPort numberFor(String portName, @Nullable OfPort requested) {
    Integer had = numbers.get(portName);
    int n;
    if (requested != null && isFree(requested.number())) {
      n = requested.number();
    } else if (had != null && isFree(had)) {
      n = had;
    } else {
      n = nextNumber();
    }
    numbers.put(portName, n);
    return OfPort.of(n);
  }

  /** The next number that no port has or, as long as there are such, had (OVS alloc_ofp_port). */
  private int nextNumber() {
    Set<Integer> had = new HashSet<>(numbers.values());
    int free = 0;
    for (int tries = 0; tries < MAX_AUTO_NUMBER; tries++) {
      lastNumber = lastNumber % MAX_AUTO_NUMBER + 1;
      if (isFree(lastNumber)) {
        if (!had.contains(lastNumber)) {
          return lastNumber;
        }
        free = free == 0 ? lastNumber : free;
      }
    }
    if (free == 0) {
      throw new IllegalStateException("bridge " + bridge + " has " + MAX_AUTO_NUMBER + " ports");
    }
    return free;
  }

  private boolean isFree(int ofPort) {
    return state().ports().get(ofPort) == null;
  }

  /** Takes a port away, with what was learned behind it. */
  void remove(OfPort n) {
    PortState p = state().ports().get(n.number());
    if (p == null) {
      return;
    }
    attached.remove(n.number());
    backer.forget(
        state(),
        state().macs().oldestFirst().stream().filter(e -> e.ofPort() == n.number()).toList());
    backer.commit(
        state().withPorts(state().ports().without(n.number())),
        List.of(new Change.InPorts(bridgeNumber)));
    listener.portStatus(new PortStatus(PortStatus.Reason.DELETE, p.desc()));
  }

  /** Looks at a port's device again, after it changed, went or came back. */
  void refresh(DpifPort port) {
    for (Map.Entry<Integer, Attached> e : attached.entrySet()) {
      DpifPort attachedPort = e.getValue().port();
      if (attachedPort != null && attachedPort.number().equals(port.number())) {
        e.setValue(new Attached(port, e.getValue().sinceNs()));
        PortState old = state().ports().get(e.getKey());
        if (old != null) {
          PortDesc d = withConfig(devices.describe(port, old.desc().port()), old.desc().config());
          if (!d.equals(old.desc())) {
            put(old.withDesc(d), PortStatus.Reason.MODIFY);
          }
        }
      }
    }
  }

  /** The device says whether it is down; everything else is as controllers asked. */
  private static PortDesc withConfig(PortDesc d, int config) {
    int c = config & ~PortDesc.CONFIG_PORT_DOWN | d.config() & PortDesc.CONFIG_PORT_DOWN;
    return new PortDesc(
        d.port(),
        d.hwAddr(),
        d.name(),
        c,
        d.state(),
        d.curr(),
        d.advertised(),
        d.supported(),
        d.peer(),
        d.currSpeed(),
        d.maxSpeed());
  }

  private PortState put(PortState p, PortStatus.Reason why) {
    PortState old = state().ports().get(p.ofPort());
    List<Change> changes =
        old != null && forwardsAs(old, p) ? List.of() : List.of(new Change.InPorts(bridgeNumber));
    backer.commit(state().withPorts(state().ports().with(p)), changes);
    listener.portStatus(new PortStatus(why, p.desc()));
    return p;
  }

  /**
   * Whether translation sees no difference: what a link's state or speed is changes no megaflow.
   */
  private static boolean forwardsAs(PortState a, PortState b) {
    int looked = PortDesc.CONFIG_NO_RECV | PortDesc.CONFIG_NO_FWD;
    return a.odpPort() == b.odpPort()
        && Objects.equals(a.patch(), b.patch())
        && ((a.desc().config() ^ b.desc().config()) & looked) == 0;
  }

  /**
   * Does a port-mod (OVS {@code port_mod_start}). A device that cannot be set up or down stays as
   * it is, and the rest is done, without an error.
   */
  @Nullable OfErrorCode modify(PortMod m) {
    PortState p = state().ports().get(m.port().number());
    if (p == null) {
      return OfErrorCode.OFPPMFC_BAD_PORT;
    }
    if (p.desc().hwAddr() != m.hwAddr()) {
      return OfErrorCode.OFPPMFC_BAD_HW_ADDR;
    }
    int toggled = (m.config() ^ p.desc().config()) & m.mask();
    Attached a = attached.get(m.port().number());
    if ((toggled & PortDesc.CONFIG_PORT_DOWN) != 0
        && a != null
        && a.port() != null
        && !devices.setUp(a.port(), (m.config() & PortDesc.CONFIG_PORT_DOWN) == 0)) {
      toggled &= ~PortDesc.CONFIG_PORT_DOWN;
    }
    if (toggled != 0) {
      PortDesc d = p.desc(); // what the device makes of it comes as a change of its own
      int config = d.config() ^ toggled;
      boolean down =
          (config & PortDesc.CONFIG_PORT_DOWN) != 0 || (d.state() & PortDesc.STATE_LINK_DOWN) != 0;
      int state = down ? d.state() & ~PortDesc.STATE_LIVE : d.state() | PortDesc.STATE_LIVE;
      put(
          p.withDesc(
              new PortDesc(
                  d.port(),
                  d.hwAddr(),
                  d.name(),
                  config,
                  state,
                  d.curr(),
                  d.advertised(),
                  d.supported(),
                  d.peer(),
                  d.currSpeed(),
                  d.maxSpeed())),
          PortStatus.Reason.MODIFY);
    }
    return null;
  }

  /** Counters of a port, or of all with ANY; null if there is no such port. */
  @Nullable List<PortStats> stats(OfPort which, long nowNs) {
    List<PortStats> l = new ArrayList<>();
    for (PortState p : state().ports().asList()) {
      if (which.equals(OfPort.ANY) || which.equals(p.desc().port())) {
        l.add(stats(p, nowNs));
      }
    }
    return l.isEmpty() && !which.equals(OfPort.ANY) ? null : l;
  }

  private PortStats stats(PortState p, long nowNs) {
    OfPort n = p.desc().port();
    Attached a = attached.get(p.ofPort());
    if (a == null) {
      throw new IllegalStateException("nobody attached port " + n + " of bridge " + bridge);
    }
    PortStats s;
    if (a.port() == null) {
      backer.udpif().pullStats();
      PatchEnd e = Objects.requireNonNull(p.patch());
      long rx = e.rx().packets();
      long tx = e.tx().packets();
      s =
          new PortStats(
              n, rx, tx, e.rx().bytes(), e.tx().bytes(), -1, -1, -1, -1, -1, -1, -1, -1, 0, 0);
    } else {
      s = devices.stats(a.port(), n);
    }
    long age = nowNs - a.sinceNs();
    return new PortStats(
        n,
        s.rxPackets(),
        s.txPackets(),
        s.rxBytes(),
        s.txBytes(),
        s.rxDropped(),
        s.txDropped(),
        s.rxErrors(),
        s.txErrors(),
        s.rxFrameErr(),
        s.rxOverErr(),
        s.rxCrcErr(),
        s.collisions(),
        (int) (age / 1_000_000_000L),
        (int) (age % 1_000_000_000L));
  }
}
