// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

/**
 * A wish that cannot be granted; the message is one line that says what is wrong and what to do.
 */
public final class ConfigException extends Exception {
  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
