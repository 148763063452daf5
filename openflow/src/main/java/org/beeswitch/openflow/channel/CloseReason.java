// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import java.io.FileNotFoundException;

/**
 * Why a connection, or an attempt at one, is over.
 *
 * @param text the error in C's words ("Connection refused"), or our own where C has none
 */
public record CloseReason(Kind kind, String text) {
  /** Who ended it. */
  public enum Kind {
    /** The peer closed in the normal way. */
    CLOSED_BY_PEER,
    /** This side wanted it. */
    LOCAL,
    /** The peer broke the protocol: framing, HELLO, no version in common. */
    PROTOCOL,
    /** The peer did not answer in time: a connection attempt, a HELLO or a probe. */
    TIMED_OUT,
    /** The system reported an error: refused, reset, unreachable, no such file. */
    IO,
    /** A limit of {@link ChannelLimits} was hit. */
    LIMIT,
    /** A bug on this side, which costs the connection and not the daemon. */
    INTERNAL
  }

  public static CloseReason closedByPeer() {
    return new CloseReason(Kind.CLOSED_BY_PEER, "End of file");
  }

  public static CloseReason local(String why) {
    return new CloseReason(Kind.LOCAL, why);
  }

  public static CloseReason protocol(String what) {
    return new CloseReason(Kind.PROTOCOL, "Protocol error: " + what);
  }

  public static CloseReason timedOut() {
    return new CloseReason(Kind.TIMED_OUT, "Connection timed out");
  }

  public static CloseReason limit(ChannelCounter limit) {
    return new CloseReason(Kind.LIMIT, "limit reached: " + limit.counterName());
  }

  /** What netty or the system threw, in the words of C's strerror where they can be found in it. */
  static CloseReason of(Throwable cause) {
    if (cause instanceof FileNotFoundException) {
      // What netty makes of ENOENT, without a message.
      return new CloseReason(Kind.IO, "No such file or directory");
    }
    String text = cause.getMessage();
    if (text == null) {
      return new CloseReason(Kind.IO, cause.getClass().getSimpleName());
    }
    // netty: "connect(..) failed with error(-111): Connection refused: /127.0.0.1:6653".
    int start = text.indexOf(") failed");
    if (start >= 0) {
      int colon = text.indexOf(": ", start);
      text = colon >= 0 ? text.substring(colon + 2) : text;
      int end = text.indexOf(": ");
      text = end >= 0 ? text.substring(0, end) : text;
    }
    return new CloseReason(Kind.IO, text);
  }

  @Override
  public String toString() {
    return text;
  }
}
