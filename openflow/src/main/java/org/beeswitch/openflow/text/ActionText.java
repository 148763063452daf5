// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;

/** Prints actions and instructions (OVS {@code ofpacts_format}). */
public final class ActionText {
  private ActionText() {}

  /** Appends instructions, {@code drop} if there are none. */
  public static StringBuilder append(StringBuilder s, Instructions in, Names names) {
    int start = s.length();
    if (in.hasMeter()) {
      s.append("meter:").append(Integer.toUnsignedString(in.meterId())).append(',');
    }
    if (!in.apply().isEmpty()) {
      append(s, in.apply(), names).append(',');
    }
    if (in.hasClear()) {
      s.append("clear_actions,");
    }
    if (in.hasWrite()) {
      append(s.append("write_actions("), in.write(), names).append("),");
    }
    if (in.hasMetadata()) {
      ValueText.appendHex(s.append("write_metadata:"), 0, in.metadata());
      if (in.metadataMask() != -1L) {
        ValueText.appendHex(s.append('/'), 0, in.metadataMask());
      }
      s.append(',');
    }
    if (in.hasGoto()) {
      names.appendTable(s.append("goto_table:"), in.gotoTable()).append(',');
    }
    if (s.length() == start) {
      return s.append("drop");
    }
    s.setLength(s.length() - 1);
    return s;
  }

  /** Appends actions, {@code drop} if there are none. */
  public static StringBuilder append(StringBuilder s, List<Action> actions, Names names) {
    if (actions.isEmpty()) {
      return s.append("drop");
    }
    String comma = "";
    for (Action a : actions) {
      append(s.append(comma), a, names);
      comma = ",";
    }
    return s;
  }

  private static void append(StringBuilder s, Action a, Names names) {
    switch (a.type()) {
      case OUTPUT -> output(s, (Action.Output) a, names);
      case GROUP ->
          s.append("group:").append(Integer.toUnsignedString(((Action.Group) a).groupId()));
      case SET_QUEUE ->
          s.append("set_queue:").append(Integer.toUnsignedString(((Action.SetQueue) a).queueId()));
      case POP_QUEUE -> s.append("pop_queue");
      case PUSH_VLAN ->
          s.append("push_vlan:0x").append(Integer.toHexString(((Action.PushVlan) a).ethType()));
      case POP_VLAN -> s.append("pop_vlan");
      case PUSH_MPLS ->
          s.append(String.format("push_mpls:0x%04x", ((Action.PushMpls) a).ethType()));
      case POP_MPLS -> s.append(String.format("pop_mpls:0x%04x", ((Action.PopMpls) a).ethType()));
      case SET_MPLS_TTL ->
          s.append("set_mpls_ttl(").append(((Action.SetMplsTtl) a).ttl()).append(')');
      case DEC_MPLS_TTL -> s.append("dec_mpls_ttl");
      case SET_NW_TTL -> s.append("mod_nw_ttl:").append(((Action.SetNwTtl) a).ttl());
      case DEC_NW_TTL -> s.append("dec_ttl");
      case SET_FIELD -> setField(s, (Action.SetField) a, names);
      // OVS has no words for what follows.
      case COPY_TTL_OUT -> s.append("copy_ttl_out");
      case COPY_TTL_IN -> s.append("copy_ttl_in");
      case PUSH_PBB -> s.append(String.format("push_pbb:0x%04x", ((Action.PushPbb) a).ethType()));
      case POP_PBB -> s.append("pop_pbb");
      case EXPERIMENTER -> {
        Action.Experimenter e = (Action.Experimenter) a;
        s.append(String.format("experimenter(vendor=0x%x,data=%s)", e.vendor(), e.body()));
      }
    }
  }

  private static void output(StringBuilder s, Action.Output o, Names names) {
    if (Integer.compareUnsigned(o.port().number(), OfPort.MAX_NUMBER) <= 0) {
      s.append("output:");
    }
    names.appendPort(s, o.port());
    if (o.port().equals(OfPort.CONTROLLER)) {
      s.append(':').append(o.maxLen());
    }
  }

  private static void setField(StringBuilder s, Action.SetField a, Names names) {
    TextField f = TextField.of(a.field());
    if (a.load()) {
      load(s, a, f);
      return;
    }
    ValueText.append(
        s.append("set_field:"),
        f,
        new Masked(a.valueHi(), a.valueLo(), a.maskHi(), a.isExact() ? f.textOnes() : a.maskLo()),
        names);
    s.append("->").append(f.name());
  }

  /** One {@code load:} for each run of bits that are set. */
  private static void load(StringBuilder s, Action.SetField a, TextField field) {
    TextField f = field;
    long lo = a.valueLo();
    long maskLo = a.maskLo();
    if (a.field() == Field.IP_DSCP) {
      // It came in as Nicira's ToS byte.
      f = TextField.byNameOrFail("nw_tos");
      lo <<= 2;
      maskLo = a.isExact() ? 0xff : maskLo << 2;
    }
    String comma = "";
    for (int from = 0; from < f.bits(); ) {
      if (!bit(a.maskHi(), maskLo, from)) {
        from++;
        continue;
      }
      int end = from + 1;
      while (end < f.bits() && end < from + 64 && bit(a.maskHi(), maskLo, end)) {
        end++;
      }
      int width = end - from;
      long v = from >= 64 ? a.valueHi() >>> from - 64 : lo >>> from;
      if (from < 64 && end > 64) {
        v |= a.valueHi() << 64 - from;
      }
      ValueText.appendHex(s.append(comma).append("load:"), 0, v & (-1L >>> 64 - width));
      new Subfield(f, from, width).append(s.append("->"));
      comma = ",";
      from = end;
    }
  }

  private static boolean bit(long hi, long lo, int i) {
    return ((i < 64 ? lo >>> i : hi >>> i - 64) & 1) != 0;
  }
}
