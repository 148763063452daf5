// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.BarrierReply;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.Bucket;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.EchoReply;
import org.beeswitch.openflow.msg.EchoRequest;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowFlags;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetAsyncRequest;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.GroupDesc;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupStats;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Hello;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MeterBand;
import org.beeswitch.openflow.msg.MeterConfig;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MeterStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.msg.PacketOut;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.QueueConfig;
import org.beeswitch.openflow.msg.QueueGetConfigReply;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.beeswitch.openflow.msg.QueueStats;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.openflow.msg.SetAsync;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SetPacketInFormat;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.openflow.msg.TableMod;
import org.beeswitch.openflow.msg.TableSet;
import org.beeswitch.openflow.msg.TableStats;

/**
 * At least one message of every kind, and matches and actions of many: what codec tests feed on.
 */
public final class Samples {
  private Samples() {}

  /** A message, as errors have one for their data. */
  private static final Bytes BARRIER = Bytes.wrap(new byte[] {4, 20, 0, 8, 0, 0, 0, 1});

  private static final Bytes PACKET =
      Bytes.wrap(
          HexFormat.of()
              .parseHex(
                  "50540000000550540000000608004500002800000000400600000a0000010a000002"
                      + "0001005000000000000000005002000000000000"));

  /** All that a controller sends. */
  public static List<OfMessage> toSwitch() {
    List<OfMessage> all = new ArrayList<>();
    all.add(new Hello(1 << 4));
    all.add(new EchoRequest(text("hallo")));
    all.add(new EchoReply(Bytes.EMPTY));
    all.add(OfError.of(OfErrorCode.OFPBRC_BAD_TYPE, BARRIER));
    all.add(new FeaturesRequest());
    all.add(new GetConfigRequest());
    all.add(new SetConfig(new SwitchConfig(SwitchConfig.Frag.NORMAL, false, 128)));
    all.add(new BarrierRequest());
    all.add(new RoleRequest(Role.NOCHANGE, 0));
    all.add(new RoleRequest(Role.EQUAL, 17));
    all.add(new GetAsyncRequest());
    all.add(new SetAsync(new AsyncConfig(7, 0, 7, 7, 7, 0)));
    all.add(new PortMod(OfPort.of(1), 0x505400000001L, 1, 1, 0));
    all.add(new TableMod(3, TableMod.Miss.DEFAULT));
    all.add(new QueueGetConfigRequest(OfPort.ANY));
    for (PacketInFormat f : PacketInFormat.values()) {
      all.add(new SetPacketInFormat(f));
    }
    all.add(new Experimenter(0x2320, 20, Bytes.wrap(new byte[8])));
    for (Match m : matches()) {
      all.add(flowMod(FlowMod.Command.ADD, m, Instructions.apply(List.of(output(1)))));
    }
    for (Instructions i : instructions()) {
      all.add(flowMod(FlowMod.Command.ADD, tcp(), i));
    }
    all.add(flowMod(FlowMod.Command.MODIFY, tcp(), Instructions.apply(List.of(output(2)))));
    all.add(flowMod(FlowMod.Command.MODIFY_STRICT, Match.ANY, Instructions.NONE));
    all.add(flowMod(FlowMod.Command.DELETE, tcp(), Instructions.NONE));
    all.add(flowMod(FlowMod.Command.DELETE_STRICT, Match.ANY, Instructions.NONE));
    all.add(new PacketOut(BufferId.NONE, OfPort.CONTROLLER, List.of(output(1)), PACKET));
    all.add(
        new PacketOut(
            BufferId.NONE,
            OfPort.of(1),
            List.of(Action.SetField.exact(Field.ETH_DST, 5), new Action.Output(OfPort.FLOOD, 0)),
            PACKET));
    all.add(new GroupMod(GroupMod.Command.DELETE, GroupType.ALL, GroupId.ALL, List.of()));
    all.add(new GroupMod(GroupMod.Command.ADD, GroupType.SELECT, 1, buckets(5)));
    all.add(new GroupMod(GroupMod.Command.MODIFY, GroupType.ALL, 2, buckets(0)));
    all.add(new MeterMod(MeterMod.Command.ADD, meter()));
    all.add(new MeterMod(MeterMod.Command.DELETE, new MeterConfig(-1, 0, List.of())));
    all.addAll(requests());
    return all;
  }

