// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import org.beeswitch.openflow.text.FlowSyntaxException;

/** What ends a command: one line for stderr, or nothing if all has been said, and a status. */
final class CliException extends Exception {
  private final int status;

  CliException(String message) {
    super(message);
    status = 1;
  }

  CliException(String message, Throwable cause) {
    super(message, cause);
    status = 1;
  }

  CliException(FlowSyntaxException e) {
    this(e.text(), e);
  }

  /** All has been said. */
  CliException(int status) {
    super("");
    this.status = status;
  }

  int status() {
    return status;
  }
}
