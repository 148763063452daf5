// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

/** What this program calls itself. */
public final class Version {
  /** As in pom.xml. */
  public static final String TEXT = "0.1.0";

  private Version() {}
}
