// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.loxi.LoxiCodec;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.EchoReply;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.Hello;
import org.beeswitch.openflow.msg.MeterBand;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.QueueConfig;
import org.beeswitch.openflow.msg.QueueGetConfigReply;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SetPacketInFormat;
import org.beeswitch.openflow.msg.SwitchConfig;

/**
 * Writes OpenFlow 1.3 messages, byte for byte as OVS does. Not thread-safe: it has scratch space.
 */
public final class Of13Encoder {
  private final OxmWriter oxms = new OxmWriter();
  private final MultipartEntries multiparts = new MultipartEntries(oxms);

  /** Entries of multipart replies, for the streaming encoder. */
  public MultipartEntries entries() {
    return multiparts;
  }

  /**
   * Appends a message to {@code out}.
   *
   * @param version of the header: HELLO and ERROR are sent in other people's versions, too
   * @throws IllegalArgumentException if it cannot be said in 65535 bytes or in 1.3
   */
  public void encode(int version, int xid, OfMessage m, ByteBuf out) {
    if (LoxiCodec.handles(m.type())) {
      LoxiCodec.write(m, xid, out);
      return;
    }
    switch (m.type()) {
      case HELLO -> hello(version, xid, (Hello) m, out);
      case ERROR -> error(version, xid, (OfError) m, out);
      case ECHO_REQUEST -> {
        int s = OfHeader.begin(out, version, Wire.ECHO_REQUEST, xid);
        out.writeBytes(((EchoRequest) m).data().array());
        OfHeader.end(out, s);
      }
      case ECHO_REPLY -> {
        int s = OfHeader.begin(out, version, Wire.ECHO_REPLY, xid);
        out.writeBytes(((EchoReply) m).data().array());
        OfHeader.end(out, s);
      }
      case GET_CONFIG_REPLY ->
          config(version, Wire.GET_CONFIG_REPLY, xid, ((GetConfigReply) m).config(), out);
      case SET_CONFIG -> config(version, Wire.SET_CONFIG, xid, ((SetConfig) m).config(), out);
      case PACKET_IN -> packetIn(version, xid, (PacketIn) m, out);
      case FLOW_REMOVED -> flowRemoved(version, xid, (FlowRemoved) m, out);
      case PORT_STATUS -> portStatus(version, xid, (PortStatus) m, out);
      case PORT_MOD -> portMod(version, xid, (PortMod) m, out);
      case PACKET_OUT -> packetOut(version, xid, (PacketOut) m, out);
      case FLOW_MOD -> flowMod(version, xid, (FlowMod) m, out);
      case GROUP_MOD -> groupMod(version, xid, (GroupMod) m, out);
      case METER_MOD -> meterMod(version, xid, (MeterMod) m, out);
      case QUEUE_GET_CONFIG_REQUEST -> {
        int s = OfHeader.begin(out, version, Wire.QUEUE_GET_CONFIG_REQUEST, xid);
        out.writeInt(((QueueGetConfigRequest) m).port().number()).writeInt(0);
        OfHeader.end(out, s);
      }
      case QUEUE_GET_CONFIG_REPLY -> queueReply(version, xid, (QueueGetConfigReply) m, out);
      case SET_PACKET_IN_FORMAT -> NiciraMessages.write(version, xid, (SetPacketInFormat) m, out);
      case EXPERIMENTER -> {
        Experimenter e = (Experimenter) m;
        int s = OfHeader.begin(out, version, Wire.EXPERIMENTER, xid);
        out.writeInt(e.vendor()).writeInt(e.subtype()).writeBytes(e.body().array());
        OfHeader.end(out, s);
      }
      case MULTIPART_REQUEST -> multiparts.request(version, xid, (MultipartRequest) m, out);
      case MULTIPART_REPLY -> multiparts.reply(version, xid, (MultipartReply) m, out);
      case FEATURES_REQUEST,
          FEATURES_REPLY,
          GET_CONFIG_REQUEST,
          BARRIER_REQUEST,
          BARRIER_REPLY,
          ROLE_REQUEST,
          ROLE_REPLY,
          GET_ASYNC_REQUEST,
          GET_ASYNC_REPLY,
          SET_ASYNC,
          TABLE_MOD ->
          throw new IllegalStateException(m.type() + " is openflowj's");
    }
  }

