// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_SET_ASYNC. */
public record SetAsync(AsyncConfig config) implements OfMessage {
  @Override
  public Type type() {
    return Type.SET_ASYNC;
  }
}
