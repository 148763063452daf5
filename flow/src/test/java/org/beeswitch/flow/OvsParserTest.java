// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The parser against the one of a real OVS: {@code ovs-ofctl parse-pcap}, which needs no daemon.
 */
@Tag("system")
class OvsParserTest {
  private static final Path OFCTL = Path.of("/usr/bin/ovs-ofctl");

  private final Flow flow = new Flow();
  private final Layers layers = new Layers();

  @TempDir Path dir;

  @Test
  void ovsReadsTheSameFlowFromRandomPackets() throws Exception {
    RandomPackets random = new RandomPackets(Seed.random("ovs-parser").nextLong());
    List<byte[]> frames = new ArrayList<>();
    while (frames.size() < 30 * Seed.tries()) {
      byte[] f = random.next();
      if (f.length > 0) {
        frames.add(f);
      }
    }
    compare(frames);
  }

  @Test
  void ovsStopsWhereWeStopWhenAPacketIsCut() throws Exception {
    RandomPackets random = new RandomPackets(Seed.random("ovs-parser-cut").nextLong());
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < Seed.tries() / 5; i++) {
      byte[] f = random.structured();
      for (int n = 1; n <= f.length; n++) {
        frames.add(Arrays.copyOf(f, n));
      }
    }
    compare(frames);
  }

  private void compare(List<byte[]> frames) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: the parser is not compared with OVS");
    Path pcap = dir.resolve("frames.pcap");
    Files.write(pcap, pcap(frames));
    Process p =
        new ProcessBuilder(OFCTL.toString(), "parse-pcap", pcap.toString())
            .redirectError(dir.resolve("stderr").toFile())
            .start();
    List<String> theirs = p.inputReader().lines().toList();
    assertThat(p.waitFor()).isZero();
    assertThat(theirs).hasSize(frames.size());
    List<String> differences = new ArrayList<>();
    int ownLimit = 0;
    for (int i = 0; i < frames.size() && differences.size() < 10; i++) {
      byte[] f = frames.get(i);
      FlowParser.parse(f, 0, f.length, flow, layers);
      String ours = OvsFlowText.of(flow);
      if (ours.equals(theirs.get(i))) {
        continue;
      }
      if (isOurOwnLimit()) {
        ownLimit++;
      } else {
        differences.add(
            HexFormat.of().formatHex(f) + "\n  ours " + ours + "\n  OVS  " + theirs.get(i));
      }
    }
    assertThat(differences).isEmpty();
    assertThat(ownLimit).isLessThan(frames.size() / 50);
  }

  /**
   * Whether one of the bounds that OVS does not have may have ended our parsing: eight IPv6
   * extension headers, eight ND options of at least eight bytes.
   */
  private boolean isOurOwnLimit() {
    int proto = (int) flow.get(Field.IP_PROTO);
    boolean manyHeaders =
        FlowParser.isExtension(proto) && (flow.get(Field.IP_FRAG) & FlowLayout.FRAG_LATER) == 0;
    boolean manyOptions =
        proto == IpProto.ICMPV6 && layers.end - layers.l4 >= 24 + 8 * FlowParser.MAX_ND_OPTS + 8;
    return flow.get(Field.ETH_TYPE) == EthType.IPV6 && manyHeaders || manyOptions;
  }

  private static byte[] pcap(List<byte[]> frames) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0xa1b2c3d4);
    out.writeInt(0x00020004);
    out.writeLong(0);
    out.writeInt(65_535);
    out.writeInt(1);
    for (byte[] f : frames) {
      out.writeLong(0);
      out.writeInt(f.length);
      out.writeInt(f.length);
      out.write(f);
    }
    return bytes.toByteArray();
  }
}
