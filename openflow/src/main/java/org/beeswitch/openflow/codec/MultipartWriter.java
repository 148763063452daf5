// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.function.Consumer;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.of13.MultipartEntries;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GroupDesc;
import org.beeswitch.openflow.msg.GroupStats;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.QueueStats;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableStats;

/**
 * Writes a multipart reply entry by entry, in as many parts as it takes: a part is as full as 65535
 * bytes allow and never splits an entry, as in OVS ({@code ofpmp_append}). All but the last have
 * OFPMPF_REPLY_MORE; a reply without entries is one empty part.
 *
 * <p>Parts go to a consumer, who releases them, as soon as they are full, so that a dump of a
 * hundred thousand rules never exists as a whole.
 *
 * <pre>
 *   MultipartWriter w = new MultipartWriter(encoder, xid, MultipartType.FLOW, alloc, channel::write);
 *   for (...) w.flow(...);
 *   w.finish();
 * </pre>
 */
public final class MultipartWriter {
  /** Room for a full part and the entry that overflows it: grows on its own if need be. */
  private static final int INITIAL_BYTES = 4096;

  private final MultipartEntries entries;
  private final int version = OfVersion.OF13;
  private final int xid;
  private final MultipartType type;
  private final ByteBufAllocator alloc;
  private final Consumer<ByteBuf> parts;
  private ByteBuf out;
  private int entryStart;

  public MultipartWriter(
      OfEncoder encoder,
      int xid,
      MultipartType type,
      ByteBufAllocator alloc,
      Consumer<ByteBuf> parts) {
    this.entries = encoder.of13().entries();
    this.xid = xid;
    this.type = type;
    this.alloc = alloc;
    this.parts = parts;
    this.out = begin();
  }

  /**
   * Writes a whole reply: for those whose entries are there anyway, and are few enough to be there.
   */
  public static void write(
      OfEncoder encoder,
      int xid,
      MultipartReply.Body body,
      ByteBufAllocator alloc,
      Consumer<ByteBuf> parts) {
    if (!hasEntries(body)) {
      OfFrame whole = new OfFrame(OfVersion.OF13, xid, new MultipartReply(body));
      parts.accept(encoder.encode(whole, alloc));
      return;
    }
    MultipartWriter w = new MultipartWriter(encoder, xid, body.multipartType(), alloc, parts);
    try {
      w.addAll(body);
    } catch (RuntimeException e) {
      w.abort();
      throw e;
    }
    w.finish();
  }

  private static boolean hasEntries(MultipartReply.Body body) {
    return switch (body.multipartType()) {
      case DESC, AGGREGATE, GROUP_FEATURES, METER_FEATURES, EXPERIMENTER -> false;
      case FLOW,
          TABLE,
          PORT_STATS,
          QUEUE,
          GROUP,
          GROUP_DESC,
          METER,
          METER_CONFIG,
          TABLE_FEATURES,
          PORT_DESC ->
          true;
    };
  }

  private void addAll(MultipartReply.Body body) {
    switch (body.multipartType()) {
      case FLOW -> ((MultipartReply.Flow) body).flows().forEach(this::flow);
      case TABLE -> ((MultipartReply.Table) body).tables().forEach(this::table);
      case PORT_STATS -> ((MultipartReply.Port) body).ports().forEach(this::port);
      case QUEUE -> ((MultipartReply.Queue) body).queues().forEach(this::queue);
      case GROUP -> ((MultipartReply.Group) body).groups().forEach(this::group);
      case GROUP_DESC -> ((MultipartReply.GroupDesc) body).groups().forEach(this::groupDesc);
      case METER -> ((MultipartReply.Meter) body).meters().forEach(this::meter);
      case METER_CONFIG -> ((MultipartReply.MeterConfig) body).meters().forEach(this::meterConfig);
      case TABLE_FEATURES ->
          ((MultipartReply.TableFeatures) body).tables().forEach(this::tableFeatures);
      case PORT_DESC -> ((MultipartReply.PortDesc) body).ports().forEach(this::portDesc);
      case DESC, AGGREGATE, GROUP_FEATURES, METER_FEATURES, EXPERIMENTER ->
          throw new IllegalStateException(body.multipartType() + " has no entries");
    }
  }

  private ByteBuf begin() {
    ByteBuf b = alloc.buffer(INITIAL_BYTES);
    entries.beginReply(version, xid, type, b);
    return b;
  }

  private ByteBuf entry(MultipartType of) {
    if (of != type) {
      throw new IllegalStateException("a " + of + " entry in a " + type + " reply");
    }
    entryStart = out.writerIndex();
    return out;
  }

  /** Moves the entry just written to a new part if the old one has become too long. */
  private void done() {
    int end = out.writerIndex();
    if (end <= OfHeader.MAX_LENGTH) {
      return;
    }
    ByteBuf full = out;
    out = begin();
    int length = end - entryStart;
    if (out.writerIndex() + length > OfHeader.MAX_LENGTH) {
      full.release();
      throw new IllegalArgumentException(type + " entry of " + length + " bytes");
    }
    out.writeBytes(full, entryStart, length);
    full.writerIndex(entryStart);
    entries.setMore(full, 0);
    OfHeader.end(full, 0);
    parts.accept(full);
  }

  /** Hands over the last part. Nothing may be added afterwards. */
  public void finish() {
    OfHeader.end(out, 0);
    parts.accept(out);
  }

  /** Gives up without handing over what is not handed over yet. */
  public void abort() {
    out.release();
  }

  public void flow(FlowStats f) {
    entries.flow(entry(MultipartType.FLOW), f);
    done();
  }

  /** {@link #flow(FlowStats)} without the record. */
  public void flow(
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
    entries.flow(
        entry(MultipartType.FLOW),
        tableId,
        match,
        priority,
        cookie,
        durationSec,
        durationNsec,
        idleTimeout,
        hardTimeout,
        flags,
        packetCount,
        byteCount,
        instructions);
    done();
  }

  public void table(TableStats e) {
    entries.table(entry(MultipartType.TABLE), e);
    done();
  }

  public void port(PortStats e) {
    entries.port(entry(MultipartType.PORT_STATS), e);
    done();
  }

  public void queue(QueueStats e) {
    entries.queue(entry(MultipartType.QUEUE), e);
    done();
  }

  public void group(GroupStats e) {
    entries.group(entry(MultipartType.GROUP), e);
    done();
  }

  public void groupDesc(GroupDesc e) {
    entries.groupDesc(entry(MultipartType.GROUP_DESC), e);
    done();
  }

  public void meter(MeterStats e) {
    entries.meter(entry(MultipartType.METER), e);
    done();
  }

  public void meterConfig(MeterConfig e) {
    entries.meterConfig(entry(MultipartType.METER_CONFIG), e);
    done();
  }

  public void tableFeatures(TableFeatures e) {
    entries.tableFeatures(entry(MultipartType.TABLE_FEATURES), e);
    done();
  }

  public void portDesc(PortDesc e) {
    entries.portDesc(entry(MultipartType.PORT_DESC), e);
    done();
  }
}
