// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_GET_ASYNC_REPLY. */
public record GetAsyncReply(AsyncConfig config) implements OfMessage {
  @Override
  public Type type() {
    return Type.GET_ASYNC_REPLY;
  }
}
