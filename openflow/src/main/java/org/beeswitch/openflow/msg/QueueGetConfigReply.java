// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/** OFPT_QUEUE_GET_CONFIG_REPLY. */
public record QueueGetConfigReply(OfPort port, List<QueueConfig> queues) implements OfMessage {
  public QueueGetConfigReply {
    queues = List.copyOf(queues);
  }

  @Override
  public Type type() {
    return Type.QUEUE_GET_CONFIG_REPLY;
  }
}
