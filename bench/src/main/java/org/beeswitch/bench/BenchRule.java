// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier;

/** A rule as small as a rule can be, and tables of them. */
final class BenchRule implements Classifier.Rule {
  private final Match match;
  private final int priority;

  BenchRule(Match match, int priority) {
    this.match = match;
    this.priority = priority;
  }

  @Override
  public Match match() {
    return match;
  }

  @Override
  public int priority() {
    return priority;
  }

  /**
   * {@code n} rules for IPv4 under {@code masks} different masks, with random addresses and
   * priorities: an access list. With one mask they match a destination of 32 bits; with more,
   * prefixes of source and destination, every other one with a TCP port.
   */
  static List<BenchRule> table(int n, int masks, Random random) {
    List<BenchRule> rules = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      rules.add(rule(i % masks, random));
    }
    return rules;
  }

  private static BenchRule rule(int mask, Random random) {
    Match.Builder b = Match.builder().exact(Field.ETH_TYPE, 0x0800);
    prefix(b, Field.IPV4_DST, 32 - mask % 10, random);
    int rest = mask / 10;
    if (rest > 0) {
      prefix(b, Field.IPV4_SRC, 33 - rest, random);
    }
    if (mask % 2 == 1) {
      b.exact(Field.IP_PROTO, 6).exact(Field.TCP_DST, random.nextInt(1000));
    }
    return new BenchRule(b.build(), random.nextInt(60000));
  }

  private static void prefix(Match.Builder b, Field f, int length, Random random) {
    b.masked(f, random.nextInt() & 0xffffffffL, -1L << (32 - length) & 0xffffffffL);
  }

  /** Flows of which every other one is matched by a rule. */
  static Flow[] flows(List<BenchRule> rules, int n, Random random) {
    Flow[] flows = new Flow[n];
    for (int i = 0; i < n; i++) {
      Flow f = new Flow();
      long[] value = f.words();
      if (i % 2 == 0) {
        Match m = rules.get(random.nextInt(rules.size())).match();
        m.expand(value, new long[value.length]);
      } else {
        f.set(Field.IPV4_DST, random.nextInt() & 0xffffffffL);
        f.set(Field.IPV4_SRC, random.nextInt() & 0xffffffffL);
      }
      f.set(Field.ETH_TYPE, 0x0800);
      f.set(Field.IP_PROTO, 6);
      f.set(Field.ETH_SRC, random.nextLong());
      f.set(Field.ETH_DST, random.nextLong());
      f.set(Field.TCP_SRC, random.nextInt(0x10000));
      flows[i] = f;
    }
    return flows;
  }
}
