// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.beeswitch.flow.FlowLayout.ETH_DST_TYPE;
import static org.beeswitch.flow.FlowLayout.NW;
import static org.beeswitch.flow.FlowLayout.VLANS;
import static org.beeswitch.flow.FlowLayout.VLAN_PRESENT;
import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * Whether actions make sense for the packets that they will meet (OVS {@code ofpacts_check}): a
 * set-field needs its prerequisites, which earlier pushes and pops in the same list change; a
 * goto-table goes forward. A flow-mod's decoder asks for the packets of its match; a packet-out is
 * asked about by who has parsed its packet.
 *
 * <p>An error is OVS's: outright ones come first, in order; an action that only does not fit the
 * packet is MATCH_INCONSISTENT after all others have passed.
 */
public final class ActionCheck {
  private final long[] mask;
  private final int tableId;

  // What is known of the packet, and changed by the actions on the way.
  private int ethType;
  private int nwProto;
  private long vlans;
  private final long[] flow;
  private boolean inconsistent;

  private ActionCheck(long[] flow, long[] mask, int tableId) {
    this.flow = flow;
    this.mask = mask;
    this.tableId = tableId;
  }

  /**
   * Checks the actions of a packet-out.
   *
   * @param flow words of the packet; restored before return
   */
  public static @Nullable OfErrorCode ofPacket(List<Action> actions, long[] flow) {
    return new ActionCheck(flow, flow, 0).run(Instructions.NONE, actions);
  }

  /**
   * Checks the instructions of a rule.
   *
   * @param flow words of the match; restored before return
   * @param mask words of the match's mask
   * @param tableId the rule's table; 255 if it is not known
   */
  public static @Nullable OfErrorCode ofRule(
      Instructions instructions, long[] flow, long[] mask, int tableId) {
    return new ActionCheck(flow, mask, tableId).run(instructions, instructions.apply());
  }

  private @Nullable OfErrorCode run(Instructions in, List<Action> apply) {
    long w0 = flow[ETH_DST_TYPE];
    long w1 = flow[NW];
    long w2 = flow[VLANS];
    OfErrorCode error = check(in, apply);
    flow[ETH_DST_TYPE] = w0;
    flow[NW] = w1;
    flow[VLANS] = w2;
    return error == null && inconsistent ? OFPBAC_MATCH_INCONSISTENT : error;
  }

  private @Nullable OfErrorCode check(Instructions in, List<Action> apply) {
    if (in.hasMeter()
        && (in.meterId() == 0 || Integer.compareUnsigned(in.meterId(), MeterId.MAX) > 0)) {
      return OFPMMFC_INVALID_METER;
    }
    load();
    for (Action a : apply) {
      OfErrorCode e = check(a);
      if (e != null) {
        return e;
      }
    }
    if (in.hasWrite()) {
      // The order of a set is not known: what does not fit the packet is let through.
      boolean was = inconsistent;
      int ethTypeWas = ethType;
      int nwProtoWas = nwProto;
      long vlansWas = vlans;
      for (Action a : in.write()) {
        OfErrorCode e = check(a);
        if (e != null) {
          return e;
        }
      }
      inconsistent = was;
      ethType = ethTypeWas;
      nwProto = nwProtoWas;
      vlans = vlansWas;
    }
    if (in.hasGoto() && tableId != 255 && in.gotoTable() <= tableId) {
      return OFPBIC_BAD_TABLE_ID;
    }
    return null;
  }

  private @Nullable OfErrorCode check(Action a) {
    switch (a.type()) {
      case OUTPUT, GROUP, SET_QUEUE, POP_QUEUE, COPY_TTL_OUT, COPY_TTL_IN, EXPERIMENTER -> {}
      case PUSH_VLAN -> {
        if ((vlans & VLAN_PRESENT) != 0) {
          return OFPBAC_BAD_TAG; // a flow has room for two tags
        }
        vlans = (long) VLAN_PRESENT << 32 | vlans >>> 32 & 0xffff;
      }
      case POP_VLAN -> {
        require((vlans >>> 32 & VLAN_PRESENT) != 0);
        vlans = (vlans & 0xffff) << 32;
      }
      case PUSH_MPLS -> {
        ethType = ((Action.PushMpls) a).ethType();
        nwProto = 0;
      }
      case POP_MPLS -> {
        require(isMpls());
        ethType = ((Action.PopMpls) a).ethType();
      }
      case SET_MPLS_TTL, DEC_MPLS_TTL -> require(isMpls());
      case SET_NW_TTL, DEC_NW_TTL -> require(ethType == EthType.IPV4 || ethType == EthType.IPV6);
      case PUSH_PBB -> {
        ethType = ((Action.PushPbb) a).ethType();
        nwProto = 0;
      }
      case POP_PBB -> {
        require(ethType == EthType.PBB);
        ethType = 0; // whatever was inside
        nwProto = 0;
      }
      case SET_FIELD -> {
        return setField((Action.SetField) a);
      }
    }
    return null;
  }

  private @Nullable OfErrorCode setField(Action.SetField s) {
    Field f = s.field();
    store();
    if (!Prerequisites.canSet(f, flow, mask)) {
      return OFPBAC_MATCH_INCONSISTENT;
    }
    if (f == Field.VLAN_TCI) {
      // May add or remove the tag.
      vlans = vlans & ~(0xffffL << 32) | s.valueLo() << 32;
    }
    return null;
  }

  private boolean isMpls() {
    return EthType.isMpls(ethType);
  }

  private void require(boolean fits) {
    inconsistent |= !fits;
  }

  private void load() {
    ethType = Prerequisites.ethType(flow);
    nwProto = (int) (flow[NW] >>> 32 & 0xff);
    vlans = flow[VLANS];
  }

  private void store() {
    flow[ETH_DST_TYPE] = flow[ETH_DST_TYPE] & ~0xffffL | ethType;
    flow[NW] = flow[NW] & ~(0xffL << 32) | (long) nwProto << 32;
    flow[VLANS] = vlans;
  }
}
