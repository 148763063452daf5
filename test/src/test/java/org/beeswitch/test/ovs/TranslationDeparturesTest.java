// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.ofproto.classifier.ClassifierEditor;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What docs/departures.md says of translation is so, on Open vSwitch and on Beeswitch. */
@Tag("system")
class TranslationDeparturesTest {
  private static final long A = 0x02_00_00_00_00_0aL;
  private static final long B = 0x02_00_00_00_00_0bL;
  private static final int PORT = 1;

  private static String trace(RealOvs ovs, byte[] frame) {
    return ovs.appctl("ofproto/trace", "br0", "in_port=" + PORT, HexFormat.of().formatHex(frame));
  }

  /** What Beeswitch sends of a packet, with that one rule and nothing learned. */
  private static List<String> ours(String flow, byte[] frame) throws Exception {
    Snapshot random = new RandomTables(1).snapshot(); // for its ports
    BridgeState b = random.bridge(0);
    assertThat(b).isNotNull();
    for (int t = 0; t < BridgeState.TABLES; t++) {
      ClassifierEditor<Rule> e = b.table(t).editor();
      b.table(t).forEach(e::remove);
      b = b.withTable(t, e.build());
    }
    for (MacEntry m : b.macs().oldestFirst()) {
      b = b.withMacs(b.macs().without(m));
    }
    FlowMod m = new FlowTextParser(Names.NONE).line(flow);
    b =
        b.withTable(
            0,
            b.table(0)
                .with(
                    new Rule(
                        0,
                        m.priority(),
                        m.match(),
                        0,
                        0,
                        0,
                        0,
                        m.instructions(),
                        new Counter(0),
                        0,
                        0)));
    Flow f = new Flow();
    FlowParser.parse(frame, 0, frame.length, f, new Layers());
    f.words()[FlowLayout.PORT_RECIRC] = (long) PORT << 32;
    Xlate xlate = new Xlate(odpPort -> odpPort);
    return Outcome.of(MegaflowWidthTest.translate(xlate, random.with(b), b, f).actions, frame, PORT)
        .sent();
  }

  @Test
  void openVswitchReadsOneTagAndLearnsInOrder() throws Exception {
    RealOvs.assumePossible();
    try (RealOvs ovs = RealOvs.start(RandomTables.PORTS)) {
      // D-LEARN-ORDER: that B is behind the port where the packet for B is from.
      String learns = "actions=NORMAL,set_field:" + AddressText.mac(B) + "->eth_src,NORMAL";
      byte[] fromAToB = new PacketBuilder().eth(B, A).ipv4(1, 2).proto(17).payload(20).bytes();
      ovs.ofctl("add-flow", "br0", learns);
      assertThat(trace(ovs, fromAToB)).contains("flooding").contains("Datapath actions: ");
      assertThat(trace(ovs, fromAToB)).endsWith("Datapath actions: drop\n"); // knows both now
      assertThat(ours(learns, fromAToB)).isEmpty();

      // D-VLAN-LIMIT: what is behind two tags.
      String ip = "ip,actions=output:2";
      byte[] twoTags =
          new PacketBuilder()
              .eth(B, A)
              .vlan(0x8100, 5)
              .vlan(0x8100, 6)
              .ipv4(1, 2)
              .proto(17)
              .payload(20)
              .bytes();
      ovs.ofctl("del-flows", "br0");
      ovs.ofctl("add-flow", "br0", ip);
      assertThat(trace(ovs, twoTags)).doesNotEndWith("Datapath actions: drop\n");
      ovs.vsctl("set", "Open_vSwitch", ".", "other_config:vlan-limit=1");
      assertThat(trace(ovs, twoTags)).endsWith("Datapath actions: drop\n");
      assertThat(ours(ip, twoTags)).hasSize(1);
    }
  }
}
