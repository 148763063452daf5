// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

/** Text that is no datapath key or action list; the message says where and what was expected. */
public final class OdpSyntaxException extends Exception {
  private static final long serialVersionUID = 1L;

  public OdpSyntaxException(String message) {
    super(message);
  }
}
