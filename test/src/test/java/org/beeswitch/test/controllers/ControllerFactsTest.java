// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.FlowMods;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.AsyncConfig;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GetAsyncReply;
import org.beeswitch.openflow.msg.GetAsyncRequest;
import org.beeswitch.openflow.msg.GetConfigReply;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.GroupType;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.openflow.msg.SetAsync;
import org.beeswitch.openflow.msg.SetConfig;
import org.beeswitch.openflow.msg.SwitchConfig;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What runs of Floodlight, ONOS, OpenDaylight, Faucet and Ryu against Open vSwitch have shown that
 * a switch must get right, said again by controllers of bytes.
 */
@Tag("system")
class ControllerFactsTest {
  private static final long NO_GENERATION = RoleRequest.NO_GENERATION;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** A bridge with one host, fail mode secure, and this controller. */
  private static void startSwitch(Lab lab, FakeController c) throws Exception {
    lab.startSwitch(
        Lab.bridge("br0", lab.hosts(), "--fail-mode=secure", "--controller=" + c.target()));
  }

  // The greeting.

  /**
   * Floodlight's HELLO says version 6 and offers 1.0 - 1.5: the bitmaps have 1.3 in common, the
   * version fields nothing. Others as they were seen.
   */
  @ParameterizedTest
  @EnumSource
  @ExpectedLog("version negotiation failed")
  void theBitmapOfAHelloDecidesWhateverItsVersionSays(Datapath datapath) throws Exception {
    Map<String, FakeController> common = new LinkedHashMap<>();
    try (Lab lab = new Lab(datapath, 0)) {
      common.put("Floodlight", hello(lab, "06 00 0010 00000001  0001 0008 0000007e"));
      common.put("ONOS", hello(lab, "04 00 0010 00000001  0001 0008 00000072"));
      common.put("OpenDaylight", hello(lab, "04 00 0010 00000001  0001 0008 00000012"));
      common.put("testcontroller", hello(lab, "04 00 0010 00000001  0001 0008 00000010"));
      common.put("os-ken", hello(lab, "04 00 0008 00000001"));
      common.put("no bitmap, newer", hello(lab, "06 00 0008 00000001"));
      FakeController none = hello(lab, "04 00 0010 00000001  0001 0008 00000022");
      List<String> options = new ArrayList<>();
      int n = 0;
      for (FakeController c : common.values()) {
        options.addAll(Lab.bridge("br" + n++, List.of(), "--controller=" + c.target()));
      }
      options.addAll(Lab.bridge("none", List.of(), "--controller=" + none.target()));
      lab.startSwitch(options);

      for (Map.Entry<String, FakeController> c : common.entrySet()) {
        Peer sw = c.getValue().accept();
        Frame hello = sw.awaitFrame("HELLO", f -> f.type() == 0);
        assertThat(hello.version()).as(c.getKey()).isEqualTo(4);
        FeaturesReply features = sw.ask(new FeaturesRequest(), FeaturesReply.class);
        assertThat(features.tableCount()).as(c.getKey()).isEqualTo(254);
      }
      // HELLO_FAILED, INCOMPATIBLE; then the end.
      assertThat(ByteBuffer.wrap(none.awaitRefusal().bytes()).getInt(8)).isZero();
    }
  }

  private static FakeController hello(Lab lab, String hex) throws Exception {
    return lab.fakeController(bytes(hex));
  }

  // Roles.

