// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

import java.util.Locale;

/** What the channel counts, in the order in which {@code beectl coverage} shows it. */
public enum ChannelCounter {
  /** Messages taken off connections by {@code main}. */
  MESSAGES_RECEIVED,
  /** Messages that a socket accepted. */
  MESSAGES_SENT,
  /** Messages that were queued when their connection ended. */
  MESSAGES_DISCARDED,
  /** Messages that the caller wanted sent while there was no connection. */
  MESSAGES_UNCONNECTED,
  /** Attempts of active connections. */
  CONNECTIONS_ATTEMPTED,
  /** Connections, active or accepted, that agreed on a version. */
  CONNECTIONS_MADE,
  /** Connections accepted by a listener. */
  CONNECTIONS_ACCEPTED,
  /**
   * Connections that ended with a header that is shorter than a header, or in the middle of a
   * message.
   */
  FRAMING_ERRORS,
  /** Connections that began with something else than HELLO. */
  HELLO_MISSING,
  /** HELLOs with elements that are unknown or malformed, which were skipped. */
  HELLO_UNCLEAN,
  /** Connections with no version in common. */
  HELLO_INCOMPATIBLE,
  /** Messages of another version than the negotiated one. */
  BAD_VERSION,
  /** Connections that ended by an error of the system. */
  IO_ERRORS,
  /** Connections closed because of an exception that nobody expected, each one a bug. */
  INTERNAL_ERRORS,
  /** Connections, active or accepted, that agreed on no version in time: the peer stalls. */
  HANDSHAKES_TIMED_OUT,
  /** TLS handshakes that ended well, of either side. */
  TLS_CONNECTIONS,
  /** TLS handshakes that failed: no TLS, a certificate that is missing, expired or not trusted. */
  TLS_HANDSHAKES_FAILED,
  /** Connections over TLS that came or were to be made while no key was configured. */
  TLS_NOT_CONFIGURED,
  /** Times that changed files of keys and certificates were read again. */
  TLS_FILES_READ_AGAIN,
  /** Times that these could not be used, so that the old ones stayed in force. */
  TLS_FILES_BAD,
  /** Probes sent. */
  PROBES_SENT,
  /** Connections closed because a probe was not answered. */
  PROBES_UNANSWERED,
  /**
   * Times that a connection was not read from because {@link ChannelLimits#INBOX_MESSAGES} or its
   * bytes waited.
   */
  INBOX_FULL,
  /**
   * Times that {@code main} left a message waiting because {@link ChannelLimits#REPLIES} were
   * unread by the peer.
   */
  REPLIES_UNREAD,
  /**
   * Connections closed because {@link ChannelLimits#OUTPUT_BYTES} were queued, to them the most.
   */
  OUTPUT_FULL,
  /**
   * Connections closed because more than {@link ChannelLimits#BACKLOG_BYTES} arrived while they
   * were not read from.
   */
  BACKLOG_FULL,
  /** Connections refused because a listener had {@link ChannelLimits#ACCEPTED} of them. */
  ACCEPTED_FULL,
  /** Monitors refused because a connection had {@link ChannelLimits#MONITORS} of them. */
  MONITORS_FULL,
  /** Copies that a monitor did not get because it was too slow. */
  MONITOR_COPIES_DROPPED,
  /** Log lines that were not written because of their rate. */
  LOG_LINES_SUPPRESSED;

  /** The name that operators see. */
  public String counterName() {
    return "openflow_" + name().toLowerCase(Locale.ROOT);
  }
}
