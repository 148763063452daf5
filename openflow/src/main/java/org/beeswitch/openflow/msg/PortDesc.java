// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/**
 * A port as a controller sees it.
 *
 * @param hwAddr 48 bits
 * @param config CONFIG_* bits: what the controller asked for
 * @param state STATE_* bits: what is the case
 * @param curr current features, FEATURE_* bits; so are the next three
 * @param currSpeed kbit/s; so is the next
 */
public record PortDesc(
    OfPort port,
    long hwAddr,
    String name,
    int config,
    int state,
    int curr,
    int advertised,
    int supported,
    int peer,
    int currSpeed,
    int maxSpeed) {

  public static final int CONFIG_PORT_DOWN = 1;
  public static final int CONFIG_NO_STP = 1 << 1;
  public static final int CONFIG_NO_RECV = 1 << 2;
  public static final int CONFIG_NO_RECV_STP = 1 << 3;
  public static final int CONFIG_NO_FLOOD = 1 << 4;
  public static final int CONFIG_NO_FWD = 1 << 5;
  public static final int CONFIG_NO_PACKET_IN = 1 << 6;

  public static final int STATE_LINK_DOWN = 1;
  public static final int STATE_BLOCKED = 1 << 1;
  public static final int STATE_LIVE = 1 << 2;

  public static final int FEATURE_10MB_HD = 1;
  public static final int FEATURE_10MB_FD = 1 << 1;
  public static final int FEATURE_100MB_HD = 1 << 2;
  public static final int FEATURE_100MB_FD = 1 << 3;
  public static final int FEATURE_1GB_HD = 1 << 4;
  public static final int FEATURE_1GB_FD = 1 << 5;
  public static final int FEATURE_10GB_FD = 1 << 6;
  public static final int FEATURE_40GB_FD = 1 << 7;
  public static final int FEATURE_100GB_FD = 1 << 8;
  public static final int FEATURE_1TB_FD = 1 << 9;
  public static final int FEATURE_OTHER = 1 << 10;
  public static final int FEATURE_COPPER = 1 << 11;
  public static final int FEATURE_FIBER = 1 << 12;
  public static final int FEATURE_AUTONEG = 1 << 13;
  public static final int FEATURE_PAUSE = 1 << 14;
  public static final int FEATURE_PAUSE_ASYM = 1 << 15;

  public PortDesc {
    if (hwAddr >>> 48 != 0) {
      throw new IllegalArgumentException("hardware address of more than 48 bits");
    }
  }

  /** The same port with other CONFIG_* and STATE_* bits. */
  public PortDesc with(int newConfig, int newState) {
    return new PortDesc(
        port,
        hwAddr,
        name,
        newConfig,
        newState,
        curr,
        advertised,
        supported,
        peer,
        currSpeed,
        maxSpeed);
  }

  public boolean isLive() {
    return (state & STATE_LIVE) != 0;
  }

  /** The same port, not live, with nothing else changed. */
  public PortDesc withoutLive() {
    return with(config, state & ~STATE_LIVE);
  }
}
