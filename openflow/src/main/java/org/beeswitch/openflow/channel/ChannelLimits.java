// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.openflow.channel;

/**
 * The maxima of this package. What happens at each is counted by the {@link ChannelCounter} that
 * names it.
 *
 * <p>Together they bound what one peer can make us hold: {@link #INBOX_BYTES} and a message, one
 * read of the socket, a share of {@link #OUTPUT_BYTES}.
 */
public final class ChannelLimits {
  /**
   * Messages of one connection waiting for {@code main}; a peer that sends faster is not read from.
   */
  public static final int INBOX_MESSAGES = 512;

  /** Bytes of these messages. One message more may come on top. */
  public static final int INBOX_BYTES = 512 * 1024;

  /**
   * Bytes that may have arrived while a connection is not read from. Only what was in the kernel's
   * receive buffer when the peer closed gets here, and that buffer is at most tcp_rmem[2], 6 MB by
   * default.
   */
  public static final int BACKLOG_BYTES = 32 * 1024 * 1024;

  /**
   * Messages that one connection may have handled per run, so that none starves the others (OVS:
   * 50).
   */
  public static final int MESSAGES_PER_RUN = 50;

  /** Unsent replies from which on nothing more is read from that peer (OVS: OFCONN_REPLY_MAX). */
  public static final int REPLIES = 100;

  /**
   * Bytes queued to all peers, beyond which the connection with the most is closed. The reply to
   * one request can be as large as the flow table (a million flows are about 200 MB), which has to
   * fit.
   */
  public static final long OUTPUT_BYTES = 256L * 1024 * 1024;

  /** Monitors on one connection (OVS: MAXIMUM_MONITORS). */
  public static final int MONITORS = 8;

  /** Bytes queued to a monitor, beyond which copies are dropped. */
  public static final int MONITOR_BYTES = 1024 * 1024;

  /** Stray messages of one monitor that are thrown away per run. */
  public static final int MONITOR_MESSAGES_PER_RUN = 50;

  /**
   * Bytes that the kernel holds for a peer on a unix socket, as it counts them: half of the usual.
   * Packet-ins that wait there have no turns by port any more, and a controller that takes ten a
   * millisecond gets what is behind them as much later. Room for a message of any length, with what
   * the kernel needs besides: a peer that has sent all and ended its side gets the last answer,
   * which would be lost here.
   */
  public static final int UNIX_SEND_BUFFER = 104 * 1024;

  /**
   * The same for TCP: bytes beyond what is under way. What is under way, the network and the peer's
   * buffer decide.
   */
  public static final long TCP_UNSENT = 32 * 1024L;

  /** Connections that one listener holds at a time. OVS has no limit but that of open files. */
  public static final int ACCEPTED = 1024;

  /**
   * Connections that the kernel holds until we accept them: as many as it allows by default
   * (somaxconn), for one that finds no room is tried again by TCP after a second, and it takes less
   * than the event loop's wake-up to make some hundred (OVS: 10 of TCP, 64 of unix sockets).
   */
  public static final int LISTEN_BACKLOG = 4096;

  private ChannelLimits() {}
}
