// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_PORT_MOD.
 *
 * @param hwAddr must be the port's own: a guard against races
 * @param config {@link PortDesc} CONFIG_* bits, of which those in {@code mask} count
 * @param advertise {@link PortDesc} FEATURE_* bits; 0 leaves them
 */
public record PortMod(OfPort port, long hwAddr, int config, int mask, int advertise)
    implements OfMessage {
  @Override
  public Type type() {
    return Type.PORT_MOD;
  }
}
