// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import java.util.List;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.BarrierReply;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.EchoReply;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.QueueGetConfigReply;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.openflow.msg.SetAsync;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SetPacketInFormat;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.msg.TableMod;
import org.jspecify.annotations.Nullable;

/**
 * What a bridge does with each message from a controller (OVS {@code handle_single_part_openflow}
 * and the functions it calls). One message at a time, in the order in which its connection sent
 * them, so that a barrier needs nothing but its reply: whatever came before has been done, and
 * {@link Ofproto} returns only when the datapath has it.
 */
final class Requests {
  private final Ofproto ofproto;
  private long dpid;
  private final Connmgr connmgr;
  private final Multiparts multiparts;

  Requests(Ofproto ofproto, long dpid, SwitchIdentity identity, Connmgr connmgr) {
    this.ofproto = ofproto;
    this.dpid = dpid;
    this.connmgr = connmgr;
    this.multiparts = new Multiparts(ofproto, identity);
  }

  void setDatapathId(long id) {
    dpid = id;
  }

  /**
   * Does what the message asks.
   *
   * @param frame its bytes, for errors about it
   */
  void handle(OfConn c, int xid, OfMessage m, Frame frame, long nowNs) {
    OfErrorCode e = dispatch(c, xid, m, nowNs);
    if (e != null) {
      error(c, xid, e, frame);
    }
  }

  /**
   * Does what a complete multipart request asks. Only those about table features can have more than
   * one part with a body (OVS {@code handle_openflow}).
   */
  void handleMultipart(OfConn c, List<MultipartAssembler.Part> parts, long nowNs) {
    MultipartAssembler.Part first = parts.get(0);
    if (parts.size() > 1 && !first.isTableFeatures()) {
      error(c, first.frame().xid(), OfErrorCode.OFPBRC_BAD_STAT, first.frame());
      return;
    }
    for (MultipartAssembler.Part p : parts) {
      if (p.decoded() instanceof Decoded.Bad b) {
        error(c, b.xid(), b.code(), p.frame());
        return;
      }
    }
    // Of many it is the last that is answered; what they say is refused whatever it is.
    MultipartAssembler.Part last = parts.get(parts.size() - 1);
    if (last.decoded() instanceof Decoded.Good g) {
      handle(c, g.frame().xid(), g.frame().message(), last.frame(), nowNs);
    }
  }

  /** Answers that something is wrong with the message of these bytes. */
  static void error(OfConn c, int xid, OfErrorCode e, Frame frame) {
    c.reply(xid, OfError.of(e, Bytes.wrap(frame.bytes())));
  }

  private @Nullable OfErrorCode dispatch(OfConn c, int xid, OfMessage m, long nowNs) {
    return switch (m.type()) {
      case ECHO_REQUEST -> {
        c.reply(xid, new EchoReply(((EchoRequest) m).data()));
        yield null;
      }
      case FEATURES_REQUEST -> {
        c.reply(xid, features());
        yield null;
      }
      case GET_CONFIG_REQUEST -> {
        c.reply(
            xid,
            new GetConfigReply(new SwitchConfig(ofproto.state().frags(), false, c.missSendLen)));
        yield null;
      }
      case SET_CONFIG -> setConfig(c, ((SetConfig) m).config());
      case PACKET_OUT -> packetOut(c, (PacketOut) m, nowNs);
      case FLOW_MOD -> flowMod(c, (FlowMod) m, nowNs);
      case GROUP_MOD -> c.isSecondary() ? OfErrorCode.OFPBRC_IS_SECONDARY : groupMod((GroupMod) m);
      case METER_MOD -> c.isSecondary() ? OfErrorCode.OFPBRC_IS_SECONDARY : meterMod((MeterMod) m);
      case PORT_MOD ->
          c.isSecondary() ? OfErrorCode.OFPBRC_IS_SECONDARY : connmgr.portMod(c, (PortMod) m);
      case TABLE_MOD -> c.isSecondary() ? OfErrorCode.OFPBRC_IS_SECONDARY : tableMod((TableMod) m);
      case BARRIER_REQUEST -> {
        connmgr.barrier(c);
        c.reply(xid, new BarrierReply());
        yield null;
      }
      case ROLE_REQUEST -> role(c, xid, (RoleRequest) m);
      case GET_ASYNC_REQUEST -> {
        c.reply(xid, new GetAsyncReply(c.async));
        yield null;
      }
      case SET_ASYNC -> {
        c.setAsync(((SetAsync) m).config());
        yield null;
      }
      case QUEUE_GET_CONFIG_REQUEST -> queueGetConfig(c, xid, ((QueueGetConfigRequest) m).port());
      case MULTIPART_REQUEST -> multiparts.handle(c, xid, (MultipartRequest) m, nowNs);
      case SET_PACKET_IN_FORMAT -> setPacketInFormat(c, ((SetPacketInFormat) m).format());
      case EXPERIMENTER -> experimenter((Experimenter) m);
      // What only a switch says.
      case HELLO,
          ERROR,
          ECHO_REPLY,
          FEATURES_REPLY,
          GET_CONFIG_REPLY,
          PACKET_IN,
          FLOW_REMOVED,
          PORT_STATUS,
          MULTIPART_REPLY,
          BARRIER_REPLY,
          QUEUE_GET_CONFIG_REPLY,
          ROLE_REPLY,
          GET_ASYNC_REPLY ->
          OfErrorCode.OFPBRC_BAD_TYPE;
    };
  }

