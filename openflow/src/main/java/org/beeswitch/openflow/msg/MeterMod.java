// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** OFPT_METER_MOD. */
public record MeterMod(Command command, MeterConfig meter) implements OfMessage {
  /** What to do, by the number on the wire. */
  public enum Command {
    ADD,
    MODIFY,
    DELETE
  }

  @Override
  public Type type() {
    return Type.METER_MOD;
  }
}
