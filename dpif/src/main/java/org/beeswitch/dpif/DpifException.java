// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/** The machine refused a datapath operation. */
public final class DpifException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param errno Linux error number, positive
   * @param message call, object and what to do, such as {@code "add port eth1: no such device"}
   */
  public DpifException(int errno, String message) {
    super(message);
    this.errno = errno;
  }

  public DpifException(int errno, String message, Throwable cause) {
    super(message, cause);
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }
}
