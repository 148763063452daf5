// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_ECHO_REQUEST, with anything in it. */
public record EchoRequest(Bytes data) implements OfMessage {
  @Override
  public Type type() {
    return Type.ECHO_REQUEST;
  }
}
