// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

/** Where an {@link Rconn} is; the names are those of OVS's Controller:status:state. */
public enum RconnState {
  /** Given up for good. */
  VOID,
  /** Waiting before the next attempt. */
  BACKOFF,
  /** An attempt, or the negotiation, is under way. */
  CONNECTING,
  /** Connected, and the peer has been heard of lately. */
  ACTIVE,
  /** Connected, probed, and no answer yet. */
  IDLE,
  /** An accepted connection that has ended. */
  DISCONNECTED;

  boolean isConnected() {
    return this == ACTIVE || this == IDLE;
  }

  /**
   * Whether there is an edge; every other is a bug. From BACKOFF to itself: the wait is cut short.
   * From anywhere to VOID: removed.
   *
   * @param isActive whether it connects by itself; one that was accepted does not connect again
   */
  boolean mayBecome(RconnState next, boolean isActive) {
    return switch (next) {
      case VOID -> true;
      case BACKOFF -> isActive && this != VOID;
      case CONNECTING -> this == BACKOFF;
      case ACTIVE -> this == CONNECTING || this == IDLE;
      case IDLE -> this == ACTIVE;
      case DISCONNECTED -> this == CONNECTING || isConnected();
    };
  }
}
