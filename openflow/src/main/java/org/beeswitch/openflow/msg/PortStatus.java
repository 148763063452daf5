// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_PORT_STATUS: a port appeared, went or changed. */
public record PortStatus(Reason reason, PortDesc port) implements OfMessage {
  /** What happened, by the number on the wire. */
  public enum Reason {
    ADD,
    DELETE,
    MODIFY
  }

  @Override
  public Type type() {
    return Type.PORT_STATUS;
  }
}
