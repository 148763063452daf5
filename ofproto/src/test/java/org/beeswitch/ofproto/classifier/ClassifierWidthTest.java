// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.Match;
import org.junit.jupiter.api.Test;

/**
 * How many bits a lookup looks at, on the tables of OVS's {@code tests/classifier.at}. What
 * translation adds there to every megaflow ({@code eth_type}, {@code nw_frag}, {@code in_port}) is
 * not the classifier's and not here.
 */
class ClassifierWidthTest {
  private final ClassifierEditor<TestRule> editor = Classifier.<TestRule>empty().editor();
  private final LookupScratch scratch = new LookupScratch();

  private void rule(String name, int priority, Consumer<Match.Builder> fields) {
    Match.Builder b = Match.builder();
    fields.accept(b);
    editor.insert(new TestRule(b.build(), priority, name));
  }

  /** Looks up, and expects the rule and exactly the bits of the mask that is built. */
  private void expect(Flow flow, String rule, Consumer<Match.Builder> lookedAt) {
    FlowMask wc = new FlowMask();
    TestRule found = editor.build().lookup(flow, wc, scratch);
    Match.Builder expected = Match.builder();
    lookedAt.accept(expected);
    for (int w = 0; w < FlowLayout.WORDS; w++) {
      assertThat(Long.toHexString(wc.words()[w]))
          .as("word " + w)
          .isEqualTo(Long.toHexString(expected.maskWords()[w]));
    }
    assertThat(found).hasToString(rule);
  }

  private static void ip(Match.Builder b) {
    b.exact(Field.ETH_TYPE, 0x0800);
  }

  private static void tcp(Match.Builder b) {
    ip(b);
    b.exact(Field.IP_PROTO, 6);
  }

  private static void tcp6(Match.Builder b) {
    b.exact(Field.ETH_TYPE, 0x86dd).exact(Field.IP_PROTO, 6);
  }

  private static void inPort(Match.Builder b, int port) {
    b.exact(Field.IN_PORT, port);
  }

  private static void net(Match.Builder b, Field f, String address, int length) {
    ByteBuffer a = address(address);
    if (a.remaining() == 4) {
      b.masked(f, a.getInt(), -1L << (32 - length) & 0xffffffffL);
    } else {
      b.masked(f, a.getLong(), a.getLong(), prefix(length), prefix(length - 64));
    }
  }

  private static long prefix(int length) {
    return length <= 0 ? 0 : length >= 64 ? -1L : -1L << (64 - length);
  }

