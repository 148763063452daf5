// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Reserved meter numbers (OF 1.3.5, 7.3.4.4). */
public final class MeterId {
  private MeterId() {}

  /** Largest (unsigned) number that a meter can have. */
  public static final int MAX = 0xffff0000;

  public static final int SLOWPATH = 0xfffffffd;
  public static final int CONTROLLER = 0xfffffffe;

  /** All meters, in a delete or a request. */
  public static final int ALL = 0xffffffff;
}
