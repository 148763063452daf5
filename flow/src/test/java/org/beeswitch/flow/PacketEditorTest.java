// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Test;

class PacketEditorTest {
  private static final Ipv6Address A6 = new Ipv6Address(0xfd00L << 48, 1);
  private static final Ipv6Address B6 = new Ipv6Address(0xfd00L << 48, 2);

  private final PacketEditor editor = new PacketEditor();
  private final Flow flow = new Flow();
  private final Layers layers = new Layers();

  private static PacketBuilder eth() {
    return new PacketBuilder().eth(0x020000000001L, 0x020000000002L);
  }

  private Flow parse(byte[] b) {
    FlowParser.parse(b, 0, b.length, flow, layers);
    return flow;
  }

  private void set(Packet p, Field f, long value) {
    editor.begin(p);
    assertThat(editor.set(f.word(), value << f.shift(), f.wordMask())).isTrue();
  }

  @Test
  void anythingSetInAnyPacketKeepsItsChecksumsRight() {
    Random r = Seed.random("editor");
    RandomPackets random = new RandomPackets(r.nextLong());
    for (int i = 0; i < 10 * Seed.tries(); i++) {
      byte[] before = random.structured();
      assertThat(Checksums.wrong(before)).isEmpty();
      Packet p = Packet.of(before);
      editor.begin(p);
      for (int n = r.nextInt(4); n >= 0; n--) {
        int word = FlowLayout.ETH_DST_TYPE + r.nextInt(20);
        editor.set(word, r.nextLong(), r.nextInt(3) == 0 ? -1L : r.nextLong());
      }
      assertThat(p.length()).isEqualTo(before.length);
      assertThat(Checksums.wrong(p.bytes())).isEmpty();
      assertThat(Arrays.copyOfRange(editor.flow().words(), FlowLayout.ETH_DST_TYPE, FlowLayout.SKB))
          .isEqualTo(
              Arrays.copyOfRange(
                  parse(p.bytes()).words(), FlowLayout.ETH_DST_TYPE, FlowLayout.SKB));
    }
  }

  @Test
  void anyBytesSurviveAnyEdit() {
    Random r = Seed.random("editor-any");
    RandomPackets random = new RandomPackets(r.nextLong());
    for (int i = 0; i < 10 * Seed.tries(); i++) {
      Packet p = Packet.of(random.next());
      editor.begin(p);
      for (int n = 0; n < 4; n++) {
        editor.set(FlowLayout.ETH_DST_TYPE + r.nextInt(20), r.nextLong(), r.nextLong());
        switch (r.nextInt(6)) {
          case 0 -> editor.pushVlan(EthType.VLAN, r.nextInt());
          case 1 -> editor.popVlan();
          default -> {}
        }
      }
      parse(p.bytes());
    }
  }

  @Test
  void whatIsSetIsWhatIsReadAndNothingElseChanges() {
    Random r = Seed.random("editor-fields");
    RandomPackets random = new RandomPackets(r.nextLong());
    long[] all = new long[FlowLayout.WORDS];
    Arrays.fill(all, -1L);
    int set = 0;
    for (int i = 0; i < 3 * Seed.tries(); i++) {
      byte[] frame = random.structured();
      for (Field f : Field.values()) {
        Flow before = parse(frame).copy();
        if (f.word() < FlowLayout.ETH_DST_TYPE
            || f.word() > FlowLayout.PBB_C_SRC
            || !f.writable()
            || !f.prereq().holds(before.words(), all)
            || !isThere(f, before)) {
          continue;
        }
        long value = r.nextLong() & (1L << Math.min(Math.min(f.bits(), f.storedBits()), 62)) - 1;
        Packet p = Packet.of(frame);
        set(p, f, value);
        Flow after = parse(p.bytes()).copy();
        assertThat(after.get(f)).as("%s in %s", f, before).isEqualTo(value);
        after.set(f, before.get(f));
        if (f.isWide()) {
          after.set(f, before.words()[f.word()], before.words()[f.word() + 1]);
        }
        assertThat(after).as("all but %s", f).isEqualTo(before);
        set++;
      }
    }
    assertThat(set).isGreaterThan(Seed.tries());
  }

  /** Leaves out what a packet may lack in spite of the prerequisites, and what changes others. */
  private boolean isThere(Field f, Flow before) {
    long[] w = before.words();
    boolean whole = (before.get(Field.IP_FRAG) & FlowLayout.FRAG_LATER) == 0;
    return switch (f) {
      case VLAN_VID, VLAN_TCI -> false;
      case VLAN_PCP, MPLS_LABEL, MPLS_TC, MPLS_TTL, PBB_ISID, PBB_UCA, ETH_DST, ETH_SRC -> true;
      case ND_SLL, ND_TLL -> before.get(f) != 0;
      case ND_TARGET -> w[f.word()] != 0;
      case ND_OPTIONS_TYPE -> false;
      case ICMPV6_TYPE, ICMPV6_CODE -> false;
      case ARP_OP, ARP_SPA, ARP_TPA, ARP_SHA, ARP_THA -> w[FlowLayout.IPV4] != 0;
      default -> layers.l4 >= 0 && (f.word() < FlowLayout.TP || whole);
    };
  }

