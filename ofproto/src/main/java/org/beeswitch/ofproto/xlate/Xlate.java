// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.classifier.LookupScratch;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.PatchEnd;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Ports;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.jspecify.annotations.Nullable;

/**
 * Translation: from a packet's flow, through the OpenFlow tables of one {@link Snapshot}, to
 * datapath actions (OVS {@code ofproto-dpif-xlate.c}). The one place where OpenFlow and datapath
 * words meet.
 *
 * <h2>The law</h2>
 *
 * Any packet that agrees with this one on the bits of {@link XlateOut#mask} gets the same actions
 * from a translation with the same snapshot. So every bit that influenced the result is in the
 * mask; a bit that did not stays out of it, or megaflows become narrow and many. "Every bit"
 * includes those by which an action is skipped (a set-field whose prerequisite the packet lacks)
 * and those that are rewritten, since only a difference is written.
 *
 * <h2>Translation writes nothing</h2>
 *
 * Counters, MAC learning and packet-ins are answered as data: {@link SideEffects}, {@link
 * XlateOut#learns}, USERSPACE actions with a {@link PacketInCookie}. What the result depended on is
 * in {@link Dependencies}.
 *
 * <h2>How</h2>
 *
 * {@code flow} is rewritten as actions say; before each output the datapath is told to make its
 * packet the same ({@link XlatePacket}). A goto is a loop and not a call, so a pipeline may be as
 * long as there are tables. Patch ports nest, {@link #MAX_DEPTH} deep.
 *
 * <p>One instance a thread; makes no garbage once its buffers have grown.
 */
public final class Xlate {
  /** Most bridges and tables nested in one translation (OVS MAX_DEPTH). */
  public static final int MAX_DEPTH = 64;

  /** Most table look-ups of one translation that do not go forward (OVS MAX_RESUBMITS). */
  public static final int MAX_RESUBMITS = 4_096;

  private final XlateOut out = new XlateOut();
  private final IntUnaryOperator queueToPriority;
  private final LookupScratch scratch = new LookupScratch();
  private final FlowMask mask = out.mask;
  private final OdpActions actions = out.actions;

  private final XlatePacket packet = new XlatePacket(out);

  /** The packet as rules have rewritten it. */
  private final long[] flow = packet.flow;

  /** The packet as it came. */
  private final long[] original = packet.original;

  /** What a patch port puts aside, by depth. */
  private final List<Saved> saved = new ArrayList<>();

  private ActionSet actionSet = new ActionSet();
  private final List<Action> setActions = new ArrayList<>();
  private Snapshot snapshot = Snapshot.EMPTY;
  private @Nullable BridgeState bridge;
  private @Nullable Rule rule;
  private int tableId;
  private int depth;
  private int resubmits;

  /** Set by an action that ends the pipeline: a TTL that ran out. */
  private boolean stopped;

  private boolean inPacketOut;
  private boolean inActionSet;
  private @Nullable XlateTrace trace;

  private static final class Saved {
    final long[] flow = new long[WORDS];
    ActionSet actionSet = new ActionSet();
  }

  /**
   * @param queueToPriority what the datapath calls an OpenFlow queue: the value of skb_priority
   */
  public Xlate(IntUnaryOperator queueToPriority) {
    this.queueToPriority = queueToPriority;
  }

  /** Has later translations note their steps in {@code t}; null: no more. */
  public void traceTo(@Nullable XlateTrace t) {
    trace = t;
  }

  /**
   * Translates a packet that the datapath sent up.
   *
   * @param packetFlow ODP part as parsed, with the datapath's in_port; its pipeline part is
   *     ignored; not changed
   */
  public XlateOut translate(Snapshot s, Flow packetFlow) {
    begin(s, packetFlow);
    long port = s.portOf((int) (original[PORT_RECIRC] >>> 32));
    BridgeState b = port == Snapshot.NO_PORT ? null : s.bridge((int) (port >>> 32));
    if (b == null) {
      out.error = XlateError.NO_INPUT_PORT;
      AlwaysMasked.begin(mask.words(), flow);
      return finish();
    }
    enter(b, (int) port);
    AlwaysMasked.begin(mask.words(), flow);
    if ((int) original[PORT_RECIRC] != 0) {
      out.error = XlateError.NO_RECIRCULATION_CONTEXT;
      return finish();
    }
    PortState in = b.ports().get((int) port);
    return in == null ? finish() : runPipeline(in);
  }

