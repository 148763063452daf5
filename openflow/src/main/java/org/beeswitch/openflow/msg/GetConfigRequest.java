// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_GET_CONFIG_REQUEST: has no body. */
public record GetConfigRequest() implements OfMessage {
  @Override
  public Type type() {
    return Type.GET_CONFIG_REQUEST;
  }
}