  @Test
  void aPartialChecksumFollowsAddressesAndNothingElse() {
    Packet p = eth().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).payload(9).partialPacket();
    int partial = Be.get16(p.bytes(), 14 + 20 + 16);
    set(p, Field.TCP_DST, 8080);
    assertThat(Be.get16(p.bytes(), 14 + 20 + 16)).isEqualTo(partial);
    set(p, Field.IPV4_DST, 0xc0a80101L);
    editor.pushVlan(EthType.VLAN, 5);
    assertThat(p.csumStart).isEqualTo(14 + 4 + 20);
    Csum.complete(p);
    assertThat(p.bytes())
        .isEqualTo(
            eth()
                .vlan(EthType.VLAN, 5)
                .ipv4("10.0.0.1", "192.168.1.1")
                .tcp(1, 8080)
                .payload(9)
                .bytes());
  }

  @Test
  void aPartialChecksumOfIpv6FollowsItsAddresses() {
    Packet p = eth().ipv6(A6, B6).udp(1, 2).payload(9).partialPacket();
    editor.begin(p);
    editor.set(FlowLayout.IPV6_SRC + 1, 77, -1L);
    Csum.complete(p);
    assertThat(p.bytes())
        .isEqualTo(eth().ipv6(new Ipv6Address(A6.hi(), 77), B6).udp(1, 2).payload(9).bytes());
  }

  /** 0xffff is 0 to whoever adds up, but it is not what the packet says. */
  @Test
  void aWrongChecksumStaysWhereNothingIsChanged() {
    Packet p = eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).packet();
    Be.put16(p.data(), p.offset() + 14 + 10, 0xffff);
    byte[] before = p.bytes();
    editor.begin(p);
    editor.set(Field.IPV6_LABEL.word(), 0x12345, 0xfffff);
    assertThat(p.bytes()).isEqualTo(before);
  }

  @Test
  void noUdpChecksumStaysNone() {
    Packet p = eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).noUdpChecksum().payload(3).packet();
    set(p, Field.IPV4_SRC, 0x0a0000ffL);
    set(p, Field.UDP_DST, 53);
    assertThat(Be.get16(p.bytes(), 14 + 20 + 6)).isZero();
  }

  @Test
  void aUdpChecksumThatComesOutZeroIsWrittenAsOnes() {
    for (int port = 0; port < 0x10000; port++) {
      Packet p = eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(2).packet();
      set(p, Field.UDP_DST, port);
      assertThat(Be.get16(p.bytes(), 14 + 20 + 6)).isNotZero();
    }
  }

  @Test
  void aWrongChecksumStaysWrong() {
    byte[] frame = eth().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).bytes();
    frame[14 + 20 + 16] ^= 4;
    Packet p = Packet.of(frame);
    set(p, Field.TCP_SRC, 99);
    assertThat(Checksums.wrong(p.bytes())).contains("protocol 6");
  }

  @Test
  void payloadOfALaterFragmentIsNoHeader() {
    byte[] frame = eth().ipv4("10.0.0.1", "10.0.0.2").ipv4Fragment(1, 10, true).tcp(1, 2).bytes();
    Packet p = Packet.of(frame);
    set(p, Field.TCP_SRC, 99);
    set(p, Field.IPV4_SRC, 0x0a000009L);
    assertThat(Arrays.copyOfRange(p.bytes(), 34, p.length()))
        .isEqualTo(Arrays.copyOfRange(frame, 34, frame.length));
    assertThat(Checksums.wrong(p.bytes())).isEmpty();
  }

  @Test
  void fragmentsThatAreRewrittenMakeUpARightDatagram() {
    byte[] whole = eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(100).bytes();
    Packet first = fragment(whole, 0, 64, true);
    Packet second = fragment(whole, 64, 108, false);
    for (Packet p : new Packet[] {first, second}) {
      editor.begin(p);
      editor.set(FlowLayout.IPV4, 0xc0a80101_c0a80202L, -1L);
      editor.set(FlowLayout.TP, 0x1234_5678L << 32, -1L << 32);
    }
    byte[] again =
        new PacketBuilder()
            .eth(0, 0)
            .ipv4("192.168.1.1", "192.168.2.2")
            .udp(0x1234, 0x5678)
            .payload(100)
            .bytes();
    byte[] l4 = Arrays.copyOf(Arrays.copyOfRange(first.bytes(), 34, 98), 108);
    System.arraycopy(second.bytes(), 34, l4, 64, 44);
    assertThat(l4).isEqualTo(Arrays.copyOfRange(again, 34, again.length));
    assertThat(Checksums.wrong(second.bytes())).isEmpty();
  }

  /** Bytes {@code from} to {@code to} of a datagram's L4 part as a fragment. */
  private static Packet fragment(byte[] whole, int from, int to, boolean more) {
    return eth()
        .ipv4("10.0.0.1", "10.0.0.2")
        .ipv4Fragment(7, from / 8, more)
        .proto(IpProto.UDP)
        .payload(Arrays.copyOfRange(whole, 34 + from, 34 + to))
        .packet();
  }

  @Test
  void aSourceRoutedDestinationIsNotInTheChecksum() {
    byte[] frame = eth().ipv6(A6, B6).extension(IpProto.ROUTING, 2).udp(1, 2).bytes();
    frame[14 + 40 + 3] = 1; // segments left
    Packet p = Packet.of(frame);
    editor.begin(p);
    editor.set(FlowLayout.IPV6_DST + 1, 77, -1L);
    int field = 14 + 40 + 24 + 6;
    assertThat(Be.get16(p.bytes(), field)).isEqualTo(Be.get16(frame, field));
    editor.set(FlowLayout.IPV6_SRC + 1, 77, -1L);
    assertThat(Be.get16(p.bytes(), field)).isNotEqualTo(Be.get16(frame, field));
  }

  @Test
  void tagsArePushedAndPoppedAtTheFront() {
    byte[] frame = eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes();
    Packet p = Packet.of(frame);
    editor.begin(p);
    editor.pushVlan(EthType.VLAN, 0x1005);
    editor.pushVlan(EthType.VLAN_8021AD, 0x6006);
    assertThat(editor.flow().words()[FlowLayout.VLANS]).isEqualTo(0x88a8_7006_8100_1005L);
    assertThat(p.bytes())
        .isEqualTo(
            eth()
                .vlan(EthType.VLAN_8021AD, 0x6006)
                .vlan(EthType.VLAN, 5)
                .ipv4("10.0.0.1", "10.0.0.2")
                .udp(1, 2)
                .bytes());
    editor.popVlan();
    editor.popVlan();
    editor.popVlan();
    assertThat(p.bytes()).isEqualTo(frame);
  }

  @Test
  void moreTagsThanHeadroomStillFit() {
    Packet p = Packet.of(eth().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes());
    editor.begin(p);
    for (int i = 0; i < 100; i++) {
      editor.pushVlan(EthType.VLAN, i);
    }
    assertThat(p.length()).isEqualTo(14 + 400 + 28);
    assertThat(editor.flow().get(Field.VLAN_VID)).isEqualTo(0x1000 | 99);
  }

  @Test
  void aTagThatChangesLosesItsDei() {
    Packet p =
        Packet.of(eth().vlan(EthType.VLAN, 0x3005).vlan(EthType.VLAN, 0x1009).type(0x9000).bytes());
    editor.begin(p);
    editor.set(FlowLayout.VLANS, 5L << 32, 0xfffL << 32);
    assertThat(Be.get16(p.bytes(), 14)).isEqualTo(0x3005);
    editor.set(FlowLayout.VLANS, 7L << 32, 0xfffL << 32);
    assertThat(Be.get16(p.bytes(), 14)).isEqualTo(0x2007);
    assertThat(Be.get16(p.bytes(), 18)).isEqualTo(0x1009);
  }

  @Test
  void headersBehindMoreTagsThanAFlowShowsCanStillBeSet() {
    PacketBuilder b = new PacketBuilder().eth(1, 2).vlan(EthType.VLAN_8021AD, 20);
    Packet p = b.vlan(EthType.VLAN, 10).ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).payload(9).packet();
    editor.begin(p);
    editor.pushVlan(EthType.VLAN, 30);
    editor.pushVlan(EthType.VLAN, 40);
    editor.set(FlowLayout.IPV4, 0x0b000001L << 32, -1L << 32);
    editor.set(FlowLayout.TP, 77L << 48, 0xffffL << 48);
    editor.set(FlowLayout.VLANS, 50L << 32, 0xfffL << 32);
    assertThat(editor.flow().get(Field.VLAN_VID)).isEqualTo(0x1000 | 50);
    assertThat(editor.flow().get(Field.TCP_SRC)).isEqualTo(77);
    editor.popVlan();
    assertThat(editor.flow().get(Field.VLAN_VID)).isEqualTo(0x1000 | 30);
    editor.popVlan();
    byte[] expected =
        new PacketBuilder()
            .eth(1, 2)
            .vlan(EthType.VLAN_8021AD, 20)
            .vlan(EthType.VLAN, 10)
            .ipv4("11.0.0.1", "10.0.0.2")
            .tcp(77, 2)
            .payload(9)
            .bytes();
    assertThat(p.bytes()).isEqualTo(expected);
  }

  /**
   * The parser shows no ports of a TCP header whose length is impossible, but they can be set bit
   * by bit.
   */
  @Test
  void setsOfOneWordAddUpEvenWhereTheParserReadsNothing() {
    Packet p = new PacketBuilder().eth(2, 1).ipv4("10.0.0.1", "10.0.0.2").tcp(0, 0).packet();
    p.data()[p.offset() + 14 + 20 + 12] = 0;
    editor.begin(p);
    editor.set(FlowLayout.TP, 0x00ffL << 48, 0x00ffL << 48);
    editor.set(FlowLayout.NW, 9L << 40, 0xffL << 40); // has the packet parsed anew
    editor.set(FlowLayout.TP, 0x1200L << 48, 0xff00L << 48);
    assertThat(Be.get16(p.data(), p.offset() + 34)).isEqualTo(0x12ff);
  }
}
