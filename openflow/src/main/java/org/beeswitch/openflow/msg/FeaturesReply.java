// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * OFPT_FEATURES_REPLY.
 *
 * @param bufferCount packets that can be buffered; 0 as OVS
 * @param tableCount 254 in OVS
 * @param auxiliaryId 0 for a main connection
 * @param capabilities C_* bits
 * @param ports only in versions before 1.3
 */
public record FeaturesReply(
    long datapathId,
    int bufferCount,
    int tableCount,
    int auxiliaryId,
    int capabilities,
    List<PortDesc> ports)
    implements OfMessage {
  public static final int C_FLOW_STATS = 1;
  public static final int C_TABLE_STATS = 1 << 1;
  public static final int C_PORT_STATS = 1 << 2;
  public static final int C_GROUP_STATS = 1 << 3;
  public static final int C_IP_REASM = 1 << 5;
  public static final int C_QUEUE_STATS = 1 << 6;
  public static final int C_PORT_BLOCKED = 1 << 8;

  public FeaturesReply {
    ports = List.copyOf(ports);
  }

  @Override
  public Type type() {
    return Type.FEATURES_REPLY;
  }
}
