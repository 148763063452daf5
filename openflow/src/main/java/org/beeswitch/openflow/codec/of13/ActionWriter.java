// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.Instructions;

/** Writes actions and instructions as OVS does at 1.3, instructions in OVS's order. */
final class ActionWriter {
  private ActionWriter() {}

  static void instructions(ByteBuf out, Instructions in) {
    if (in.hasMeter()) {
      out.writeShort(ActionReader.METER).writeShort(8).writeInt(in.meterId());
    }
    if (!in.apply().isEmpty()) {
      list(out, ActionReader.APPLY_ACTIONS, in.apply());
    }
    if (in.hasClear()) {
      out.writeShort(ActionReader.CLEAR_ACTIONS).writeShort(8).writeInt(0);
    }
    if (in.hasWrite()) {
      list(out, ActionReader.WRITE_ACTIONS, in.write());
    }
    if (in.hasMetadata()) {
      out.writeShort(ActionReader.WRITE_METADATA).writeShort(24).writeInt(0);
      out.writeLong(in.metadata()).writeLong(in.metadataMask());
    }
    if (in.hasGoto()) {
      out.writeShort(ActionReader.GOTO_TABLE).writeShort(8);
      out.writeByte(in.gotoTable()).writeZero(3);
    }
  }

  private static void list(ByteBuf out, int type, List<Action> actions) {
    int start = out.writerIndex();
    out.writeShort(type).writeShort(0).writeInt(0);
    actions(out, actions);
    out.setShort(start + 2, out.writerIndex() - start);
  }

  static void actions(ByteBuf out, List<Action> actions) {
    for (int i = 0; i < actions.size(); i++) {
      action(out, actions.get(i));
    }
  }

  private static void action(ByteBuf out, Action a) {
    switch (a.type()) {
      case OUTPUT -> {
        Action.Output o = (Action.Output) a;
        out.writeShort(ActionReader.OUTPUT).writeShort(16).writeInt(o.port().number());
        out.writeShort(o.maxLen()).writeZero(6);
      }
      case COPY_TTL_OUT -> small(out, ActionReader.COPY_TTL_OUT, 0);
      case COPY_TTL_IN -> small(out, ActionReader.COPY_TTL_IN, 0);
      case SET_MPLS_TTL ->
          small(out, ActionReader.SET_MPLS_TTL, ((Action.SetMplsTtl) a).ttl() << 24);
      case DEC_MPLS_TTL -> small(out, ActionReader.DEC_MPLS_TTL, 0);
      case PUSH_VLAN -> small(out, ActionReader.PUSH_VLAN, ((Action.PushVlan) a).ethType() << 16);
      case POP_VLAN -> small(out, ActionReader.POP_VLAN, 0);
      case PUSH_MPLS -> small(out, ActionReader.PUSH_MPLS, ((Action.PushMpls) a).ethType() << 16);
      case POP_MPLS -> small(out, ActionReader.POP_MPLS, ((Action.PopMpls) a).ethType() << 16);
      case SET_QUEUE -> small(out, ActionReader.SET_QUEUE, ((Action.SetQueue) a).queueId());
      case GROUP -> small(out, ActionReader.GROUP, ((Action.Group) a).groupId());
      case SET_NW_TTL -> small(out, ActionReader.SET_NW_TTL, ((Action.SetNwTtl) a).ttl() << 24);
      case DEC_NW_TTL -> small(out, ActionReader.DEC_NW_TTL, 0);
      case PUSH_PBB -> small(out, ActionReader.PUSH_PBB, ((Action.PushPbb) a).ethType() << 16);
      case POP_PBB -> small(out, ActionReader.POP_PBB, 0);
      case SET_FIELD -> setField(out, (Action.SetField) a);
      case POP_QUEUE -> nicira(out, ActionReader.NX_POP_QUEUE, 16).writeZero(6);
      case EXPERIMENTER -> {
        Action.Experimenter e = (Action.Experimenter) a;
        out.writeShort(ActionReader.EXPERIMENTER).writeShort(8 + e.body().length());
        out.writeInt(e.vendor()).writeBytes(e.body().array());
      }
    }
  }

