// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;

/**
 * Reads lists of actions and instructions in OVS's order of checks (OVS {@code ofp-actions.c}).
 *
 * <p>OpenFlow 1.1's set actions (SET_DL_SRC and so on), which 1.2 deprecated and OVS still takes,
 * become set-fields; OVS writes them as that at 1.3. Two cannot, SET_TP_SRC and SET_TP_DST, which
 * mean a field that depends on the packet: they are unknown here.
 *
 * <p>Of Nicira's actions three are known: REG_LOAD and REG_LOAD2, which {@code ovs-ofctl} sends for
 * a set-field with a mask, and POP_QUEUE, which it sends with {@code enqueue}. The others are
 * answered as OVS answers a subtype that it does not know. {@code docs/departures.md} lists them.
 */
final class ActionReader {
  // Actions, OF 1.3.5, 7.2.5.
  static final int OUTPUT = 0;
  static final int COPY_TTL_OUT = 11;
  static final int COPY_TTL_IN = 12;
  static final int SET_MPLS_TTL = 15;
  static final int DEC_MPLS_TTL = 16;
  static final int PUSH_VLAN = 17;
  static final int POP_VLAN = 18;
  static final int PUSH_MPLS = 19;
  static final int POP_MPLS = 20;
  static final int SET_QUEUE = 21;
  static final int GROUP = 22;
  static final int SET_NW_TTL = 23;
  static final int DEC_NW_TTL = 24;
  static final int SET_FIELD = 25;
  static final int PUSH_PBB = 26;
  static final int POP_PBB = 27;
  static final int EXPERIMENTER = 0xffff;

  // OpenFlow 1.1's, deprecated.
  private static final int SET_VLAN_VID = 1;
  private static final int SET_VLAN_PCP = 2;
  private static final int SET_DL_SRC = 3;
  private static final int SET_DL_DST = 4;
  private static final int SET_NW_SRC = 5;
  private static final int SET_NW_DST = 6;
  private static final int SET_NW_TOS = 7;
  private static final int SET_NW_ECN = 8;
  private static final int SET_MPLS_LABEL = 13;
  private static final int SET_MPLS_TC = 14;

  // Nicira's (NXAST_*).
  static final int NX_POP_QUEUE = 5;
  static final int NX_REG_LOAD = 7;
  static final int NX_REG_LOAD2 = 33;

  // Instructions, OF 1.3.5, 7.2.4.
  static final int GOTO_TABLE = 1;
  static final int WRITE_METADATA = 2;
  static final int WRITE_ACTIONS = 3;
  static final int APPLY_ACTIONS = 4;
  static final int CLEAR_ACTIONS = 5;
  static final int METER = 6;

  private final OxmReader oxms;

  ActionReader(OxmReader oxms) {
    this.oxms = oxms;
  }

  /**
   * Reads a list outside of instructions (packet-out, bucket).
   *
   * @param length bytes of it, as the message says
   */
  List<Action> list(Cursor c, int length) throws Reject {
    if (length % 8 != 0 || length > c.left()) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    List<Action> actions = actions(c.sub(length));
    verify(actions);
    return actions;
  }

  /** Reads all that is left as instructions. */
  Instructions instructions(Cursor c) throws Reject {
    if (c.left() % 8 != 0) {
      throw Reject.of(OFPBIC_BAD_LEN);
    }
    if (c.left() == 0) {
      return Instructions.NONE;
    }
    Cursor[] found = new Cursor[METER + 1];
    int seen = 0;
    while (c.left() > 0) {
      int type = c.buf().getUnsignedShort(c.pos());
      int length = c.buf().getUnsignedShort(c.pos() + 2);
      if (length < 8 || length % 8 != 0 || length > c.left()) {
        // OVS looks at the instructions before the broken one first, and at nothing else of it.
        throw Reject.of(OFPBIC_BAD_LEN);
      }
      checkInstruction(type, length);
      if ((seen >> type & 1) != 0) {
        throw Reject.of(OFPBIC_DUP_INST);
      }
      seen |= 1 << type;
      found[type] = c.sub(length).skip(4);
    }
    // In OVS's order, which decides which of several errors is told.
    Instructions.Builder b = Instructions.builder();
    if ((seen >> METER & 1) != 0) {
      b.meter(found[METER].i32());
    }
    List<Action> apply = List.of();
    if ((seen >> APPLY_ACTIONS & 1) != 0) {
      apply = actions(found[APPLY_ACTIONS].skip(4));
      b.apply(apply);
    }
    if ((seen >> CLEAR_ACTIONS & 1) != 0) {
      b.clear();
    }
    if ((seen >> WRITE_ACTIONS & 1) != 0) {
      List<Action> write = actions(found[WRITE_ACTIONS].skip(4));
      for (Action a : write) {
        if (a.type() == Action.Type.POP_QUEUE) {
          throw Reject.of(OFPBAC_BAD_TYPE);
        }
      }
      b.write(write);
    }
    if ((seen >> WRITE_METADATA & 1) != 0) {
      Cursor m = found[WRITE_METADATA].skip(4);
      b.metadata(m.i64(), m.i64());
    }
    if ((seen >> GOTO_TABLE & 1) != 0) {
      b.gotoTable(found[GOTO_TABLE].u8());
    }
    verify(apply);
    return b.build();
  }

