// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

/**
 * Flows in text that somebody got wrong, which we and {@code ovs-ofctl parse-flow} take or refuse
 * alike; what is taken is the same message, as a switch reads it. {@code docs/departures.md} says
 * what may differ.
 */
@Tag("system")
@Tag("soak")
class MutatedFlowTextTest {
  private static final Path OFCTL = Path.of("/usr/bin/ovs-ofctl");
  private static final int TEXTS = Seed.sized(300, 20_000);
  private static final int SHOWN = 20;

  /** A process for each text, for the first error ends it; a shell starts them fastest. */
  private static final String PARSE_EACH =
      "while IFS= read -r text; do ovs-ofctl -O OpenFlow13 -vconsole:off parse-flow -- \"$text\""
          + " 2>&1; echo \"status $?\"; done";

  private static final Pattern METADATA =
      Pattern.compile("write_metadata:(0x[0-9a-f]+|0)/(0x[0-9a-f]+|0)");

  /** Refusals of numbers of which OVS takes the low bits. */
  private static final Pattern NUMBER =
      Pattern.compile(
          "invalid Ethernet address|invalid mac address|invalid IP address|IPv[46] network prefix"
              + " bits not between|(starting|ending) bit|has 20 bits|: unknown \\w+ flag|expecting"
              + " \\[\\]");

  @TempDir Path dir;

  /**
   * What came of a text.
   *
   * @param flow as it prints; empty if refused
   * @param why it was refused
   */
  record Result(String flow, String why) {
    boolean isTaken() {
      return !flow.isEmpty();
    }

    /** What we make of it, through the wire. */
    static Result ours(String text) {
      FlowMod m;
      try {
        m = new FlowTextParser(Names.NONE).flowMod(FlowMod.Command.ADD, text);
      } catch (FlowSyntaxException e) {
        return new Result("", e.text());
      }
      ByteBuf b =
          new OfEncoder().encode(new OfFrame(OfVersion.OF13, 1, m), ByteBufAllocator.DEFAULT);
      Decoded d = new OfDecoder(Sender.CONTROLLER).decode(OfVersion.OF13, b);
      b.release();
      if (d instanceof Decoded.Bad bad) {
        return new Result(" ***decode error: " + bad.code() + "***", "");
      }
      StringBuilder s = new StringBuilder();
      FlowText.append(s, (FlowMod) ((Decoded.Good) d).frame().message(), Names.NONE);
      return new Result(s.toString(), "");
    }

    /** What {@code ovs-ofctl} printed, up to its status. */
    static Result theirs(Iterator<String> lines) {
      String flow = "";
      String why = "";
      while (true) {
        String l = lines.next();
        if (l.startsWith("OFPT_FLOW_MOD")) {
          flow = l.replaceFirst("^.*?\\):", "");
        } else if (l.startsWith("ovs-ofctl: ")) {
          why = l.substring("ovs-ofctl: ".length());
        } else if (l.startsWith("status ")) {
          int status = Integer.parseInt(l.substring("status ".length()));
          return status > 1 ? new Result("", "crashed: " + status) : new Result(flow, why);
        }
      }
    }
  }

  private List<String> texts() throws IOException {
    Random r = Seed.random("mutated-flow-text");
    List<String> good = new ArrayList<>();
    RandomFlowText random = new RandomFlowText(r);
    for (ParseFlowCase c : ParseFlowCase.all()) {
      good.add(c.flow());
      good.add(random.next());
    }
    FlowTextMutator mutator = new FlowTextMutator(r, good);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < TEXTS; i++) {
      texts.add(mutator.next());
    }
    return texts;
  }

  @Test
  void wrongFlowsAreTakenOrRefusedAsByOvs() throws Exception {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: flows are not compared with OVS");
    List<String> texts = texts();
    Path in = Files.write(dir.resolve("texts"), texts);
    Path out = dir.resolve("printed");
    Process p =
        new ProcessBuilder("bash", "-c", PARSE_EACH)
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .start();
    assertThat(p.waitFor()).isZero();
    Iterator<String> printed = Files.readAllLines(out).iterator();
    int taken = 0;
    int sameWords = 0;
    Map<String, Integer> departures = new TreeMap<>();
    List<String> differences = new ArrayList<>();
    for (String text : texts) {
      Result ours = Result.ours(text);
      Result theirs = Result.theirs(printed);
      taken += ours.isTaken() ? 1 : 0;
      if (ours.flow().equals(theirs.flow())) {
        sameWords += ours.why().equals(theirs.why()) ? 1 : 0;
        continue;
      }
      String departure = departure(ours, theirs);
      if (!departure.isEmpty()) {
        departures.merge(departure, 1, Integer::sum);
      } else if (differences.size() < SHOWN) {
        differences.add(text + "\n  ours " + ours + "\n  OVS's " + theirs + "\n");
      }
    }
    System.out.printf(
        "figure: %d wrong flows in text, %d of them taken; %d as ovs-ofctl to the word, %d taken or"
            + " refused otherwise: %s%n",
        texts.size(),
        taken,
        sameWords,
        departures.values().stream().mapToInt(n -> n).sum(),
        departures);
    assertThat(differences).isEmpty();
  }

  /** The line of docs/departures.md that lets the two differ; empty: none. */
  static String departure(Result ours, Result theirs) {
    if (theirs.why().startsWith("crashed")) {
      return "ovs-ofctl " + theirs.why();
    }
    if (ours.why().endsWith("not supported yet")) {
      return "D-TEXT-ACTION";
    }
    if (theirs.isTaken() && NUMBER.matcher(ours.why()).find()) {
      return "D-TEXT-NUMBER";
    }
    if (ours.why().startsWith("unknown table \"\"")) {
      return "D-TEXT-TABLE";
    }
    return ours.flow().equals(withinMask(theirs.flow())) ? "D-TEXT-METADATA" : "";
  }

  private static String withinMask(String flow) {
    return METADATA
        .matcher(flow)
        .replaceAll(
            r -> {
              StringBuilder s = new StringBuilder("write_metadata:");
              ValueText.appendHex(s, 0, hex(r.group(1)) & hex(r.group(2)));
              return Matcher.quoteReplacement(s + "/" + r.group(2));
            });
  }

  private static long hex(String s) {
    return Long.parseUnsignedLong(s.replaceFirst("^0x", ""), 16);
  }
}
