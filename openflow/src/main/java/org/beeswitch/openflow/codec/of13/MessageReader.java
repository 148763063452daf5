// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.codec.ActionCheck;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterBand;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.TableId;

/**
 * Reads the messages that hold matches, actions or lists, but for multipart ones. Each method gets
 * a cursor on the body, whose length {@link Wire} has accepted.
 */
final class MessageReader {
  /** INVALID_TTL: the later reasons are 1.4's. */
  private static final int LAST_PACKET_IN_REASON = 2;

  private final OxmReader oxms;
  private final ActionReader actions;

  MessageReader(OxmReader oxms, ActionReader actions) {
    this.oxms = oxms;
    this.actions = actions;
  }

  FlowMod flowMod(Cursor c) throws Reject {
    long cookie = c.i64();
    long cookieMask = c.i64();
    int tableId = c.u8();
    int command = c.u8();
    int idleTimeout = c.u16();
    int hardTimeout = c.u16();
    int priority = c.u16();
    int bufferId = c.i32();
    int outPort = c.i32();
    int outGroup = c.i32();
    int flags = c.u16();
    c.skip(2);
    Match match = oxms.match(c);
    FlowMod.Command[] commands = FlowMod.Command.values();
    boolean isDelete = command < commands.length && commands[command].isDelete();
    if (tableId == TableId.ALL && !isDelete) {
      throw Reject.of(OFPFMFC_BAD_TABLE_ID);
    }
    checkPort(outPort);
    checkConntrackAddresses();
    if (command >= commands.length) {
      throw Reject.of(OFPFMFC_BAD_COMMAND);
    }
    Instructions instructions = actions.instructions(c);
    if ((flags & ~FlowFlags.ALL) != 0) {
      throw Reject.of(OFPFMFC_BAD_FLAGS);
    }
    OfErrorCode error = ActionCheck.ofRule(instructions, oxms.flow(), oxms.mask(), tableId);
    if (error != null) {
      throw Reject.of(error);
    }
    boolean isAdd = command == 0;
    return new FlowMod(
        commands[command],
        match,
        priority,
        tableId,
        isAdd ? 0 : cookie,
        isAdd ? 0 : cookieMask,
        isAdd ? cookie : FlowMod.NO_COOKIE,
        idleTimeout,
        hardTimeout,
        bufferId,
        OfPort.of(outPort),
        isDelete ? outGroup : GroupId.ANY,
        flags,
        0,
        instructions);
  }

  /** Original-direction addresses of a connection want the EtherType that they are of. */
  private void checkConntrackAddresses() throws Reject {
    long[] mask = oxms.mask();
    int ethType = (int) (oxms.flow()[FlowLayout.ETH_DST_TYPE] & 0xffff);
    int v6 = FlowLayout.CT_IPV6_SRC;
    boolean hasV6 = (mask[v6] | mask[v6 + 1] | mask[v6 + 2] | mask[v6 + 3]) != 0;
    if (mask[FlowLayout.CT_IPV4] != 0 && ethType != 0x0800 || hasV6 && ethType != 0x86dd) {
      throw Reject.of(OFPBAC_MATCH_INCONSISTENT);
    }
  }

  /** Every port number in a message but those in OXMs: OVS has one error for all. */
  static void checkPort(int port) throws Reject {
    if (!Ports.isValid(port)) {
      throw Reject.of(OFPBAC_BAD_OUT_PORT);
    }
  }

  PacketOut packetOut(Cursor c) throws Reject {
    int bufferId = c.i32();
    int inPort = c.i32();
    int actionsLen = c.u16();
    c.skip(6);
    checkPort(inPort);
    List<Action> list = actions.list(c, actionsLen);
    if (!Ports.isPlain(inPort)
        && inPort != OfPort.LOCAL.number()
        && inPort != OfPort.ANY.number()
        && inPort != OfPort.CONTROLLER.number()) {
      throw Reject.of(OFPBRC_BAD_PORT);
    }
    Bytes data = bufferId == BufferId.NONE ? c.bytes(c.left()) : Bytes.EMPTY;
    return new PacketOut(bufferId, OfPort.of(inPort), list, data);
  }

  PacketIn packetIn(Cursor c) throws Reject {
    int bufferId = c.i32();
    int totalLen = c.u16();
    int reason = c.u8();
    int tableId = c.u8();
    long cookie = c.i64();
    Match match = oxms.match(c);
    if (c.left() < 2) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    c.skip(2);
    PacketIn.Reason why = packetInReason(reason);
    return new PacketIn(bufferId, totalLen, why, tableId, cookie, match, c.bytes(c.left()));
  }

  /** The reason that 1.3 has this number for. */
  static PacketIn.Reason packetInReason(int number) throws Reject {
    if (number > LAST_PACKET_IN_REASON) {
      throw Reject.of(NXBRC_BAD_REASON);
    }
    PacketIn.Reason[] reasons = PacketIn.Reason.values();
    return reasons[number];
  }

  FlowRemoved flowRemoved(Cursor c) throws Reject {
    long cookie = c.i64();
    int priority = c.u16();
    int reason = c.u8();
    int tableId = c.u8();
    int sec = c.i32();
    int nsec = c.i32();
    int idle = c.u16();
    int hard = c.u16();
    long packets = c.i64();
    long bytes = c.i64();
    Match match = oxms.match(c);
    FlowRemoved.Reason[] reasons = FlowRemoved.Reason.values();
    if (reason >= reasons.length) {
      throw Reject.of(NXBRC_BAD_REASON);
    }
    return new FlowRemoved(
        match, priority, cookie, reasons[reason], tableId, sec, nsec, idle, hard, packets, bytes);
  }

