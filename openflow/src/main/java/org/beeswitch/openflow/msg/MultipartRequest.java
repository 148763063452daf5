// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.List;
import org.beeswitch.flow.Match;

/**
 * OFPT_MULTIPART_REQUEST (statistics requests, before 1.3).
 *
 * @param more OFPMPF_REQ_MORE: further parts follow
 */
public record MultipartRequest(Body body, boolean more) implements OfMessage {
  public MultipartRequest(Body body) {
    this(body, false);
  }

  @Override
  public Type type() {
    return Type.MULTIPART_REQUEST;
  }

  /** What is asked for. */
  public sealed interface Body {
    MultipartType multipartType();
  }

  /**
   * Which rules are asked for.
   *
   * @param tableId {@link TableId#ALL} for all
   * @param outPort rules with this output; ANY for all
   * @param outGroup rules with this group; {@link GroupId#ANY} for all
   * @param cookie compared under {@code cookieMask}
   * @param match rules whose match is within this
   */
  public record RuleFilter(
      int tableId, OfPort outPort, int outGroup, long cookie, long cookieMask, Match match) {
    /** Every rule. */
    public static final RuleFilter ALL =
        new RuleFilter(TableId.ALL, OfPort.ANY, GroupId.ANY, 0, 0, Match.ANY);

    public RuleFilter {
      if (tableId < 0 || tableId > 0xff) {
        throw new IllegalArgumentException("table " + tableId + " is not 0 - 255");
      }
    }
  }

  /** OFPMP_DESC. */
  public record Desc() implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.DESC;
    }
  }

  /** OFPMP_FLOW: each rule. */
  public record Flow(RuleFilter filter) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.FLOW;
    }
  }

  /** OFPMP_AGGREGATE: sums over rules. */
  public record Aggregate(RuleFilter filter) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.AGGREGATE;
    }
  }

  /** OFPMP_TABLE. */
  public record Table() implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.TABLE;
    }
  }

  /** OFPMP_PORT_STATS; ANY for all. */
  public record Port(OfPort port) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.PORT_STATS;
    }
  }

  /** OFPMP_QUEUE; ANY and {@link #ALL_QUEUES} for all. */
  public record Queue(OfPort port, int queueId) implements Body {
    public static final int ALL_QUEUES = 0xffffffff;

    @Override
    public MultipartType multipartType() {
      return MultipartType.QUEUE;
    }
  }

  /** OFPMP_GROUP; {@link GroupId#ALL} for all. */
  public record Group(int groupId) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP;
    }
  }

  /** OFPMP_GROUP_DESC; all in versions before 1.5. */
  public record GroupDesc(int groupId) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP_DESC;
    }
  }

  /** OFPMP_GROUP_FEATURES. */
  public record GroupFeatures() implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.GROUP_FEATURES;
    }
  }

  /** OFPMP_METER; {@link MeterId#ALL} for all. */
  public record Meter(int meterId) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.METER;
    }
  }

  /** OFPMP_METER_CONFIG; {@link MeterId#ALL} for all. */
  public record MeterConfig(int meterId) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.METER_CONFIG;
    }
  }

  /** OFPMP_METER_FEATURES. */
  public record MeterFeatures() implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.METER_FEATURES;
    }
  }

  /** OFPMP_TABLE_FEATURES: a read if empty, else what the tables shall be. */
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

  /** OFPMP_PORT_DESC; always ANY (all) before 1.5. */
  public record PortDesc(OfPort port) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.PORT_DESC;
    }
  }

  /** OFPMP_EXPERIMENTER that has no record of its own. */
  public record Experimenter(int vendor, int subtype, Bytes bytes) implements Body {
    @Override
    public MultipartType multipartType() {
      return MultipartType.EXPERIMENTER;
    }
  }
}
