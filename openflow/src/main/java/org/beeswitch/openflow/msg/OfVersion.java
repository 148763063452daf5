// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Version numbers on the wire (OF 1.3.5, 7.1). */
public final class OfVersion {
  private OfVersion() {}

  public static final int OF10 = 1;
  public static final int OF11 = 2;
  public static final int OF12 = 3;
  public static final int OF13 = 4;
  public static final int OF14 = 5;
  public static final int OF15 = 6;

  /** As OVS prints it, such as {@code OF1.3}; unknown ones in hexadecimal. */
  public static String toString(int version) {
    return version >= OF10 && version <= OF15
        ? "OF1." + (version - 1)
        : "0x" + Integer.toHexString(version);
  }
}
