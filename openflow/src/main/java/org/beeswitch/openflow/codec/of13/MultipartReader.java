// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GroupDesc;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupStats;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.QueueStats;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableStats;

/**
 * Reads multipart requests and replies, one part at a time (OF 1.3.5, 7.3.5). Each body's length
 * has been accepted by {@link Wire}.
 */
final class MultipartReader {
  private final OxmReader oxms;
  private final ActionReader actions;
  private final MessageReader messages;
  private final TableFeaturesReader tableFeatures;

  MultipartReader(OxmReader oxms, ActionReader actions, MessageReader messages) {
    this.oxms = oxms;
    this.actions = actions;
    this.messages = messages;
    this.tableFeatures = new TableFeaturesReader(oxms);
  }

  OfMessage request(int type, boolean more, Cursor c) throws Reject {
    MultipartRequest.Body body =
        switch (type) {
          case Wire.MP_DESC -> new MultipartRequest.Desc();
          case Wire.MP_FLOW -> new MultipartRequest.Flow(filter(c));
          case Wire.MP_AGGREGATE -> new MultipartRequest.Aggregate(filter(c));
          case Wire.MP_TABLE -> new MultipartRequest.Table();
          case Wire.MP_PORT_STATS -> new MultipartRequest.Port(port(c));
          case Wire.MP_QUEUE -> new MultipartRequest.Queue(port(c), c.i32());
          case Wire.MP_GROUP -> new MultipartRequest.Group(c.i32());
          case Wire.MP_GROUP_DESC -> new MultipartRequest.GroupDesc(GroupId.ALL);
          case Wire.MP_GROUP_FEATURES -> new MultipartRequest.GroupFeatures();
          case Wire.MP_METER -> new MultipartRequest.Meter(c.i32());
          case Wire.MP_METER_CONFIG -> new MultipartRequest.MeterConfig(c.i32());
          case Wire.MP_METER_FEATURES -> new MultipartRequest.MeterFeatures();
          case Wire.MP_TABLE_FEATURES ->
              new MultipartRequest.TableFeatures(tableFeatures.read(c, false));
          case Wire.MP_PORT_DESC -> new MultipartRequest.PortDesc(OfPort.ANY);
          default -> throw new IllegalStateException("multipart request " + type);
        };
    return new MultipartRequest(body, more);
  }

  static OfMessage experimenter(boolean request, boolean more, int vendor, int subtype, Cursor c) {
    return request
        ? new MultipartRequest(
            new MultipartRequest.Experimenter(vendor, subtype, c.bytes(c.left())), more)
        : new MultipartReply(
            new MultipartReply.Experimenter(vendor, subtype, c.bytes(c.left())), more);
  }

  private static OfPort port(Cursor c) throws Reject {
    int port = c.i32();
    MessageReader.checkPort(port);
    return OfPort.of(port);
  }

  private MultipartRequest.RuleFilter filter(Cursor c) throws Reject {
    int tableId = c.u8();
    c.skip(3);
    OfPort outPort = port(c);
    int outGroup = c.i32();
    c.skip(4);
    long cookie = c.i64();
    long cookieMask = c.i64();
    Match match = oxms.match(c);
    return new MultipartRequest.RuleFilter(tableId, outPort, outGroup, cookie, cookieMask, match);
  }

  OfMessage reply(int type, boolean more, Cursor c) throws Reject {
    MultipartReply.Body body =
        switch (type) {
          case Wire.MP_DESC ->
              new MultipartReply.Desc(
                  c.text(256), c.text(256), c.text(256), c.text(32), c.text(256));
          case Wire.MP_FLOW -> new MultipartReply.Flow(all(c, this::flowStats));
          case Wire.MP_AGGREGATE -> new MultipartReply.Aggregate(c.i64(), c.i64(), c.i32());
          case Wire.MP_TABLE -> new MultipartReply.Table(all(c, MultipartReader::tableStats));
          case Wire.MP_PORT_STATS -> new MultipartReply.Port(all(c, MultipartReader::portStats));
          case Wire.MP_QUEUE -> new MultipartReply.Queue(all(c, MultipartReader::queueStats));
          case Wire.MP_GROUP -> new MultipartReply.Group(all(c, MultipartReader::groupStats));
          case Wire.MP_GROUP_DESC -> new MultipartReply.GroupDesc(all(c, this::groupDesc));
          case Wire.MP_GROUP_FEATURES ->
              new MultipartReply.GroupFeatures(c.i32(), c.i32(), four(c), four(c));
          case Wire.MP_METER -> new MultipartReply.Meter(all(c, MultipartReader::meterStats));
          case Wire.MP_METER_CONFIG ->
              new MultipartReply.MeterConfig(all(c, MultipartReader::meterConfig));
          case Wire.MP_METER_FEATURES ->
              new MultipartReply.MeterFeatures(c.i32(), c.i32(), c.i32(), c.u8(), c.u8());
          case Wire.MP_TABLE_FEATURES -> tableFeaturesReply(c);
          case Wire.MP_PORT_DESC -> new MultipartReply.PortDesc(all(c, MultipartReader::portDesc));
          default -> throw new IllegalStateException("multipart reply " + type);
        };
    return new MultipartReply(body, more);
  }

