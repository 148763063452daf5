// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * OFPT_TABLE_MOD. In 1.3 it has no effect: its only bits, 1.1's, are deprecated.
 *
 * @param miss 1.1 and 1.2's; DEFAULT in later versions
 */
public record TableMod(int tableId, Miss miss) implements OfMessage {
  /** What a table without a table-miss entry does. */
  public enum Miss {
    DEFAULT,
    CONTROLLER,
    CONTINUE,
    DROP
  }

  @Override
  public Type type() {
    return Type.TABLE_MOD;
  }
}
