// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GroupDesc;
import org.beeswitch.openflow.msg.GroupStats;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.QueueStats;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableSet;
import org.beeswitch.openflow.msg.TableStats;

/** Writes multipart messages, whole or entry by entry (OF 1.3.5, 7.3.5). */
public final class MultipartEntries {
  private final OxmWriter oxms;

  MultipartEntries(OxmWriter oxms) {
    this.oxms = oxms;
  }

  static int groupType(GroupType t) {
    return switch (t) {
      case ALL -> 0;
      case SELECT -> 1;
      case INDIRECT -> 2;
      case FF -> 3;
    };
  }

  private static int number(MultipartType t) {
    return switch (t) {
      case DESC -> Wire.MP_DESC;
      case FLOW -> Wire.MP_FLOW;
      case AGGREGATE -> Wire.MP_AGGREGATE;
      case TABLE -> Wire.MP_TABLE;
      case PORT_STATS -> Wire.MP_PORT_STATS;
      case QUEUE -> Wire.MP_QUEUE;
      case GROUP -> Wire.MP_GROUP;
      case GROUP_DESC -> Wire.MP_GROUP_DESC;
      case GROUP_FEATURES -> Wire.MP_GROUP_FEATURES;
      case METER -> Wire.MP_METER;
      case METER_CONFIG -> Wire.MP_METER_CONFIG;
      case METER_FEATURES -> Wire.MP_METER_FEATURES;
      case TABLE_FEATURES -> Wire.MP_TABLE_FEATURES;
      case PORT_DESC -> Wire.MP_PORT_DESC;
      case EXPERIMENTER -> Wire.MP_EXPERIMENTER;
    };
  }

  /** Begins a reply without entries; {@link OfHeader#end} ends it. Returns where it starts. */
  public int beginReply(int version, int xid, MultipartType type, ByteBuf out) {
    return begin(version, Wire.MULTIPART_REPLY, xid, type, false, out);
  }

  /** Says in the reply that starts there that another part follows. */
  public void setMore(ByteBuf out, int start) {
    out.setShort(start + 10, Wire.MORE);
  }

  private static int begin(
      int version, int type, int xid, MultipartType multipart, boolean more, ByteBuf out) {
    int s = OfHeader.begin(out, version, type, xid);
    out.writeShort(number(multipart)).writeShort(more ? Wire.MORE : 0).writeInt(0);
    return s;
  }

  void request(int version, int xid, MultipartRequest m, ByteBuf out) {
    MultipartRequest.Body body = m.body();
    int s = begin(version, Wire.MULTIPART_REQUEST, xid, body.multipartType(), m.more(), out);
    switch (body.multipartType()) {
      case FLOW -> filter(out, ((MultipartRequest.Flow) body).filter());
      case AGGREGATE -> filter(out, ((MultipartRequest.Aggregate) body).filter());
      case PORT_STATS -> out.writeInt(((MultipartRequest.Port) body).port().number()).writeInt(0);
      case QUEUE -> {
        MultipartRequest.Queue q = (MultipartRequest.Queue) body;
        out.writeInt(q.port().number()).writeInt(q.queueId());
      }
      case GROUP -> out.writeInt(((MultipartRequest.Group) body).groupId()).writeInt(0);
      case METER -> out.writeInt(((MultipartRequest.Meter) body).meterId()).writeInt(0);
      case METER_CONFIG ->
          out.writeInt(((MultipartRequest.MeterConfig) body).meterId()).writeInt(0);
      case TABLE_FEATURES -> {
        for (TableFeatures t : ((MultipartRequest.TableFeatures) body).tables()) {
          tableFeatures(out, t);
        }
      }
      case EXPERIMENTER -> {
        MultipartRequest.Experimenter e = (MultipartRequest.Experimenter) body;
        out.writeInt(e.vendor()).writeInt(e.subtype()).writeBytes(e.bytes().array());
      }
      case DESC, TABLE, GROUP_DESC, GROUP_FEATURES, METER_FEATURES, PORT_DESC -> {}
    }
    OfHeader.end(out, s);
  }

  private void filter(ByteBuf out, MultipartRequest.RuleFilter f) {
    out.writeByte(f.tableId()).writeZero(3);
    out.writeInt(f.outPort().number()).writeInt(f.outGroup()).writeInt(0);
    out.writeLong(f.cookie()).writeLong(f.cookieMask());
    oxms.match(out, f.match());
  }

