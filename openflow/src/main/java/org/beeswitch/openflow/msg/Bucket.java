// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * One bucket of a group.
 *
 * @param bucketId 1.5's; numbered by position before
 * @param weight share in a SELECT group
 * @param watchPort liveness in a fast-failover group; ANY for none
 * @param watchGroup {@link GroupId#ANY} for none
 */
public record Bucket(
    int bucketId, int weight, OfPort watchPort, int watchGroup, List<Action> actions) {
  public Bucket {
    actions = List.copyOf(actions);
  }
}
