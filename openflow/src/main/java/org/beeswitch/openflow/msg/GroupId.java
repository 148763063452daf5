// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Reserved group numbers (OF 1.3.5, 7.3.4.2). */
public final class GroupId {
  private GroupId() {}

  /** Largest (unsigned) number that a group can have. */
  public static final int MAX = 0xffffff00;

  /** All groups, in a delete or a request. */
  public static final int ALL = 0xfffffffc;

  /** No group: matches every group in a filter. */
  public static final int ANY = 0xffffffff;
}
