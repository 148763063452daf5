// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/** A group as configured. */
public record GroupDesc(GroupType groupType, int groupId, List<Bucket> buckets) {
  public GroupDesc {
    buckets = List.copyOf(buckets);
  }
}
