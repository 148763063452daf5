// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Laws of flows in text, on random ones. */
class RandomFlowTextTest {
  private static final Path OFCTL = Path.of("/usr/bin/ovs-ofctl");

  @TempDir Path dir;

  @Test
  void whatIsPrintedReadsAsTheSame() throws Exception {
    FlowTextParser p = new FlowTextParser(Names.NONE);
    for (String text : random("text-round-trip")) {
      FlowMod m = p.line(text);
      StringBuilder again = new StringBuilder("table=" + m.tableId() + ",");
      MatchText.append(again, m.match(), m.priority(), Names.NONE).append(" actions=");
      ActionText.append(again, m.instructions(), Names.NONE);
      FlowMod n = p.line(again.toString());
      assertThat(n.match()).as(text).isEqualTo(m.match());
      assertThat(n.instructions()).as(text).isEqualTo(m.instructions());
      assertThat(n.priority()).as(text).isEqualTo(m.priority());
    }
  }

  /** What the parser makes of text is what a switch gets: nothing is lost on the wire. */
  @Test
  void flowsArriveAsTheyWereRead() throws Exception {
    FlowTextParser p = new FlowTextParser(Names.NONE);
    OfEncoder encoder = new OfEncoder();
    OfDecoder decoder = new OfDecoder(Sender.CONTROLLER);
    for (String text : random("text-wire")) {
      OfFrame f = new OfFrame(OfVersion.OF13, 1, p.line(text));
      ByteBuf b = encoder.encode(f, ByteBufAllocator.DEFAULT);
      Decoded d = decoder.decode(OfVersion.OF13, b);
      b.release();
      assertThat(d).as(text).isEqualTo(new Decoded.Good(f));
    }
  }

  @Test
  @Tag("system")
  void ovsMakesTheSameOfRandomFlows() throws Exception {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: flows are not compared with OVS");
    List<String> flows = random("text-ovs");
    Path file = Files.write(dir.resolve("flows"), flows);
    Process p =
        new ProcessBuilder(OFCTL.toString(), "-O", "OpenFlow13", "parse-flows", file.toString())
            .redirectError(dir.resolve("stderr").toFile())
            .start();
    List<String> theirs =
        new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(l -> l.startsWith("OFPT_FLOW_MOD"))
            .toList();
    assertThat(p.waitFor()).as(Files.readString(dir.resolve("stderr"))).isZero();
    assertThat(theirs).hasSameSizeAs(flows);
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < flows.size() && differences.size() < 10; i++) {
      String ours = ParseFlowCase.ours(flows.get(i));
      String ovs = theirs.get(i).replaceFirst("^.*?\\):", "");
      if (!ours.equals(ovs)) {
        differences.add(flows.get(i) + "\n  ours " + ours + "\n  OVS  " + ovs);
      }
    }
    assertThat(differences).isEmpty();
  }

  private static List<String> random(String name) {
    RandomFlowText r = new RandomFlowText(Seed.random(name));
    List<String> flows = new ArrayList<>();
    for (int i = 0; i < Seed.tries(); i++) {
      flows.add(r.next());
    }
    return flows;
  }
}