  private static void checkInstruction(int type, int length) throws Reject {
    boolean ok =
        switch (type) {
          case EXPERIMENTER -> throw Reject.of(OFPBIC_BAD_EXPERIMENTER);
          case METER, GOTO_TABLE, CLEAR_ACTIONS -> length == 8;
          case WRITE_METADATA -> length == 24;
          case WRITE_ACTIONS, APPLY_ACTIONS -> true;
          default -> throw Reject.of(OFPBIC_UNKNOWN_INST);
        };
    if (!ok) {
      throw Reject.of(OFPBIC_BAD_LEN);
    }
  }

  /** Connection tracking's fields are set by its action alone. */
  private static void verify(List<Action> actions) throws Reject {
    for (Action a : actions) {
      if (a.type() == Action.Type.SET_FIELD) {
        Field f = ((Action.SetField) a).field();
        if (f == Field.CT_MARK || f == Field.CT_LABEL) {
          throw Reject.of(OFPBAC_BAD_SET_ARGUMENT);
        }
      }
    }
  }

  private List<Action> actions(Cursor c) throws Reject {
    if (c.left() == 0) {
      return List.of();
    }
    List<Action> list = new ArrayList<>(4);
    while (c.left() > 0) {
      list.add(action(c));
    }
    return list;
  }

  private Action action(Cursor c) throws Reject {
    if (c.left() < 8) {
      throw Reject.of(OFPBAC_BAD_LEN);
    }
    int type = c.buf().getUnsignedShort(c.pos());
    if (type == EXPERIMENTER) {
      return experimenter(c);
    }
    switch (type) {
      case OUTPUT, SET_DL_SRC, SET_DL_DST -> fixed(c, 16);
      case SET_FIELD -> checkLength(c, 8, 0xfff8);
      case COPY_TTL_OUT,
          COPY_TTL_IN,
          SET_MPLS_TTL,
          DEC_MPLS_TTL,
          PUSH_VLAN,
          POP_VLAN,
          PUSH_MPLS,
          POP_MPLS,
          SET_QUEUE,
          GROUP,
          SET_NW_TTL,
          DEC_NW_TTL,
          PUSH_PBB,
          POP_PBB,
          SET_VLAN_VID,
          SET_VLAN_PCP,
          SET_NW_SRC,
          SET_NW_DST,
          SET_NW_TOS,
          SET_NW_ECN,
          SET_MPLS_LABEL,
          SET_MPLS_TC ->
          fixed(c, 8);
      default -> throw Reject.of(OFPBAC_BAD_TYPE);
    }
    int length = c.buf().getUnsignedShort(c.pos() + 2);
    return standard(type, c.sub(length).skip(4));
  }

  private static void fixed(Cursor c, int length) throws Reject {
    checkLength(c, length, length);
  }

  private static void checkLength(Cursor c, int min, int max) throws Reject {
    int length = c.buf().getUnsignedShort(c.pos() + 2);
    if (length > c.left() || length < min || length > max || length % 8 != 0) {
      throw Reject.of(OFPBAC_BAD_LEN);
    }
  }