  private static List<OfMessage> requests() {
    MultipartRequest.RuleFilter some =
        new MultipartRequest.RuleFilter(3, OfPort.of(2), GroupId.ANY, 5, 7, tcp());
    List<MultipartRequest.Body> bodies =
        List.of(
            new MultipartRequest.Desc(),
            new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL),
            new MultipartRequest.Flow(some),
            new MultipartRequest.Aggregate(some),
            new MultipartRequest.Table(),
            new MultipartRequest.Port(OfPort.ANY),
            new MultipartRequest.Queue(OfPort.ANY, MultipartRequest.Queue.ALL_QUEUES),
            new MultipartRequest.Group(GroupId.ALL),
            new MultipartRequest.GroupDesc(GroupId.ALL),
            new MultipartRequest.GroupFeatures(),
            new MultipartRequest.Meter(-1),
            new MultipartRequest.MeterConfig(-1),
            new MultipartRequest.MeterFeatures(),
            new MultipartRequest.TableFeatures(List.of()),
            new MultipartRequest.TableFeatures(List.of(tableFeatures())),
            new MultipartRequest.PortDesc(OfPort.ANY),
            new MultipartRequest.Experimenter(0x2320, 3, Bytes.EMPTY));
    List<OfMessage> all = new ArrayList<>();
    bodies.forEach(b -> all.add(new MultipartRequest(b)));
    return all;
  }

  /** All that a switch sends. */
  public static List<OfMessage> toController() {
    List<OfMessage> all = new ArrayList<>();
    all.add(new Hello(1 << 4 | 1 << 1));
    all.add(OfError.of(OfErrorCode.OFPBIC_DUP_INST, BARRIER));
    all.add(new FeaturesReply(0x1234567890abcdefL, 0, 254, 0, 0x4f, List.of()));
    all.add(new GetConfigReply(new SwitchConfig(SwitchConfig.Frag.NX_MATCH, false, 65535)));
    for (Match m : List.of(inPort(), Match.ANY)) {
      all.add(
          new PacketIn(BufferId.NONE, PACKET.length(), PacketIn.Reason.ACTION, 3, 77, m, PACKET));
      for (long cookie : new long[] {77, -1}) {
        PacketIn cut =
            new PacketIn(BufferId.NONE, 1000, PacketIn.Reason.NO_MATCH, 3, cookie, m, PACKET);
        all.add(cut.as(PacketInFormat.NXT_PACKET_IN2));
      }
    }
    all.add(
        new FlowRemoved(
            tcp(), 100, 5, FlowRemoved.Reason.HARD_TIMEOUT, 2, 10, 5_000_000, 1, 2, 33, 4444));
    all.add(new PortStatus(PortStatus.Reason.MODIFY, port(1, "eth1")));
    all.add(new BarrierReply());
    all.add(new RoleReply(Role.PRIMARY, 5));
    all.add(new GetAsyncReply(new AsyncConfig(3, 0, 7, 7, 0xf, 0)));
    all.add(
        new QueueGetConfigReply(
            OfPort.of(1), List.of(new QueueConfig(1, 10, QueueConfig.NO_RATE))));
    for (MultipartReply.Body b : replies()) {
      all.add(new MultipartReply(b));
    }
    return all;
  }

  private static List<MultipartReply.Body> replies() {
    List<FlowStats> flows = new ArrayList<>();
    for (Match m : matches()) {
      flows.add(flowStats(m, Instructions.apply(List.of(output(1)))));
    }
    for (Instructions i : instructions()) {
      flows.add(flowStats(tcp(), i));
    }
    return List.of(
        new MultipartReply.Desc("Nicira, Inc.", "Open vSwitch", "3.1.0", "None", "None"),
        new MultipartReply.Flow(flows),
        new MultipartReply.Aggregate(10, 2000, 3),
        new MultipartReply.Table(
            List.of(new TableStats(0, 5, 100, 90), new TableStats(1, 0, 0, 0))),
        new MultipartReply.Port(
            List.of(new PortStats(OfPort.LOCAL, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1, 12, 13))),
        new MultipartReply.Queue(List.of(new QueueStats(OfPort.of(1), 2, 3, 4, 5, 6, 7))),
        new MultipartReply.Group(
            List.of(new GroupStats(1, 2, 3, 4, 5, 6, List.of(new GroupStats.BucketCounter(7, 8))))),
        new MultipartReply.GroupDesc(List.of(new GroupDesc(GroupType.SELECT, 1, buckets(5)))),
        new MultipartReply.GroupFeatures(15, 7, List.of(1, 2, 3, 4), List.of(5, 6, 7, 8)),
        new MultipartReply.Meter(
            List.of(new MeterStats(1, 2, 3, 4, 5, 6, List.of(new MeterStats.BandCounter(7, 8))))),
        new MultipartReply.MeterConfig(List.of(meter())),
        new MultipartReply.MeterFeatures(1000, 2, 15, 8, 0),
        new MultipartReply.TableFeatures(List.of(tableFeatures())),
        new MultipartReply.PortDesc(List.of(port(1, "eth1"), port(0xfffffffe, "br0"))));
  }

  static FlowStats flowStats(Match m, Instructions i) {
    return new FlowStats(1, m, 32768, 0xabcdL, 10, 500_000_000, 0, 60, 1, 0, 5, 600, i);
  }

  static FlowMod flowMod(FlowMod.Command c, Match m, Instructions i) {
    boolean add = c == FlowMod.Command.ADD;
    return new FlowMod(
        c,
        m,
        100,
        c.isDelete() ? TableId.ALL : 1,
        add ? 0 : 0x10,
        add ? 0 : 0xf0,
        add ? 0x1234 : FlowMod.NO_COOKIE,
        0,
        30,
        BufferId.NONE,
        OfPort.ANY,
        GroupId.ANY,
        add ? FlowFlags.SEND_FLOW_REM : 0,
        0,
        i);
  }

  private static Bytes text(String s) {
    return Bytes.wrap(s.getBytes(StandardCharsets.US_ASCII));
  }

  private static Action output(int port) {
    return new Action.Output(OfPort.of(port), 0);
  }

  private static List<Bucket> buckets(int weight) {
    return List.of(
        new Bucket(0, weight, OfPort.ANY, GroupId.ANY, List.of(output(1))),
        new Bucket(1, weight, OfPort.ANY, GroupId.ANY, List.of(new Action.PopVlan(), output(2))));
  }

  private static MeterConfig meter() {
    return new MeterConfig(
        1, MeterConfig.KBPS, List.of(new MeterBand(MeterBand.Type.DROP, 1000, 0, 0)));
  }

  static PortDesc port(int number, String name) {
    return new PortDesc(
        OfPort.of(number), 0x505400000001L, name, 1, 1, 0x820, 0, 0x20, 0, 10_000_000, 0);
  }

  static TableFeatures tableFeatures() {
    Set<Field> set = EnumSet.of(Field.ETH_DST, Field.VLAN_VID, Field.IPV4_SRC, Field.METADATA);
    TableFeatures.Abilities a =
        new TableFeatures.Abilities(TableSet.range(4, 253), 0x7e, 0x3ff8001, 0x3ff8001, set, set);
    Set<Field> match = EnumSet.of(Field.IN_PORT, Field.ETH_TYPE, Field.TCP_FLAGS);
    match.addAll(set);
    return new TableFeatures(3, "acl", -1, -1, 1_000_000, a, a, match, set, match);
  }

  static Match inPort() {
    return Match.builder().exact(Field.IN_PORT, 3).exact(Field.METADATA, 0x55).build();
  }

  static Match tcp() {
    return Match.builder()
        .exact(Field.ETH_TYPE, 0x800)
        .exact(Field.IP_PROTO, 6)
        .masked(Field.IPV4_DST, 0x0a000000, 0xff000000L)
        .exact(Field.TCP_DST, 80)
        .build();
  }

  /** Matches that use every field of OpenFlow 1.3, and Nicira's that a flow has. */
  public static List<Match> matches() {
    List<Match> all = new ArrayList<>();
    all.add(Match.ANY);
    all.add(inPort());
    all.add(tcp());
    all.add(
        Match.builder()
            .masked(Field.ETH_DST, 0x010000000000L, 0x010000000000L)
            .exact(Field.ETH_SRC, 0x505400000001L)
            .exact(Field.VLAN_VID, 0x1005)
            .exact(Field.VLAN_PCP, 3)
            .build());
    all.add(Match.builder().masked(Field.VLAN_VID, 0x1000, 0x1000).build());
    all.add(Match.builder().exact(Field.VLAN_VID, 0).build());
    all.add(
        Match.builder()
            .exact(Field.ETH_TYPE, 0x806)
            .exact(Field.ARP_OP, 1)
            .exact(Field.ARP_SPA, 0x0a000001)
            .masked(Field.ARP_TPA, 0x0a000000, 0xffffff00L)
            .exact(Field.ARP_SHA, 7)
            .exact(Field.ARP_THA, 8)
            .build());
    all.add(
        ip(0x800, 17)
            .exact(Field.IP_DSCP, 10)
            .exact(Field.IP_ECN, 2)
            .exact(Field.IP_TTL, 64)
            .masked(Field.UDP_SRC, 0x1000, 0xf000)
            .exact(Field.UDP_DST, 53)
            .build());
    all.add(ip(0x800, 132).exact(Field.SCTP_SRC, 1).exact(Field.SCTP_DST, 2).build());
    all.add(ip(0x800, 1).exact(Field.ICMPV4_TYPE, 8).exact(Field.ICMPV4_CODE, 0).build());
    all.add(Match.builder().exact(Field.ETH_TYPE, 0x800).masked(Field.IP_FRAG, 1, 1).build());
    all.add(ip(0x800, 6).exact(Field.TCP_SRC, 1).masked(Field.TCP_FLAGS, 2, 0x12).build());
    all.add(
        ip(0x86dd, 58)
            .masked(Field.IPV6_SRC, 0x20010db8L << 32, 0, -1L << 32, 0)
            .masked(Field.IPV6_DST, 0xfe80L << 48, 1, -1, -1)
            .exact(Field.IPV6_LABEL, 0x12345)
            .exact(Field.ICMPV6_TYPE, 135)
            .exact(Field.ICMPV6_CODE, 0)
            .masked(Field.ND_TARGET, 0xfe80L << 48, 2, -1, -1)
            .exact(Field.ND_SLL, 9)
            .build());
    all.add(
        ip(0x86dd, 58)
            .exact(Field.ICMPV6_TYPE, 136)
            .exact(Field.ICMPV6_CODE, 0)
            .exact(Field.ND_TLL, 10)
            .build());
    all.add(
        Match.builder()
            .exact(Field.ETH_TYPE, 0x8847)
            .exact(Field.MPLS_LABEL, 1000)
            .exact(Field.MPLS_TC, 3)
            .exact(Field.MPLS_BOS, 1)
            .exact(Field.MPLS_TTL, 60)
            .build());
    all.add(
        Match.builder()
            .exact(Field.REG0, 5)
            .masked(Field.REG15, 0x10, 0xf0)
            .masked(Field.METADATA, 0xff00, 0xffff)
            .exact(Field.TUN_ID, 99)
            .masked(Field.TUN_SRC, 0x0a000000, 0xff000000L)
            .masked(Field.PKT_MARK, 1, 1)
            .build());
    all.add(
        Match.builder()
            .masked(Field.CT_STATE, 0x22, 0x22)
            .exact(Field.CT_ZONE, 5)
            .exact(Field.CT_MARK, 6)
            .masked(Field.CT_LABEL, 0, 1, 0, 1)
            .build());
    return all;
  }

  /** Matches on what OpenFlow 1.3 has and OVS has not. */
  public static List<Match> matchesBeyondOvs() {
    return List.of(
        Match.builder().exact(Field.IN_PORT, 1).exact(Field.IN_PHY_PORT, 2).build(),
        Match.builder().exact(Field.ETH_TYPE, 0x88e7).masked(Field.PBB_ISID, 0x12, 0xff).build(),
        Match.builder().exact(Field.ETH_TYPE, 0x86dd).exact(Field.IPV6_EXTHDR, 0x1ff).build());
  }

  private static Match.Builder ip(int ethType, int proto) {
    return Match.builder().exact(Field.ETH_TYPE, ethType).exact(Field.IP_PROTO, proto);
  }

  /** Instructions with every action that OVS has, each fit for packets of {@link #tcp()}. */
  public static List<Instructions> instructions() {
    List<Instructions> all = new ArrayList<>();
    all.add(Instructions.NONE);
    all.add(Instructions.apply(List.of(new Action.Output(OfPort.CONTROLLER, 65535))));
    all.add(
        Instructions.apply(
            List.of(
                new Action.PushVlan(0x8100),
                Action.SetField.exact(Field.VLAN_VID, 0x1005),
                Action.SetField.exact(Field.VLAN_PCP, 5),
                new Action.PopVlan(),
                new Action.SetQueue(7),
                output(1),
                new Action.PopQueue())));
    all.add(
        Instructions.apply(
            List.of(
                new Action.DecNwTtl(),
                new Action.SetNwTtl(3),
                Action.SetField.exact(Field.IPV4_SRC, 0x0a000009),
                Action.SetField.exact(Field.TCP_DST, 8080),
                Action.SetField.exact(Field.IP_DSCP, 46),
                Action.SetField.exact(Field.ETH_SRC, 0x020000000001L),
                Action.SetField.exact(Field.TUN_ID, 5),
                Action.SetField.exact(Field.IN_PORT, 0xfffffffeL),
                Action.SetField.exact(Field.REG3, 0xffffffffL),
                new Action.Output(OfPort.IN_PORT, 0))));
    all.add(
        Instructions.apply(
            List.of(
                new Action.PushMpls(0x8847),
                new Action.SetMplsTtl(9),
                new Action.DecMplsTtl(),
                Action.SetField.exact(Field.MPLS_LABEL, 77),
                new Action.PopMpls(0x800),
                output(3))));
    all.add(
        Instructions.apply(
            List.of(
                new Action.SetField(Field.ETH_DST, 0, 0x10, 0, 0xf0, true),
                new Action.SetField(Field.REG1, 0, 5, 0, 0xff, true),
                new Action.SetField(Field.TUN_IPV6_DST, 3, 0, 7, 0, true),
                output(1))));
    all.add(
        Instructions.builder()
            .apply(List.of(Action.SetField.exact(Field.METADATA, 4)))
            .clear()
            .write(List.of(new Action.DecNwTtl(), output(4)))
            .metadata(0x1200, 0xff00)
            .gotoTable(9)
            .build());
    all.add(Instructions.builder().write(List.of()).gotoTable(2).build());
    return all;
  }

  /** Actions that OpenFlow 1.3 has and OVS has not. */
  public static List<Action> actionsBeyondOvs() {
    return List.of(
        new Action.CopyTtlOut(),
        new Action.CopyTtlIn(),
        new Action.PushPbb(0x88e7),
        Action.SetField.exact(Field.PBB_ISID, 5),
        new Action.PopPbb());
  }
}
