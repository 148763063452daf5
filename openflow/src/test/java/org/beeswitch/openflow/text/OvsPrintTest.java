// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableSet;
import org.beeswitch.openflow.msg.TableStats;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our text of messages against the one of {@code ovs-ofctl ofp-print}. */
@Tag("system")
class OvsPrintTest {
  private static final Path OFCTL = Path.of("/usr/bin/ovs-ofctl");

  @TempDir Path dir;

  @Test
  void messagesReadAsOvsPrintsThem() throws Exception {
    List<OfMessage> all = new ArrayList<>(Samples.toSwitch());
    all.addAll(Samples.toController());
    all.removeIf(OvsPrintTest::isNicirasOwn);
    compare(all);
  }

  @Test
  void packetsReadAsOvsPrintsThem() throws Exception {
    List<OfMessage> all = new ArrayList<>();
    for (Packet p : packets()) {
      byte[] b = Arrays.copyOfRange(p.data(), p.offset(), p.offset() + p.length());
      for (int length : new int[] {b.length, b.length - 1, 30, 14}) {
        byte[] cut = Arrays.copyOf(b, Math.min(b.length, length));
        all.add(
            new PacketIn(
                BufferId.NONE,
                b.length,
                PacketIn.Reason.ACTION,
                3,
                7,
                Match.builder().exact(Field.IN_PORT, 5).build(),
                Bytes.wrap(cut)));
      }
    }
    compare(all);
  }

