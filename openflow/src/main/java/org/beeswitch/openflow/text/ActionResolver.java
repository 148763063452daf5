// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.beeswitch.flow.FlowLayout.*;
import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Prereq;
import org.beeswitch.openflow.codec.Prerequisites;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;

/**
 * Makes of actions as written what OpenFlow 1.3 says of them, and refuses what makes no sense for
 * the packets that a match lets through (OVS {@code ofpacts_check} and the encoders of {@code
 * ofp-actions.c}). What 1.0 would do with a packet that it does not fit (set the TTL of what is no
 * IP) has no equivalent in 1.3: OVS finds no usable protocol then.
 */
final class ActionResolver {
  private final long[] flow;
  private final long[] mask;
  private final int tableId;
  private boolean onlyOf10;

  private ActionResolver(long[] flow, long[] mask, int tableId) {
    this.flow = flow;
    this.mask = mask;
    this.tableId = tableId;
  }

  /**
   * Resolves the instructions of a rule.
   *
   * @param value words of the rule's match
   * @param mask words of its mask
   * @param tableId 255 if it is not known
   */
  static Instructions instructions(List<ActionDraft> drafts, long[] value, long[] mask, int tableId)
      throws FlowSyntaxException {
    ActionResolver r = new ActionResolver(value.clone(), mask, tableId);
    Instructions.Builder b = Instructions.builder();
    List<Action> apply = new ArrayList<>();
    for (ActionDraft d : drafts) {
      if (d instanceof ActionDraft.Meter m) {
        checkMeter(m.id());
        b.meter(m.id());
      } else if (d instanceof ActionDraft.Clear) {
        b.clear();
      } else if (d instanceof ActionDraft.WriteMetadata w) {
        b.metadata(w.value(), w.mask());
      } else if (d instanceof ActionDraft.Goto g) {
        if (tableId != 255 && g.table() <= tableId) {
          throw invalid(OFPBIC_BAD_TABLE_ID);
        }
        b.gotoTable(g.table());
      } else if (d instanceof ActionDraft.Write w) {
        r.write(w, b);
      } else {
        r.resolve(d, apply);
      }
    }
    r.finish();
    return b.apply(apply).build();
  }

  /**
   * The actions of a packet-out or a bucket: nothing is known of their packets, and nothing
   * checked.
   */
  static List<Action> actions(List<ActionDraft> drafts) throws FlowSyntaxException {
    List<Action> out = new ArrayList<>();
    for (ActionDraft d : drafts) {
      if (d instanceof ActionDraft.SetNothing) {
        continue;
      }
      if (d instanceof ActionDraft.Final f) {
        out.add(f.action());
      } else if (d instanceof ActionDraft.Modify m) {
        out.add(m.action());
      } else if (d instanceof ActionDraft.SetVlan v) {
        if (v.push()) {
          out.add(new Action.PushVlan(EthType.VLAN));
        }
        out.add(v.action());
      } else {
        throw new FlowSyntaxException(
            "mod_tp_src and mod_tp_dst need a match on TCP, UDP or SCTP: use set_field");
      }
    }
    return out;
  }

  private void write(ActionDraft.Write w, Instructions.Builder b) throws FlowSyntaxException {
    // The order of a set is not known: what does not fit the packet is let through.
    boolean was = onlyOf10;
    long[] flowWas = flow.clone();
    List<Action> set = new ArrayList<>();
    for (ActionDraft d : w.actions()) {
      resolve(d, set);
    }
    onlyOf10 = was;
    System.arraycopy(flowWas, 0, flow, 0, flow.length);
    if (!set.isEmpty()) {
      b.write(set); // an empty one is lost on the wire
    }
  }

  private void finish() throws FlowSyntaxException {
    if (onlyOf10) {
      throw needsOf10();
    }
  }

  private FlowSyntaxException needsOf10() {
    String tid = tableId == 255 ? "" : "+table_id";
    return FlowSyntaxException.of(
        "none of the usable flow formats (OpenFlow10%s,NXM%s) is among the allowed flow formats"
            + " (OXM-OpenFlow13)",
        tid, tid);
  }

  private static FlowSyntaxException invalid(OfErrorCode e) {
    return FlowSyntaxException.of("actions are invalid with specified match (%s)", e);
  }

  private static void checkMeter(int id) throws FlowSyntaxException {
    if (id == 0 || Integer.compareUnsigned(id, MeterId.MAX) > 0) {
      throw invalid(OFPMMFC_INVALID_METER);
    }
  }

