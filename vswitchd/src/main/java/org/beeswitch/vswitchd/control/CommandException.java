// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

/** A command that could not be done: one line that says why. */
public final class CommandException extends Exception {
  public CommandException(String message) {
    super(message);
  }

  public CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
