// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import static org.beeswitch.flow.FlowLayout.PORT_RECIRC;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;
import org.beeswitch.ofproto.state.BridgeState;
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
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.openflow.msg.TableStats;
import org.jspecify.annotations.Nullable;

/**
 * One OpenFlow switch, a bridge (OVS {@code struct ofproto}): its tables and ports, and what
 * messages do to them. Knows no connection: what it has to tell goes to an {@link OfprotoListener}.
 *
 * <p>Its state proper is a {@link BridgeState} in the current version of its {@link Backer}; {@link
 * OfPorts} does what is about ports. {@code main} alone calls.
 */
public final class Ofproto {
  /** Time between looks for rules that have timed out. */
  private static final long EXPIRY_NS = 1_000_000_000L;

  private final Backer backer;
  private final String name;
  private final int number;
  private final OfprotoListener listener;
  private final Xlate xlate;
  private final OfPorts ports;
  private long nextExpiryNs;

  /** Makes an empty bridge on the datapath. */
  public Ofproto(Backer backer, String name, PortDevices devices, OfprotoListener listener) {
    this.backer = backer;
    this.name = name;
    this.number = backer.newBridgeNumber(name);
    this.listener = listener;
    this.xlate = backer.newXlate();
    this.ports = new OfPorts(backer, name, number, devices, listener);
    backer.commit(BridgeState.create(number, name, System.nanoTime()), List.of());
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
    long age = ageNs(r, nowNs);
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

  /** In whole milliseconds, as OVS says it (OVS {@code calc_duration}). */
  private static long ageNs(Rule r, long nowNs) {
    return (nowNs - r.createdNs()) / 1_000_000L * 1_000_000L;
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
   * left out. The internal table is one of all tables if a whole cookie is asked for, as in OVS,
   * which then looks in an index of cookies (OVS {@code collect_rules_loose}).
   */
  public void forEachRule(MultipartRequest.RuleFilter filter, Consumer<Rule> f) {
    BridgeState b = state();
    boolean all = filter.tableId() == TableId.ALL;
    Criteria criteria = Criteria.of(filter.match());
    int lastOfAll =
        filter.cookieMask() == -1L ? BridgeState.TABLE_INTERNAL : BridgeState.TABLES - 1;
    for (int t = all ? 0 : filter.tableId(); t <= (all ? lastOfAll : filter.tableId()); t++) {
      for (Rule r : criteria.select(b.table(t))) {
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
          long age = ageNs(r, nowNs);
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
    if (x.error != null) {
      return OfErrorCode.OFPFMFC_UNKNOWN; // OVS's word for it
    }
    x.effects.replay(1, p.length(), nowNs);
    if (x.learns) {
      backer.learner().learnNow(x, nowNs);
    }
    if (!x.actions.isEmpty()) {
      backer.dpif().execute(backer.mainExecutor(), p, metadata, x.actions);
    }
    return null;
  }

  // Ports.

  /** See {@link OfPorts#add}. */
  public PortState addPort(DpifPort port, @Nullable OfPort requested, long nowNs) {
    return ports.add(port, requested, nowNs);
  }

  /** See {@link OfPorts#addPatch}. */
  public PortState addPatchPort(
      String portName, @Nullable OfPort requested, long hwAddr, long nowNs) {
    return ports.addPatch(portName, requested, hwAddr, nowNs);
  }

  /** Whether a port that requests no number can be added. */
  public boolean hasFreePortNumber() {
    return ports.hasFreeNumber();
  }

  /** Says where a patch port leads. */
  public void setPatchPeer(OfPort n, int peerBridge, OfPort peer) {
    ports.setPatchPeer(n, peerBridge, peer);
  }

  /** Says that a patch port leads nowhere any more. */
  public void clearPatchPeer(OfPort n) {
    ports.clearPatchPeer(n);
  }

  /** Takes a port away, with what was learned behind it. */
  public void removePort(OfPort n) {
    ports.remove(n);
  }

  /** See {@link OfPorts#refresh}. */
  public void refreshPorts(int ifindex, String device) {
    ports.refresh(ifindex, device);
  }

  /** See {@link OfPorts#modify}. */
  public @Nullable OfErrorCode portMod(PortMod m) {
    return ports.modify(m);
  }

  /** Counters of a port, or of all with ANY; null if there is no such port. */
  public @Nullable List<PortStats> portStats(OfPort which, long nowNs) {
    return ports.stats(which, nowNs);
  }
}
