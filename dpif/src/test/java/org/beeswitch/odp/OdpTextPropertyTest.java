// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.*;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.PacketBuilder;

class OdpTextPropertyTest {
  /** A key as packets have them, under a mask of any bits. */
  private static void random(Random r, OdpKey key, OdpKey mask) {
    PacketBuilder b = new PacketBuilder().eth(r.nextLong() >>> 16, r.nextLong() >>> 16);
    for (int n = r.nextInt(3); n > 0; n--) {
      b.vlan(r.nextBoolean() ? 0x8100 : 0x88a8, r.nextInt() & 0xefff);
    }
    switch (r.nextInt(6)) {
      case 0 -> b.arp(1 + r.nextInt(2), r.nextLong() >>> 16, r.nextInt(), 5, r.nextInt());
      case 1 -> b.mpls(0x8847, r.nextInt() & ~0x100, r.nextInt() | 0x100);
      case 2 -> b.pbb(r.nextInt(), r.nextLong() >>> 16, r.nextLong() >>> 16);
      case 3 -> {
        b.ipv6(new Ipv6Address(r.nextLong(), 1), new Ipv6Address(r.nextLong(), 0));
        l4(b, r);
      }
      default -> {
        b.ipv4(r.nextInt() & 0xffffffffL, r.nextInt() & 0xffffffffL, r.nextInt(256), 9, 0);
        l4(b, r);
      }
    }
    Flow flow = new Flow();
    FlowParser.parse(b.packet(), flow, new Layers());
    key.project(flow);
    key.words()[0] = (1L + r.nextInt(100)) << 32 | r.nextInt(3);
    for (int i = 0; i < mask.words().length; i++) {
      boolean used = key.words()[i] != 0;
      mask.words()[i] = !used ? 0 : r.nextInt(3) == 0 ? r.nextLong() : r.nextInt(2) - 1L;
    }
    // What says which headers there are is always looked at.
    mask.words()[ETH_DST_TYPE - ODP] |= 0xffff;
    mask.words()[NW - ODP] |= 0xff0000ff00000000L;
    mask.words()[MPLS01 - ODP] |= 0x0000010000000100L;
  }

  private static void l4(PacketBuilder b, Random r) {
    switch (r.nextInt(5)) {
      case 0 -> b.tcp(r.nextInt(65536), 80, r.nextInt(256), 0);
      case 1 -> b.udp(r.nextInt(65536), 53);
      case 2 -> b.sctp(r.nextInt(65536), 7);
      case 3 -> b.icmp(r.nextInt(256), r.nextInt(256), 0);
      default -> b.icmpv6(r.nextInt(256), r.nextInt(2), 0);
    }
  }

  @Property
  void whatIsPrintedIsReadAndPrintedTheSame(@ForAll long seed) throws Exception {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    random(new Random(seed), key, mask);
    OdpKey key2 = new OdpKey();
    OdpKey mask2 = new OdpKey();
    String brief = OdpText.formatKey(key, mask, OdpText.PortNamer.NUMBERS);
    OdpText.parseKey(brief, key2, mask2, OdpText.PortResolver.NONE);
    // The short form of what has been read has zeros where the long one has ignored values.
    assertThat(OdpText.formatKey(key2, mask2, OdpText.PortNamer.NUMBERS)).isEqualTo(brief);
    // OVS shows wildcarded TCP flags as 0/0: the one value that the long form does not keep.
    String verbose =
        OdpText.formatKeyVerbose(key, mask, OdpText.PortNamer.NUMBERS)
            .replace(",tcp_flags(0/0)", "");
    OdpText.parseKey(verbose, key2, mask2, OdpText.PortResolver.NONE);
    assertThat(OdpText.formatKeyVerbose(key2, mask2, OdpText.PortNamer.NUMBERS)).isEqualTo(verbose);
  }

  @Property
  void anyTextIsReadOrRefused(@ForAll long seed) {
    Random r = new Random(seed);
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    random(r, key, mask);
    StringBuilder sb =
        new StringBuilder(OdpText.formatKeyVerbose(key, mask, OdpText.PortNamer.NUMBERS));
    sb.append(",set(ipv4(ttl=3)),push_vlan(tpid=0x88a8,vid=1),userspace(pid=0,slow_path(match))");
    for (int n = 1 + r.nextInt(5); n > 0 && !sb.isEmpty(); n--) {
      int at = r.nextInt(sb.length());
      switch (r.nextInt(3)) {
        case 0 -> sb.deleteCharAt(at);
        case 1 -> sb.insert(at, "(),/=x0-+ ".charAt(r.nextInt(10)));
        default -> sb.setLength(at + 1);
      }
    }
    try {
      OdpText.parseKey(sb.toString(), key, mask, OdpText.PortResolver.NONE);
    } catch (OdpSyntaxException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
    try {
      OdpText.parseActions(
          sb.toString(), new OdpActions(), OdpText.PortResolver.NONE, OdpText.Userdata.RAW);
    } catch (OdpSyntaxException e) {
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }
}
