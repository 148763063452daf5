// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import java.util.Locale;

/** What a bridge does while no controller is there. */
public enum FailMode {
  /** Be an ordinary learning switch. */
  STANDALONE,
  /** Do what the tables say, and nothing else. */
  SECURE;

  /** The name that operators write. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws ConfigException if it is neither
   */
  public static FailMode parse(String text) throws ConfigException {
    for (FailMode m : values()) {
      if (m.text().equals(text)) {
        return m;
      }
    }
    throw new ConfigException("fail mode \"" + text + "\" is neither standalone nor secure");
  }
}
