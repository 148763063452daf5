// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableSet;
import org.jspecify.annotations.Nullable;

/** Answers multipart requests: descriptions and statistics. The encoder splits what is long. */
final class Multiparts {
  /** OVS's number of entries a table can have. */
  private static final int MAX_ENTRIES = 1_000_000;

  /**
   * OFPAT13_*: output and 15 (set_mpls_ttl) to 25 (set_field), as OVS says it, whatever of these
   * can be done yet.
   */
  private static final int ACTIONS = 0x3ff8001;

  private final Ofproto ofproto;
  private final SwitchIdentity identity;
  private final List<TableFeatures> tableFeatures;

  Multiparts(Ofproto ofproto, SwitchIdentity identity) {
    this.ofproto = ofproto;
    this.identity = identity;
    this.tableFeatures = tableFeatures();
  }

  @Nullable OfErrorCode handle(OfConn c, int xid, MultipartRequest m, long nowNs) {
    return switch (m.body().multipartType()) {
      case DESC ->
          reply(
              c,
              xid,
              new MultipartReply.Desc(
                  identity.manufacturer(),
                  identity.hardware(),
                  identity.software(),
                  identity.serialNumber(),
                  identity.datapath()));
      case FLOW -> {
        MultipartRequest.RuleFilter f = ((MultipartRequest.Flow) m.body()).filter();
        yield reply(c, xid, new MultipartReply.Flow(ofproto.flowStats(f, nowNs)));
      }
      case AGGREGATE ->
          reply(c, xid, aggregate(((MultipartRequest.Aggregate) m.body()).filter(), nowNs));
      case TABLE -> reply(c, xid, new MultipartReply.Table(ofproto.tableStats()));
      case PORT_STATS -> {
        List<PortStats> l = ofproto.portStats(((MultipartRequest.Port) m.body()).port(), nowNs);
        yield reply(c, xid, new MultipartReply.Port(l == null ? List.of() : l));
      }
      case QUEUE -> queues(c, xid, (MultipartRequest.Queue) m.body());
      case GROUP -> reply(c, xid, new MultipartReply.Group(List.of()));
      case GROUP_DESC -> reply(c, xid, new MultipartReply.GroupDesc(List.of()));
      case GROUP_FEATURES -> reply(c, xid, groupFeatures());
      case METER ->
          ((MultipartRequest.Meter) m.body()).meterId() == MeterId.ALL
              ? reply(c, xid, new MultipartReply.Meter(List.of()))
              : OfErrorCode.OFPMMFC_UNKNOWN_METER;
      case METER_CONFIG ->
          ((MultipartRequest.MeterConfig) m.body()).meterId() == MeterId.ALL
              ? reply(c, xid, new MultipartReply.MeterConfig(List.of()))
              : OfErrorCode.OFPMMFC_UNKNOWN_METER;
      case METER_FEATURES -> reply(c, xid, meterFeatures());
      case TABLE_FEATURES ->
          ((MultipartRequest.TableFeatures) m.body()).tables().isEmpty()
              ? reply(c, xid, new MultipartReply.TableFeatures(tableFeatures))
              : OfErrorCode.OFPTFFC_EPERM;
      case PORT_DESC ->
          reply(
              c,
              xid,
              new MultipartReply.PortDesc(ports(((MultipartRequest.PortDesc) m.body()).port())));
      case EXPERIMENTER -> OfErrorCode.OFPBRC_BAD_SUBTYPE; // other vendors are not decoded
    };
  }

  private static @Nullable OfErrorCode reply(OfConn c, int xid, MultipartReply.Body b) {
    c.reply(xid, new MultipartReply(b));
    return null;
  }

  private MultipartReply.Aggregate aggregate(MultipartRequest.RuleFilter f, long nowNs) {
    long packets = 0;
    long bytes = 0;
    List<FlowStats> l = ofproto.flowStats(f, nowNs);
    for (FlowStats s : l) {
      packets += s.packetCount();
      bytes += s.byteCount();
    }
    return new MultipartReply.Aggregate(packets, bytes, l.size());
  }

  private List<PortDesc> ports(OfPort which) {
    List<PortDesc> l = new ArrayList<>();
    for (PortState p : ofproto.state().ports().asList()) {
      if (which.equals(OfPort.ANY) || which.equals(p.desc().port())) {
        l.add(p.desc());
      }
    }
    return l;
  }

  /** No port has queues yet. */
  private @Nullable OfErrorCode queues(OfConn c, int xid, MultipartRequest.Queue q) {
    boolean allPorts = q.port().equals(OfPort.ANY);
    if (!allPorts && ofproto.state().ports().get(q.port().number()) == null) {
      return OfErrorCode.OFPQOFC_BAD_PORT;
    }
    if (q.queueId() != MultipartRequest.Queue.ALL_QUEUES) {
      return OfErrorCode.OFPQOFC_BAD_QUEUE;
    }
    return reply(c, xid, new MultipartReply.Queue(List.of()));
  }

  /** What OVS says of meters, which it has room for. */
  private static MultipartReply.MeterFeatures meterFeatures() {
    int drop = 1 << 1;
    int kbpsPktpsBurstStats = 0xf;
    return new MultipartReply.MeterFeatures(1 << 18, drop, kbpsPktpsBurstStats, 8, 0);
  }

  /** What OVS says of groups, which it has room for. */
  private static MultipartReply.GroupFeatures groupFeatures() {
    int actions = ACTIONS;
    return new MultipartReply.GroupFeatures(
        0xf,
        MultipartReply.GroupFeatures.CAN_SELECT_WEIGHT
            | MultipartReply.GroupFeatures.CAN_SELECT_LIVENESS
            | MultipartReply.GroupFeatures.CAN_CHAIN,
        List.of(0xffffff00, 0xffffff00, 0xffffff00, 0xffffff00),
        List.of(actions, actions, actions, actions));
  }

  private static List<TableFeatures> tableFeatures() {
    Set<Field> match = EnumSet.allOf(Field.class);
    match.removeAll(Set.of(Field.SKB_PRIORITY, Field.VLAN_TPID)); // which no message can name
    Set<Field> mask = EnumSet.copyOf(match);
    mask.removeIf(f -> f.masking() == Field.Masking.NONE);
    Set<Field> set = EnumSet.copyOf(match);
    set.removeIf(f -> !f.writable());
    List<TableFeatures> l = new ArrayList<>();
    for (int t = 0; t < BridgeState.TABLES; t++) {
      TableFeatures.Abilities a =
          new TableFeatures.Abilities(
              TableSet.range(t + 1, BridgeState.TABLES - 1),
              t == BridgeState.TABLES - 1 ? 0b1111100 : 0b1111110,
              ACTIONS,
              ACTIONS,
              set,
              set);
      l.add(
          new TableFeatures(
              t,
              "", // OVS names none, and its tools print what is named by name
              -1L,
              -1L,
              MAX_ENTRIES,
              a,
              a,
              match,
              mask,
              match));
    }
    return l;
  }
}
