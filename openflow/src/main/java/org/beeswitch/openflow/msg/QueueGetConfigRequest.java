// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_QUEUE_GET_CONFIG_REQUEST. ANY for all ports. */
public record QueueGetConfigRequest(OfPort port) implements OfMessage {
  @Override
  public Type type() {
    return Type.QUEUE_GET_CONFIG_REQUEST;
  }
}