  void reply(int version, int xid, MultipartReply m, ByteBuf out) {
    MultipartReply.Body body = m.body();
    int s = begin(version, Wire.MULTIPART_REPLY, xid, body.multipartType(), m.more(), out);
    switch (body.multipartType()) {
      case DESC -> desc(out, (MultipartReply.Desc) body);
      case FLOW -> ((MultipartReply.Flow) body).flows().forEach(f -> flow(out, f));
      case AGGREGATE -> {
        MultipartReply.Aggregate a = (MultipartReply.Aggregate) body;
        out.writeLong(a.packetCount()).writeLong(a.byteCount());
        out.writeInt(a.flowCount()).writeInt(0);
      }
      case TABLE -> ((MultipartReply.Table) body).tables().forEach(t -> table(out, t));
      case PORT_STATS -> ((MultipartReply.Port) body).ports().forEach(p -> port(out, p));
      case QUEUE -> ((MultipartReply.Queue) body).queues().forEach(q -> queue(out, q));
      case GROUP -> ((MultipartReply.Group) body).groups().forEach(g -> group(out, g));
      case GROUP_DESC -> ((MultipartReply.GroupDesc) body).groups().forEach(g -> groupDesc(out, g));
      case GROUP_FEATURES -> {
        MultipartReply.GroupFeatures g = (MultipartReply.GroupFeatures) body;
        out.writeInt(g.types()).writeInt(g.capabilities());
        g.maxGroups().forEach(out::writeInt);
        g.actions().forEach(out::writeInt);
      }
      case METER -> ((MultipartReply.Meter) body).meters().forEach(x -> meter(out, x));
      case METER_CONFIG ->
          ((MultipartReply.MeterConfig) body).meters().forEach(x -> meterConfig(out, x));
      case METER_FEATURES -> {
        MultipartReply.MeterFeatures f = (MultipartReply.MeterFeatures) body;
        out.writeInt(f.maxMeters()).writeInt(f.bandTypes()).writeInt(f.capabilities());
        out.writeByte(f.maxBands()).writeByte(f.maxColor()).writeShort(0);
      }
      case TABLE_FEATURES ->
          ((MultipartReply.TableFeatures) body).tables().forEach(t -> tableFeatures(out, t));
      case PORT_DESC -> ((MultipartReply.PortDesc) body).ports().forEach(p -> portDesc(out, p));
      case EXPERIMENTER -> {
        MultipartReply.Experimenter e = (MultipartReply.Experimenter) body;
        out.writeInt(e.vendor()).writeInt(e.subtype()).writeBytes(e.bytes().array());
      }
    }
    OfHeader.end(out, s);
  }

  private static void desc(ByteBuf out, MultipartReply.Desc d) {
    Of13Encoder.text(out, d.manufacturer(), 256);
    Of13Encoder.text(out, d.hardware(), 256);
    Of13Encoder.text(out, d.software(), 256);
    Of13Encoder.text(out, d.serialNumber(), 32);
    Of13Encoder.text(out, d.datapath(), 256);
  }

  public void flow(ByteBuf out, FlowStats f) {
    flow(
        out,
        f.tableId(),
        f.match(),
        f.priority(),
        f.cookie(),
        f.durationSec(),
        f.durationNsec(),
        f.idleTimeout(),
        f.hardTimeout(),
        f.flags(),
        f.packetCount(),
        f.byteCount(),
        f.instructions());
  }

  /** The same without a record: dumping a hundred thousand rules makes no garbage. */
  public void flow(
      ByteBuf out,
      int tableId,
      Match match,
      int priority,
      long cookie,
      int durationSec,
      int durationNsec,
      int idleTimeout,
      int hardTimeout,
      int flags,
      long packetCount,
      long byteCount,
      Instructions instructions) {
    int s = out.writerIndex();
    out.writeShort(0).writeByte(tableId).writeByte(0);
    out.writeInt(durationSec).writeInt(durationNsec);
    out.writeShort(priority).writeShort(idleTimeout).writeShort(hardTimeout).writeShort(flags);
    out.writeInt(0).writeLong(cookie).writeLong(packetCount).writeLong(byteCount);
    oxms.match(out, match);
    ActionWriter.instructions(out, instructions);
    out.setShort(s, out.writerIndex() - s);
  }

  public void table(ByteBuf out, TableStats t) {
    out.writeByte(t.tableId()).writeZero(3).writeInt(t.activeCount());
    out.writeLong(t.lookupCount()).writeLong(t.matchedCount());
  }

  public void port(ByteBuf out, PortStats p) {
    out.writeInt(p.port().number()).writeInt(0);
    out.writeLong(p.rxPackets()).writeLong(p.txPackets());
    out.writeLong(p.rxBytes()).writeLong(p.txBytes());
    out.writeLong(p.rxDropped()).writeLong(p.txDropped());
    out.writeLong(p.rxErrors()).writeLong(p.txErrors());
    out.writeLong(p.rxFrameErr()).writeLong(p.rxOverErr()).writeLong(p.rxCrcErr());
    out.writeLong(p.collisions()).writeInt(p.durationSec()).writeInt(p.durationNsec());
  }

  public void queue(ByteBuf out, QueueStats q) {
    out.writeInt(q.port().number()).writeInt(q.queueId());
    out.writeLong(q.txBytes()).writeLong(q.txPackets()).writeLong(q.txErrors());
    out.writeInt(q.durationSec()).writeInt(q.durationNsec());
  }