  @ParameterizedTest
  @EnumSource
  void theGenerationIdOutlivesConnections(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      try (Peer odl = c.accept()) {
        assertThat(role(odl, Role.NOCHANGE, 0)).isEqualTo(new RoleReply(Role.EQUAL, NO_GENERATION));
        assertThat(role(odl, Role.PRIMARY, 1)).isEqualTo(new RoleReply(Role.PRIMARY, 1));
      }
      Peer onos = c.accept();
      assertThat(role(onos, Role.NOCHANGE, 0)).isEqualTo(new RoleReply(Role.EQUAL, 1));
      assertThat(onos.refusal(new RoleRequest(Role.PRIMARY, 0)))
          .isEqualTo(OfErrorCode.OFPRRFC_STALE);
      assertThat(onos.refusal(new RoleRequest(Role.SECONDARY, 0)))
          .isEqualTo(OfErrorCode.OFPRRFC_STALE);
      // What was refused has changed nothing.
      assertThat(role(onos, Role.NOCHANGE, 0)).isEqualTo(new RoleReply(Role.EQUAL, 1));
      assertThat(role(onos, Role.PRIMARY, 2)).isEqualTo(new RoleReply(Role.PRIMARY, 2));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nochangeAnswersAndChangesNothing(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      role(sw, Role.SECONDARY, 7);
      assertThat(role(sw, Role.NOCHANGE, 9)).isEqualTo(new RoleReply(Role.SECONDARY, 7));
      // Had 9 been taken, 8 would be stale.
      assertThat(role(sw, Role.PRIMARY, 8)).isEqualTo(new RoleReply(Role.PRIMARY, 8));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPrimaryMayAskAgainWithTheSameGeneration(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      for (int i = 0; i < 2; i++) {
        assertThat(role(sw, Role.PRIMARY, 0)).isEqualTo(new RoleReply(Role.PRIMARY, 0));
      }
    }
  }

  private static RoleReply role(Peer sw, Role role, long generation) throws Exception {
    return sw.ask(new RoleRequest(role, generation), RoleReply.class);
  }

  // Questions and commands of a handshake.

  /** Floodlight deletes all groups once for each type, on a switch that has none. */
  @ParameterizedTest
  @EnumSource
  void theHandshakeOfFloodlightIsAnswered(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 1)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      for (GroupType t : GroupType.values()) {
        sw.tell(new GroupMod(GroupMod.Command.DELETE, t, GroupId.ALL, List.of()));
      }
      sw.tell(flowMod(FlowMod.Command.DELETE, 0, Instructions.NONE));
      allTableFeaturesComeInParts(sw);
      aConfigReplyComesOnlyWhenAsked(sw);
    }
  }

  /** ONOS chooses its driver by these. */
  @ParameterizedTest
  @EnumSource
  void theDescriptionIsOpenVswitchsUnlessConfigured(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController ours = lab.fakeController();
      FakeController other = lab.fakeController();
      Path file =
          lab.file(
              "desc.toml",
              """
              [[bridge]]
              name = "br0"
              controllers = ["OURS"]
              [[bridge]]
              name = "br1"
              controllers = ["OTHER"]
              [bridge.desc]
              software = "2.17.0"
              serial-number = "7"
              """
                  .replace("OURS", ours.target())
                  .replace("OTHER", other.target()));
      lab.startSwitch(List.of("--conf=" + file));
      assertThat(desc(ours))
          .isEqualTo(
              new MultipartReply.Desc("Nicira, Inc.", "Open vSwitch", "3.1.0", "None", "None"));
      assertThat(desc(other))
          .isEqualTo(
              new MultipartReply.Desc("Nicira, Inc.", "Open vSwitch", "2.17.0", "7", "None"));
    }
  }

  private static MultipartReply.Body desc(FakeController c) throws Exception {
    MultipartRequest question = new MultipartRequest(new MultipartRequest.Desc());
    return c.accept().ask(question, MultipartReply.class).body();
  }

  /** It builds its list of tables from all parts, and waits for the last. */
  private static void allTableFeaturesComeInParts(Peer sw) throws Exception {
    int xid = sw.send(new MultipartRequest(new MultipartRequest.TableFeatures(List.of())));
    List<Integer> tables = new ArrayList<>();
    int parts = 0;
    boolean more = true;
    while (more) {
      Frame f = sw.awaitFrame("part of TABLE_FEATURES", x -> x.xid() == xid);
      more = (f.bytes()[11] & 1) != 0;
      parts++;
      ByteBuffer b = ByteBuffer.wrap(f.bytes(), 16, f.length() - 16);
      while (b.hasRemaining()) {
        int start = b.position();
        int length = b.getShort(start) & 0xffff;
        tables.add(b.get(start + 2) & 0xff);
        b.position(start + length);
      }
    }
    assertThat(parts).isGreaterThan(1);
    assertThat(tables).hasSize(254).isSorted().doesNotHaveDuplicates().endsWith(253);
  }

  /** ONOS closes the connection if one comes later. */
  private static void aConfigReplyComesOnlyWhenAsked(Peer sw) throws Exception {
    sw.tell(new SetConfig(new SwitchConfig(SwitchConfig.Frag.NORMAL, false, 0xffff)));
    sw.tell(portMod(sw, PortDesc.CONFIG_NO_FLOOD, PortDesc.CONFIG_NO_FLOOD));
    assertThat(sw.take(GetConfigReply.class)).isEmpty();
    SwitchConfig config = sw.ask(new GetConfigRequest(), GetConfigReply.class).config();
    assertThat(config).isEqualTo(new SwitchConfig(SwitchConfig.Frag.NORMAL, false, 0xffff));
    sw.barrier();
    assertThat(sw.take(GetConfigReply.class)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void anUnknownVendorIsRefusedAndANiciraMessageThatIsCutIsToo(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      // Vendor 0x00424242, subtype 1; Nicira's flow-mod-table-id (15) without its body.
      byte[] unknown = bytes("04 04 0010 000000a1  00424242 00000001");
      byte[] cut = bytes("04 04 0010 000000a2  00002320 0000000f");
      assertThat(refusal(sw, unknown, 0xa1)).isEqualTo(entry(1, 3));
      assertThat(refusal(sw, cut, 0xa2)).isEqualTo(entry(1, 6));
      // The connection lives on.
      sw.barrier();
    }
  }

  /** Type and code of the error that answers these bytes, and carries them. */
  private static Map.Entry<Integer, Integer> refusal(Peer sw, byte[] request, int xid)
      throws Exception {
    OfMessage answer = sw.askBytes(request, xid);
    assertThat(answer).isInstanceOf(OfError.class);
    OfError e = (OfError) answer;
    assertThat(e.data().array()).isEqualTo(request);
    return entry(e.errorType(), e.code());
  }

  // Ports.

  @ParameterizedTest
  @EnumSource
  void aPortThatIsConfiguredDownIsReported(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 2)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      sw.tell(flowMod(FlowMod.Command.ADD, 0, output(OfPort.NORMAL)));
      lab.awaitPing(lab.host(1), lab.host(2));

      sw.send(portMod(sw, PortDesc.CONFIG_PORT_DOWN, PortDesc.CONFIG_PORT_DOWN));
      PortStatus down = sw.await(PortStatus.class, s -> isDown(s.port()));
      assertThat(down.reason()).isEqualTo(PortStatus.Reason.MODIFY);
      assertThat(down.port().port()).isEqualTo(OfPort.of(1));
      assertThat(lab.host(1).pings(lab.host(2))).isFalse();

      sw.send(portMod(sw, 0, PortDesc.CONFIG_PORT_DOWN));
      sw.await(PortStatus.class, s -> !isDown(s.port()) && !hasNoLink(s.port()));
      lab.awaitPing(lab.host(1), lab.host(2));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWireThatIsPulledIsReported(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 2)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      Peer sw = c.accept();
      sw.tell(flowMod(FlowMod.Command.ADD, 0, output(OfPort.NORMAL)));
      Host two = lab.host(2);
      two.netns().exec("ip", "link", "set", "dev", "eth0", "down");
      PortStatus down = sw.await(PortStatus.class, s -> hasNoLink(s.port()));
      assertThat(down.reason()).isEqualTo(PortStatus.Reason.MODIFY);
      assertThat(down.port().port()).isEqualTo(OfPort.of(2));
      assertThat(isDown(down.port())).isFalse();

      two.netns().exec("ip", "link", "set", "dev", "eth0", "up");
      PortStatus up = sw.await(PortStatus.class, s -> !hasNoLink(s.port()));
      assertThat(up.port().port()).isEqualTo(OfPort.of(2));
      lab.awaitPing(lab.host(1), two);
    }
  }

  private static boolean isDown(PortDesc p) {
    return (p.config() & PortDesc.CONFIG_PORT_DOWN) != 0;
  }

  private static boolean hasNoLink(PortDesc p) {
    return (p.state() & PortDesc.STATE_LINK_DOWN) != 0;
  }

  private static PortMod portMod(Peer sw, int config, int mask) throws Exception {
    MultipartReply ports =
        sw.ask(
            new MultipartRequest(new MultipartRequest.PortDesc(OfPort.ANY)), MultipartReply.class);
    for (PortDesc p : ((MultipartReply.PortDesc) ports.body()).ports()) {
      if (p.port().equals(OfPort.of(1))) {
        return new PortMod(p.port(), p.hwAddr(), config, mask, 0);
      }
    }
    throw new AssertionError("there is no port 1");
  }

  // Connections.

  /**
   * OpenDaylight turns a switch away for a while, with a close after FEATURES_REPLY: the switch
   * comes back, each time later.
   */
  @ParameterizedTest
  @EnumSource
  void aControllerThatTurnsTheSwitchAwayIsAskedAgainWithBackOff(Datapath datapath)
      throws Exception {
    try (Lab lab = new Lab(datapath, 0)) {
      FakeController c = lab.fakeController();
      startSwitch(lab, c);
      List<Long> waitsMs = new ArrayList<>();
      long closedNs = 0;
      for (int i = 0; i < 3; i++) {
        try (Peer sw = c.accept()) {
          if (i > 0) {
            waitsMs.add((System.nanoTime() - closedNs) / 1_000_000);
          }
          sw.ask(new FeaturesRequest(), FeaturesReply.class);
          closedNs = System.nanoTime(); // before the switch can know
        }
      }
      assertThat(waitsMs.get(0)).isGreaterThan(900);
      assertThat(waitsMs.get(1)).isGreaterThan(1900);
      c.accept().barrier();
    }
  }

  // Asynchronous messages.

  /** Faucet and Gauge send one; it has no answer. A second controller shows when it is time. */
  @ParameterizedTest
  @EnumSource
  void packetInsOfAMaskedReasonStop(Datapath datapath) throws Exception {
    try (Lab lab = new Lab(datapath, 1)) {
      FakeController c = lab.fakeController();
      FakeController other = lab.fakeController();
      lab.startSwitch(
          Lab.bridge(
              "br0",
              lab.hosts(),
              "--fail-mode=secure",
              "--controller=" + c.target(),
              "--controller=" + other.target()));
      Peer masked = c.accept();
      Peer open = other.accept();
      masked.tell(flowMod(FlowMod.Command.ADD, 0, output(OfPort.CONTROLLER)));
      lab.host(1).broadcast();
      PacketIn.Reason reason = masked.await(PacketIn.class).reason();
      open.await(PacketIn.class);

      AsyncConfig was = masked.ask(new GetAsyncRequest(), GetAsyncReply.class).config();
      AsyncConfig wanted = new AsyncConfig(0, 0, 7, 7, 0, 0);
      masked.tell(new SetAsync(wanted));
      assertThat(masked.ask(new GetAsyncRequest(), GetAsyncReply.class).config()).isEqualTo(wanted);
      masked.take(PacketIn.class);
      open.take(PacketIn.class);
      lab.host(1).forgetNeighbours();
      lab.host(1).broadcast();
      assertThat(open.await(PacketIn.class).reason()).isEqualTo(reason);
      masked.barrier();
      assertThat(masked.take(PacketIn.class)).isEmpty();

      masked.tell(new SetAsync(was));
      lab.host(1).forgetNeighbours();
      lab.host(1).broadcast();
      masked.await(PacketIn.class);
    }
  }

  private static Instructions output(OfPort port) {
    return Instructions.apply(List.of(new Action.Output(port, 0xffff)));
  }

  private static FlowMod flowMod(FlowMod.Command command, int priority, Instructions i) {
    return FlowMods.of(command, 0, priority, Match.ANY, i, 0, 0);
  }
}
