// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.*;

/**
 * Prints whole messages as {@code ovs-ofctl} does: what {@code show}, {@code dump-ports}, {@code
 * monitor}, ... consist of (OVS {@code ofp_to_string}).
 */
public final class MessageText {
  /** {@code ovs-ofctl}'s verbosity for the answers to commands. */
  public static final int DUMP = 1;

  /** For {@code monitor} and {@code snoop}. */
  public static final int MONITOR = 2;

  private final StringBuilder s = new StringBuilder();
  private final Names names;
  private final int verbosity;

  private MessageText(Names names, int verbosity) {
    this.names = names;
    this.verbosity = verbosity;
  }

  /** The text of a message, which ends with an end of line. */
  public static String of(OfFrame f, Names names, int verbosity) {
    MessageText t = new MessageText(names, verbosity);
    t.header(name(f.message()), f.version(), f.xid());
    t.body(f.message());
    return t.end();
  }

  /** The text of a message in bytes, which may be cut off or be no message at all. */
  public static String of(byte[] bytes, Sender sender, Names names, int verbosity) {
    MessageText t = new MessageText(names, verbosity);
    t.bytes(bytes, sender);
    return t.s.toString();
  }

  private void header(String name, int version, int xid) {
    s.append(name);
    if (version >= OfVersion.OF11 && version <= OfVersion.OF15) {
      s.append(" (").append(OfVersion.toString(version)).append(')');
    } else if (version != OfVersion.OF10) {
      s.append(String.format(" (OF 0x%02x)", version));
    }
    s.append(String.format(" (xid=0x%x):", xid));
  }

  private String end() {
    if (s.charAt(s.length() - 1) == ' ') {
      s.setLength(s.length() - 1);
    }
    newline();
    return s.toString();
  }

  private void newline() {
    if (s.length() > 0 && s.charAt(s.length() - 1) != '\n') {
      s.append('\n');
    }
  }

  private void bytes(byte[] b, Sender sender) {
    if (b.length == 0) {
      s.append("OpenFlow message is empty\n");
      return;
    }
    if (b.length < OfHeader.BYTES) {
      s.append("OpenFlow packet too short (only ").append(b.length).append(" bytes):\n");
      HexDump.append(s, b, true);
      return;
    }
    ByteBuf buf = Unpooled.wrappedBuffer(b);
    int length = OfHeader.length(buf);
    if (length != b.length) {
      s.append(
          length > b.length
              ? "(***truncated to " + b.length + " bytes from " + length + "***)\n"
              : "(***only uses " + length + " bytes out of " + b.length + "***)\n");
      HexDump.append(s, b, true);
      return;
    }
    Decoded d = new OfDecoder(sender).decode(OfHeader.version(buf), buf);
    if (d instanceof Decoded.Good good) {
      s.append(of(good.frame(), names, verbosity));
      return;
    }
    Decoded.Bad bad = (Decoded.Bad) d;
    if (bad.type() != null) {
      header("OFPT_" + bad.type(), bad.version(), bad.xid());
      s.append(' ');
    }
    s.append("***decode error: ").append(bad.code()).append("***\n");
    HexDump.append(s, b, true);
  }

  private static String name(OfMessage m) {
    return switch (m.type()) {
      case MULTIPART_REQUEST -> name(((MultipartRequest) m).body().multipartType()) + " request";
      case MULTIPART_REPLY -> name(((MultipartReply) m).body().multipartType()) + " reply";
      case SET_PACKET_IN_FORMAT -> "NXT_SET_PACKET_IN_FORMAT";
      case PACKET_IN ->
          ((PacketIn) m).format() == PacketInFormat.STANDARD
              ? "OFPT_PACKET_IN"
              : ((PacketIn) m).format().name();
      default -> "OFPT_" + m.type();
    };
  }

  private static String name(MultipartType t) {
    return t == MultipartType.PORT_STATS ? "OFPST_PORT" : "OFPST_" + t;
  }