  /**
   * Translates a packet for a trace: in a bridge that is named, at a port that need not be there,
   * with what a pipeline would have put into metadata and registers already.
   */
  public XlateOut translateInto(Snapshot s, Flow packetFlow, int bridgeNumber, int ofInPort) {
    if (!beginIn(s, packetFlow, bridgeNumber, ofInPort)) {
      return finish();
    }
    flow[METADATA] = packetFlow.words()[METADATA];
    System.arraycopy(packetFlow.words(), REGS, flow, REGS, CONJ_ACTSET - REGS);
    return runPipeline(here().ports().get(ofInPort));
  }

  private XlateOut runPipeline(@Nullable PortState in) {
    if (in == null || mayReceive(in)) {
      lookup(0);
      Rule first = rule;
      run();
      executeActionSet(first, 0);
    }
    return finish();
  }

  /**
   * Translates a list of actions for a packet that a controller sent, or that was asked about.
   *
   * @param ofInPort OpenFlow port that the packet is to have come from, or a reserved one
   */
  public XlateOut translate(
      Snapshot s, Flow packetFlow, int bridgeNumber, int ofInPort, List<Action> list) {
    if (!beginIn(s, packetFlow, bridgeNumber, ofInPort)) {
      return finish();
    }
    inPacketOut = true;
    PortState in = here().ports().get(ofInPort);
    if (in == null || mayReceive(in)) {
      apply(list);
      stopped = false;
      executeActionSet(null, 0);
    }
    return finish();
  }

  /** The packet as the rules left it, for the "Final flow" of a trace. */
  public Flow finalFlow() {
    return packet.rewritten;
  }

  /** Begins in a bridge that is named; false: there is none of that number. */
  private boolean beginIn(Snapshot s, Flow packetFlow, int bridgeNumber, int ofInPort) {
    begin(s, packetFlow);
    BridgeState b = s.bridge(bridgeNumber);
    if (b == null) {
      out.error = XlateError.BRIDGE_NOT_FOUND;
      return false;
    }
    enter(b, ofInPort);
    AlwaysMasked.begin(mask.words(), flow);
    return true;
  }

  private void begin(Snapshot s, Flow packetFlow) {
    out.clear(s.version());
    snapshot = s;
    packet.begin(packetFlow);
    actionSet.clear();
    rule = null;
    tableId = 0;
    depth = 0;
    resubmits = 0;
    stopped = false;
    inPacketOut = false;
    inActionSet = false;
  }

  private void enter(BridgeState b, int ofInPort) {
    bridge = b;
    Arrays.fill(flow, 0, ODP, 0);
    flow[CONJ_ACTSET] = OfPort.UNSET.number() & 0xffffffffL;
    flow[OF_PORTS] = (long) ofInPort << 32 | ofInPort & 0xffffffffL;
    out.dependencies.ports(b.number());
    if (trace != null) {
      trace.add(new XlateTrace.InBridge(depth, b.name()));
    }
  }

  /** Leaves in the mask only what a datapath key can have. */
  private XlateOut finish() {
    AlwaysMasked.finish(mask.words(), original);
    if (out.error != null && out.error != XlateError.TOO_MANY_ACTIONS) {
      actions.clear();
    }
    return out;
  }