  /** The rest of an action of OpenFlow's own, whose length is right. */
  private Action standard(int type, Cursor c) throws Reject {
    return switch (type) {
      case OUTPUT -> output(c);
      case COPY_TTL_OUT -> new Action.CopyTtlOut();
      case COPY_TTL_IN -> new Action.CopyTtlIn();
      case SET_MPLS_TTL -> new Action.SetMplsTtl(c.u8());
      case DEC_MPLS_TTL -> new Action.DecMplsTtl();
      case PUSH_VLAN -> {
        int ethType = c.u16();
        yield new Action.PushVlan(argument(ethType, EthType.isVlan(ethType)));
      }
      case POP_VLAN -> new Action.PopVlan();
      case PUSH_MPLS -> {
        int ethType = c.u16();
        yield new Action.PushMpls(argument(ethType, EthType.isMpls(ethType)));
      }
      case POP_MPLS -> new Action.PopMpls(c.u16());
      case SET_QUEUE -> new Action.SetQueue(c.i32());
      case GROUP -> new Action.Group(c.i32());
      case SET_NW_TTL -> new Action.SetNwTtl(c.u8());
      case DEC_NW_TTL -> new Action.DecNwTtl();
      case PUSH_PBB -> {
        int ethType = c.u16();
        yield new Action.PushPbb(argument(ethType, ethType == EthType.PBB));
      }
      case POP_PBB -> new Action.PopPbb();
      case SET_FIELD -> setField(c);
      case SET_VLAN_VID -> {
        int vid = c.u16();
        yield set(Field.VLAN_VID, argument(vid, vid <= 0xfff) | 0x1000);
      }
      case SET_VLAN_PCP -> {
        int pcp = c.u8();
        yield set(Field.VLAN_PCP, argument(pcp, pcp <= 7));
      }
      case SET_DL_SRC -> set(Field.ETH_SRC, c.u48());
      case SET_DL_DST -> set(Field.ETH_DST, c.u48());
      case SET_NW_SRC -> set(Field.IPV4_SRC, c.u32());
      case SET_NW_DST -> set(Field.IPV4_DST, c.u32());
      case SET_NW_TOS -> {
        int tos = c.u8();
        yield set(Field.IP_DSCP, argument(tos, (tos & 3) == 0) >> 2);
      }
      case SET_NW_ECN -> {
        int ecn = c.u8();
        yield set(Field.IP_ECN, argument(ecn, ecn <= 3));
      }
      case SET_MPLS_LABEL -> {
        int label = c.i32();
        yield set(Field.MPLS_LABEL, argument(label, label >>> 20 == 0));
      }
      case SET_MPLS_TC -> {
        int tc = c.u8();
        yield set(Field.MPLS_TC, argument(tc, tc <= 7));
      }
      default -> throw new IllegalStateException("action " + type);
    };
  }

  private static int argument(int value, boolean good) throws Reject {
    if (!good) {
      throw Reject.of(OFPBAC_BAD_ARGUMENT);
    }
    return value;
  }

  private static Action set(Field f, long value) {
    return Action.SetField.exact(f, value);
  }

  private static Action output(Cursor c) throws Reject {
    int port = c.i32();
    int maxLen = c.u16();
    if (!Ports.isPlain(port)
        && (Integer.compareUnsigned(port, OfPort.IN_PORT.number()) < 0
            || port == OfPort.ANY.number())) {
      throw Reject.of(OFPBAC_BAD_OUT_PORT);
    }
    return new Action.Output(OfPort.of(port), maxLen);
  }

  private Action setField(Cursor c) throws Reject {
    Oxm o;
    try {
      o = oxms.actionEntry(c, false);
    } catch (Reject r) {
      throw r.code() == OFPBMC_BAD_MASK ? Reject.of(OFPBAC_BAD_SET_MASK) : r;
    }
    Field f = o.field();
    if (!c.isZero()
        || o.form() == Oxm.Form.PORT && f == Field.IN_PORT
        || !f.writable()
        || !oxms.isValueValid(o, oxms.valueLo)
        || f == Field.VLAN_VID && (oxms.valueLo & 0x1000) == 0) {
      throw Reject.of(OFPBAC_BAD_SET_ARGUMENT);
    }
    return f.isWide()
        ? Action.SetField.exact(f, oxms.valueHi, oxms.valueLo)
        : Action.SetField.exact(f, o.fromWire(oxms.valueLo));
  }

