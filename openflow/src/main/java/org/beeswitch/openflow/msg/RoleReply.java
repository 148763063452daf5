// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_ROLE_REPLY: the role that the controller has now. */
public record RoleReply(Role role, long generationId) implements OfMessage {
  @Override
  public Type type() {
    return Type.ROLE_REPLY;
  }
}
