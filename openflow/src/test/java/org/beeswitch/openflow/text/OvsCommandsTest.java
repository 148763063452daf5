// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.PatientClient;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.RealOvs;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GetConfigRequest;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.GroupMod;
import org.beeswitch.openflow.msg.MeterId;
import org.beeswitch.openflow.msg.MeterMod;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.QueueGetConfigRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What we print of a real switch's answers, against what {@code ovs-ofctl} prints of them. Flows
 * that we read from text are in that switch.
 */
@Tag("system")
class OvsCommandsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @Test
  void commandsPrintWhatOvsOfctlPrints() throws Exception {
    assumeTrue(RealOvs.isAvailable(), "no ovs-vswitchd: commands are not compared with OVS");
    try (RealOvs ovs = new RealOvs();
        OfClient<Decoded, OfFrame> client =
            PatientClient.connect(
                Target.parse("unix:" + ovs.mgmt()),
                Path.of("/"),
                new OfMessageCodec(Sender.SWITCH),
                TIMEOUT)) {
      List<String> flows =
          List.of(
              "cookie=5,priority=7,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=mod_nw_src:1.2.3.4,dec_ttl",
              "table=3,idle_timeout=1000,send_flow_rem,icmp6,icmpv6_type=135,actions=controller:64",
              "table=4,dl_vlan=5,actions=strip_vlan,write_actions(output:1),goto_table:9",
              "ipv6,ipv6_dst=fe80::/16,actions=load:5->NXM_NX_REG3[0..15],normal",
              "priority=0,actions=drop");
      List<OfFrame> mods = new ArrayList<>();
      FlowTextParser parser = new FlowTextParser(Names.NONE);
      for (String f : flows) {
        mods.add(frame(client, parser.flowMod(FlowMod.Command.ADD, f)));
      }
      GroupTextParser groups = new GroupTextParser(Names.NONE);
      for (String g :
          List.of(
              "group_id=1,type=all,bucket=output:1,bucket=actions=set_field:5->ip_dscp,output:2",
              "group_id=2,type=select,bucket=weight:7,actions=mod_vlan_vid:3,1,bucket=output:2",
              "group_id=3,type=indirect,bucket=set_queue:3,group:1",
              "group_id=4,type=ff,bucket=watch_port:1,output:1,bucket=watch_group:1,actions=drop")) {
        mods.add(frame(client, groups.groupMod(GroupMod.Command.ADD, g)));
      }
      for (String m :
          List.of(
              "meter=1,kbps,bands=type=drop,rate=1000",
              "meter=2,pktps,burst,stats,bands=type=drop,rate=1000,burst_size=5",
              "meter=controller kbps band=type=drop rate=5")) {
        mods.add(frame(client, MeterTextParser.meterMod(MeterMod.Command.ADD, m)));
      }
      assertThat(client.transactNoReply(mods)).isEmpty();

      compare(
          ovs,
          client,
          "show",
          new FeaturesRequest(),
          new MultipartRequest(new MultipartRequest.PortDesc(OfPort.ANY)),
          new GetConfigRequest());
      compare(ovs, client, "dump-desc", new MultipartRequest.Desc());
      compare(ovs, client, "dump-tables", new MultipartRequest.Table());
      compare(
          ovs, client, "dump-flows", new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL));
      compare(
          ovs,
          client,
          "dump-aggregate",
          new MultipartRequest.Aggregate(MultipartRequest.RuleFilter.ALL));
      compare(ovs, client, "dump-ports", new MultipartRequest.Port(OfPort.ANY));
      compare(ovs, client, "dump-ports-desc", new MultipartRequest.PortDesc(OfPort.ANY));
      compare(ovs, client, "queue-stats", new MultipartRequest.Queue(OfPort.ANY, -1));
      compare(ovs, client, "queue-get-config", new QueueGetConfigRequest(OfPort.ANY));
      compare(ovs, client, "dump-groups", new MultipartRequest.GroupDesc(GroupId.ALL));
      compare(ovs, client, "dump-group-stats", new MultipartRequest.Group(GroupId.ALL));
      compare(ovs, client, "dump-group-features", new MultipartRequest.GroupFeatures());
      compare(ovs, client, "dump-meters", new MultipartRequest.MeterConfig(MeterId.ALL));
      compare(ovs, client, "meter-stats", new MultipartRequest.Meter(MeterId.ALL));
      compare(ovs, client, "meter-features", new MultipartRequest.MeterFeatures());
    }
  }

  private static void compare(
      RealOvs ovs, OfClient<Decoded, OfFrame> client, String command, MultipartRequest.Body request)
      throws IOException, InterruptedException {
    compare(ovs, client, command, new MultipartRequest(request));
  }

  private static void compare(
      RealOvs ovs, OfClient<Decoded, OfFrame> client, String command, OfMessage... requests)
      throws IOException, InterruptedException {
    StringBuilder ours = new StringBuilder();
    for (OfMessage r : requests) {
      for (Decoded d : client.transact(frame(client, r))) {
        assertThat(d).isInstanceOf(Decoded.Good.class);
        ours.append(MessageText.of(((Decoded.Good) d).frame(), Names.NONE, MessageText.DUMP));
      }
    }
    Process p =
        new ProcessBuilder(
                "ovs-ofctl", "-O", "OpenFlow13", command, "unix:" + ovs.mgmt().toString())
            .redirectErrorStream(true)
            .start();
    String theirs = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(theirs).isZero();
    assertThat(steady(ours.toString())).as(command).isEqualTo(steady(theirs));
  }

  private static OfFrame frame(OfClient<Decoded, OfFrame> client, OfMessage m) {
    return new OfFrame(OfVersion.OF13, client.nextXid(), m);
  }

  /** Without transaction ids and durations. */
  private static String steady(String s) {
    return s.replaceAll("xid=0x[0-9a-f]+", "xid").replaceAll("duration[=:][0-9.]+s", "duration");
  }
}
