// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_SET_CONFIG. */
public record SetConfig(SwitchConfig config) implements OfMessage {
  @Override
  public Type type() {
    return Type.SET_CONFIG;
  }
}