  private void resolve(ActionDraft d, List<Action> out) throws FlowSyntaxException {
    if (d instanceof ActionDraft.Final f) {
      check(f.action());
      out.add(f.action());
    } else if (d instanceof ActionDraft.SetNothing n) {
      checkSet(n.field());
    } else if (d instanceof ActionDraft.Modify m) {
      Prereq p = m.action().field().prereq();
      require(Prerequisites.met(p, flow, mask));
      out.add(m.action());
    } else if (d instanceof ActionDraft.SetVlan v) {
      if (!Prerequisites.hasTag(flow)) {
        require(v.push());
        if (v.push()) {
          out.add(new Action.PushVlan(EthType.VLAN));
        }
      }
      flow[VLANS] |= (long) VLAN_PRESENT << 32;
      out.add(v.action());
    } else if (d instanceof ActionDraft.SetTransportPort t) {
      transportPort(t, out);
    } else {
      throw new IllegalStateException(d + " is no action");
    }
  }

  private void transportPort(ActionDraft.SetTransportPort t, List<Action> out)
      throws FlowSyntaxException {
    Field f =
        switch (nwProto()) {
          case IpProto.TCP -> t.source() ? Field.TCP_SRC : Field.TCP_DST;
          case IpProto.UDP -> t.source() ? Field.UDP_SRC : Field.UDP_DST;
          case IpProto.SCTP -> t.source() ? Field.SCTP_SRC : Field.SCTP_DST;
          default -> null;
        };
    if (f == null || !Prerequisites.met(f.prereq(), flow, mask)) {
      throw needsOf10();
    }
    out.add(Action.SetField.exact(f, t.port()));
  }

  private void check(Action a) throws FlowSyntaxException {
    switch (a.type()) {
      case GROUP, SET_QUEUE, POP_QUEUE, COPY_TTL_OUT, COPY_TTL_IN, EXPERIMENTER -> {}
      case OUTPUT -> {
        OfPort p = ((Action.Output) a).port();
        boolean reserved = p.isReserved() && !p.equals(OfPort.ANY) && !p.equals(OfPort.UNSET);
        if (!reserved && Integer.compareUnsigned(p.number(), OfPort.MAX_NUMBER) > 0) {
          throw invalid(OFPBAC_BAD_OUT_PORT);
        }
      }
      case PUSH_VLAN -> {
        if ((flow[VLANS] & VLAN_PRESENT) != 0) {
          throw invalid(OFPBAC_BAD_TAG); // a flow has room for two tags
        }
        flow[VLANS] = (long) VLAN_PRESENT << 32 | flow[VLANS] >>> 32 & 0xffff;
      }
      case POP_VLAN -> {
        require(Prerequisites.hasTag(flow));
        flow[VLANS] = (flow[VLANS] & 0xffff) << 32;
      }
      case PUSH_MPLS -> setType(((Action.PushMpls) a).ethType(), true);
      case POP_MPLS -> {
        require(EthType.isMpls(ethType()));
        setType(((Action.PopMpls) a).ethType(), false);
      }
      case SET_MPLS_TTL, DEC_MPLS_TTL -> require(EthType.isMpls(ethType()));
      case SET_NW_TTL, DEC_NW_TTL -> require(Prerequisites.met(Prereq.IP_ANY, flow, mask));
      case PUSH_PBB -> setType(((Action.PushPbb) a).ethType(), true);
      case POP_PBB -> {
        require(ethType() == EthType.PBB);
        setType(0, true);
      }
      case SET_FIELD -> {
        Action.SetField s = (Action.SetField) a;
        checkSet(s.field());
        if (s.field() == Field.VLAN_TCI) {
          flow[VLANS] = flow[VLANS] & ~(0xffffL << 32) | s.valueLo() << 32;
        }
      }
    }
  }

  private void checkSet(Field f) throws FlowSyntaxException {
    if (!Prerequisites.canSet(f, flow, mask)) {
      throw invalid(OFPBAC_MATCH_INCONSISTENT);
    }
  }

  private void require(boolean fits) {
    onlyOf10 |= !fits;
  }

  private int ethType() {
    return (int) (flow[ETH_DST_TYPE] & 0xffff);
  }

  private int nwProto() {
    return (int) (flow[NW] >>> 32 & 0xff);
  }

  private void setType(int type, boolean forgetProto) {
    flow[ETH_DST_TYPE] = flow[ETH_DST_TYPE] & ~0xffffL | type;
    if (forgetProto) {
      flow[NW] &= ~(0xffL << 32);
    }
  }
}
