// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.beeswitch.flow.FlowLayout.PORT_RECIRC;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.PatchEnd;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.upcall.Change;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.openflow.codec.ActionCheck;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.openflow.msg.TableStats;
import org.jspecify.annotations.Nullable;

/**
 * One OpenFlow switch, a bridge (OVS {@code struct ofproto}): its tables and ports, and what
 * messages do to them. Knows no connection: what it has to tell goes to an {@link OfprotoListener}.
 *
 * <p>Its state proper is a {@link BridgeState} in the current version of its {@link Backer}; here
 * is what only {@code main} needs: which datapath port each port is, the numbers that ports had,
 * when they came. {@code main} alone calls.
 */
public final class Ofproto {
  /** Time between looks for rules that have timed out. */
  private static final long EXPIRY_NS = 1_000_000_000L;

  /**
   * Largest number given to a port that asked for none; those above are for who asks, as in OVS.
   */
  private static final int MAX_AUTO_NUMBER = 32_767;

  /** Names of ports whose numbers are remembered. */
  private static final int MAX_NAMES = 4_096;

  private final Backer backer;
  private final String name;
  private final int number;
  private final PortDevices devices;
  private final OfprotoListener listener;
  private final Xlate xlate;
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
  private long nextExpiryNs;

  /** A port's device, null for a patch port's, and when the port came. */
  private record Attached(@Nullable DpifPort port, long sinceNs) {}

  /** Makes an empty bridge on the datapath. */
  public Ofproto(Backer backer, String name, PortDevices devices, OfprotoListener listener) {
    this.backer = backer;
    this.name = name;
    this.number = backer.newBridgeNumber();
    this.devices = devices;
    this.listener = listener;
    this.xlate = backer.newXlate();
    backer.commit(BridgeState.create(number, name), List.of());
  }

  public String name() {
    return name;
  }

  /** Its number in snapshots and packet-in cookies. */
  public int number() {
    return number;
  }

  /** The bridge now. */
  public BridgeState state() {
    BridgeState b = backer.current().bridge(number);
    if (b == null) {
      throw new IllegalStateException("bridge " + name + " has been removed");
    }
    return b;
  }

  /** Takes the bridge out of the datapath; its ports are their owner's to delete. */
  public void remove() {
    backer.remove(state());
  }

  // Rules.

  /**
   * Does a flow-mod; on an error nothing has changed. When this returns, every packet that enters
   * is forwarded by it.
   */
  public @Nullable OfErrorCode flowMod(FlowMod fm, long nowNs) {
    return flowMods(List.of(fm), nowNs).error();
  }

  /**
   * How several flow-mods went.
   *
   * @param failed index of the first that failed, or -1
   */
  public record Outcome(@Nullable OfErrorCode error, int failed) {}

  /** Does several flow-mods as one version, all or none. */
  public Outcome flowMods(List<FlowMod> fms, long nowNs) {
    FlowMods m = new FlowMods(state(), nowNs);
    for (int i = 0; i < fms.size(); i++) {
      OfErrorCode e = m.apply(fms.get(i));
      if (e != null) {
        return new Outcome(e, i);
      }
    }
    commit(m, nowNs);
    return new Outcome(null, -1);
  }

  /** Puts a rule of the switch itself in, in place of one with its match and priority. */
  public void putOwn(Rule r, long nowNs) {
    backer.commit(
        state().withTable(r.tableId(), state().table(r.tableId()).with(r)),
        List.of(new Change.InTable(number, r.tableId(), List.of(FlowMods.at(r)))));
  }

  /** Takes a rule of the switch itself out. */
  public void removeOwn(Rule r) {
    backer.commit(
        state().withTable(r.tableId(), state().table(r.tableId()).without(r)),
        List.of(new Change.InTable(number, r.tableId(), List.of(FlowMods.at(r)))));
  }

  /** Deletes all rules but the switch's own, as when the controllers change. */
  public void flushRules(long nowNs) {
    FlowMods m = new FlowMods(state(), nowNs);
    List<Rule> all = new ArrayList<>();
    forEachRule(MultipartRequest.RuleFilter.ALL, all::add);
    m.remove(all, FlowRemoved.Reason.DELETE);
    commit(m, nowNs);
  }

  private void commit(FlowMods m, long nowNs) {
    if (m.changes().isEmpty()) {
      return;
    }
    long ticket = backer.commit(m.state(), m.changes());
    for (FlowMods.Removed r : m.removed()) {
      if ((r.rule().flags() & FlowFlags.SEND_FLOW_REM) != 0 && !r.rule().isHidden()) {
        backer.whenFinal(ticket, () -> listener.flowRemoved(removed(r, nowNs)));
      }
    }
  }