  /**
   * Looks the flow up in a table and makes what it finds the rule to run; null: a miss, which drops
   * in OpenFlow 1.3.
   */
  private void lookup(int table) {
    BridgeState b = here();
    tableId = table;
    long tp = flow[TP];
    if ((flow[NW] >>> 56 & FRAG_ANY) != 0
        && Rewrites.isIp(flow)
        && b.frags() != SwitchConfig.Frag.NX_MATCH) {
      if (b.frags() == SwitchConfig.Frag.DROP) {
        out.effects.table(b.counters(table), true);
        out.effects.rule(b.internal().fragments().counter());
        rule = null;
        if (trace != null) {
          trace.add(new XlateTrace.FragmentDropped(depth, table));
        }
        return;
      }
      flow[TP] = tp & 0x00000000ffffffffL; // transport ports are not available
    }
    rule = b.table(table).lookup(packet.rewritten, mask, scratch);
    out.dependencies.table(b.number(), table, rule == null ? -1 : rule.priority(), flow, original);
    flow[TP] = tp;
    out.effects.table(b.counters(table), rule != null);
    out.effects.rule((rule != null ? rule : b.internal().missed()).counter());
    if (trace != null) {
      trace.add(new XlateTrace.InTable(depth, table, rule));
    }
  }

  /** Runs the rule found and those that it leads to. */
  private void run() {
    while (rule != null && out.error == null) {
      Instructions i = rule.instructions();
      apply(i.apply());
      if (stopped) {
        stopped = false;
        return;
      }
      if (i.hasClear()) {
        if (trace != null) {
          trace.clears(depth, actionSet);
        }
        actionSet.clear();
        showActionSetOutput();
      }
      if (i.hasWrite()) {
        actionSet.write(i.write());
        if (trace != null) {
          trace.wrote(depth, i.write(), actionSet);
        }
        showActionSetOutput();
      }
      if (i.hasMetadata()) {
        flow[METADATA] = flow[METADATA] & ~i.metadataMask() | i.metadata();
      }
      if (trace != null) {
        trace.goesOn(depth, i);
      }
      if (!i.hasGoto() || !mayLookUpMore()) {
        return;
      }
      lookup(i.gotoTable());
    }
  }

  private void apply(List<Action> list) {
    for (int i = 0; i < list.size() && out.error == null && !stopped; i++) {
      Action a = list.get(i);
      if (trace != null) {
        trace.add(new XlateTrace.Did(depth, a));
      }
      switch (a.type()) {
        case OUTPUT -> output((Action.Output) a);
        case SET_FIELD -> setField((Action.SetField) a);
        case PUSH_VLAN -> packet.pushVlan(((Action.PushVlan) a).ethType());
        case POP_VLAN -> packet.popVlan();
        case SET_NW_TTL -> Rewrites.setNwTtl(((Action.SetNwTtl) a).ttl(), flow, mask.words());
        case DEC_NW_TTL -> decNwTtl();
        case SET_QUEUE ->
            Rewrites.setQueue(
                queueToPriority.applyAsInt(((Action.SetQueue) a).queueId()), flow, mask.words());
        case POP_QUEUE -> Rewrites.setQueue((int) original[SKB], flow, mask.words());
        case COPY_TTL_OUT,
            COPY_TTL_IN,
            SET_MPLS_TTL,
            DEC_MPLS_TTL,
            PUSH_MPLS,
            POP_MPLS,
            GROUP,
            PUSH_PBB,
            POP_PBB,
            EXPERIMENTER ->
            throw new IllegalStateException("a rule with " + a + " was let into table " + tableId);
      }
    }
  }

  /**
   * Executes the action set, if it sends the packet anywhere. What it sends to controllers is said
   * to come from the table and rule where the pipeline began, as OVS says it, whichever rule wrote
   * it.
   */
  private void executeActionSet(@Nullable Rule began, int beganInTable) {
    if (out.error != null || !actionSet.sends()) {
      actionSet.clear();
      return;
    }
    List<Action> list = setActions.isEmpty() ? setActions : new ArrayList<>(); // nested in another
    actionSet.drainTo(list);
    if (trace != null) {
      trace.add(new XlateTrace.ExecutesActionSet(depth));
    }
    rule = began;
    tableId = beganInTable;
    inActionSet = true;
    apply(list);
    inActionSet = false;
    stopped = false;
    list.clear();
  }