  private Action experimenter(Cursor c) throws Reject {
    int vendor = c.buf().getInt(c.pos() + 4);
    if (vendor != Experimenter.NICIRA && vendor != Experimenter.ONF) {
      throw Reject.of(OFPBAC_BAD_VENDOR);
    }
    if (c.left() < 16) {
      throw Reject.of(OFPBAC_BAD_LEN);
    }
    int subtype = c.buf().getUnsignedShort(c.pos() + 8);
    if (vendor != Experimenter.NICIRA) {
      throw Reject.of(OFPBAC_BAD_VENDOR_TYPE);
    }
    switch (subtype) {
      case NX_POP_QUEUE -> fixed(c, 16);
      case NX_REG_LOAD -> fixed(c, 24);
      case NX_REG_LOAD2 -> checkLength(c, 16, 0xfff8);
      default -> throw Reject.of(OFPBAC_BAD_VENDOR_TYPE);
    }
    int length = c.buf().getUnsignedShort(c.pos() + 2);
    Cursor body = c.sub(length).skip(10);
    return switch (subtype) {
      case NX_POP_QUEUE -> new Action.PopQueue();
      case NX_REG_LOAD -> regLoad(body);
      case NX_REG_LOAD2 -> regLoad2(body);
      default -> throw new IllegalStateException("Nicira action " + subtype);
    };
  }

  /** ofs_nbits, dst (an NXM header without a value), value. */
  private static Action regLoad(Cursor c) throws Reject {
    int ofsNbits = c.u16();
    int offset = ofsNbits >> 6;
    int bits = (ofsNbits & 0x3f) + 1;
    int header = c.i32();
    long value = c.i64();
    Oxm o = Oxm.find(header, 0);
    // OVS takes a header with the mask bit for the field of half the length.
    int length = (header & 0x100) != 0 ? (header & 0xff) / 2 : header & 0xff;
    if (o == null || o.isExperimenter() || length != o.bytes()) {
      throw Reject.of(OFPBAC_BAD_SET_TYPE);
    }
    if (offset + bits > o.bits()) {
      throw Reject.of(OFPBAC_BAD_SET_LEN);
    }
    Field f = o.field();
    if (!f.writable()) {
      throw Reject.of(OFPBAC_BAD_SET_ARGUMENT);
    }
    if (bits < 64 && value >>> bits != 0) {
      throw Reject.of(OFPBAC_BAD_ARGUMENT);
    }
    long ones = bits == 64 ? -1L : (1L << bits) - 1;
    if (f.isWide()) {
      return new Action.SetField(
          f,
          upper(value, offset),
          offset < 64 ? value << offset : 0,
          upper(ones, offset),
          offset < 64 ? ones << offset : 0,
          true);
    }
    return load(o, value << offset, ones << offset);
  }

  /** The upper 64 of the 128 bits that {@code v << offset} has. */
  private static long upper(long v, int offset) {
    if (offset >= 64) {
      return v << offset - 64;
    }
    return offset == 0 ? 0 : v >>> 64 - offset;
  }

  private Action regLoad2(Cursor c) throws Reject {
    Oxm o = oxms.actionEntry(c, true);
    if (!c.isZero() || !o.field().writable()) {
      throw Reject.of(OFPBAC_BAD_SET_ARGUMENT);
    }
    if (o.field().isWide()) {
      return new Action.SetField(
          o.field(), oxms.valueHi, oxms.valueLo, oxms.maskHi, oxms.maskLo, true);
    }
    return load(o, oxms.valueLo, oxms.maskLo);
  }

  /** A load of some bits of a field of at most 64, as they are on the wire. */
  private static Action load(Oxm o, long value, long mask) throws Reject {
    Field f = o.field();
    if (o.form() == Oxm.Form.PORT16) {
      // 16 bits there, 32 here: only all of them mean a port.
      if (mask != 0xffff) {
        throw Reject.of(OFPBAC_BAD_SET_ARGUMENT);
      }
      return new Action.SetField(f, 0, o.fromWire(value), 0, 0xffffffffL, true);
    }
    long m = o.fromWire(mask) & fieldOnes(f);
    return new Action.SetField(f, 0, o.fromWire(value) & m, 0, m, true);
  }

  private static long fieldOnes(Field f) {
    return f.bits() >= 64 ? -1L : (1L << f.bits()) - 1;
  }
}
