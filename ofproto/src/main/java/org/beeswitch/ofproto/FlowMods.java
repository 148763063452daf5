// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.ofproto.classifier.ClassifierEditor;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.upcall.Change;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.TableId;
import org.jspecify.annotations.Nullable;

/**
 * What flow-mods do to a bridge (OF 1.3.5, 6.4; OVS {@code ofproto.c}, {@code add_flow_start} and
 * its kin): each a function from one state of the bridge to the next, so that a failed one changes
 * nothing and several can become one version.
 *
 * <p>Single use: made with a state, given any number of flow-mods and deletions, asked for the
 * state, the changes and the rules that went. Used by one thread.
 */
final class FlowMods {
  /** A rule that is gone, and why: FLOW_REMOVED if it asked for that. */
  record Removed(Rule rule, FlowRemoved.Reason reason) {}

  private BridgeState state;
  private final long nowNs;
  private final List<Change> changes = new ArrayList<>();
  private final List<Removed> removed = new ArrayList<>();

  FlowMods(BridgeState state, long nowNs) {
    this.state = state;
    this.nowNs = nowNs;
  }

  BridgeState state() {
    return state;
  }

  /** What megaflows can depend on, of all that was done so far. */
  List<Change> changes() {
    return changes;
  }

  List<Removed> removed() {
    return removed;
  }

  /** Does one flow-mod, or nothing and says why. */
  @Nullable OfErrorCode apply(FlowMod fm) {
    return switch (fm.command()) {
      case ADD -> add(fm);
      case MODIFY, MODIFY_STRICT -> modify(fm);
      case DELETE, DELETE_STRICT -> delete(fm);
    };
  }

  private @Nullable OfErrorCode add(FlowMod fm) {
    int table = fm.tableId() == TableId.ALL ? 0 : fm.tableId();
    OfErrorCode e = checkTableAndBuffer(fm);
    if (e == null) {
      e = check(fm.instructions());
    }
    if (e != null) {
      return e;
    }
    Classifier<Rule> t = state.table(table);
    Rule old = t.find(fm.match(), fm.priority());
    if (old == null
        && has(fm, FlowFlags.CHECK_OVERLAP)
        && t.findOverlap(fm.match(), fm.priority()) != null) {
      return OfErrorCode.OFPFMFC_OVERLAP;
    }
    Counter counter = old == null ? new Counter(nowNs) : counterOf(fm, old);
    put(
        table,
        new Rule(
            table,
            fm.priority(),
            fm.match(),
            old == null ? fm.newCookie() : cookieOf(fm, old),
            fm.idleTimeout(),
            fm.hardTimeout(),
            fm.flags(),
            fm.instructions(),
            counter,
            nowNs,
            nowNs));
    return null;
  }

  /** What OVS looks at before any rule. A deletion's buffer is nobody's business. */
  private static @Nullable OfErrorCode checkTableAndBuffer(FlowMod fm) {
    if (fm.tableId() == BridgeState.TABLE_INTERNAL) {
      return OfErrorCode.OFPBRC_EPERM;
    }
    return fm.bufferId() == BufferId.NONE ? null : OfErrorCode.OFPBRC_BUFFER_UNKNOWN;
  }

  /** What the actions refer to is looked at only if there is a rule that gets them, as in OVS. */
  private @Nullable OfErrorCode modify(FlowMod fm) {
    OfErrorCode e = checkTableAndBuffer(fm);
    if (e != null) {
      return e;
    }
    List<Rule> rules = select(fm);
    if (rules.isEmpty()) {
      boolean adds = fm.newCookie() != FlowMod.NO_COOKIE && fm.cookieMask() == 0;
      return adds ? add(fm) : null; // OpenFlow 1.0 and 1.1, whose codecs set a new cookie
    }
    e = check(fm.instructions());
    if (e != null) {
      return e;
    }
    for (Rule r : rules) {
      long cookie = cookieOf(fm, r);
      put(r.tableId(), r.modified(fm.instructions(), cookie, r.flags(), counterOf(fm, r), nowNs));
    }
    return null;
  }

  /** The cookie of what takes the place of a rule: OVS does not tell cookie -1 from none. */
  private static long cookieOf(FlowMod fm, Rule old) {
    return fm.newCookie() == FlowMod.NO_COOKIE ? old.cookie() : fm.newCookie();
  }

  /**
   * The counter of what takes the place of a rule. One that begins anew still knows when the rule
   * was last used, so that putting a rule in again does not keep it from timing out (OVS {@code
   * rule_insert}).
   */
  private static Counter counterOf(FlowMod fm, Rule old) {
    return has(fm, FlowFlags.RESET_COUNTS) ? new Counter(old.counter().usedNs()) : old.counter();
  }

