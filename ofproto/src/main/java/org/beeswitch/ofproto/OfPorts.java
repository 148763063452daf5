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
 * had, when they came.
 *
 * <p><b>What controllers hear.</b> As from OVS, a port is live a moment after it is there, and no
 * longer live a moment before they hear why: ADD and going down are two messages, coming up is one.
 * A port whose device is away stays, down and without an address.
 *
 * <p>{@code main} alone calls.
 */
final class OfPorts {
  /**
   * Largest number given to a port that asked for none; those above are for who asks, as in OVS.
   */
  private static final int MAX_AUTO_NUMBER = 32_767;

  /** Names of ports whose numbers are remembered. */
  private static final int MAX_NAMES = 4_096;

  /** Number of no bridge. */
  private static final int NOWHERE = -1;

  private final Backer backer;
  private final String bridge;
  private final int bridgeNumber;
  private final PortDevices devices;
  private final OfprotoListener listener;
  private final Map<Integer, Attached> attached = new HashMap<>();

  /**
   * A port that comes back under its name keeps its number: the {@link #MAX_NAMES} names that came
   * last. Noted in the datapath too, for the next process.
   */
  private final Map<String, Integer> numbers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          if (size() <= MAX_NAMES) {
            return false;
          }
          backer.forgetOfPort(bridge, eldest.getKey());
          return true;
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
    numbers.putAll(backer.notedOfPorts(bridge));
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
    return addNew(new PortState(devices.describe(port, n), port.number().number(), null));
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
    PatchEnd nowhere = new PatchEnd(NOWHERE, 0, new Counter(nowNs), new Counter(nowNs));
    return addNew(new PortState(d, 0, nowhere));
  }

  private PortState addNew(PortState p) {
    put(p);
    listener.portStatus(new PortStatus(PortStatus.Reason.ADD, p.desc().withoutLive()));
    if (p.desc().isLive()) {
      listener.portStatus(new PortStatus(PortStatus.Reason.MODIFY, p.desc()));
    }
    return p;
  }

  /** Says where a patch port leads. */
  void setPatchPeer(OfPort n, int peerBridge, OfPort peer) {
    leadTo(n, peerBridge, peer.number());
  }

  /** Says that a patch port leads nowhere any more. */
  void clearPatchPeer(OfPort n) {
    leadTo(n, NOWHERE, 0);
  }

  private void leadTo(OfPort n, int peerBridge, int peerOfPort) {
    PortState p = state().ports().get(n.number());
    if (p == null || p.patch() == null) {
      throw new IllegalStateException("port " + n + " of bridge " + bridge + " is no patch port");
    }
    PatchEnd end = new PatchEnd(peerBridge, peerOfPort, p.patch().rx(), p.patch().tx());
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
    Integer before = numbers.put(portName, n);
    if (before == null || before != n) {
      backer.noteOfPort(bridge, portName, n);
    }
    return OfPort.of(n);
  }

  /**
   * The next number that no port has or had; once all have been used, the one whose port was last
   * heard of longest ago (OVS alloc_ofp_port).
   */
  private int nextNumber() {
    Set<Integer> had = new HashSet<>(numbers.values());
    for (int tries = 0; tries < MAX_AUTO_NUMBER; tries++) {
      lastNumber = lastNumber % MAX_AUTO_NUMBER + 1;
      if (!had.contains(lastNumber) && isFree(lastNumber)) {
        return lastNumber;
      }
    }
    for (int n : numbers.values()) { // in order of use
      if (n <= MAX_AUTO_NUMBER && isFree(n)) {
        return n;
      }
    }
    throw new IllegalStateException("bridge " + bridge + " has " + MAX_AUTO_NUMBER + " ports");
  }

  /** Whether a port that requests no number can be added. */
  boolean hasFreeNumber() {
    return state().ports().asList().stream().filter(p -> p.ofPort() <= MAX_AUTO_NUMBER).count()
        < MAX_AUTO_NUMBER;
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
    backer
        .learner()
        .forget(
            state(),
            state().macs().oldestFirst().stream().filter(e -> e.ofPort() == n.number()).toList());
    backer.commit(
        state().withPorts(state().ports().without(n.number())),
        List.of(new Change.InPorts(bridgeNumber)));
    listener.portStatus(new PortStatus(PortStatus.Reason.DELETE, p.desc()));
  }

  /**
   * Looks again at the ports that a device is or may be, after it changed, went or came back.
   *
   * @param ifindex of the device; a port keeps a device that is renamed
   * @param device its name
   */
  void refresh(int ifindex, String device) {
    for (Map.Entry<Integer, Attached> e : attached.entrySet()) {
      DpifPort port = e.getValue().port();
      if (port != null && (port.ifindex() == ifindex || port.name().equals(device))) {
        DpifPort now = inDatapath(port);
        e.setValue(new Attached(now, e.getValue().sinceNs()));
        PortState old = Objects.requireNonNull(state().ports().get(e.getKey()), port.name());
        changed(old, devices.describe(now, old.desc().port()));
      }
    }
  }

  private DpifPort inDatapath(DpifPort port) {
    for (DpifPort p : backer.dpif().ports()) {
      if (p.number().equals(port.number())) {
        return p;
      }
    }
    throw new IllegalStateException("datapath port " + port + " is gone");
  }

  private void changed(PortState old, PortDesc device) {
    // The device says whether it is down; everything else is as controllers asked.
    int config =
        old.desc().config() & ~PortDesc.CONFIG_PORT_DOWN
            | device.config() & PortDesc.CONFIG_PORT_DOWN;
    PortDesc now = device.with(config, device.state());
    if (now.equals(old.desc())) {
      return;
    }
    put(old.withDesc(now));
    if (old.desc().isLive() && !now.isLive()) {
      listener.portStatus(new PortStatus(PortStatus.Reason.MODIFY, old.desc().withoutLive()));
    }
    listener.portStatus(new PortStatus(PortStatus.Reason.MODIFY, now));
  }

  private void put(PortState p) {
    PortState old = state().ports().get(p.ofPort());
    List<Change> changes =
        old != null && forwardsAs(old, p) ? List.of() : List.of(new Change.InPorts(bridgeNumber));
    backer.commit(state().withPorts(state().ports().with(p)), changes);
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
   * Does a port-mod (OVS {@code port_mod_start}). What cannot be set up or down stays as it is, a
   * patch port always, and the rest is done, without an error.
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
        && (a == null
            || a.port() == null
            || !devices.setUp(a.port(), (m.config() & PortDesc.CONFIG_PORT_DOWN) == 0))) {
      toggled &= ~PortDesc.CONFIG_PORT_DOWN;
    }
    if (toggled != 0) {
      PortDesc d = p.desc(); // what the device makes of it comes as a change of its own
      int config = d.config() ^ toggled;
      boolean down =
          (config & PortDesc.CONFIG_PORT_DOWN) != 0 || (d.state() & PortDesc.STATE_LINK_DOWN) != 0;
      int state = down ? d.state() & ~PortDesc.STATE_LIVE : d.state() | PortDesc.STATE_LIVE;
      PortDesc now = d.with(config, state);
      put(p.withDesc(now));
      listener.portStatus(new PortStatus(PortStatus.Reason.MODIFY, now));
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
    PortStats s = a.port() == null ? patchStats(p) : devices.stats(a.port(), n);
    return s.withDurationNs(nowNs - a.sinceNs());
  }

  private PortStats patchStats(PortState p) {
    backer.udpif().pullStats();
    PatchEnd e = Objects.requireNonNull(p.patch());
    return new PortStats(
        p.desc().port(),
        e.rx().packets(),
        e.tx().packets(),
        e.rx().bytes(),
        e.tx().bytes(),
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        -1,
        0,
        0);
  }
}
