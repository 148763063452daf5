// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * What SET_CONFIG sets and GET_CONFIG reads.
 *
 * @param frag what is done with IP fragments
 * @param invalidTtlToController OpenFlow 1.0 - 1.2's OFPC_INVALID_TTL_TO_CONTROLLER; false in 1.3
 *     and later, which have none
 * @param missSendLen bytes of a missed packet that are sent, 0 to 65535; 65535 for all
 */
public record SwitchConfig(Frag frag, boolean invalidTtlToController, int missSendLen) {
  public SwitchConfig {
    if (missSendLen < 0 || missSendLen > 0xffff) {
      throw new IllegalArgumentException("miss_send_len " + missSendLen + " is not 0 - 65535");
    }
  }

  /** Treatment of fragments, by their number on the wire. */
  public enum Frag {
    NORMAL,
    DROP,
    REASM,
    /** Nicira: the ports of first fragments are matched, later ones have none. */
    NX_MATCH
  }
}
