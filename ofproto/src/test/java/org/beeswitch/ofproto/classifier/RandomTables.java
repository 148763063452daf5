// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import java.util.List;
import java.util.Random;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.Match;

/**
 * Rules and flows over alphabets so small that rules overlap, share prefixes and chain, and flows
 * nearly match: where a classifier has its difficulties.
 */
final class RandomTables {
  private static final long[] IPS = {
    0x0a010200, 0x0a01020f, 0x0a01020e, 0x0a010300, 0x0a020000, 0xc0a80001L, 0xc0a90001L, 0
  };
  private static final int[] IP_LENGTHS = {32, 32, 31, 24, 23, 16, 15, 8, 1};
  private static final int[] IP6_LENGTHS = {128, 127, 96, 65, 64, 63, 56, 48, 10};
  private static final long[] PORTS = {80, 81, 79, 8080, 443, 192, 0};
  private static final long[] PORT_MASKS = {0xffff, 0xffff, 0xfff0, 0xff00, 0x000f, 0x8001};

  private final Random random;
  private final int maxPriority;
  private int made;

  RandomTables(long seed) {
    this.random = new Random(seed);
    this.maxPriority = random.nextBoolean() ? 3 : 100;
  }

  Random random() {
    return random;
  }

  TestRule rule() {
    return new TestRule(match(), random.nextInt(maxPriority), "r" + made++);
  }

  /** A rule that the list has already, with another name, now and then another priority. */
  TestRule variant(List<TestRule> rules) {
    TestRule r = rules.get(random.nextInt(rules.size()));
    int priority = random.nextBoolean() ? r.priority() : random.nextInt(maxPriority);
    return new TestRule(r.match(), priority, "v" + made++);
  }

  Match match() {
    Match.Builder b = Match.builder();
    if (oneIn(4)) {
      b.masked(Field.METADATA, random.nextInt(4), oneIn(2) ? -1L : 1);
    }
    if (oneIn(2)) {
      b.exact(Field.IN_PORT, 1 + random.nextInt(3));
    }
    if (oneIn(4)) {
      b.masked(Field.ETH_DST, mac(), oneIn(3) ? 0x010000000000L : Field.ETH_DST.ones());
    }
    if (oneIn(6)) {
      b.exact(Field.ETH_SRC, mac());
    }
    if (oneIn(6)) {
      b.masked(Field.VLAN_VID, 0x1000 + random.nextInt(3), oneIn(3) ? 0x1000 : 0x1fff);
    }
    switch (random.nextInt(4)) {
      case 0 -> {}
      case 1 -> {
        b.exact(Field.ETH_TYPE, 0x86dd);
        if (oneIn(2)) {
          ip6(b, Field.IPV6_DST);
        }
        if (oneIn(3)) {
          ip6(b, Field.IPV6_SRC);
        }
        l4(b);
      }
      default -> {
        b.exact(Field.ETH_TYPE, oneIn(8) ? 0x0806 : 0x0800);
        if (oneIn(2)) {
          ip4(b, Field.IPV4_DST);
        }
        if (oneIn(3)) {
          ip4(b, Field.IPV4_SRC);
        }
        l4(b);
      }
    }
    return b.build();
  }

  private void l4(Match.Builder b) {
    if (!oneIn(2)) {
      return;
    }
    b.exact(Field.IP_PROTO, 6);
    if (oneIn(3)) {
      b.masked(Field.TCP_SRC, port(), portMask());
    }
    if (oneIn(2)) {
      b.masked(Field.TCP_DST, port(), portMask());
    }
    if (oneIn(4)) {
      b.masked(Field.TCP_FLAGS, random.nextInt(4), 1 + random.nextInt(3));
    }
  }

  private void ip4(Match.Builder b, Field f) {
    long mask =
        oneIn(8)
            ? 0xff00ffL
            : -1L << (32 - IP_LENGTHS[random.nextInt(IP_LENGTHS.length)]) & 0xffffffffL;
    b.masked(f, ip(), mask);
  }

  private void ip6(Match.Builder b, Field f) {
    int n = IP6_LENGTHS[random.nextInt(IP6_LENGTHS.length)];
    b.masked(
        f,
        ip6Hi(),
        ip6Lo(),
        n >= 64 ? -1L : -1L << (64 - n),
        n <= 64 ? 0 : n == 128 ? -1L : -1L << (128 - n));
  }

  Flow flow() {
    Flow f = new Flow();
    f.set(Field.METADATA, random.nextInt(4));
    f.set(Field.IN_PORT, 1 + random.nextInt(3));
    f.set(Field.ETH_DST, mac());
    f.set(Field.ETH_SRC, mac());
    f.set(Field.VLAN_VID, oneIn(2) ? 0 : 0x1000 + random.nextInt(3));
    f.set(Field.IP_PROTO, oneIn(4) ? 17 : 6);
    if (oneIn(4)) {
      f.set(Field.ETH_TYPE, 0x86dd);
      f.set(Field.IPV6_DST, ip6Hi(), ip6Lo());
      f.set(Field.IPV6_SRC, ip6Hi(), ip6Lo());
    } else {
      f.set(Field.ETH_TYPE, oneIn(8) ? 0x0806 : 0x0800);
      f.set(Field.IPV4_DST, ip());
      f.set(Field.IPV4_SRC, ip());
    }
    f.set(Field.TCP_SRC, port());
    f.set(Field.TCP_DST, port());
    f.set(Field.TCP_FLAGS, random.nextInt(4));
    return f;
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private long mac() {
    return oneIn(4) ? 0x01005e000001L : 0x020000000000L + random.nextInt(3);
  }

  private long ip() {
    return IPS[random.nextInt(IPS.length)];
  }

  private long ip6Hi() {
    return oneIn(2) ? 0xaaaabbbb000c000dL : 0xaaaabbbb000c000cL + random.nextInt(4);
  }

  private long ip6Lo() {
    return oneIn(2) ? 0x000e000f00010002L : random.nextInt(4);
  }

  private long port() {
    return PORTS[random.nextInt(PORTS.length)];
  }

  private long portMask() {
    return PORT_MASKS[random.nextInt(PORT_MASKS.length)];
  }
}