  private @Nullable OfErrorCode delete(FlowMod fm) {
    List<Rule> rules = select(fm);
    if (fm.tableId() == BridgeState.TABLE_INTERNAL && !rules.isEmpty()) {
      return OfErrorCode.OFPBRC_EPERM;
    }
    remove(rules, FlowRemoved.Reason.DELETE);
    return null;
  }

  /** Takes rules out that are in the state's tables. */
  void remove(List<Rule> rules, FlowRemoved.Reason reason) {
    int i = 0;
    while (i < rules.size()) {
      int table = rules.get(i).tableId();
      ClassifierEditor<Rule> editor = state.table(table).editor();
      List<Change.RuleAt> places = new ArrayList<>();
      for (; i < rules.size() && rules.get(i).tableId() == table; i++) {
        Rule r = rules.get(i);
        editor.remove(r);
        places.add(at(r));
        removed.add(new Removed(r, reason));
      }
      state = state.withTable(table, editor.build());
      changes.add(new Change.InTable(state.number(), table, places));
    }
  }

  private void put(int table, Rule r) {
    state = state.withTable(table, state.table(table).with(r));
    changes.add(new Change.InTable(state.number(), table, List.of(at(r))));
  }

  static Change.RuleAt at(Rule r) {
    return new Change.RuleAt(r.match(), r.priority());
  }

  /**
   * The rules that a modify or delete concerns, table by table; only a delete asks about outputs.
   */
  private List<Rule> select(FlowMod fm) {
    List<Rule> out = new ArrayList<>();
    boolean all = fm.tableId() == TableId.ALL;
    Criteria criteria = Criteria.of(fm.match());
    for (int t = all ? 0 : fm.tableId(); t <= (all ? BridgeState.TABLES - 1 : fm.tableId()); t++) {
      Classifier<Rule> c = state.table(t);
      if (fm.command().isStrict()) {
        Rule r = c.find(fm.match(), fm.priority());
        if (r != null && isMeant(fm, r)) {
          out.add(r);
        }
      } else if (!c.isEmpty()) {
        for (Rule r : criteria.select(c)) {
          if (isMeant(fm, r)) {
            out.add(r);
          }
        }
      }
    }
    return out;
  }

  private static boolean isMeant(FlowMod fm, Rule r) {
    return !r.isHidden()
        && (r.cookie() & fm.cookieMask()) == (fm.cookie() & fm.cookieMask())
        && (isModify(fm) || outputsTo(r.instructions(), fm.outPort(), fm.outGroup()));
  }

  private static boolean isModify(FlowMod fm) {
    return fm.command() == FlowMod.Command.MODIFY || fm.command() == FlowMod.Command.MODIFY_STRICT;
  }

  /**
   * Whether the instructions can send a packet to the port and to the group; ANY asks nothing (OF
   * 1.3.5, 6.4).
   */
  static boolean outputsTo(Instructions i, OfPort port, int group) {
    return (port.equals(OfPort.ANY) || anyOutput(i.apply(), port) || anyOutput(i.write(), port))
        && (group == GroupId.ANY || anyGroup(i.apply(), group) || anyGroup(i.write(), group));
  }

  private static boolean anyOutput(List<Action> l, OfPort port) {
    return l.stream().anyMatch(a -> a instanceof Action.Output o && o.port().equals(port));
  }

  private static boolean anyGroup(List<Action> l, int group) {
    return l.stream().anyMatch(a -> a instanceof Action.Group g && g.groupId() == group);
  }

  /** Whether this switch can run them: what a codec cannot know. */
  private static @Nullable OfErrorCode check(Instructions i) {
    if (i.hasMeter()) {
      return OfErrorCode.OFPMMFC_INVALID_METER; // there are no meters yet
    }
    OfErrorCode e = checkActions(i.apply());
    return e != null ? e : checkActions(i.write());
  }

  /** Whether this switch can run the actions, of a rule or a packet-out. */
  static @Nullable OfErrorCode checkActions(List<Action> l) {
    for (Action a : l) {
      OfErrorCode e =
          switch (a.type()) {
            case OUTPUT,
                PUSH_VLAN,
                POP_VLAN,
                SET_QUEUE,
                POP_QUEUE,
                SET_NW_TTL,
                DEC_NW_TTL,
                SET_FIELD ->
                null;
            case GROUP -> OfErrorCode.OFPBAC_BAD_OUT_GROUP; // there are no groups yet
            case COPY_TTL_OUT,
                COPY_TTL_IN,
                SET_MPLS_TTL,
                DEC_MPLS_TTL,
                PUSH_MPLS,
                POP_MPLS,
                PUSH_PBB,
                POP_PBB ->
                OfErrorCode.OFPBAC_BAD_TYPE;
            case EXPERIMENTER -> OfErrorCode.OFPBAC_BAD_VENDOR;
          };
      if (e != null) {
        return e;
      }
    }
    return null;
  }

  private static boolean has(FlowMod fm, int flag) {
    return (fm.flags() & flag) != 0;
  }
}