  private static FlowRemoved removed(FlowMods.Removed removed, long nowNs) {
    Rule r = removed.rule();
    long age = nowNs - r.createdNs();
    return new FlowRemoved(
        r.match(),
        r.priority(),
        r.cookie(),
        removed.reason(),
        r.tableId(),
        (int) (age / 1_000_000_000L),
        (int) (age % 1_000_000_000L),
        r.idleTimeoutS(),
        r.hardTimeoutS(),
        r.counter().packets(),
        r.counter().bytes());
  }

  /** Takes out what has timed out. Returns whether it looked. */
  public boolean expire(long nowNs) {
    if (nextExpiryNs - nowNs > 0) {
      return false;
    }
    nextExpiryNs = nowNs + EXPIRY_NS;
    List<Rule> hard = new ArrayList<>();
    List<Rule> idle = new ArrayList<>();
    collectExpired(nowNs, hard, idle);
    if (!idle.isEmpty()) {
      backer.udpif().pullStats(); // what the datapath forwarded since keeps rules
      hard.clear();
      idle.clear();
      collectExpired(nowNs, hard, idle);
    }
    if (!hard.isEmpty() || !idle.isEmpty()) {
      FlowMods m = new FlowMods(state(), nowNs);
      m.remove(hard, FlowRemoved.Reason.HARD_TIMEOUT);
      m.remove(idle, FlowRemoved.Reason.IDLE_TIMEOUT);
      commit(m, nowNs);
    }
    return true;
  }

  /** A walk over all rules, in no order: most have no timeout, and it is done each second. */
  private void collectExpired(long nowNs, List<Rule> hard, List<Rule> idle) {
    BridgeState b = state();
    for (int t = 0; t < BridgeState.TABLES; t++) {
      b.table(t)
          .forEach(
              r -> {
                if (r.hardTimeoutS() != 0
                    && nowNs - r.modifiedNs() >= r.hardTimeoutS() * 1_000_000_000L) {
                  hard.add(r);
                } else if (r.idleTimeoutS() != 0
                    && nowNs - r.counter().usedNs() >= r.idleTimeoutS() * 1_000_000_000L) {
                  idle.add(r);
                }
              });
    }
  }

  /**
   * Calls {@code f} for each rule that the filter lets through, table by table; hidden ones are
   * left out.
   */
  public void forEachRule(MultipartRequest.RuleFilter filter, Consumer<Rule> f) {
    BridgeState b = state();
    boolean all = filter.tableId() == TableId.ALL;
    for (int t = all ? 0 : filter.tableId();
        t <= (all ? BridgeState.TABLES - 1 : filter.tableId());
        t++) {
      Classifier<Rule> c = b.table(t);
      for (Rule r : c.within(filter.match(), Comparator.comparingLong(Rule::sequence))) {
        if (!r.isHidden()
            && (r.cookie() & filter.cookieMask()) == (filter.cookie() & filter.cookieMask())
            && FlowMods.outputsTo(r.instructions(), filter.outPort(), filter.outGroup())) {
          f.accept(r);
        }
      }
    }
  }

  /** Rules with counters that hold every packet forwarded before the call. */
  public List<FlowStats> flowStats(MultipartRequest.RuleFilter filter, long nowNs) {
    backer.udpif().pullStats();
    List<FlowStats> l = new ArrayList<>();
    forEachRule(
        filter,
        r -> {
          long age = nowNs - r.createdNs();
          l.add(
              new FlowStats(
                  r.tableId(),
                  r.match(),
                  r.priority(),
                  r.cookie(),
                  (int) (age / 1_000_000_000L),
                  (int) (age % 1_000_000_000L),
                  r.idleTimeoutS(),
                  r.hardTimeoutS(),
                  r.flags(),
                  0,
                  r.counter().packets(),
                  r.counter().bytes(),
                  r.instructions()));
        });
    return l;
  }

  /** Counters of tables 0..253, of every packet forwarded before the call. */
  public List<TableStats> tableStats() {
    backer.udpif().pullStats();
    BridgeState b = state();
    List<TableStats> l = new ArrayList<>();
    for (int t = 0; t < BridgeState.TABLES; t++) {
      l.add(new TableStats(t, b.table(t).size(), b.counters(t).lookups(), b.counters(t).matches()));
    }
    return l;
  }

  public void setFrags(SwitchConfig.Frag f) {
    if (state().frags() != f) {
      backer.commit(state().withFrags(f), List.of(new Change.InPorts(number)));
    }
  }

