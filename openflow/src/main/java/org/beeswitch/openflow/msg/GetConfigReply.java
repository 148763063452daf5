// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_GET_CONFIG_REPLY. */
public record GetConfigReply(SwitchConfig config) implements OfMessage {
  @Override
  public Type type() {
    return Type.GET_CONFIG_REPLY;
  }
}