  private void body(OfMessage m) {
    switch (m.type()) {
      case FEATURES_REQUEST,
          GET_CONFIG_REQUEST,
          BARRIER_REQUEST,
          BARRIER_REPLY,
          GET_ASYNC_REQUEST -> {}
      case HELLO -> hello((Hello) m);
      case ERROR -> error((OfError) m);
      case ECHO_REQUEST -> echo(((EchoRequest) m).data());
      case ECHO_REPLY -> echo(((EchoReply) m).data());
      case FEATURES_REPLY -> features((FeaturesReply) m);
      case GET_CONFIG_REPLY -> config(((GetConfigReply) m).config());
      case SET_CONFIG -> config(((SetConfig) m).config());
      case PACKET_IN -> packetIn((PacketIn) m);
      case FLOW_REMOVED -> FlowText.append(s, (FlowRemoved) m, names);
      case PORT_STATUS -> PortText.append(s, (PortStatus) m);
      case PACKET_OUT -> packetOut((PacketOut) m);
      case FLOW_MOD -> FlowText.append(s, (FlowMod) m, names);
      case GROUP_MOD -> GroupText.append(s, (GroupMod) m, names);
      case PORT_MOD -> PortText.append(s, (PortMod) m, names);
      case TABLE_MOD -> TableText.append(s, (TableMod) m, names);
      case MULTIPART_REQUEST -> request((MultipartRequest) m);
      case MULTIPART_REPLY -> reply((MultipartReply) m);
      case QUEUE_GET_CONFIG_REQUEST ->
          names.appendPort(s.append(" port="), ((QueueGetConfigRequest) m).port());
      case QUEUE_GET_CONFIG_REPLY -> PortText.append(s, (QueueGetConfigReply) m, names);
      case ROLE_REQUEST -> role(((RoleRequest) m).role(), ((RoleRequest) m).generationId());
      case ROLE_REPLY -> role(((RoleReply) m).role(), ((RoleReply) m).generationId());
      case GET_ASYNC_REPLY -> AsyncText.append(s, ((GetAsyncReply) m).config());
      case SET_ASYNC -> AsyncText.append(s, ((SetAsync) m).config());
      case METER_MOD -> GroupText.append(s, (MeterMod) m);
      case SET_PACKET_IN_FORMAT ->
          s.append(" format=").append(((SetPacketInFormat) m).format().text());
      case EXPERIMENTER -> {
        Experimenter e = (Experimenter) m;
        s.append(String.format(" vendor=0x%x subtype=%d\n", e.vendor(), e.subtype()));
        HexDump.append(s, e.body().array(), true);
      }
    }
  }

  private void hello(Hello h) {
    s.append("\n version bitmap: ");
    String comma = "";
    for (int v = 0; v < 32; v++) {
      if (h.offers(v)) {
        s.append(comma).append(String.format("0x%02x", v));
        comma = ", ";
      }
    }
  }

  private void error(OfError e) {
    OfErrorCode known = e.known();
    s.append(' ');
    if (known != null) {
      s.append(known);
    } else {
      s.append(String.format("***unknown error: type %d, code %d***", e.errorType(), e.code()));
    }
    s.append('\n');
    if (known == OfErrorCode.OFPHFC_INCOMPATIBLE || known == OfErrorCode.OFPHFC_EPERM) {
      printable(e.data());
    } else {
      s.append(of(e.data().array(), Sender.CONTROLLER, names, DUMP));
    }
  }

  /** As OVS {@code ds_put_printable}. */
  private void printable(Bytes data) {
    for (byte b : data.array()) {
      if (b < 0x20 || b > 0x7e || b == '\\' || b == '"') {
        s.append(String.format("\\%03o", b & 0xff));
      } else {
        s.append((char) b);
      }
    }
  }

  private void echo(Bytes data) {
    s.append(' ').append(data.length()).append(" bytes of payload\n");
    if (verbosity > DUMP) {
      HexDump.append(s, data.array(), true);
    }
  }

  private void features(FeaturesReply f) {
    s.append(String.format(" dpid:%016x\n", f.datapathId()));
    s.append("n_tables:").append(f.tableCount());
    s.append(", n_buffers:").append(Integer.toUnsignedString(f.bufferCount()));
    if (f.auxiliaryId() != 0) {
      s.append(", auxiliary_id:").append(f.auxiliaryId());
    }
    BitNames.CAPABILITIES.append(s.append("\ncapabilities: "), f.capabilities()).append('\n');
    PortText.append(s, f.ports());
  }