  /** With a version bitmap only where the highest version does not say it all, as OVS. */
  private static void hello(int version, int xid, Hello h, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.HELLO, xid);
    int upTo = version >= 31 ? ~1 : (1 << version + 1) - 2;
    if (h.versions() != upTo) {
      out.writeShort(1).writeShort(8).writeInt(h.versions());
    }
    OfHeader.end(out, s);
  }

  private static void error(int version, int xid, OfError e, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.ERROR, xid);
    if (e.vendor() == 0) {
      out.writeShort(e.errorType()).writeShort(e.code());
    } else {
      out.writeShort(0xffff).writeShort(e.errorType()).writeInt(e.vendor());
    }
    int room = OfHeader.MAX_LENGTH - (out.writerIndex() - s);
    out.writeBytes(e.data().array(), 0, Math.min(room, e.data().length()));
    OfHeader.end(out, s);
  }

  private static void config(int version, int type, int xid, SwitchConfig c, ByteBuf out) {
    int s = OfHeader.begin(out, version, type, xid);
    int frag =
        switch (c.frag()) {
          case NORMAL -> 0;
          case DROP -> 1;
          case REASM -> 2;
          case NX_MATCH -> 3;
        };
    out.writeShort(frag).writeShort(c.missSendLen());
    OfHeader.end(out, s);
  }

  private void packetIn(int version, int xid, PacketIn p, ByteBuf out) {
    int reason =
        switch (p.reason()) {
          case NO_MATCH -> 0;
          case ACTION, ACTION_SET, GROUP, PACKET_OUT -> 1;
          case INVALID_TTL -> 2;
        };
    switch (p.format()) {
      case STANDARD -> {}
      case NXT_PACKET_IN2 -> {
        NiciraMessages.write(version, xid, p, reason, oxms, out);
        return;
      }
      case NXT_PACKET_IN ->
          throw new IllegalArgumentException("no packet-in of format " + p.format());
    }
    int s = OfHeader.begin(out, version, Wire.PACKET_IN, xid);
    out.writeInt(p.bufferId()).writeShort(p.totalLen()).writeByte(reason).writeByte(p.tableId());
    out.writeLong(p.cookie());
    oxms.match(out, p.match());
    out.writeShort(0);
    out.writeBytes(p.data().array());
    OfHeader.end(out, s);
  }

  private void flowRemoved(int version, int xid, FlowRemoved f, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.FLOW_REMOVED, xid);
    int reason =
        switch (f.reason()) {
          case IDLE_TIMEOUT -> 0;
          case HARD_TIMEOUT -> 1;
          case DELETE -> 2;
          case GROUP_DELETE -> 3;
          case METER_DELETE -> 4;
          case EVICTION -> 5;
        };
    out.writeLong(f.cookie()).writeShort(f.priority()).writeByte(reason).writeByte(f.tableId());
    out.writeInt(f.durationSec()).writeInt(f.durationNsec());
    out.writeShort(f.idleTimeout()).writeShort(f.hardTimeout());
    out.writeLong(f.packetCount()).writeLong(f.byteCount());
    oxms.match(out, f.match());
    OfHeader.end(out, s);
  }

  private static void portStatus(int version, int xid, PortStatus p, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.PORT_STATUS, xid);
    int reason =
        switch (p.reason()) {
          case ADD -> 0;
          case DELETE -> 1;
          case MODIFY -> 2;
        };
    out.writeByte(reason).writeZero(7);
    portDesc(out, p.port());
    OfHeader.end(out, s);
  }

  private static void portMod(int version, int xid, PortMod p, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.PORT_MOD, xid);
    out.writeInt(p.port().number()).writeInt(0);
    out.writeShort((int) (p.hwAddr() >>> 32)).writeInt((int) p.hwAddr()).writeShort(0);
    out.writeInt(p.config()).writeInt(p.mask()).writeInt(p.advertise()).writeInt(0);
    OfHeader.end(out, s);
  }

  static void portDesc(ByteBuf out, PortDesc p) {
    out.writeInt(p.port().number()).writeInt(0);
    out.writeShort((int) (p.hwAddr() >>> 32)).writeInt((int) p.hwAddr()).writeShort(0);
    text(out, p.name(), 16);
    out.writeInt(p.config()).writeInt(p.state()).writeInt(p.curr()).writeInt(p.advertised());
    out.writeInt(p.supported()).writeInt(p.peer()).writeInt(p.currSpeed()).writeInt(p.maxSpeed());
  }

  /**
   * A text field of so many bytes, cut if it is too long, with at least one zero byte at its end.
   */
  static void text(ByteBuf out, String text, int bytes) {
    byte[] b = text.getBytes(StandardCharsets.ISO_8859_1);
    int n = Math.min(b.length, bytes - 1);
    out.writeBytes(b, 0, n).writeZero(bytes - n);
  }

  private static void packetOut(int version, int xid, PacketOut p, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.PACKET_OUT, xid);
    out.writeInt(p.bufferId()).writeInt(p.inPort().number()).writeShort(0).writeZero(6);
    int start = out.writerIndex();
    ActionWriter.actions(out, p.actions());
    out.setShort(start - 8, out.writerIndex() - start);
    out.writeBytes(p.data().array());
    OfHeader.end(out, s);
  }

  private void flowMod(int version, int xid, FlowMod f, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.FLOW_MOD, xid);
    int command =
        switch (f.command()) {
          case ADD -> 0;
          case MODIFY -> 1;
          case MODIFY_STRICT -> 2;
          case DELETE -> 3;
          case DELETE_STRICT -> 4;
        };
    boolean isAdd = f.command() == FlowMod.Command.ADD;
    out.writeLong(isAdd ? f.newCookie() : f.cookie()).writeLong(f.cookieMask());
    out.writeByte(f.tableId()).writeByte(command);
    out.writeShort(f.idleTimeout()).writeShort(f.hardTimeout()).writeShort(f.priority());
    out.writeInt(f.bufferId()).writeInt(f.outPort().number()).writeInt(f.outGroup());
    out.writeShort(f.flags()).writeShort(0);
    oxms.match(out, f.match());
    ActionWriter.instructions(out, f.instructions());
    OfHeader.end(out, s);
  }

  private static void groupMod(int version, int xid, GroupMod g, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.GROUP_MOD, xid);
    int command =
        switch (g.command()) {
          case ADD -> 0;
          case MODIFY -> 1;
          case DELETE -> 2;
          case ADD_OR_MODIFY -> 0x8000;
          case INSERT_BUCKET -> 3;
          case REMOVE_BUCKET -> 5;
        };
    out.writeShort(command).writeByte(MultipartEntries.groupType(g.groupType())).writeByte(0);
    out.writeInt(g.groupId());
    buckets(out, g.buckets());
    OfHeader.end(out, s);
  }

  static void buckets(ByteBuf out, List<Bucket> buckets) {
    for (Bucket b : buckets) {
      int start = out.writerIndex();
      out.writeShort(0).writeShort(b.weight()).writeInt(b.watchPort().number());
      out.writeInt(b.watchGroup()).writeInt(0);
      ActionWriter.actions(out, b.actions());
      out.setShort(start, out.writerIndex() - start);
    }
  }

  private static void meterMod(int version, int xid, MeterMod m, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.METER_MOD, xid);
    int command =
        switch (m.command()) {
          case ADD -> 0;
          case MODIFY -> 1;
          case DELETE -> 2;
        };
    MeterConfig c = m.meter();
    out.writeShort(command).writeShort(c.flags()).writeInt(c.meterId());
    bands(out, c.bands());
    OfHeader.end(out, s);
  }

  static void bands(ByteBuf out, List<MeterBand> bands) {
    for (MeterBand b : bands) {
      int type =
          switch (b.type()) {
            case DROP -> 1;
            case DSCP_REMARK -> 2;
          };
      out.writeShort(type).writeShort(16).writeInt(b.rate()).writeInt(b.burst());
      out.writeByte(b.precLevel()).writeZero(3);
    }
  }

  private static void queueReply(int version, int xid, QueueGetConfigReply q, ByteBuf out) {
    int s = OfHeader.begin(out, version, Wire.QUEUE_GET_CONFIG_REPLY, xid);
    out.writeInt(q.port().number()).writeInt(0);
    for (QueueConfig c : q.queues()) {
      int start = out.writerIndex();
      out.writeInt(c.queueId()).writeInt(q.port().number()).writeShort(0).writeZero(6);
      rate(out, 1, c.minRate());
      rate(out, 2, c.maxRate());
      out.setShort(start + 8, out.writerIndex() - start);
    }
    OfHeader.end(out, s);
  }

  private static void rate(ByteBuf out, int type, int rate) {
    if (rate != QueueConfig.NO_RATE) {
      out.writeShort(type).writeShort(16).writeInt(0).writeShort(rate).writeZero(6);
    }
  }
}
