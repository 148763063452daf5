// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;

/**
 * OFPT_MULTIPART_REPLY, one part of it. What can be long is written by a streaming encoder instead,
 * which splits it into parts.
 *
 * @param more OFPMPF_REPLY_MORE: further parts follow
 */
public record MultipartReply(Body body, boolean more) implements OfMessage {
  public MultipartReply(Body body) {
    this(body, false);
  }

  @Override
  public Type type() {
    return Type.MULTIPART_REPLY;
  }

  /** What was asked for. */
  public sealed interface Body {
    MultipartType multipartType();
  }

  /** OFPMP_DESC; at most 255, 255, 255, 31 and 255 bytes, longer ones are cut. */
  public record Desc(
      String manufacturer, String hardware, String software, String serialNumber, String datapath)
      implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.DESC;
    }
  }

  /** OFPMP_AGGREGATE. */
  public record Aggregate(long packetCount, long byteCount, int flowCount) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.AGGREGATE;
    }
  }

  /**
   * OFPMP_GROUP_FEATURES: bits by {@link GroupType}, CAN_* bits; for each type how many there can
   * be and which actions (bits by OpenFlow number).
   */
  public record GroupFeatures(
      int types, int capabilities, List<Integer> maxGroups, List<Integer> actions) implements Body {
    public static final int CAN_SELECT_WEIGHT = 1;
    public static final int CAN_SELECT_LIVENESS = 1 << 1;
    public static final int CAN_CHAIN = 1 << 2;
    public static final int CAN_CHECK_CHAINS = 1 << 3;

    public GroupFeatures {
      maxGroups = List.copyOf(maxGroups);
      actions = List.copyOf(actions);
      if (maxGroups.size() != 4 || actions.size() != 4) {
        throw new IllegalArgumentException("group features are of four types");
      }
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP_FEATURES;
    }
  }

  /**
   * OFPMP_METER_FEATURES: bit n of bandTypes is band type n; capabilities are {@link MeterConfig}
   * flags.
   */
  public record MeterFeatures(
      int maxMeters, int bandTypes, int capabilities, int maxBands, int maxColor) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.METER_FEATURES;
    }
  }

  /** OFPMP_EXPERIMENTER that has no record of its own. */
  public record Experimenter(int vendor, int subtype, Bytes bytes) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.EXPERIMENTER;
    }
  }

  /** OFPMP_FLOW. */
  public record Flow(List<FlowStats> flows) implements Body {
    public Flow {
      flows = List.copyOf(flows);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.FLOW;
    }
  }

  /** OFPMP_TABLE. */
  public record Table(List<TableStats> tables) implements Body {
    public Table {
      tables = List.copyOf(tables);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.TABLE;
    }
  }

  /** OFPMP_PORT_STATS. */
  public record Port(List<PortStats> ports) implements Body {
    public Port {
      ports = List.copyOf(ports);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.PORT_STATS;
    }
  }

  /** OFPMP_QUEUE. */
  public record Queue(List<QueueStats> queues) implements Body {
    public Queue {
      queues = List.copyOf(queues);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.QUEUE;
    }
  }

  /** OFPMP_GROUP. */
  public record Group(List<GroupStats> groups) implements Body {
    public Group {
      groups = List.copyOf(groups);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP;
    }
  }

  /** OFPMP_GROUP_DESC. */
  public record GroupDesc(List<org.beeswitch.openflow.msg.GroupDesc> groups) implements Body {
    public GroupDesc {
      groups = List.copyOf(groups);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP_DESC;
    }
  }

  /** OFPMP_METER. */
  public record Meter(List<MeterStats> meters) implements Body {
    public Meter {
      meters = List.copyOf(meters);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.METER;
    }
  }

  /** OFPMP_METER_CONFIG. */
  public record MeterConfig(List<org.beeswitch.openflow.msg.MeterConfig> meters) implements Body {
    public MeterConfig {
      meters = List.copyOf(meters);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.METER_CONFIG;
    }
  }

  /** OFPMP_TABLE_FEATURES. */
  public record TableFeatures(List<org.beeswitch.openflow.msg.TableFeatures> tables)
      implements Body {
    public TableFeatures {
      tables = List.copyOf(tables);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.TABLE_FEATURES;
    }
  }

  /** OFPMP_PORT_DESC. */
  public record PortDesc(List<org.beeswitch.openflow.msg.PortDesc> ports) implements Body {
    public PortDesc {
      ports = List.copyOf(ports);
    }

    @Override
    public MultipartType multipartType() {
      return MultipartType.PORT_DESC;
    }
  }
}