  /** Counts a look-up after the first; false if there were too many, which ends the translation. */
  private boolean mayLookUpMore() {
    if (++resubmits > MAX_RESUBMITS) {
      out.error = XlateError.TOO_MANY_RESUBMITS;
      return false;
    }
    return true;
  }

  private void showActionSetOutput() {
    Action.Output o = actionSet.output();
    long port = o == null ? OfPort.UNSET.number() : o.port().number();
    flow[CONJ_ACTSET] = flow[CONJ_ACTSET] & 0xffffffff00000000L | port & 0xffffffffL;
  }

  // Outputs.

  private void output(Action.Output o) {
    int port = o.port().number();
    int inPort = (int) (flow[OF_PORTS] >>> 32);
    if (o.port().equals(OfPort.IN_PORT)) {
      outputTo(inPort);
    } else if (o.port().equals(OfPort.TABLE)) {
      resubmitToTable0();
    } else if (o.port().equals(OfPort.NORMAL)) {
      Normal.output(this);
    } else if (o.port().equals(OfPort.FLOOD) || o.port().equals(OfPort.ALL)) {
      flood();
    } else if (o.port().equals(OfPort.CONTROLLER)) {
      toController(o.maxLen(), PacketIn.Reason.ACTION);
    } else if (o.port().equals(OfPort.ANY)) {
      return;
    } else if (port == inPort) {
      warn("skipping output to input port");
    } else {
      outputTo(port);
    }
  }

  private void flood() {
    Ports ports = here().ports();
    int inPort = (int) (flow[OF_PORTS] >>> 32);
    for (int i = 0; i < ports.size(); i++) {
      int ofPort = ports.at(i).ofPort();
      if (ofPort != inPort) {
        outputTo(ofPort);
      }
    }
  }

  /** Sends the packet as it is now out of a port (OVS {@code compose_output_action}). */
  void outputTo(int ofPort) {
    PortState p = here().ports().get(ofPort);
    if (p == null) {
      warn("Nonexistent output port");
    } else if (p.has(PortDesc.CONFIG_NO_FWD)) {
      detail("OFPPC_NO_FWD set, skipping output");
    } else if (p.patch() != null) {
      throughPatchPort(p);
    } else if (p.odpPort() != 0) {
      if (packet.hasRoom()) {
        packet.commit();
        actions.output(p.odpPort());
      }
    }
  }

  /**
   * Goes on in the bridge at the other end, then comes back to the packet as it was (OVS {@code
   * patch_port_output}). What goes wrong there is no error here: a loop of patch ports ends at
   * {@link #MAX_DEPTH}, and what was sent on the way is sent.
   */
  private void throughPatchPort(PortState p) {
    PatchEnd end = Objects.requireNonNull(p.patch());
    if (end.peerBridge() >= 0) {
      out.dependencies.ports(end.peerBridge()); // also when the peer is not there yet
    }
    BridgeState there = snapshot.bridge(end.peerBridge());
    PortState in = there == null ? null : there.ports().get(end.peerOfPort());
    if (there == null || in == null || in.patch() == null) {
      warn("patch port has no peer");
      return;
    }
    out.effects.patchTx(end.tx());
    out.effects.patchRx(in.patch().rx());
    if (depth == MAX_DEPTH || resubmits == MAX_RESUBMITS) {
      warn(depth == MAX_DEPTH ? "over max translation depth" : "over max resubmit actions");
      return;
    }
    depth++;
    resubmits++;
    while (saved.size() < depth) {
      saved.add(new Saved());
    }
    Saved s = saved.get(depth - 1);
    System.arraycopy(flow, 0, s.flow, 0, WORDS);
    ActionSet outer = actionSet;
    actionSet = s.actionSet;
    actionSet.clear();
    BridgeState outerBridge = here();
    Rule outerRule = rule;
    int outerTable = tableId;
    boolean outerInActionSet = inActionSet;
    inActionSet = false;

    enter(there, in.ofPort());
    Arrays.fill(flow, TUN_ID, TUN_ID + TUN_WORDS, 0);
    flow[CT] = 0;
    Arrays.fill(flow, CT_LABEL, CT_TP + 1, 0);
    if (mayReceive(in)) {
      lookup(0);
      run();
      executeActionSet(outerRule, outerTable);
    }
    if (out.error != XlateError.TOO_MANY_ACTIONS) {
      out.error = null;
    }

    inActionSet = outerInActionSet;
    s.actionSet = actionSet;
    actionSet = outer;
    bridge = outerBridge;
    rule = outerRule;
    tableId = outerTable;
    depth--;
    System.arraycopy(s.flow, 0, flow, 0, WORDS);
  }