  private static @Nullable OfErrorCode setPacketInFormat(OfConn c, PacketInFormat format) {
    if (format == PacketInFormat.NXT_PACKET_IN) {
      return OfErrorCode.OFPBRC_EPERM; // as for a format that nobody knows: it is OpenFlow 1.0's
    }
    c.packetInFormat = format;
    return null;
  }

  /** OVS's own vendors are known, their other messages not yet (OVS {@code ofpraw_pull}). */
  private static OfErrorCode experimenter(Experimenter m) {
    return m.vendor() == Experimenter.NICIRA || m.vendor() == Experimenter.ONF
        ? OfErrorCode.OFPBRC_BAD_SUBTYPE
        : OfErrorCode.OFPBRC_BAD_VENDOR;
  }

  private FeaturesReply features() {
    return new FeaturesReply(
        dpid,
        0,
        BridgeState.TABLES,
        0,
        FeaturesReply.C_FLOW_STATS
            | FeaturesReply.C_TABLE_STATS
            | FeaturesReply.C_PORT_STATS
            | FeaturesReply.C_GROUP_STATS
            | FeaturesReply.C_QUEUE_STATS,
        List.of());
  }

  /** Reassembly is not offered; OVS ignores the wish, and a later GET_CONFIG shows it. */
  private @Nullable OfErrorCode setConfig(OfConn c, SwitchConfig config) {
    if ((c.isService || !c.isSecondary()) && config.frag() != SwitchConfig.Frag.REASM) {
      ofproto.setFrags(config.frag());
    }
    c.missSendLen = config.missSendLen();
    return null;
  }

  private @Nullable OfErrorCode packetOut(OfConn c, PacketOut m, long nowNs) {
    if (c.isSecondary()) {
      return OfErrorCode.OFPBRC_IS_SECONDARY;
    }
    if (m.bufferId() != BufferId.NONE) {
      return OfErrorCode.OFPBRC_BUFFER_UNKNOWN;
    }
    return ofproto.packetOut(m, nowNs);
  }

  private @Nullable OfErrorCode flowMod(OfConn c, FlowMod m, long nowNs) {
    if (c.isSecondary()) {
      return OfErrorCode.OFPBRC_IS_SECONDARY;
    }
    c.hasModified = true;
    return ofproto.flowMod(m, nowNs);
  }

  private @Nullable OfErrorCode role(OfConn c, int xid, RoleRequest m) {
    if (m.role() != Role.NOCHANGE) {
      if (m.role() != Role.EQUAL && !connmgr.setGenerationId(m.generationId())) {
        return OfErrorCode.OFPRRFC_STALE;
      }
      connmgr.setRole(c, m.role());
    }
    c.reply(xid, new RoleReply(c.role, connmgr.generationId()));
    return null;
  }

  /** There are no groups yet: none can be added, deleting all of none is right. */
  private static @Nullable OfErrorCode groupMod(GroupMod m) {
    return switch (m.command()) {
      case ADD, ADD_OR_MODIFY -> OfErrorCode.OFPGMFC_OUT_OF_GROUPS;
      case MODIFY, INSERT_BUCKET, REMOVE_BUCKET -> OfErrorCode.OFPGMFC_UNKNOWN_GROUP;
      case DELETE -> null;
    };
  }

  private static @Nullable OfErrorCode meterMod(MeterMod m) {
    return switch (m.command()) {
      case ADD -> OfErrorCode.OFPMMFC_OUT_OF_METERS;
      case MODIFY -> OfErrorCode.OFPMMFC_UNKNOWN_METER;
      case DELETE -> null;
    };
  }

  /**
   * OpenFlow 1.3 has no table configuration left that could be set; OVS accepts it for tables that
   * are there.
   */
  private static @Nullable OfErrorCode tableMod(TableMod m) {
    return m.tableId() == BridgeState.TABLE_INTERNAL ? OfErrorCode.OFPTMFC_EPERM : null;
  }

  private @Nullable OfErrorCode queueGetConfig(OfConn c, int xid, OfPort port) {
    List<PortState> ports = ofproto.state().ports().asList();
    if (port.equals(OfPort.ANY)
        ? ports.isEmpty()
        : ports.stream().noneMatch(p -> p.desc().port().equals(port))) {
      return port.equals(OfPort.ANY) ? OfErrorCode.OFPQOFC_BAD_QUEUE : OfErrorCode.OFPQOFC_BAD_PORT;
    }
    c.reply(xid, new QueueGetConfigReply(port, List.of()));
    return null;
  }
}
