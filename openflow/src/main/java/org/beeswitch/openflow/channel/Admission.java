// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

/**
 * OVS's guess at whether a controller has decided to control the switch (lib/rconn.c,
 * is_admitted_msg): some messages only look at it, all others are sent after the decision; and who
 * talks for 30 s has decided, too. The message itself may turn out to be malformed.
 */
final class Admission {
  private static final int OF10 = 1;
  private static final long AFTER_MS = 30_000;

  private long connectedMs = Long.MAX_VALUE;
  private long admittedMs;
  private boolean decided;

  /** A connection has come to be. */
  void connected(long nowMs) {
    connectedMs = nowMs;
    decided = false;
  }

  /** Something has come from the peer. */
  void heard(Frame frame, long nowMs) {
    if (decided || isSignOf(frame) || nowMs - connectedMs >= AFTER_MS) {
      decided = true;
      admittedMs = nowMs;
    }
  }

  /** Whether the peer of the last connection has decided so. */
  boolean isGranted() {
    return admittedMs >= connectedMs;
  }

  /** When a peer who has decided so was heard of last; 0: none was. */
  long lastMs() {
    return admittedMs;
  }

  static boolean isSignOf(Frame frame) {
    int type = frame.type();
    if (type <= Wire.ECHO_REPLY) {
      return false;
    }
    return frame.version() == OF10 ? isSignOf10(type) : isSignOf11(type, frame);
  }

  /**
   * Experimenter, and the requests of a handshake: FEATURES, GET_CONFIG, SET_CONFIG,
   * QUEUE_GET_CONFIG.
   */
  private static boolean isSignOf10(int type) {
    return switch (type) {
      case 5, 6, 7, 8, 9, 20, 21 -> false;
      default -> type <= 19;
    };
  }

  /** The same, GET_ASYNC, and the multiparts about groups and table features. */
  private static boolean isSignOf11(int type, Frame frame) {
    return switch (type) {
      case 5, 6, 7, 8, 9, 22, 23, 26, 27 -> false;
      case 18, 19 -> frame.length() >= Frame.HEADER_LEN + 8 && isSignOfMultipart(frame.u16(8));
      default -> type <= 34;
    };
  }

  private static boolean isSignOfMultipart(int multipartType) {
    return switch (multipartType) {
      case 6, 7, 8, 12, 14 -> false;
      default -> true;
    };
  }
}
