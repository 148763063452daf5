// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import org.beeswitch.openflow.channel.MessageCounter;
import org.beeswitch.openflow.channel.OfConnection;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.Role;

/**
 * What a bridge knows of one connection besides the connection itself (OVS {@code struct ofconn}):
 * its role and which messages it wants unasked. Forgotten when the connection ends. {@code main}
 * alone.
 */
@SuppressWarnings("EnumOrdinal") // bits of an AsyncConfig are ordinals of reasons
final class OfConn {
  /**
   * Packet-ins that may wait for a slow controller (OVS OFPROTO_PACKET_QUEUE_SIZE, its default).
   */
  static final int PACKET_IN_QUEUE = 100;

  /** OFP_DEFAULT_MISS_SEND_LEN. */
  private static final int DEFAULT_MISS_SEND_LEN = 128;

  /**
   * What OVS 3.1 answers at 1.3: NO_MATCH and ACTION, all of ports, the four reasons of 1.3 for
   * which a rule goes; of these port status alone for a secondary.
   */
  private static final AsyncConfig DEFAULT_ASYNC =
      new AsyncConfig(bit(PacketIn.Reason.NO_MATCH) | bit(PacketIn.Reason.ACTION), 0, 7, 7, 0xf, 0);

  final OfConnection<OfFrame> connection;
  final boolean isService;
  private final MessageCounter packetIns;
  final MultipartAssembler multiparts = new MultipartAssembler();
  Role role = Role.EQUAL;
  AsyncConfig async = DEFAULT_ASYNC;
  int missSendLen;
  PacketInFormat packetInFormat = PacketInFormat.STANDARD;

  /** Whether it has sent a flow-mod. */
  boolean hasModified;

  /**
   * @param whenNoPacketIns called on the event loop when packet-ins waited to be sent and none does
   */
  OfConn(OfConnection<OfFrame> connection, Runnable whenNoPacketIns) {
    this.connection = connection;
    this.packetIns = new MessageCounter(whenNoPacketIns);
    this.isService = connection.isService();
    this.missSendLen = isService ? 0 : DEFAULT_MISS_SEND_LEN;
  }

  private static int bit(PacketIn.Reason r) {
    return 1 << r.ordinal();
  }

  /** A service connection that says what it wants wants something: it gets packets too. */
  void setAsync(AsyncConfig config) {
    async = config;
    if (isService && missSendLen == 0) {
      missSendLen = DEFAULT_MISS_SEND_LEN;
    }
  }

  boolean isSecondary() {
    return role == Role.SECONDARY;
  }

  void reply(int xid, OfMessage m) {
    connection.send(new OfFrame(connection.version(), xid, m));
  }

  /** Whether it gets packet-ins of some kind. */
  boolean wantsPacketIns() {
    return isListening() && (isSecondary() ? async.packetInSecondary() : async.packetIn()) != 0;
  }

  boolean hasRoomForPacketIns() {
    return packetIns.messages() < PACKET_IN_QUEUE;
  }

  int waitingPacketIns() {
    return packetIns.messages();
  }

  /** Returns false if it wants the message, but {@link #PACKET_IN_QUEUE} wait already. */
  boolean send(PacketIn m) {
    if (!wants(async.packetIn(), async.packetInSecondary(), m.reason().ordinal())) {
      return true;
    }
    if (!hasRoomForPacketIns()) {
      return false;
    }
    connection.send(new OfFrame(connection.version(), 0, m.as(packetInFormat)), packetIns);
    return true;
  }

  void send(FlowRemoved m) {
    if (wants(async.flowRemoved(), async.flowRemovedSecondary(), m.reason().ordinal())) {
      connection.send(new OfFrame(connection.version(), 0, m));
    }
  }

  void send(PortStatus m) {
    if (wants(async.portStatus(), async.portStatusSecondary(), m.reason().ordinal())) {
      connection.send(new OfFrame(connection.version(), 0, m));
    }
  }

  private boolean wants(int mask, int secondaryMask, int reason) {
    return isListening() && ((isSecondary() ? secondaryMask : mask) >>> reason & 1) != 0;
  }

  /**
   * OVS {@code ofconn_receives_async_msg}: service connections get none until they have set
   * miss_send_len.
   */
  private boolean isListening() {
    return !(isService && missSendLen == 0) && connection.isConnected();
  }
}
