// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_BARRIER_REQUEST: has no body. */
public record BarrierRequest() implements OfMessage {
  @Override
  public Type type() {
    return Type.BARRIER_REQUEST;
  }
}
