// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketEditor;
import org.beeswitch.flow.RandomPackets;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The law of the two ways to rewrite a packet: the programs in the kernel and {@link PacketEditor}
 * make the same bytes, checksums included, of any frame by any list that the kernel says it
 * supports.
 */
@Tag("system")
class KernelActionsTest {
  private static final int FRAMES = 60_000;
  private static final int ETH_HEADER = 14;

  /** The kernel pops no tag that is followed by half of another. */
  private static final int SHORTEST = 24;

  private static final int LONGEST = 3_400; // that BPF_PROG_TEST_RUN takes
  private static final int ROOM_FOR_TAGS = 16;
  private static final int NO_PORT = 4_000;
  private static final int[] WORDS = {
    FlowLayout.ETH_DST_TYPE,
    FlowLayout.ETH_SRC,
    FlowLayout.VLANS,
    FlowLayout.NW,
    FlowLayout.IPV4,
    FlowLayout.IPV6_SRC,
    FlowLayout.IPV6_SRC + 1,
    FlowLayout.IPV6_DST,
    FlowLayout.IPV6_DST + 1,
    FlowLayout.TP,
    FlowLayout.ARP_SHA,
    FlowLayout.ARP_THA,
    FlowLayout.ND_TARGET,
    FlowLayout.ND_TARGET + 1,
  };

  private static TestProgram program;

  @BeforeAll
  static void load() throws Exception {
    Lab.assumeBpf();
    program = new TestProgram();
  }

  @AfterAll
  static void unload() {
    if (program != null) {
      program.close();
    }
  }

  @Test
  void kernelRewritesAsThePacketEditorDoes() {
    RandomPackets packets = new RandomPackets(KernelParserTest.seed() + 2);
    Random random = new Random(KernelParserTest.seed());
    OdpActions list = new OdpActions();
    int changed = 0;
    for (int i = 0; i < FRAMES; i++) {
      byte[] frame = packets.next();
      if (frame.length < SHORTEST || frame.length > LONGEST) {
        continue;
      }
      randomList(random, list);
      if (tags(frame) + pushes(list) > FlowLayout.MAX_VLANS) {
        continue; // See below.
      }
      assertThat(KernelActions.supports(list)).isTrue();
      byte[] java = edit(frame, list);
      compare(frame, list, java, program.act(frame, 0, list));
      int tpid = Be.get16(frame, 12);
      if (EthType.isVlan(tpid) && frame.length >= ETH_HEADER + 4) {
        byte[] untagged = new byte[frame.length - 4];
        System.arraycopy(frame, 0, untagged, 0, 12);
        System.arraycopy(frame, 16, untagged, 12, untagged.length - 12);
        int tag = tpid << 16 | Be.get16(frame, 14);
        compare(frame, list, java, program.act(untagged, tag, list));
      }
      changed += Arrays.equals(frame, java) ? 0 : 1;
    }
    assertThat(changed).as("frames that lists changed").isGreaterThan(FRAMES / 2);
  }

  /**
   * Behind two tags nothing is parsed. The kernel keeps what it knew of a packet when a third tag
   * comes or goes, the editor parses anew: they differ in what no flow could match on.
   */
  private static int tags(byte[] frame) {
    int n = 0;
    while (frame.length >= 14 + 4 * n && EthType.isVlan(Be.get16(frame, 12 + 4 * n))) {
      n++;
    }
    return n;
  }

  private static int pushes(OdpActions list) {
    int n = 0;
    for (int i = 0; i < list.size(); i++) {
      n += list.kind(i) == OdpActionKind.PUSH_VLAN ? 1 : 0;
    }
    return n;
  }

  private static void randomList(Random r, OdpActions list) {
    list.clear();
    if (r.nextInt(4) == 0) {
      lightList(r, list);
      return;
    }
    for (int n = 1 + r.nextInt(5); n > 0; n--) {
      switch (r.nextInt(8)) {
        case 0 ->
            list.pushVlan(r.nextBoolean() ? EthType.VLAN : EthType.VLAN_8021AD, r.nextInt(0x10000));
        case 1 -> list.popVlan();
        default -> randomSet(r, list);
      }
    }
  }

  private static void randomSet(Random r, OdpActions list) {
    int word = WORDS[r.nextInt(WORDS.length)];
    if (isArpOrNd(word) && setsArpOrNd(list)) {
      return; // What is changed in an invalid message is read back as zero, by a parser.
    }
    long mask = KernelActions.settable(word - FlowLayout.ODP);
    long value = r.nextLong();
    if (word == FlowLayout.VLANS) {
      mask = 0x0000_efff_0000_0000L;
    }
    if (r.nextInt(3) == 0) {
      mask &= r.nextLong();
    } else if (r.nextInt(3) == 0) {
      mask &= 0xffff_ffffL << 32 * r.nextInt(2);
    }
    list.set(word - FlowLayout.ODP, value, mask);
  }

  private static void lightList(Random r, OdpActions list) {
    for (int n = 1 + r.nextInt(Abi.LIGHT_SETS); n > 0; n--) {
      switch (r.nextInt(3)) {
        case 0 -> list.set(FlowLayout.ETH_DST_TYPE - FlowLayout.ODP, r.nextLong(), -1L << 16);
        case 1 -> list.set(FlowLayout.ETH_SRC - FlowLayout.ODP, r.nextLong(), r.nextLong() << 16);
        default ->
            list.set(FlowLayout.NW - FlowLayout.ODP, r.nextLong(), 0xffL << 40 + 8 * r.nextInt(2));
      }
    }
    list.output(NO_PORT);
    assertThat(KernelActions.isLight(list)).isTrue();
  }

  private static boolean isArpOrNd(int word) {
    return word >= FlowLayout.ARP_SHA && word <= FlowLayout.ND_TARGET + 1;
  }

  private static boolean setsArpOrNd(OdpActions list) {
    for (int i = 0; i < list.size(); i++) {
      if (list.kind(i) == OdpActionKind.SET && isArpOrNd(list.word(i) + FlowLayout.ODP)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] edit(byte[] frame, OdpActions list) {
    PacketEditor editor = new PacketEditor();
    Packet p = new Packet(frame.length + ROOM_FOR_TAGS);
    p.set(frame, 0, frame.length);
    editor.begin(p);
    for (int i = 0; i < list.size(); i++) {
      if (list.kind(i) == OdpActionKind.SET) {
        editor.set(list.word(i) + FlowLayout.ODP, list.value(i), list.mask(i));
      } else if (list.kind(i) == OdpActionKind.PUSH_VLAN) {
        editor.pushVlan(list.arg(i) >>> 16, list.arg(i) & 0xffff);
      } else if (list.kind(i) == OdpActionKind.POP_VLAN) {
        editor.popVlan();
      }
    }
    return p.bytes();
  }

  private static void compare(byte[] frame, OdpActions list, byte[] java, byte[] kernel) {
    if (!Arrays.equals(java, kernel)) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < list.size(); i++) {
        text.append(
            String.format(
                "%n%s word %d arg %x value %016x mask %016x",
                list.kind(i), list.word(i), list.arg(i), list.value(i), list.mask(i)));
      }
      HexFormat hex = HexFormat.of();
      throw new AssertionError(
          "frame  "
              + hex.formatHex(frame)
              + "\njava   "
              + hex.formatHex(java)
              + "\nkernel "
              + hex.formatHex(kernel)
              + text);
    }
  }
}
