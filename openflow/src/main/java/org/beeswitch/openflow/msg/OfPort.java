// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import org.jspecify.annotations.Nullable;

/**
 * A port number of one bridge, as OpenFlow 1.1 and later number them (32 bits, reserved ones at the
 * top). OpenFlow 1.0 and NXM have 16 bits; their codecs move the reserved block, as OVS does.
 *
 * @param number the number, unsigned
 */
public record OfPort(int number) {
  /** Largest number of a port that is not reserved, in OVS: 1.0's limit, in all versions. */
  public static final int MAX_NUMBER = 0xfeff;

  private static final OfPort[] CACHE = new OfPort[1024];

  public static final OfPort UNSET = new OfPort(0xfffffff7);
  public static final OfPort IN_PORT = new OfPort(0xfffffff8);
  public static final OfPort TABLE = new OfPort(0xfffffff9);
  public static final OfPort NORMAL = new OfPort(0xfffffffa);
  public static final OfPort FLOOD = new OfPort(0xfffffffb);
  public static final OfPort ALL = new OfPort(0xfffffffc);
  public static final OfPort CONTROLLER = new OfPort(0xfffffffd);
  public static final OfPort LOCAL = new OfPort(0xfffffffe);

  /** No port: matches every port in a filter. OpenFlow 1.0's NONE. */
  public static final OfPort ANY = new OfPort(0xffffffff);

  private static final OfPort[] RESERVED = {
    UNSET, IN_PORT, TABLE, NORMAL, FLOOD, ALL, CONTROLLER, LOCAL, ANY
  };

  static {
    for (int i = 0; i < CACHE.length; i++) {
      CACHE[i] = new OfPort(i);
    }
  }

  /** The port of that number; small and reserved ones are shared objects. */
  public static OfPort of(int number) {
    if (number >= 0 && number < CACHE.length) {
      return CACHE[number];
    }
    return number >= UNSET.number && number < 0
        ? RESERVED[number - UNSET.number]
        : new OfPort(number);
  }

  /** Whether it is a number that a device can have, rather than a reserved one or 0. */
  public boolean isPhysical() {
    return number > 0 && number <= MAX_NUMBER;
  }

  /** Whether it is one of the named, reserved ports. */
  public boolean isReserved() {
    return number >= UNSET.number && number < 0;
  }

  /** The name that OVS prints for a reserved port, such as {@code LOCAL}; null for others. */
  public @Nullable String reservedName() {
    return switch (number) {
      case 0xfffffff7 -> "UNSET";
      case 0xfffffff8 -> "IN_PORT";
      case 0xfffffff9 -> "TABLE";
      case 0xfffffffa -> "NORMAL";
      case 0xfffffffb -> "FLOOD";
      case 0xfffffffc -> "ALL";
      case 0xfffffffd -> "CONTROLLER";
      case 0xfffffffe -> "LOCAL";
      case 0xffffffff -> "ANY";
      default -> null;
    };
  }

  /** As OVS prints it: a number, or a reserved port's name. */
  @Override
  public String toString() {
    String name = reservedName();
    return name != null ? name : Integer.toUnsignedString(number);
  }
}