  private static ByteBuffer address(String text) {
    try {
      return ByteBuffer.wrap(InetAddress.getByName(text).getAddress());
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Flow tcpFlow(int inPort, String src, String dst, int tpSrc, int tpDst) {
    Flow f = new Flow();
    f.set(Field.IN_PORT, inPort);
    f.set(Field.ETH_SRC, 0x505400000005L);
    f.set(Field.ETH_DST, 0x505400000007L);
    f.set(Field.IP_PROTO, 6);
    f.set(Field.IP_TTL, 128);
    f.set(Field.TCP_SRC, tpSrc);
    f.set(Field.TCP_DST, tpDst);
    ByteBuffer s = address(src);
    ByteBuffer d = address(dst);
    if (s.remaining() == 4) {
      f.set(Field.ETH_TYPE, 0x0800);
      f.set(Field.IPV4_SRC, s.getInt() & 0xffffffffL);
      f.set(Field.IPV4_DST, d.getInt() & 0xffffffffL);
    } else {
      f.set(Field.ETH_TYPE, 0x86dd);
      f.set(Field.IPV6_SRC, s.getLong(), s.getLong());
      f.set(Field.IPV6_DST, d.getLong(), d.getLong());
    }
    return f;
  }

  private void segmentationTable() {
    rule("1-net", 16, b -> rule(b, 1, "10.1.0.0", 16));
    rule("1-host", 32, b -> rule(b, 1, "10.1.2.15", 32));
    rule(
        "1-http",
        33,
        b -> {
          rule(b, 1, "10.1.2.15", 32);
          b.exact(Field.TCP_DST, 80);
        });
    rule("1-rest", 0, b -> rest(b, 1));
    rule("2-net", 16, b -> rule(b, 2, "192.168.0.0", 16));
    rule("2-rest", 0, b -> rest(b, 2));
    rule(
        "3-net",
        16,
        b -> {
          inPort(b, 3);
          tcp(b);
          net(b, Field.IPV4_SRC, "10.1.0.0", 16);
        });
    rule("3-rest", 0, b -> rest(b, 3));
  }

  private static void rule(Match.Builder b, int inPort, String dst, int length) {
    inPort(b, inPort);
    tcp(b);
    net(b, Field.IPV4_DST, dst, length);
  }

  private static void rest(Match.Builder b, int inPort) {
    inPort(b, inPort);
    ip(b);
  }

  @Test
  void aMissInAnEarlyStageLeavesLaterOnesWild() {
    segmentationTable();
    expect(
        tcpFlow(2, "192.168.0.1", "192.168.0.2", 8, 80),
        "2-net/16",
        b -> rule(b, 2, "192.168.0.0", 16));
  }

  @Test
  void aPrefixThatNobodyHasIsDisprovenByItsFirstDifferentBit() {
    segmentationTable();
    expect(
        tcpFlow(1, "192.168.0.1", "11.1.2.15", 8, 80),
        "1-rest/0",
        b -> {
          rest(b, 1);
          net(b, Field.IPV4_DST, "11.0.0.0", 8);
        });
  }

  @Test
  void aHitLooksAtItsWholeMask() {
    segmentationTable();
    expect(
        tcpFlow(1, "192.168.0.1", "10.1.2.15", 8, 80),
        "1-http/33",
        b -> {
          rule(b, 1, "10.1.2.15", 32);
          b.exact(Field.TCP_DST, 80);
        });
  }

  @Test
  void aPortThatNobodyHasIsDisprovenByItsFirstDifferentBit() {
    segmentationTable();
    expect(
        tcpFlow(1, "192.168.0.1", "10.1.2.15", 8, 79),
        "1-host/32",
        b -> {
          rule(b, 1, "10.1.2.15", 32);
          b.masked(Field.TCP_DST, 0x40, 0xfff0);
        });
  }

  private void finalStageTable() {
    rule(
        "psh",
        33,
        b -> {
          inPort(b, 1);
          tcp(b);
          b.exact(Field.TCP_DST, 80).masked(Field.TCP_FLAGS, 8, 8);
        });
    rule("rest", 0, b -> rest(b, 1));
  }

  @Test
  void portsThatSomebodyHasDoNotProveAMissOfOtherFields() {
    finalStageTable();
    expect(
        tcpFlow(1, "192.168.0.1", "192.168.0.2", 8, 80),
        "rest/0",
        b -> {
          inPort(b, 1);
          tcp(b);
          b.exact(Field.TCP_DST, 80).masked(Field.TCP_FLAGS, 8, 8);
        });
  }

  /** OVS looks at the flags too. */
  @Test
  void portsThatNobodyHasAreProofEnough() {
    finalStageTable();
    for (int port : new int[] {79, 81}) {
      expect(
          tcpFlow(1, "192.168.0.1", "192.168.0.2", 8, port),
          "rest/0",
          b -> {
            inPort(b, 1);
            tcp(b);
            b.masked(Field.TCP_DST, port, port == 79 ? 0xfff0 : 0xffff);
          });
    }
  }

  @Test
  void icmpTypeAndCodeArePortsToTheTrie() {
    rule(
        "nd",
        16,
        b -> {
          inPort(b, 2);
          b.exact(Field.ETH_TYPE, 0x86dd).exact(Field.IP_PROTO, 58).exact(Field.IP_TTL, 255);
          b.exact(Field.ICMPV6_TYPE, 135).exact(Field.ICMPV6_CODE, 0);
          net(b, Field.ND_TARGET, "1000::1", 128);
        });
    rule(
        "rest",
        0,
        b -> {
          inPort(b, 2);
          b.exact(Field.ETH_TYPE, 0x86dd);
        });
    Flow echo = tcpFlow(2, "1000::3", "1000::4", 128, 0);
    echo.set(Field.IP_PROTO, 58);
    echo.set(Field.IP_TTL, 255);
    expect(
        echo,
        "rest/0",
        b -> {
          inPort(b, 2);
          b.exact(Field.ETH_TYPE, 0x86dd).exact(Field.IP_PROTO, 58).exact(Field.IP_TTL, 255);
          b.masked(Field.ICMPV6_TYPE, 0x80, 0xfffc);
        });
  }

  private void prefixTable() {
    rule("net", 16, b -> rule(b, 1, "10.1.0.0", 16));
    rule(
        "subnet",
        32,
        b -> {
          rule(b, 1, "10.1.2.0", 24);
          b.exact(Field.TCP_SRC, 79);
        });
    for (int port : new int[] {80, 8080, 192}) {
      rule(
          "host" + port,
          33,
          b -> {
            rule(b, 1, "10.1.2.15", 32);
            b.exact(Field.TCP_DST, port);
          });
    }
    rule("rest", 0, b -> rest(b, 1));
    rule("2-net", 16, b -> rule(b, 2, "192.168.0.0", 16));
  }

  @Test
  void aPrefixOfAnotherPortsRuleIsLookedAtOnlyToItsEnd() {
    prefixTable();
    expect(
        tcpFlow(1, "192.168.0.1", "192.168.0.2", 8, 80),
        "rest/0",
        b -> rule(b, 1, "192.168.0.0", 16));
  }

  @Test
  void sourceAndDestinationPortsArePrunedIndependently() {
    prefixTable();
    expect(
        tcpFlow(1, "192.168.0.1", "10.1.2.15", 8, 79),
        "net/16",
        b -> {
          rule(b, 1, "10.1.2.15", 32);
          b.masked(Field.TCP_SRC, 0, 0xffc0).masked(Field.TCP_DST, 0x40, 0xfff0);
        });
  }

  @Test
  void bothAddressesHaveTriesInBothVersionsOfIp() {
    rule(
        "net4",
        16,
        b -> {
          rule(b, 1, "10.1.0.0", 16);
          net(b, Field.IPV4_SRC, "10.2.0.0", 16);
        });
    rule(
        "host4",
        33,
        b -> {
          rule(b, 1, "10.1.2.15", 32);
          net(b, Field.IPV4_SRC, "10.2.2.14", 32);
          b.exact(Field.TCP_DST, 80);
        });
    rule(
        "odd4",
        16,
        b -> {
          rule(b, 1, "192.168.0.0", 16);
          net(b, Field.IPV4_SRC, "192.168.0.0", 15);
        });
    rule("net6", 16, b -> net6(b, "aaaa:bbbb:c:d:e:f::", "aaaa:bbbb:c:d:a:f::", 96));
    rule(
        "host6",
        33,
        b -> {
          net6(b, "aaaa:bbbb:c:d:e:f:1:2", "aaaa:bbbb:c:d:a:f:1:2", 128);
          b.exact(Field.TCP_DST, 80);
        });
    rule("odd6", 16, b -> net6(b, "cccc:dddd:a:b:c:c::", "cccc:dddd:a:b:c:c::", 95));
    expect(
        tcpFlow(1, "192.168.0.1", "192.168.0.2", 8, 80),
        "odd4/16",
        b -> {
          rule(b, 1, "192.168.0.0", 16);
          net(b, Field.IPV4_SRC, "192.168.0.0", 15);
        });
    expect(
        tcpFlow(1, "cccc:dddd:a:b:c:d:7:8", "cccc:dddd:a:b:c:d:7:9", 8, 80),
        "odd6/16",
        b -> net6(b, "cccc:dddd:a:b:c:c::", "cccc:dddd:a:b:c:c::", 95));
  }

  private static void net6(Match.Builder b, String src, String dst, int length) {
    inPort(b, 1);
    tcp6(b);
    net(b, Field.IPV6_SRC, src, length);
    net(b, Field.IPV6_DST, dst, length);
  }

  @Test
  void rulesThatCannotWinAreNotLookedAt() {
    rule("best", 100, b -> inPort(b, 1));
    rule("lower", 50, b -> net(b, Field.IPV4_DST, "10.0.0.0", 8));
    expect(tcpFlow(1, "10.0.0.1", "10.0.0.2", 1, 2), "best/100", b -> inPort(b, 1));
  }

  /** The second subtable has a rule above the first one's, but not for this input port. */
  @Test
  void partsOfASubtableThatCannotWinAreNotLookedAt() {
    rule("best", 100, b -> b.exact(Field.ETH_DST, 0x505400000007L));
    rule("other", 100, b -> b.exact(Field.ETH_DST, 0x505400000008L));
    for (int i = 0; i < 3; i++) {
      int last = i;
      rule("low" + i, 10, b -> rule(b, 1, "10.0.0." + last, 32));
      rule("high" + i, 90 + i, b -> rule(b, 2, "10.0.0." + last, 32));
    }
    rule("lowest", 5, b -> b.exact(Field.ETH_SRC, 1));
    rule("highest", 101, b -> b.exact(Field.ETH_SRC, 2));
    expect(
        tcpFlow(1, "10.0.0.9", "10.0.0.1", 1, 2),
        "best/100",
        b -> b.exact(Field.ETH_SRC, 0).exact(Field.ETH_DST, 0));
    rule("decisive", 102, b -> rule(b, 2, "10.0.0.3", 32));
    // Now the addresses' subtable is searched first, and without a rule found all of it counts.
    expect(
        tcpFlow(1, "10.0.0.9", "10.0.0.1", 1, 2),
        "best/100",
        b -> {
          b.exact(Field.ETH_SRC, 0).exact(Field.ETH_DST, 0);
          rule(b, 1, "10.0.0.1", 32);
        });
    rule("firstFound", 103, b -> b.exact(Field.ETH_DST, 0x505400000009L));
    expect(
        tcpFlow(1, "10.0.0.9", "10.0.0.1", 1, 2),
        "best/100",
        b -> {
          b.exact(Field.ETH_SRC, 0).exact(Field.ETH_DST, 0);
          inPort(b, 1);
        });
  }
}
