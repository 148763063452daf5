// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.OfPort;
import org.jspecify.annotations.Nullable;

/**
 * Reads groups in the syntax of {@code ovs-ofctl} (OVS {@code parse_ofp_group_mod_str}) as far as
 * OpenFlow 1.3 can say them: {@code
 * group_id=1,type=select,bucket=weight:2,actions=output:1,bucket=output:2}.
 */
public final class GroupTextParser {
  private final Names names;

  public GroupTextParser(Names names) {
    this.names = names;
  }

  /** A group-mod with that command. */
  public GroupMod groupMod(GroupMod.Command command, String text) throws FlowSyntaxException {
    switch (command) {
      case ADD, MODIFY, ADD_OR_MODIFY, DELETE -> {}
      case INSERT_BUCKET, REMOVE_BUCKET ->
          throw new FlowSyntaxException("single buckets need OpenFlow15");
    }
    boolean describes = command != GroupMod.Command.DELETE;
    if (!describes && text.isEmpty()) {
      return new GroupMod(command, GroupType.ALL, GroupId.ALL, List.of());
    }
    int at = text.indexOf("bucket=");
    if (at >= 0 && !describes) {
      throw new FlowSyntaxException("bucket is not needed");
    }
    int groupId = GroupId.ANY;
    GroupType type = null;
    for (KeyValues kv = new KeyValues(at < 0 ? text : text.substring(0, at)); kv.next(); ) {
      switch (kv.key()) {
        case "group_id" -> groupId = groupId(kv.value());
        case "type" -> {
          if (!describes) {
            throw new FlowSyntaxException("type is not needed");
          }
          type = type(kv.value());
        }
        case "command_bucket_id" ->
            throw new FlowSyntaxException("command bucket id is not needed");
        case "selection_method", "selection_method_param", "fields" ->
            throw new FlowSyntaxException(kv.key() + " needs OpenFlow15");
        default -> throw new FlowSyntaxException("unknown keyword " + kv.key());
      }
    }
    if (groupId == GroupId.ANY) {
      throw new FlowSyntaxException("must specify a group_id");
    }
    if (describes && type == null) {
      throw new FlowSyntaxException("must specify a type");
    }
    GroupType t = type == null ? GroupType.ALL : type;
    return new GroupMod(command, t, groupId, at < 0 ? List.of() : buckets(text.substring(at), t));
  }

  /**
   * A group-mod that may begin with its command: {@code add}, {@code modify}, {@code add_or_mod},
   * {@code delete}; {@code add} if there is none. A line of an {@code add-groups} file.
   */
  public GroupMod line(String text) throws FlowSyntaxException {
    String stripped = text.strip();
    int end = 0;
    while (end < stripped.length() && ", \t\r\n".indexOf(stripped.charAt(end)) < 0) {
      end++;
    }
    GroupMod.Command command =
        switch (stripped.substring(0, end)) {
          case "add" -> GroupMod.Command.ADD;
          case "delete" -> GroupMod.Command.DELETE;
          case "modify" -> GroupMod.Command.MODIFY;
          case "add_or_mod" -> GroupMod.Command.ADD_OR_MODIFY;
          case "insert_bucket" -> GroupMod.Command.INSERT_BUCKET;
          case "remove_bucket" -> GroupMod.Command.REMOVE_BUCKET;
          default -> {
            end = 0;
            yield GroupMod.Command.ADD;
          }
        };
    return groupMod(command, stripped.substring(end));
  }

  /**
   * The groups of a file, a line each; {@code #} begins a comment, empty lines are skipped.
   *
   * @param command of all of them; null if each line may say its own
   */
  public List<GroupMod> file(
      String fileName, Iterable<String> lines, GroupMod.@Nullable Command command)
      throws FlowSyntaxException {
    return FileLines.parse(
        fileName, lines, text -> command == null ? line(text) : groupMod(command, text.strip()));
  }

  /** The group of that number or name; all for what is neither. */
  public static int idOrAll(String s) {
    try {
      return FlowTextParser.group(s);
    } catch (FlowSyntaxException e) {
      return GroupId.ALL;
    }
  }

  private static int groupId(String s) throws FlowSyntaxException {
    if (s.equals("all")) {
      return GroupId.ALL;
    }
    int id = CNumber.u32(s);
    if (id != GroupId.ALL && Integer.compareUnsigned(id, GroupId.MAX) > 0) {
      throw new FlowSyntaxException("invalid group id " + Integer.toUnsignedString(id));
    }
    return id;
  }

  private static GroupType type(String s) throws FlowSyntaxException {
    return switch (s) {
      case "all" -> GroupType.ALL;
      case "select" -> GroupType.SELECT;
      case "indirect" -> GroupType.INDIRECT;
      case "ff", "fast_failover" -> GroupType.FF;
      default -> throw new FlowSyntaxException("invalid group type " + s);
    };
  }

  private List<Bucket> buckets(String text, GroupType type) throws FlowSyntaxException {
    List<Bucket> buckets = new ArrayList<>();
    for (String b : text.substring("bucket=".length()).split("bucket=", -1)) {
      buckets.add(bucket(buckets.size(), b, type));
    }
    if (type == GroupType.INDIRECT && buckets.size() > 1) {
      throw new FlowSyntaxException("Indirect groups can have at most one bucket.");
    }
    return buckets;
  }

  /** A bucket; {@code id} is 1.5's, before which buckets are numbered by position. */
  private Bucket bucket(int id, String text, GroupType type) throws FlowSyntaxException {
    int weight = type == GroupType.SELECT ? 1 : 0;
    OfPort watchPort = OfPort.ANY;
    int watchGroup = GroupId.ANY;
    StringBuilder actions = new StringBuilder();
    for (KeyValues kv = new KeyValues(text); kv.next(); ) {
      switch (kv.key().toLowerCase(Locale.ROOT)) {
        case "weight" -> weight = CNumber.u16(kv.value(), "weight");
        case "watch_port" -> watchPort = watchPort(kv.value());
        case "watch_group" -> {
          watchGroup = CNumber.u32(kv.value());
          if (Integer.compareUnsigned(watchGroup, GroupId.MAX) > 0) {
            throw new FlowSyntaxException(
                "invalid watch_group id " + Integer.toUnsignedString(watchGroup));
          }
        }
        case "bucket_id" -> throw new FlowSyntaxException("bucket_id needs OpenFlow15");
        case "action", "actions" -> actions.append(kv.value()).append(',');
        default -> actions.append(kv.key()).append('(').append(kv.value()).append("),");
      }
    }
    if (actions.length() == 0) {
      throw new FlowSyntaxException("bucket must specify actions");
    }
    if (type == GroupType.FF && watchPort.equals(OfPort.ANY) && watchGroup == GroupId.ANY) {
      throw new FlowSyntaxException("fast failover bucket requires watch_port or watch_group");
    }
    if (type != GroupType.SELECT && weight != 0) {
      throw new FlowSyntaxException("Only select groups can have bucket weights.");
    }
    return new Bucket(
        id,
        weight,
        watchPort,
        watchGroup,
        ActionResolver.actions(ActionParser.actions(actions.toString(), names)));
  }

  private OfPort watchPort(String s) throws FlowSyntaxException {
    OfPort p = names.parsePort(s);
    if (p == null || p.isReserved() && !p.equals(OfPort.ANY) && !p.equals(OfPort.CONTROLLER)) {
      throw new FlowSyntaxException(s + ": invalid watch_port");
    }
    return p;
  }
}
