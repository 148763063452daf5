// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.loxi.LoxiCodec;
import org.beeswitch.openflow.msg.EchoReply;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.Hello;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.QueueConfig;
import org.beeswitch.openflow.msg.QueueGetConfigReply;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.jspecify.annotations.Nullable;

/**
 * Reads one OpenFlow 1.3 message, checking what OVS checks in the order in which OVS does, so that
 * a bad message gets OVS's error and not merely an error.
 *
 * <p>The order (OVS {@code ofp-msgs.c}, then the {@code ofputil_decode} of the message): known
 * type, length possible for the type; that it is for us; then its fields front to back, a match
 * before instructions, instructions before flags, actions against the match last.
 *
 * <p>Not thread-safe: it has scratch space for one message.
 */
public final class Of13Decoder {
  /** Bits of a port's configuration that 1.3 has; OVS ignores the others. */
  private static final int SETTABLE =
      PortDesc.CONFIG_PORT_DOWN
          | PortDesc.CONFIG_NO_RECV
          | PortDesc.CONFIG_NO_FWD
          | PortDesc.CONFIG_NO_PACKET_IN;

  private final Sender sender;
  private final OxmReader oxms = new OxmReader();
  private final ActionReader actions = new ActionReader(oxms);
  private final MessageReader messages = new MessageReader(oxms, actions);
  private final MultipartReader multiparts = new MultipartReader(oxms, actions, messages);
  private OfMessage.@Nullable Type type;

  public Of13Decoder(Sender sender) {
    this.sender = sender;
  }

  /** Which message the last {@link #decode} was about, as far as it got to know. */
  public OfMessage.@Nullable Type type() {
    return type;
  }

  /**
   * Reads the message at the reader index, which is all of {@code frame}; the reader index stays.
   */
  public OfMessage decode(ByteBuf frame) throws Reject {
    type = null;
    int start = frame.readerIndex();
    int length = frame.readableBytes();
    int number = OfHeader.type(frame);
    if (number == Wire.EXPERIMENTER) {
      return experimenter(frame, start, length);
    }
    if (number == Wire.MULTIPART_REQUEST || number == Wire.MULTIPART_REPLY) {
      return multipart(frame, start, length, number == Wire.MULTIPART_REQUEST);
    }
    Wire wire = accept(Wire.plain(number), OFPBRC_BAD_TYPE, length);
    return plain(number, frame, new Cursor(frame, start + 8, length - 8), wire);
  }

  /** The two checks that every message has: known, and of a possible length; then for us. */
  private Wire accept(@Nullable Wire wire, OfErrorCode unknown, int length) throws Reject {
    if (wire == null) {
      throw Reject.of(unknown);
    }
    if (!wire.accepts(length)) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    type = wire.type();
    if (sender == Sender.CONTROLLER && !wire.toSwitch()) {
      throw Reject.of(OFPBRC_BAD_TYPE);
    }
    return wire;
  }

  private OfMessage experimenter(ByteBuf frame, int start, int length) throws Reject {
    if (length < Wire.EXPERIMENTER_HEADER) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    int vendor = frame.getInt(start + 8);
    if (vendor != Experimenter.NICIRA && vendor != Experimenter.ONF) {
      throw Reject.of(OFPBRC_BAD_VENDOR);
    }
    int subtype = frame.getInt(start + 12);
    accept(Wire.experimenter(vendor, subtype), OFPBRC_BAD_SUBTYPE, length);
    Cursor c =
        new Cursor(frame, start + Wire.EXPERIMENTER_HEADER, length - Wire.EXPERIMENTER_HEADER);
    if (vendor == Experimenter.NICIRA && subtype == NiciraMessages.SET_PACKET_IN_FORMAT) {
      return NiciraMessages.readFormat(c);
    }
    if (vendor == Experimenter.NICIRA && subtype == NiciraMessages.PACKET_IN2) {
      return NiciraMessages.readPacketIn(c, oxms);
    }
    return new Experimenter(vendor, subtype, c.bytes(c.left()));
  }

  private OfMessage multipart(ByteBuf frame, int start, int length, boolean request) throws Reject {
    if (length < Wire.MULTIPART_HEADER) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    int stat = frame.getUnsignedShort(start + 8);
    boolean more = (frame.getUnsignedShort(start + 10) & Wire.MORE) != 0;
    if (stat != Wire.MP_EXPERIMENTER) {
      accept(Wire.multipart(request, stat), OFPBRC_BAD_STAT, length);
      Cursor c = new Cursor(frame, start + Wire.MULTIPART_HEADER, length - Wire.MULTIPART_HEADER);
      return request ? multiparts.request(stat, more, c) : multiparts.reply(stat, more, c);
    }
    if (length < Wire.MULTIPART_EXPERIMENTER_HEADER) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    int vendor = frame.getInt(start + 16);
    if (vendor != Experimenter.NICIRA && vendor != Experimenter.ONF) {
      throw Reject.of(OFPBRC_BAD_VENDOR);
    }
    int subtype = frame.getInt(start + 20);
    accept(Wire.experimenterMultipart(request, vendor, subtype), OFPBRC_BAD_SUBTYPE, length);
    int header = Wire.MULTIPART_EXPERIMENTER_HEADER;
    Cursor c = new Cursor(frame, start + header, length - header);
    return MultipartReader.experimenter(request, more, vendor, subtype, c);
  }

