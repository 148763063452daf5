// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

/**
 * A wish that cannot be granted; the message is one line that says what is wrong and what to do.
 * Whatever would end the line or move the cursor in what it repeats of the wish is shown as in a
 * TOML string.
 */
public final class ConfigException extends Exception {
  public ConfigException(String message) {
    super(oneLine(message));
  }

  public ConfigException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  private static String oneLine(String message) {
    StringBuilder s = new StringBuilder(message.length());
    message
        .chars()
        .forEach(
            c -> {
              int type = Character.getType(c);
              if (Character.isISOControl(c)
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR) {
                s.append(String.format("\\u%04X", c));
              } else {
                s.append((char) c);
              }
            });
    return s.toString();
  }
}
