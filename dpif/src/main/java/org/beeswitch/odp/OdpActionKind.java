// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

/**
 * The kinds of datapath actions and their codes in the ABI ({@code enum odp_action_kind}). Codes
 * are never reused.
 */
public enum OdpActionKind {
  OUTPUT(1),
  USERSPACE(2),
  SET(3),
  PUSH_VLAN(4),
  POP_VLAN(5),
  TRUNC(6),
  DROP(7),
  RECIRC(8),
  HASH(9),
  METER(10),
  PUSH_MPLS(11),
  POP_MPLS(12),
  PUSH_PBB(13),
  POP_PBB(14),
  CLONE(15),
  SAMPLE(16),
  CT(17),
  CT_CLEAR(18),
  SET_TUNNEL(19),
  CHECK_PKT_LEN(20),
  PUSH_NSH(21),
  POP_NSH(22),
  PUSH_ETH(23),
  POP_ETH(24);

  private static final OdpActionKind[] BY_CODE = new OdpActionKind[25];

  static {
    for (OdpActionKind k : values()) {
      BY_CODE[k.code] = k;
    }
  }

  private final int code;

  OdpActionKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  public static OdpActionKind of(int code) {
    if (code < 1 || code >= BY_CODE.length) {
      throw new IllegalArgumentException("datapath action kind " + code);
    }
    return BY_CODE[code];
  }
}
