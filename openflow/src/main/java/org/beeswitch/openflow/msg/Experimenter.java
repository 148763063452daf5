// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_EXPERIMENTER that has no record of its own.
 *
 * @param vendor such as {@link #NICIRA}, {@link #ONF}
 * @param body what follows the subtype
 */
public record Experimenter(int vendor, int subtype, Bytes body) implements OfMessage {
  /** OVS's own. */
  public static final int NICIRA = 0x2320;

  /** The Open Networking Foundation. */
  public static final int ONF = 0x4f4e4600;

  @Override
  public Type type() {
    return Type.EXPERIMENTER;
  }
}
