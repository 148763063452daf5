// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.PacketOut;
import org.junit.jupiter.api.Test;

/**
 * Groups, meters and packet-outs in text; what a real OVS makes of them: {@link OvsCommandsTest}.
 */
class GroupTextParserTest {
  @Test
  void groupsReadAndPrintAsTheSame() throws Exception {
    assertThat(group("group_id=2,type=select,bucket=weight:7,actions=output:1,bucket=actions=drop"))
        .isEqualTo(
            """
            OFPT_GROUP_MOD (OF1.3) (xid=0x0):
             ADD group_id=2,type=select,bucket=weight:7,actions=output:1,bucket=actions=drop
            """);
    assertThat(group("group_id=4,type=fast_failover,bucket=watch_port:1,output:1,2"))
        .isEqualTo(
            """
            OFPT_GROUP_MOD (OF1.3) (xid=0x0):
             ADD group_id=4,type=ff,bucket=watch_port:1,actions=output:1,output:2
            """);
    GroupMod all = new GroupTextParser(Names.NONE).groupMod(GroupMod.Command.DELETE, "");
    assertThat(all.groupId()).isEqualTo(GroupId.ALL);
  }

  @Test
  void badGroupsAreRefusedInTheWordsOfOvs() {
    assertThatThrownBy(() -> group("type=all")).hasMessage("must specify a group_id");
    assertThatThrownBy(() -> group("group_id=1")).hasMessage("must specify a type");
    assertThatThrownBy(() -> group("group_id=1,type=any")).hasMessage("invalid group type any");
    assertThatThrownBy(() -> group("group_id=4294967295,type=all"))
        .hasMessage("invalid group id 4294967295");
    assertThatThrownBy(() -> group("group_id=1,type=all,bucket=weight:1"))
        .hasMessage("bucket must specify actions");
    assertThatThrownBy(() -> group("group_id=1,type=all,bucket=weight:1,output:1"))
        .hasMessage("Only select groups can have bucket weights.");
    assertThatThrownBy(() -> group("group_id=1,type=ff,bucket=output:1"))
        .hasMessage("fast failover bucket requires watch_port or watch_group");
    assertThatThrownBy(() -> group("group_id=1,type=indirect,bucket=output:1,bucket=output:2"))
        .hasMessage("Indirect groups can have at most one bucket.");
  }

  @Test
  void metersReadAndPrintAsTheSame() throws Exception {
    assertThat(meter("meter=2,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5"))
        .isEqualTo(
            """
            OFPT_METER_MOD (OF1.3) (xid=0x0): ADD meter=2 pktps burst stats bands=
            type=drop rate=10 burst_size=5
            """);
    assertThat(MeterTextParser.meterMod(MeterMod.Command.DELETE, "meter=all").meter().meterId())
        .isEqualTo(MeterId.ALL);
    assertThatThrownBy(() -> meter("meter=1,kbps")).hasMessage("must specify bands");
    assertThatThrownBy(() -> meter("meter=1,kbps,bands=rate=5"))
        .hasMessage("band must start with the 'type' keyword");
    assertThatThrownBy(() -> meter("meter=1,bands=type=drop,rate=5"))
        .hasMessage("meter must specify either 'kbps' or 'pktps'");
    assertThatThrownBy(() -> meter("meter=1,kbps,bands=type=drop"))
        .hasMessage("band must have 'rate'");
  }

  @Test
  void packetOutsAreFromTheControllerUnlessTheySay() throws Exception {
    String packet = "ffffffffffff0102030405060800";
    FlowTextParser p = new FlowTextParser(Names.NONE);
    PacketOut out = p.packetOut("packet=" + packet + " actions=mod_nw_src:1.2.3.4,flood");
    assertThat(out.inPort()).isEqualTo(OfPort.CONTROLLER);
    assertThat(out.data()).hasToString(packet);
    assertThat(ActionText.append(new StringBuilder(), out.actions(), Names.NONE))
        .hasToString("set_field:1.2.3.4->ip_src,FLOOD");
    assertThat(p.packetOut("in_port=3,packet=" + packet).inPort()).isEqualTo(OfPort.of(3));
    assertThatThrownBy(() -> p.packetOut("in_port=1 actions=1")).hasMessage("must specify packet");
    assertThatThrownBy(() -> p.packetOut("packet=0102"))
        .hasMessage("packet: Packet data too short for Ethernet");
    assertThatThrownBy(() -> p.packetOut("packet=" + packet + "x"))
        .hasMessage("packet: Trailing garbage in packet data");
    assertThatThrownBy(() -> p.packetOut("in_port=flood packet=" + packet))
        .hasMessage("flood is not a valid OpenFlow port for PACKET_OUT");
  }

  private static String group(String text) throws FlowSyntaxException {
    return print(new GroupTextParser(Names.NONE).groupMod(GroupMod.Command.ADD, text));
  }

  private static String meter(String text) throws FlowSyntaxException {
    return print(MeterTextParser.meterMod(MeterMod.Command.ADD, text));
  }

  private static String print(OfMessage m) {
    return MessageText.of(new OfFrame(OfVersion.OF13, 0, m), Names.NONE, MessageText.DUMP);
  }
}