  private static List<Packet> packets() {
    Ipv6Address a = new Ipv6Address(0xfe80L << 48, 1);
    Ipv6Address b = new Ipv6Address(0x20010db8L << 32, 0xffff);
    return List.of(
        eth().ipv4("10.0.0.1", "10.0.0.2").tcp(80, 443, 0x12, 0).payload(9).packet(),
        eth().vlan(0x8100, 0x6005).ipv4("10.0.0.1", "10.0.0.2").udp(53, 54).payload(9).packet(),
        eth().vlan(0x88a8, 7).vlan(0x8100, 8).ipv4("1.2.3.4", "5.6.7.8").sctp(1, 2).packet(),
        eth().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 5).payload(20).packet(),
        eth().ipv4("10.0.0.1", "224.0.0.1").igmp(0x16, 0, 0xe0000001L).packet(),
        eth().ipv4("10.0.0.1", "10.0.0.2").ipv4Fragment(7, 0, true).udp(5, 6).payload(99).packet(),
        eth().ipv4("10.0.0.1", "10.0.0.2").ipv4Fragment(7, 64, true).proto(17).payload(9).packet(),
        eth().ipv4("10.0.0.1", "10.0.0.2").proto(89).payload(30).packet(),
        eth().arp(1, 0x020000000001L, 0x0a000001L, 0, 0x0a000002L).packet(),
        eth().ipv6(a, b).tcp(80, 443).payload(5).packet(),
        eth().ipv6(a, b, 0x2c, 0x12345, 64).udp(5, 6).payload(5).packet(),
        eth().ipv6(a, b).nd(135, 0, b).ndOption(1, 0x020000000009L).packet(),
        eth().ipv6(a, b).nd(136, 0, b).ndOption(2, 0x020000000009L).packet(),
        eth().ipv6(a, b).icmpv6(128, 0, 1).payload(8).packet(),
        eth().mpls(0x8847, 0x12345040, 0x00005140).payload(20).packet(),
        eth().type(0x88cc).payload(40).packet(),
        eth().type(20).payload(20).packet());
  }

  private static PacketBuilder eth() {
    return new PacketBuilder().eth(0x0a0b0c0d0e0fL, 0x020304050607L);
  }

  @Test
  void likeTablesAreDittoAsInOvs() throws Exception {
    TableFeatures.Abilities a = abilities(4);
    List<TableFeatures> tables = new ArrayList<>();
    for (int t = 3; t < 9; t++) {
      tables.add(features(t, t == 5 ? "acl" : "", abilities(t + 1), abilities(t + 1)));
    }
    tables.add(features(20, "", a, abilities(21)));
    tables.add(features(21, "", a, abilities(22)));
    tables.add(features(22, "other", a, a));
    compare(List.of(new MultipartReply(new MultipartReply.TableFeatures(tables))));

    List<TableStats> counters =
        List.of(
            new TableStats(0, 1, 2, 3),
            new TableStats(1, 0, 0, 0),
            new TableStats(2, 0, 0, 0),
            new TableStats(3, 0, 0, 0),
            new TableStats(4, 5, 0, -1),
            new TableStats(5, 5, 0, -1));
    compare(List.of(new MultipartReply(new MultipartReply.Table(counters))));
  }

  private static TableFeatures.Abilities abilities(int firstNext) {
    Set<Field> set = Set.of(Field.REG0, Field.REG1, Field.REG2, Field.IPV6_SRC, Field.IPV6_DST);
    return new TableFeatures.Abilities(
        TableSet.range(firstNext, 253), 0x7e, 0x3ff8001, firstNext == 4 ? 1 : 0x3ff8001, set, set);
  }

  private static TableFeatures features(
      int table, String name, TableFeatures.Abilities nonmiss, TableFeatures.Abilities miss) {
    Set<Field> match =
        Set.of(Field.ETH_SRC, Field.ETH_DST, Field.ETH_TYPE, Field.ARP_SPA, Field.ARP_TPA);
    return new TableFeatures(
        table, name, 0xff, 0, 1000, nonmiss, miss, match, Set.of(Field.ETH_SRC), match);
  }

  /** D-TEXT-FEATURES. */
  @Test
  void aFieldOfTwoNamesIsShownWithBoth() throws Exception {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: our text is not compared with OVS's");
    StringBuilder body = new StringBuilder("0000" + "00".repeat(62));
    for (int property = 0; property <= 14; property += 2) {
      boolean lists = property == 8; // the fields to match: in_port as OpenFlow 1.3 has it
      body.append(String.format("%04x%04x", property, lists ? 8 : 4));
      body.append(lists ? "80000004" : "00000000");
    }
    String tables = String.format("%04x", body.length() / 2) + body.substring(4);
    String message =
        String.format("0413%04x00000017", 16 + tables.length() / 2) + "000c000000000000" + tables;
    byte[] bytes = HexFormat.of().parseHex(message);
    assertThat(ofpPrint(bytes)).contains("must exact match: in_port_oxm\n");
    Decoded d = new OfDecoder(Sender.SWITCH).decode(OfVersion.OF13, Unpooled.wrappedBuffer(bytes));
    assertThat(MessageText.of(((Decoded.Good) d).frame(), Names.NONE, MessageText.DUMP))
        .contains("must exact match: in_{port,port_oxm}\n");
  }

  @Test
  void rulesReadAsOvsPrintsThem() throws Exception {
    RandomFlowText random = new RandomFlowText(Seed.random("text-rules"));
    FlowTextParser parser = new FlowTextParser(Names.NONE);
    List<OfMessage> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      List<FlowStats> rules = new ArrayList<>();
      for (int j = 0; j < 30; j++) {
        FlowMod m = parser.line(random.next());
        rules.add(
            new FlowStats(
                m.tableId(),
                m.match(),
                m.priority(),
                m.newCookie(),
                j,
                j % 3 == 0 ? j * 1_000_000 : j * 33_333_330,
                m.idleTimeout(),
                m.hardTimeout(),
                m.flags(),
                0,
                j == 0 ? -1 : j,
                j == 0 ? -1 : 1L << j,
                m.instructions()));
      }
      all.add(new MultipartReply(new MultipartReply.Flow(rules), i == 0));
    }
    compare(all);
  }

  /** Nicira's messages, which OVS knows by name and we do not yet. */
  private static boolean isNicirasOwn(OfMessage m) {
    return m.type() == OfMessage.Type.EXPERIMENTER
        || m instanceof MultipartRequest r && r.body().multipartType() == MultipartType.EXPERIMENTER
        || m instanceof MultipartReply p && p.body().multipartType() == MultipartType.EXPERIMENTER;
  }

  private void compare(List<OfMessage> messages) throws Exception {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: our text is not compared with OVS's");
    OfEncoder encoder = new OfEncoder();
    List<String> differences = new ArrayList<>();
    for (OfMessage m : messages) {
      OfFrame frame = new OfFrame(OfVersion.OF13, 0x17, m);
      ByteBuf buf = encoder.encode(frame, ByteBufAllocator.DEFAULT);
      byte[] bytes = new byte[buf.readableBytes()];
      buf.readBytes(bytes);
      buf.release();
      String ours = MessageText.of(frame, Names.NONE, MessageText.MONITOR);
      String theirs = ofpPrint(bytes);
      if (!ours.equals(theirs)) {
        differences.add("ours " + ours + "OVS  " + theirs + m + "\n");
      }
    }
    assertThat(differences).isEmpty();
  }

  private String ofpPrint(byte[] message) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(OFCTL.toString(), "ofp-print", HexFormat.of().formatHex(message))
            .redirectError(dir.resolve("stderr").toFile())
            .start();
    String out =
        new String(
            Objects.requireNonNull(p.getInputStream()).readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).isZero();
    return out;
  }
}