  private void config(SwitchConfig c) {
    s.append(" frags=").append(frags(c.frag()));
    if (c.invalidTtlToController()) {
      s.append(" invalid_ttl_to_controller");
    }
    s.append(" miss_send_len=").append(c.missSendLen()).append('\n');
  }

  /** What {@code get-frags} prints. */
  public static String frags(SwitchConfig.Frag f) {
    return switch (f) {
      case NORMAL -> "normal";
      case DROP -> "drop";
      case REASM -> "reassemble";
      case NX_MATCH -> "nx-match";
    };
  }

  private void packetIn(PacketIn p) {
    if (p.tableId() != 0 || names.hasTableName(0)) {
      names.appendTable(s.append(" table_id="), p.tableId());
    }
    if (p.cookie() != -1) {
      s.append(" cookie=0x").append(Long.toHexString(p.cookie()));
    }
    s.append(" total_len=").append(p.totalLen()).append(' ');
    MatchText.append(s, p.match(), MatchText.DEFAULT_PRIORITY, names);
    s.append(" (via ").append(AsyncText.packetIn(p.reason())).append(')');
    s.append(" data_len=").append(p.data().length());
    if (p.bufferId() == BufferId.NONE) {
      s.append(" (unbuffered)");
      if (p.totalLen() != p.data().length()) {
        s.append(" (***total_len != data_len***)");
      }
    } else {
      s.append(String.format(" buffer=0x%08x", p.bufferId()));
      if (p.totalLen() < p.data().length()) {
        s.append(" (***total_len < data_len***)");
      }
    }
    s.append('\n');
    packet(p.data());
  }

  private void packetOut(PacketOut p) {
    Match inPort =
        Match.builder().exact(Field.IN_PORT, Integer.toUnsignedLong(p.inPort().number())).build();
    MatchText.append(s.append(' '), inPort, MatchText.DEFAULT_PRIORITY, names);
    ActionText.append(s.append(" actions="), p.actions(), names);
    if (p.bufferId() != BufferId.NONE) {
      s.append(String.format(" buffer=0x%08x", p.bufferId()));
      return;
    }
    s.append(" data_len=").append(p.data().length());
    if (p.data().length() > 0) {
      s.append('\n');
      packet(p.data());
    }
  }

  private void packet(Bytes data) {
    if (verbosity > 0) {
      PacketText.append(s, data.array());
    }
    if (verbosity > MONITOR) {
      HexDump.append(s, data.array(), false);
    }
  }

  private void role(Role r, long generationId) {
    s.append(" role=").append(r.text());
    if (r != Role.NOCHANGE && generationId != RoleRequest.NO_GENERATION) {
      s.append(" generation_id=").append(Long.toUnsignedString(generationId));
    }
  }

  private void request(MultipartRequest m) {
    more(m.more());
    MultipartRequest.Body b = m.body();
    switch (b.multipartType()) {
      case DESC, TABLE, GROUP_FEATURES, METER_FEATURES -> {}
      case FLOW -> FlowText.append(s, ((MultipartRequest.Flow) b).filter(), names);
      case AGGREGATE -> FlowText.append(s, ((MultipartRequest.Aggregate) b).filter(), names);
      case PORT_STATS ->
          names.appendPort(s.append(" port_no="), ((MultipartRequest.Port) b).port());
      case QUEUE -> {
        MultipartRequest.Queue q = (MultipartRequest.Queue) b;
        names.appendPort(s.append(" port="), q.port());
        PortText.appendQueue(s.append(" queue="), q.queueId());
      }
      case GROUP ->
          GroupText.appendId(s.append(" group_id="), ((MultipartRequest.Group) b).groupId());
      case GROUP_DESC ->
          GroupText.appendId(s.append(" group_id="), ((MultipartRequest.GroupDesc) b).groupId());
      case METER ->
          GroupText.appendMeterId(s.append(' '), ((MultipartRequest.Meter) b).meterId(), '=');
      case METER_CONFIG ->
          GroupText.appendMeterId(s.append(' '), ((MultipartRequest.MeterConfig) b).meterId(), '=');
      case TABLE_FEATURES -> {
        TableText t = new TableText(s);
        ((MultipartRequest.TableFeatures) b).tables().forEach(t::add);
        t.finish();
      }
      case PORT_DESC ->
          names.appendPort(s.append(" port="), ((MultipartRequest.PortDesc) b).port());
      case EXPERIMENTER -> {
        MultipartRequest.Experimenter e = (MultipartRequest.Experimenter) b;
        experimenter(e.vendor(), e.subtype(), e.bytes());
      }
    }
  }