  /** An action of 8 bytes, with whatever comes after the length. */
  private static void small(ByteBuf out, int type, int rest) {
    out.writeShort(type).writeShort(8).writeInt(rest);
  }

  private static ByteBuf nicira(ByteBuf out, int subtype, int length) {
    out.writeShort(ActionReader.EXPERIMENTER).writeShort(length);
    return out.writeInt(Experimenter.NICIRA).writeShort(subtype);
  }

  /**
   * A set of a whole field is a set-field; of a part, at 1.3, Nicira's loads of each run of bits.
   * What came as a load leaves as one. The input port is set by its old name: a set of OXM's is
   * refused.
   */
  private static void setField(ByteBuf out, Action.SetField s) {
    Oxm o = Oxm.legacy(s.field());
    if (s.isExact() && !s.load()) {
      int start = out.writerIndex();
      out.writeShort(ActionReader.SET_FIELD).writeShort(0);
      if (s.field() == Field.IN_PORT && o != null) {
        OxmWriter.entry(out, o, false, 0, o.toWire(s.valueLo()), 0, 0);
      } else {
        OxmWriter.entry(
            out, s.field(), s.valueHi(), s.valueLo(), s.field().isWide() ? -1L : 0, wireOnes(s));
      }
      end(out, start);
      return;
    }
    if (o == null) {
      throw new IllegalArgumentException(s.field() + " cannot be written in an action");
    }
    if (o.isExperimenter()) {
      int start = out.writerIndex();
      nicira(out, ActionReader.NX_REG_LOAD2, 0);
      OxmWriter.entry(out, o, !s.isExact(), s.valueHi(), s.valueLo(), s.maskHi(), s.maskLo());
      end(out, start);
      return;
    }
    loads(out, o, s);
  }

  /**
   * Ones of what a match keeps of the field, which is what {@link OxmWriter#entry} takes for exact.
   */
  private static long wireOnes(Action.SetField s) {
    return s.field().ones();
  }

  private static void end(ByteBuf out, int start) {
    out.writeZero(-(out.writerIndex() - start) & 7);
    out.setShort(start + 2, out.writerIndex() - start);
  }

  private static void loads(ByteBuf out, Oxm o, Action.SetField s) {
    Field f = s.field();
    boolean wide = f.isWide();
    long lo = wide ? s.maskLo() : o.toWire(s.maskLo());
    long valueLo = wide ? s.valueLo() : o.toWire(s.valueLo());
    int bit = 0;
    int width = o.bits();
    while (bit < width) {
      if (!isSet(s.maskHi(), lo, bit)) {
        bit++;
        continue;
      }
      int ofs = bit;
      while (bit < width && bit < ofs + 64 && isSet(s.maskHi(), lo, bit)) {
        bit++;
      }
      load(out, o, ofs, bit - ofs, extract(s.valueHi(), valueLo, ofs, bit - ofs));
    }
  }

  private static boolean isSet(long hi, long lo, int bit) {
    return ((bit < 64 ? lo >>> bit : hi >>> bit - 64) & 1) != 0;
  }

  private static long extract(long hi, long lo, int ofs, int bits) {
    long v;
    if (ofs >= 64) {
      v = hi >>> ofs - 64;
    } else if (ofs == 0) {
      v = lo;
    } else {
      v = lo >>> ofs | hi << 64 - ofs;
    }
    return bits == 64 ? v : v & (1L << bits) - 1;
  }

  private static void load(ByteBuf out, Oxm o, int ofs, int bits, long value) {
    nicira(out, ActionReader.NX_REG_LOAD, 24).writeShort(ofs << 6 | bits - 1);
    OxmWriter.header(out, o, false);
    out.writeLong(value);
  }
}