  public void group(ByteBuf out, GroupStats g) {
    out.writeShort(40 + 16 * g.buckets().size()).writeShort(0);
    out.writeInt(g.groupId()).writeInt(g.refCount()).writeInt(0);
    out.writeLong(g.packetCount()).writeLong(g.byteCount());
    out.writeInt(g.durationSec()).writeInt(g.durationNsec());
    for (GroupStats.BucketCounter b : g.buckets()) {
      out.writeLong(b.packetCount()).writeLong(b.byteCount());
    }
  }

  public void groupDesc(ByteBuf out, GroupDesc g) {
    int s = out.writerIndex();
    out.writeShort(0).writeByte(groupType(g.groupType())).writeByte(0).writeInt(g.groupId());
    Of13Encoder.buckets(out, g.buckets());
    out.setShort(s, out.writerIndex() - s);
  }

  public void meter(ByteBuf out, MeterStats m) {
    out.writeInt(m.meterId()).writeShort(40 + 16 * m.bands().size()).writeZero(6);
    out.writeInt(m.flowCount()).writeLong(m.packetInCount()).writeLong(m.byteInCount());
    out.writeInt(m.durationSec()).writeInt(m.durationNsec());
    for (MeterStats.BandCounter b : m.bands()) {
      out.writeLong(b.packetCount()).writeLong(b.byteCount());
    }
  }

  public void meterConfig(ByteBuf out, MeterConfig m) {
    out.writeShort(8 + 16 * m.bands().size()).writeShort(m.flags()).writeInt(m.meterId());
    Of13Encoder.bands(out, m.bands());
  }

  public void portDesc(ByteBuf out, PortDesc p) {
    Of13Encoder.portDesc(out, p);
  }

  public void tableFeatures(ByteBuf out, TableFeatures t) {
    int s = out.writerIndex();
    out.writeShort(0).writeByte(t.tableId()).writeZero(5);
    Of13Encoder.text(out, t.name(), 32);
    out.writeLong(t.metadataMatch()).writeLong(t.metadataWrite());
    out.writeInt(0).writeInt(t.maxEntries());
    abilities(out, t.nonmiss(), 0);
    abilities(out, t.miss(), 1);
    int p = property(out, TableFeaturesReader.MATCH);
    for (Oxm o : listed(t.match())) {
      OxmWriter.header(out, o, t.mask().contains(o.field()));
    }
    end(out, p);
    fields(out, TableFeaturesReader.WILDCARDS, t.wildcard());
    out.setShort(s, out.writerIndex() - s);
  }

  private static void abilities(ByteBuf out, TableFeatures.Abilities a, int miss) {
    ids(out, TableFeaturesReader.INSTRUCTIONS + miss, a.instructions());
    int p = property(out, TableFeaturesReader.NEXT_TABLES + miss);
    TableSet next = a.nextTables();
    for (int t = 0; t < 255; t++) {
      if (next.contains(t)) {
        out.writeByte(t);
      }
    }
    end(out, p);
    ids(out, TableFeaturesReader.WRITE_ACTIONS + miss, a.writeActions());
    fields(out, TableFeaturesReader.WRITE_SETFIELD + miss, a.writeSetFields());
    ids(out, TableFeaturesReader.APPLY_ACTIONS + miss, a.applyActions());
    fields(out, TableFeaturesReader.APPLY_SETFIELD + miss, a.applySetFields());
  }

  private static int property(ByteBuf out, int type) {
    int p = out.writerIndex();
    out.writeShort(type).writeShort(0);
    return p;
  }

  private static void end(ByteBuf out, int p) {
    int length = out.writerIndex() - p;
    out.setShort(p + 2, length);
    out.writeZero(-length & 7);
  }

  private static void ids(ByteBuf out, int type, int bits) {
    int p = property(out, type);
    for (int i = 0; i < 32; i++) {
      if ((bits >>> i & 1) != 0) {
        out.writeShort(i).writeShort(4);
      }
    }
    end(out, p);
  }

  private static void fields(ByteBuf out, int type, Set<Field> fields) {
    int p = property(out, type);
    for (Oxm o : listed(fields)) {
      OxmWriter.header(out, o, false);
    }
    end(out, p);
  }

  /**
   * The fields as OVS lists them: those that can be written, in its order, and in_port and nw_tos
   * of OpenFlow 1.0, which it counts as fields of their own.
   */
  private static List<Oxm> listed(Set<Field> fields) {
    List<Oxm> list = new ArrayList<>();
    for (Oxm o : Oxm.ALL) {
      boolean isOf10 = o.form() == Oxm.Form.PORT16 || o.form() == Oxm.Form.TOS;
      if (fields.contains(o.field()) && (isOf10 || o.equals(Oxm.of13(o.field())))) {
        list.add(o);
      }
    }
    return list;
  }
}
