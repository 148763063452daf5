// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_EXPERIMENTER that has no record of its own.
 *
 * @param vendor such as 0x2320 (Nicira), 0x4f4e4600 (ONF)
 * @param body what follows the subtype
 */
public record Experimenter(int vendor, int subtype, Bytes body) implements OfMessage {
  @Override
  public Type type() {
    return Type.EXPERIMENTER;
  }
}