  private OfMessage plain(int number, ByteBuf frame, Cursor c, Wire wire) throws Reject {
    return switch (wire.type()) {
      case HELLO -> hello(OfHeader.version(frame), c);
      case ERROR -> error(c);
      case ECHO_REQUEST -> new EchoRequest(c.bytes(c.left()));
      case ECHO_REPLY -> new EchoReply(c.bytes(c.left()));
      case SET_CONFIG -> new SetConfig(config(c, true));
      case GET_CONFIG_REPLY -> new GetConfigReply(config(c, false));
      case PACKET_IN -> messages.packetIn(c);
      case FLOW_REMOVED -> messages.flowRemoved(c);
      case PACKET_OUT -> messages.packetOut(c);
      case FLOW_MOD -> messages.flowMod(c);
      case GROUP_MOD -> messages.groupMod(c);
      case METER_MOD -> messages.meterMod(c);
      case QUEUE_GET_CONFIG_REQUEST -> queueRequest(c);
      case QUEUE_GET_CONFIG_REPLY -> queueReply(c);
      case PORT_STATUS -> portStatus(c);
      case PORT_MOD -> portMod(c);
      case TABLE_MOD,
          FEATURES_REQUEST,
          FEATURES_REPLY,
          GET_CONFIG_REQUEST,
          BARRIER_REQUEST,
          BARRIER_REPLY,
          ROLE_REQUEST,
          ROLE_REPLY,
          GET_ASYNC_REQUEST,
          GET_ASYNC_REPLY,
          SET_ASYNC -> {
        FixedBodies.check(wire.type(), c);
        yield LoxiCodec.read(wire.type(), frame);
      }
      case MULTIPART_REQUEST, MULTIPART_REPLY, SET_PACKET_IN_FORMAT, EXPERIMENTER ->
          throw new IllegalStateException("message " + number);
    };
  }

  /** What can be understood of it; OVS goes on with that, too. */
  private static OfMessage hello(int version, Cursor c) {
    int versions = version >= 32 ? ~1 : (1 << version + 1) - 2;
    while (c.left() >= 4) {
      int at = c.pos();
      int type = c.u16();
      int length = c.u16();
      int padded = length + 7 & ~7;
      if (length < 4 || padded - 4 > c.left()) {
        break;
      }
      if (type == 1 && length > 4 && length % 4 == 0) {
        int bitmap = c.buf().getInt(at + 4) & ~1;
        versions = bitmap != 0 ? bitmap : versions;
      }
      c.skip(padded - 4);
    }
    return new Hello(versions == 0 ? 1 << 1 : versions);
  }

  private static OfMessage error(Cursor c) {
    int errorType = c.u16();
    int code = c.u16();
    if (errorType == 0xffff && c.left() >= 4 && c.buf().getInt(c.pos()) != 0) {
      return new OfError(c.i32(), code, 0, c.bytes(c.left()));
    }
    return new OfError(0, errorType, code, c.bytes(c.left()));
  }

  private static SwitchConfig config(Cursor c, boolean strict) throws Reject {
    int flags = c.u16();
    int missSendLen = c.u16();
    if (strict && (flags & ~3) != 0) {
      throw Reject.of(OFPSCFC_BAD_FLAGS);
    }
    SwitchConfig.Frag[] frags = SwitchConfig.Frag.values();
    return new SwitchConfig(frags[flags & 3], false, missSendLen);
  }

  /** Not openflowj's, which throws at ports between MAX and IN_PORT. */
  private static OfMessage portMod(Cursor c) throws Reject {
    int port = c.i32();
    MessageReader.checkPort(port);
    c.skip(4);
    long hwAddr = c.u48();
    c.skip(2);
    int config = c.i32();
    int mask = c.i32() & SETTABLE;
    return new PortMod(OfPort.of(port), hwAddr, config & mask, mask, c.i32() & 0xffff);
  }

  private static OfMessage portStatus(Cursor c) throws Reject {
    int reason = c.u8();
    c.skip(7);
    PortStatus.Reason[] reasons = PortStatus.Reason.values();
    if (reason >= reasons.length) {
      throw Reject.of(NXBRC_BAD_REASON);
    }
    return new PortStatus(reasons[reason], MultipartReader.portDesc(c));
  }

  private static OfMessage queueRequest(Cursor c) throws Reject {
    int port = c.i32();
    MessageReader.checkPort(port);
    if (!Ports.isPlain(port) && port != OfPort.ANY.number()) {
      throw Reject.of(OFPQOFC_BAD_PORT);
    }
    return new QueueGetConfigRequest(OfPort.of(port));
  }

  private static OfMessage queueReply(Cursor c) throws Reject {
    int port = c.i32();
    c.skip(4);
    MessageReader.checkPort(port);
    List<QueueConfig> queues = new ArrayList<>();
    while (c.left() > 0) {
      if (c.left() < 16) {
        throw Reject.of(OFPBRC_BAD_LEN);
      }
      int queueId = c.i32();
      c.skip(4);
      int length = c.u16();
      c.skip(6);
      if (length < 16 || length % 8 != 0 || length - 16 > c.left()) {
        throw Reject.of(OFPBRC_BAD_LEN);
      }
      queues.add(queueProperties(queueId, c.sub(length - 16)));
    }
    return new QueueGetConfigReply(OfPort.of(port), queues);
  }

  private static QueueConfig queueProperties(int queueId, Cursor c) throws Reject {
    int min = QueueConfig.NO_RATE;
    int max = QueueConfig.NO_RATE;
    while (c.left() > 0) {
      int at = c.pos();
      int type = c.u16();
      int length = c.u16();
      if (length < 8 || length % 8 != 0 || length - 4 > c.left()) {
        throw Reject.of(OFPBRC_BAD_LEN);
      }
      if (length >= 16 && type == 1) {
        min = c.buf().getUnsignedShort(at + 8);
      } else if (length >= 16 && type == 2) {
        max = c.buf().getUnsignedShort(at + 8);
      }
      c.skip(length - 4);
    }
    return new QueueConfig(queueId, min, max);
  }
}