  private MultipartReply.Body tableFeaturesReply(Cursor c) throws Reject {
    List<TableFeatures> tables = tableFeatures.read(c, true);
    return new MultipartReply.TableFeatures(tables);
  }

  /** Reads one entry of a list. */
  private interface Entry<T> {
    T read(Cursor c) throws Reject;
  }

  private static <T> List<T> all(Cursor c, Entry<T> entry) throws Reject {
    List<T> list = new ArrayList<>();
    while (c.left() > 0) {
      list.add(entry.read(c));
    }
    return list;
  }

  private static List<Integer> four(Cursor c) {
    return List.of(c.i32(), c.i32(), c.i32(), c.i32());
  }

  /** The rest of an entry that begins with its length, which has at least so many bytes. */
  private static Cursor sized(Cursor c, int min) throws Reject {
    if (c.left() < min) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    int length = c.u16();
    if (length < min || length - 2 > c.left()) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    return c.sub(length - 2);
  }

  private FlowStats flowStats(Cursor all) throws Reject {
    Cursor c = sized(all, 56);
    int tableId = c.u8();
    c.skip(1);
    int sec = c.i32();
    int nsec = c.i32();
    int priority = c.u16();
    int idle = c.u16();
    int hard = c.u16();
    int flags = c.u16();
    c.skip(4);
    long cookie = c.i64();
    long packets = c.i64();
    long bytes = c.i64();
    Match match = oxms.match(c);
    Instructions instructions = actions.instructions(c);
    return new FlowStats(
        tableId,
        match,
        priority,
        cookie,
        sec,
        nsec,
        idle,
        hard,
        flags,
        0,
        packets,
        bytes,
        instructions);
  }

  private static TableStats tableStats(Cursor c) {
    int tableId = c.u8();
    c.skip(3);
    return new TableStats(tableId, c.i32(), c.i64(), c.i64());
  }

  private static PortStats portStats(Cursor c) throws Reject {
    OfPort port = port(c);
    c.skip(4);
    long rxPackets = c.i64();
    long txPackets = c.i64();
    long rxBytes = c.i64();
    long txBytes = c.i64();
    long rxDropped = c.i64();
    long txDropped = c.i64();
    long rxErrors = c.i64();
    long txErrors = c.i64();
    long rxFrameErr = c.i64();
    long rxOverErr = c.i64();
    long rxCrcErr = c.i64();
    long collisions = c.i64();
    return new PortStats(
        port,
        rxPackets,
        txPackets,
        rxBytes,
        txBytes,
        rxDropped,
        txDropped,
        rxErrors,
        txErrors,
        rxFrameErr,
        rxOverErr,
        rxCrcErr,
        collisions,
        c.i32(),
        c.i32());
  }

  private static QueueStats queueStats(Cursor c) throws Reject {
    return new QueueStats(port(c), c.i32(), c.i64(), c.i64(), c.i64(), c.i32(), c.i32());
  }

  private static GroupStats groupStats(Cursor all) throws Reject {
    Cursor c = sized(all, 40);
    c.skip(2);
    int groupId = c.i32();
    int refCount = c.i32();
    c.skip(4);
    long packets = c.i64();
    long bytes = c.i64();
    int sec = c.i32();
    int nsec = c.i32();
    List<GroupStats.BucketCounter> buckets = new ArrayList<>();
    while (c.left() >= 16) {
      buckets.add(new GroupStats.BucketCounter(c.i64(), c.i64()));
    }
    return new GroupStats(groupId, refCount, packets, bytes, sec, nsec, buckets);
  }

  private GroupDesc groupDesc(Cursor all) throws Reject {
    Cursor c = sized(all, 8);
    int type = c.u8();
    c.skip(1);
    int groupId = c.i32();
    List<Bucket> buckets = messages.buckets(c);
    GroupType[] types = GroupType.values();
    if (type >= types.length) {
      throw Reject.of(OFPGMFC_BAD_TYPE);
    }
    return new GroupDesc(types[type], groupId, buckets);
  }

  private static MeterStats meterStats(Cursor all) throws Reject {
    if (all.left() < 40) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    int meterId = all.i32();
    int length = all.u16();
    if (length < 40 || length - 6 > all.left()) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    Cursor c = all.sub(length - 6).skip(6);
    int flows = c.i32();
    long packets = c.i64();
    long bytes = c.i64();
    int sec = c.i32();
    int nsec = c.i32();
    List<MeterStats.BandCounter> bands = new ArrayList<>();
    while (c.left() >= 16) {
      bands.add(new MeterStats.BandCounter(c.i64(), c.i64()));
    }
    return new MeterStats(meterId, flows, packets, bytes, sec, nsec, bands);
  }

  private static MeterConfig meterConfig(Cursor all) throws Reject {
    Cursor c = sized(all, 8);
    int flags = c.u16();
    int meterId = c.i32();
    return new MeterConfig(meterId, flags, MessageReader.bands(c));
  }

  static PortDesc portDesc(Cursor c) throws Reject {
    OfPort port = port(c);
    c.skip(4);
    long hwAddr = c.u48();
    c.skip(2);
    String name = c.text(16);
    return new PortDesc(
        port, hwAddr, name, c.i32(), c.i32(), c.i32(), c.i32(), c.i32(), c.i32(), c.i32(), c.i32());
  }
}
