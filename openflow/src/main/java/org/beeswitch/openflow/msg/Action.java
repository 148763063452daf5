// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.beeswitch.flow.Field;

/**
 * What is done to a packet (OF 1.3.5, 5.12). Lists of actions are plain {@code List<Action>};
 * {@link Instructions} shares equal ones.
 */
public sealed interface Action {
  /** Which record it is. */
  Type type();

  /** One constant for each record, in the order of OpenFlow's numbers. */
  enum Type {
    OUTPUT,
    COPY_TTL_OUT,
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
    SET_FIELD,
    PUSH_PBB,
    POP_PBB,
    /** Nicira's POP_QUEUE. */
    POP_QUEUE,
    /** An experimenter's that this version knows nothing about. */
    EXPERIMENTER
  }

  /**
   * Output to a port.
   *
   * @param maxLen bytes sent to the controller, 65535 for all; kept, but without a meaning, for
   *     other ports
   */
  record Output(OfPort port, int maxLen) implements Action {
    /** OFPCML_NO_BUFFER: the whole packet. */
    public static final int ALL_BYTES = 0xffff;

    public Output {
      if (maxLen < 0 || maxLen > 0xffff) {
        throw new IllegalArgumentException("max_len " + maxLen + " is not 0 - 65535");
      }
    }

    @Override
    public Type type() {
      return Type.OUTPUT;
    }
  }

  /** Copies the TTL from the next to the outermost header. */
  record CopyTtlOut() implements Action {
    @Override
    public Type type() {
      return Type.COPY_TTL_OUT;
    }
  }

  /** Copies the TTL from the outermost to the next header. */
  record CopyTtlIn() implements Action {
    @Override
    public Type type() {
      return Type.COPY_TTL_IN;
    }
  }

  /** Sets the TTL of the outermost MPLS label, 0 to 255. */
  record SetMplsTtl(int ttl) implements Action {
    @Override
    public Type type() {
      return Type.SET_MPLS_TTL;
    }
  }

  /** Decrements the TTL of the outermost MPLS label. */
  record DecMplsTtl() implements Action {
    @Override
    public Type type() {
      return Type.DEC_MPLS_TTL;
    }
  }

  /** Pushes a VLAN tag with TPID 0x8100 or 0x88a8. */
  record PushVlan(int ethType) implements Action {
    @Override
    public Type type() {
      return Type.PUSH_VLAN;
    }
  }

  /** Pops the outermost VLAN tag. */
  record PopVlan() implements Action {
    @Override
    public Type type() {
      return Type.POP_VLAN;
    }
  }

  /** Pushes an MPLS label with EtherType 0x8847 or 0x8848. */
  record PushMpls(int ethType) implements Action {
    @Override
    public Type type() {
      return Type.PUSH_MPLS;
    }
  }

  /** Pops the outermost MPLS label; the packet is of the EtherType then. */
  record PopMpls(int ethType) implements Action {
    @Override
    public Type type() {
      return Type.POP_MPLS;
    }
  }

  /** Chooses the queue for later outputs. */
  record SetQueue(int queueId) implements Action {
    @Override
    public Type type() {
      return Type.SET_QUEUE;
    }
  }

  /** Sends the packet through a group. */
  record Group(int groupId) implements Action {
    @Override
    public Type type() {
      return Type.GROUP;
    }
  }

  /** Sets the IP TTL, 0 to 255. */
  record SetNwTtl(int ttl) implements Action {
    @Override
    public Type type() {
      return Type.SET_NW_TTL;
    }
  }

  /** Decrements the IP TTL; at 0 or 1 the packet goes to controllers that want it. */
  record DecNwTtl() implements Action {
    @Override
    public Type type() {
      return Type.DEC_NW_TTL;
    }
  }

  /** Pushes a PBB service tag (802.1ah I-TAG) with EtherType 0x88e7. */
  record PushPbb(int ethType) implements Action {
    @Override
    public Type type() {
      return Type.PUSH_PBB;
    }
  }

  /** Pops the outermost PBB service tag. */
  record PopPbb() implements Action {
    @Override
    public Type type() {
      return Type.POP_PBB;
    }
  }

  /** Nicira: restores the queue that was chosen when the packet came. */
  record PopQueue() implements Action {
    @Override
    public Type type() {
      return Type.POP_QUEUE;
    }
  }

  /**
   * Sets bits of a field. Masks of 1.5's set-field, and Nicira's reg_load that carries masks in
   * 1.3, are the same thing (OVS {@code ofpact_set_field}).
   *
   * @param valueHi upper 64 bits of a {@linkplain Field#isWide() wide} field; 0 for others. So is
   *     {@code maskHi}
   * @param valueLo the value, not shifted, of {@link Field#bits()}; no bits outside the mask
   * @param maskLo the bits that are set, not shifted
   * @param load whether it is Nicira's reg_load, which OVS prints as {@code load:} and not as
   *     {@code set_field:}
   */
  record SetField(Field field, long valueHi, long valueLo, long maskHi, long maskLo, boolean load)
      implements Action {
    public SetField {
      if ((valueHi & ~maskHi | valueLo & ~maskLo) != 0) {
        throw new IllegalArgumentException(field + ": the value has bits outside the mask");
      }
      if (!field.isWide() && (maskHi != 0 || (maskLo & ~ones(field.bits())) != 0)) {
        throw new IllegalArgumentException(field + ": the mask is wider than the field");
      }
    }

    /** Sets all of a field of at most 64 bits. */
    public static SetField exact(Field field, long value) {
      return new SetField(field, 0, value, 0, ones(field.bits()), false);
    }

    /** Sets all of a 128-bit field. */
    public static SetField exact(Field field, long hi, long lo) {
      return new SetField(field, hi, lo, -1L, -1L, false);
    }

    /** Whether all bits of the field are set. */
    public boolean isExact() {
      return field.isWide() ? (maskHi & maskLo) == -1L : maskLo == ones(field.bits());
    }

    private static long ones(int bits) {
      return bits >= 64 ? -1L : (1L << bits) - 1;
    }

    @Override
    public Type type() {
      return Type.SET_FIELD;
    }
  }

  /**
   * An experimenter's action as it came.
   *
   * @param body what follows the experimenter number
   */
  record Experimenter(int vendor, Bytes body) implements Action {
    @Override
    public Type type() {
      return Type.EXPERIMENTER;
    }
  }
}
