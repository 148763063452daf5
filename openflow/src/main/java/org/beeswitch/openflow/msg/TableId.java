// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Table numbers with a meaning of their own (OF 1.3.5, 7.3.4.1). */
public final class TableId {
  private TableId() {}

  /** All tables in a delete or a request; in OVS's ADD, the table of the switch's choice. */
  public static final int ALL = 0xff;
}
