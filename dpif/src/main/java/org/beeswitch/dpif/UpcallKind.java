// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

/**
 * Why a datapath sent a packet up. Codes are those of the ABI ({@code enum dp_upcall_kind}) and of
 * USERSPACE's arg.
 */
public enum UpcallKind {
  /** No megaflow matched. */
  MISS(0),
  /**
   * A USERSPACE action of a flow whose actions the datapath cannot run: translate and execute each
   * packet.
   */
  SLOW_PATH(1),
  /** A USERSPACE action that asks for a packet-in; the cookie says which. */
  CONTROLLER(2);

  private final int code;

  UpcallKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  public static UpcallKind of(int code) {
    return switch (code) {
      case 0 -> MISS;
      case 1 -> SLOW_PATH;
      case 2 -> CONTROLLER;
      default -> throw new IllegalArgumentException("upcall kind " + code);
    };
  }
}