  private void reply(MultipartReply m) {
    more(m.more());
    MultipartReply.Body b = m.body();
    switch (b.multipartType()) {
      case DESC -> desc((MultipartReply.Desc) b);
      case FLOW ->
          ((MultipartReply.Flow) b)
              .flows()
              .forEach(f -> FlowText.append(s.append("\n "), f, names, true));
      case AGGREGATE -> {
        MultipartReply.Aggregate a = (MultipartReply.Aggregate) b;
        s.append(" packet_count=").append(Long.toUnsignedString(a.packetCount()));
        s.append(" byte_count=").append(Long.toUnsignedString(a.byteCount()));
        s.append(" flow_count=").append(Integer.toUnsignedString(a.flowCount()));
      }
      case TABLE -> {
        TableText t = new TableText(s);
        ((MultipartReply.Table) b).tables().forEach(t::add);
        t.finish();
      }
      case PORT_STATS -> PortText.appendStats(s, ((MultipartReply.Port) b).ports(), names);
      case QUEUE -> PortText.appendQueues(s, ((MultipartReply.Queue) b).queues(), names);
      case GROUP -> GroupText.appendStats(s, ((MultipartReply.Group) b).groups());
      case GROUP_DESC -> GroupText.appendDescs(s, ((MultipartReply.GroupDesc) b).groups(), names);
      case GROUP_FEATURES -> GroupText.append(s, (MultipartReply.GroupFeatures) b);
      case METER ->
          ((MultipartReply.Meter) b).meters().forEach(x -> GroupText.append(s.append('\n'), x));
      case METER_CONFIG ->
          ((MultipartReply.MeterConfig) b)
              .meters()
              .forEach(x -> GroupText.append(s.append('\n'), x));
      case METER_FEATURES -> GroupText.append(s, (MultipartReply.MeterFeatures) b);
      case TABLE_FEATURES -> {
        TableText t = new TableText(s);
        ((MultipartReply.TableFeatures) b).tables().forEach(t::add);
        t.finish();
      }
      case PORT_DESC -> PortText.append(s.append('\n'), ((MultipartReply.PortDesc) b).ports());
      case EXPERIMENTER -> {
        MultipartReply.Experimenter e = (MultipartReply.Experimenter) b;
        experimenter(e.vendor(), e.subtype(), e.bytes());
      }
    }
  }

  private void more(boolean more) {
    if (more) {
      s.append(" flags=[more]");
    }
  }

  private void desc(MultipartReply.Desc d) {
    s.append("\nManufacturer: ").append(cut(d.manufacturer(), 255));
    s.append("\nHardware: ").append(cut(d.hardware(), 255));
    s.append("\nSoftware: ").append(cut(d.software(), 255));
    s.append("\nSerial Num: ").append(cut(d.serialNumber(), 31));
    s.append("\nDP Description: ").append(cut(d.datapath(), 255)).append('\n');
  }

  /** As much of a text as fits into its field on the wire. */
  private static String cut(String text, int bytes) {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    return b.length <= bytes ? text : new String(b, 0, bytes, StandardCharsets.UTF_8);
  }

  private void experimenter(int vendor, int subtype, Bytes data) {
    s.append(String.format(" vendor=0x%x subtype=%d\n", vendor, subtype));
    HexDump.append(s, data.array(), true);
  }
}
