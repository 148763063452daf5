// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev;

/**
 * What a device's link can do, as sets of the bits below (OVS's {@code NETDEV_F_*}, which are also
 * OpenFlow's {@code OFPPF_*}, OF 1.3.5, 7.2.1).
 *
 * @param peer what the other end advertises; always 0, as in OVS: Linux does not tell
 */
public record LinkFeatures(int current, int advertised, int supported, int peer) {
  public static final int F_10MB_HD = 1;
  public static final int F_10MB_FD = 1 << 1;
  public static final int F_100MB_HD = 1 << 2;
  public static final int F_100MB_FD = 1 << 3;
  public static final int F_1GB_HD = 1 << 4;
  public static final int F_1GB_FD = 1 << 5;
  public static final int F_10GB_FD = 1 << 6;
  public static final int F_40GB_FD = 1 << 7;
  public static final int F_100GB_FD = 1 << 8;
  public static final int F_1TB_FD = 1 << 9;
  public static final int F_OTHER = 1 << 10;
  public static final int F_COPPER = 1 << 11;
  public static final int F_FIBER = 1 << 12;
  public static final int F_AUTONEG = 1 << 13;
  public static final int F_PAUSE = 1 << 14;
  public static final int F_PAUSE_ASYM = 1 << 15;

  /** Of devices that have nothing to say. */
  public static final LinkFeatures NONE = new LinkFeatures(0, 0, 0, 0);

  /** Speed of the fastest mode in a set, in kbit/s; 0 if it names none. */
  public static int speedKbps(int features) {
    if ((features & F_1TB_FD) != 0) {
      return 1_000_000_000;
    } else if ((features & F_100GB_FD) != 0) {
      return 100_000_000;
    } else if ((features & F_40GB_FD) != 0) {
      return 40_000_000;
    } else if ((features & F_10GB_FD) != 0) {
      return 10_000_000;
    } else if ((features & (F_1GB_HD | F_1GB_FD)) != 0) {
      return 1_000_000;
    } else if ((features & (F_100MB_HD | F_100MB_FD)) != 0) {
      return 100_000;
    } else if ((features & (F_10MB_HD | F_10MB_FD)) != 0) {
      return 10_000;
    }
    return 0;
  }

  public int currentSpeedKbps() {
    return speedKbps(current);
  }

  public int maxSpeedKbps() {
    return speedKbps(supported);
  }
}