  GroupMod groupMod(Cursor c) throws Reject {
    int command = c.u16();
    int type = c.u8();
    c.skip(1);
    int groupId = c.i32();
    List<Bucket> buckets = buckets(c);
    boolean isDelete = command == 2;
    if (isDelete && !buckets.isEmpty()) {
      throw Reject.of(OFPGMFC_INVALID_GROUP);
    }
    GroupType[] types = GroupType.values();
    if (type >= types.length) {
      throw Reject.of(OFPGMFC_BAD_TYPE);
    }
    if (types[type] == GroupType.INDIRECT && !isDelete && buckets.size() != 1) {
      throw Reject.of(OFPGMFC_INVALID_GROUP);
    }
    GroupMod.Command cmd =
        switch (command) {
          case 0 -> GroupMod.Command.ADD;
          case 1 -> GroupMod.Command.MODIFY;
          case 2 -> GroupMod.Command.DELETE;
          case 3 -> GroupMod.Command.INSERT_BUCKET;
          case 5 -> GroupMod.Command.REMOVE_BUCKET;
          case 0x8000 -> GroupMod.Command.ADD_OR_MODIFY;
          default -> throw Reject.of(OFPGMFC_BAD_COMMAND);
        };
    if (cmd == GroupMod.Command.REMOVE_BUCKET && !buckets.isEmpty()) {
      throw Reject.of(OFPGMFC_BAD_BUCKET);
    }
    for (Bucket b : buckets) {
      checkBucket(types[type], b, cmd == GroupMod.Command.INSERT_BUCKET);
    }
    return new GroupMod(cmd, types[type], groupId, buckets);
  }

  private static void checkBucket(GroupType type, Bucket b, boolean insert) throws Reject {
    if (b.weight() != 0 && type != GroupType.SELECT && !insert) {
      throw Reject.of(OFPGMFC_INVALID_GROUP);
    }
    boolean watches = !b.watchPort().equals(OfPort.ANY) || b.watchGroup() != GroupId.ANY;
    switch (type) {
      case ALL, INDIRECT -> {
        if (watches) {
          throw Reject.of(OFPGMFC_WATCH_UNSUPPORTED);
        }
      }
      case FF -> {
        if (!watches) {
          throw Reject.of(OFPGMFC_INVALID_GROUP);
        }
      }
      case SELECT -> {}
    }
  }

  /** Reads all that is left as buckets. */
  List<Bucket> buckets(Cursor c) throws Reject {
    if (c.left() == 0) {
      return List.of();
    }
    List<Bucket> list = new ArrayList<>();
    while (c.left() > 0) {
      if (c.left() < 16) {
        throw Reject.of(OFPGMFC_BAD_BUCKET);
      }
      int length = c.u16();
      int weight = c.u16();
      int watchPort = c.i32();
      int watchGroup = c.i32();
      c.skip(4);
      if (length < 16 || length - 16 > c.left()) {
        throw Reject.of(OFPGMFC_BAD_BUCKET);
      }
      List<Action> acts = actions.list(c, length - 16);
      if (!Ports.isValid(watchPort)) {
        throw Reject.of(OFPGMFC_BAD_WATCH);
      }
      list.add(new Bucket(list.size(), weight, OfPort.of(watchPort), watchGroup, acts));
    }
    return list;
  }

  MeterMod meterMod(Cursor c) throws Reject {
    int command = c.u16();
    int flags = c.u16();
    int meterId = c.i32();
    MeterMod.Command[] commands = MeterMod.Command.values();
    if (command >= commands.length) {
      throw Reject.of(OFPMMFC_BAD_COMMAND);
    }
    MeterMod.Command cmd = commands[command];
    if (cmd == MeterMod.Command.DELETE) {
      return new MeterMod(cmd, new MeterConfig(meterId, 0, List.of()));
    }
    int rates = MeterConfig.KBPS | MeterConfig.PKTPS;
    if ((flags & rates) == rates) {
      throw Reject.of(OFPMMFC_BAD_FLAGS);
    }
    return new MeterMod(cmd, new MeterConfig(meterId, flags, bands(c)));
  }

  /** Reads all that is left as meter bands, each of 16 bytes. */
  static List<MeterBand> bands(Cursor c) throws Reject {
    if (c.left() == 0) {
      return List.of();
    }
    List<MeterBand> list = new ArrayList<>();
    while (c.left() >= 16) {
      int type = c.u16();
      int length = c.u16();
      if (length != 16) {
        throw Reject.of(OFPBRC_BAD_LEN);
      }
      if (type != 1 && type != 2) {
        throw Reject.of(OFPMMFC_BAD_BAND);
      }
      int rate = c.i32();
      int burst = c.i32();
      int prec = c.u8();
      c.skip(3);
      list.add(
          type == 1
              ? new MeterBand(MeterBand.Type.DROP, rate, burst, 0)
              : new MeterBand(MeterBand.Type.DSCP_REMARK, rate, burst, prec));
    }
    if (c.left() != 0) {
      throw Reject.of(OFPBRC_BAD_LEN);
    }
    return list;
  }
}
