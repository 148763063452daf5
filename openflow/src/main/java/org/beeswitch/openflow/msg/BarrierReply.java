// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_BARRIER_REPLY: has no body. */
public record BarrierReply() implements OfMessage {
  @Override
  public Type type() {
    return Type.BARRIER_REPLY;
  }
}