  /** Output to TABLE, which only a packet-out can say. */
  private void resubmitToTable0() {
    if (++depth > MAX_DEPTH) {
      out.error = XlateError.RECURSION_TOO_DEEP;
      return;
    }
    if (!mayLookUpMore()) {
      return;
    }
    Rule outerRule = rule;
    int outerTable = tableId;
    lookup(0);
    run();
    rule = outerRule;
    tableId = outerTable;
    depth--;
  }

  private void toController(int maxLen, PacketIn.Reason reason) {
    if (!packet.hasRoom()) {
      return;
    }
    packet.commit();
    PacketInCookie.put(
        actions,
        rule == null ? -1L : rule.cookie(),
        flow[METADATA],
        reason == PacketIn.Reason.ACTION ? whyAction() : reason,
        tableId,
        maxLen,
        (int) (flow[OF_PORTS] >>> 32),
        here().number());
  }

  private PacketIn.Reason whyAction() {
    if (inPacketOut) {
      return PacketIn.Reason.PACKET_OUT;
    } else if (inActionSet) {
      return PacketIn.Reason.ACTION_SET;
    }
    return rule != null && rule.isTableMiss() ? PacketIn.Reason.NO_MATCH : PacketIn.Reason.ACTION;
  }

  private void decNwTtl() {
    if (!Rewrites.decNwTtl(flow, mask.words())) {
      boolean v4 = (flow[ETH_DST_TYPE] & 0xffff) == EthType.IPV4;
      warn(v4 ? "IPv4 decrement TTL exception" : "IPv6 decrement TTL exception");
      toController(Action.Output.ALL_BYTES, PacketIn.Reason.INVALID_TTL);
      stopped = true;
    }
  }

  private void setField(Action.SetField a) {
    if (!Rewrites.setField(a, flow, mask.words()) && trace != null) {
      warn("unmet prerequisites for " + a.field().text() + ", set_field ignored");
    }
  }

  // For this package's parts of the translation.

  /** Whether the packet comes from no port of the bridge because a controller made it. */
  boolean isPacketOutPort(int ofPort) {
    return ofPort == OfPort.CONTROLLER.number() || ofPort == OfPort.ANY.number();
  }

  BridgeState here() {
    if (bridge == null) {
      throw new IllegalStateException("translation outside any bridge");
    }
    return bridge;
  }

  long[] flow() {
    return flow;
  }

  long[] mask() {
    return mask.words();
  }

  XlateOut out() {
    return out;
  }

  void detail(String text) {
    if (trace != null) {
      trace.add(new XlateTrace.Detail(depth, text));
    }
  }

  void warn(String text) {
    if (trace != null) {
      trace.add(new XlateTrace.Warning(depth, text));
    }
  }

  /**
   * 01:80:c2:00:00:00 is let in by its own flag, which 1.3 does not have (OVS {@code may_receive}).
   */
  private boolean mayReceive(PortState in) {
    if (!in.has(PortDesc.CONFIG_NO_RECV)) {
      return true;
    }
    mask.words()[ETH_DST_TYPE] |= 0xffffffffffff0000L; // which OVS forgets
    return flow[ETH_DST_TYPE] >>> 16 == 0x0180c2000000L;
  }
}
