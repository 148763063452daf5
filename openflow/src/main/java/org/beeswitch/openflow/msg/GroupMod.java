// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * OFPT_GROUP_MOD.
 *
 * @param groupId {@link GroupId#ALL} in a delete means all
 */
public record GroupMod(Command command, GroupType groupType, int groupId, List<Bucket> buckets)
    implements OfMessage {
  public GroupMod {
    buckets = List.copyOf(buckets);
  }

  /** What to do. */
  public enum Command {
    ADD,
    MODIFY,
    DELETE,
    /** OVS's own 0x8000, which {@code ovs-ofctl --may-create mod-group} sends. */
    ADD_OR_MODIFY,
    /** OpenFlow 1.5's, which OVS takes at 1.3, too. So is the next. */
    INSERT_BUCKET,
    REMOVE_BUCKET
  }

  @Override
  public Type type() {
    return Type.GROUP_MOD;
  }
}
