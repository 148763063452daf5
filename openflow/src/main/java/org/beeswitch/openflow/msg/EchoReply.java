// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_ECHO_REPLY, with what was in the request. */
public record EchoReply(Bytes data) implements OfMessage {
  @Override
  public Type type() {
    return Type.ECHO_REPLY;
  }
}