  // Packets.

  /**
   * Sends a packet through actions.
   *
   * @return an error that the sender is to be told, or null
   */
  public @Nullable OfErrorCode packetOut(PacketOut m, long nowNs) {
    Packet p = Packet.of(m.data().array());
    Flow flow = new Flow();
    FlowParser.parse(p, flow, new Layers());
    OfErrorCode e = ActionCheck.ofPacket(m.actions(), flow.words());
    if (e == null) {
      e = FlowMods.checkActions(m.actions());
    }
    if (e != null) {
      return e;
    }
    OdpKey metadata = new OdpKey();
    PortState in = state().ports().get(m.inPort().number());
    if (in != null) {
      flow.words()[PORT_RECIRC] = (long) in.odpPort() << 32;
      metadata.words()[0] = (long) in.odpPort() << 32;
    }
    XlateOut x = xlate.translate(backer.current(), flow, number, m.inPort().number(), m.actions());
    x.effects.replay(1, p.length(), nowNs);
    if (x.learns) {
      backer.learnNow(x, nowNs);
    }
    if (!x.actions.isEmpty()) {
      backer.dpif().execute(backer.mainExecutor(), p, metadata, x.actions);
    }
    return null;
  }

  // Ports.

  /**
   * Makes a datapath port a port of this bridge.
   *
   * @param requested the number it is to have. If that is null, or another port has it: the number
   *     that the port had under its name, or the next that is free
   */
  public PortState addPort(DpifPort port, @Nullable OfPort requested, long nowNs) {
    OfPort n = numberFor(port.name(), requested);
    attached.put(n.number(), new Attached(port, nowNs));
    return put(
        new PortState(devices.describe(port, n), port.number().number(), null),
        PortStatus.Reason.ADD);
  }

  /**
   * Adds one end of a patch, which leads nowhere until {@link #setPatchPeer}.
   *
   * @param requested as in {@link #addPort}
   * @param hwAddr what controllers are told, as it has no device
   */
  public PortState addPatchPort(
      String portName, @Nullable OfPort requested, long hwAddr, long nowNs) {
    OfPort n = numberFor(portName, requested);
    attached.put(n.number(), new Attached(null, nowNs));
    PortDesc d = new PortDesc(n, hwAddr, portName, 0, PortDesc.STATE_LIVE, 0, 0, 0, 0, 0, 0);
    PatchEnd nowhere = new PatchEnd(-1, 0, new Counter(nowNs), new Counter(nowNs));
    return put(new PortState(d, 0, nowhere), PortStatus.Reason.ADD);
  }

  /** Says where a patch port leads. */
  public void setPatchPeer(OfPort n, int peerBridge, OfPort peer) {
    PortState p = state().ports().get(n.number());
    if (p == null || p.patch() == null) {
      throw new IllegalStateException("port " + n + " of bridge " + name + " is no patch port");
    }
    PatchEnd end = new PatchEnd(peerBridge, peer.number(), p.patch().rx(), p.patch().tx());
    backer.commit(
        state().withPorts(state().ports().with(new PortState(p.desc(), 0, end))),
        List.of(new Change.InPorts(number)));
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
      throw new IllegalStateException("bridge " + name + " has " + MAX_AUTO_NUMBER + " ports");
    }
    return free;
  }

  private boolean isFree(int ofPort) {
    return state().ports().get(ofPort) == null;
  }

  /** Takes a port away, with what was learned behind it. */
  public void removePort(OfPort n) {
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
        List.of(new Change.InPorts(number)));
    listener.portStatus(new PortStatus(PortStatus.Reason.DELETE, p.desc()));
  }

  /** Looks at a port's device again, after it changed, went or came back. */
  public void refreshPort(DpifPort port) {
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
        old != null && forwardsAs(old, p) ? List.of() : List.of(new Change.InPorts(number));
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
  public @Nullable OfErrorCode portMod(PortMod m) {
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
  public @Nullable List<PortStats> portStats(OfPort which, long nowNs) {
    List<PortStats> l = new ArrayList<>();
    for (PortState p : state().ports().asList()) {
      if (which.equals(OfPort.ANY) || which.equals(p.desc().port())) {
        l.add(portStats(p, nowNs));
      }
    }
    return l.isEmpty() && !which.equals(OfPort.ANY) ? null : l;
  }

  private PortStats portStats(PortState p, long nowNs) {
    OfPort n = p.desc().port();
    Attached a = attached.get(p.ofPort());
    if (a == null) {
      throw new IllegalStateException("nobody attached port " + n + " of bridge " + name);
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
