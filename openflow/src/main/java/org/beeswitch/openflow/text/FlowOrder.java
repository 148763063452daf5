// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.Comparator;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.FlowStats;

/**
 * Orders in which {@code ovs-ofctl --sort} and {@code --rsort} print flows (OVS {@code
 * compare_flows}).
 */
public final class FlowOrder {
  private FlowOrder() {}

  /**
   * By priority if the name is empty or {@code priority}, by a field of the match otherwise. Flows
   * that do not match on the field come last, ascending and descending.
   */
  public static Comparator<FlowStats> by(String name, boolean descending)
      throws FlowSyntaxException {
    if (name.isEmpty() || name.equalsIgnoreCase("priority")) {
      Comparator<FlowStats> c = Comparator.comparingInt(FlowStats::priority);
      return descending ? c.reversed() : c;
    }
    TextField field = TextField.byName(name);
    if (field == null) {
      throw new FlowSyntaxException(name + ": unknown field name");
    }
    Comparator<Match> byValue = byValue(field);
    Comparator<Match> c = descending ? byValue.reversed() : byValue;
    return (a, b) -> {
      boolean inA = isIn(field, a.match());
      boolean inB = isIn(field, b.match());
      return inA && inB ? c.compare(a.match(), b.match()) : Boolean.compare(inB, inA);
    };
  }

  private static long mask(TextField t) {
    Field f = t.field();
    return f == null || f.isWide() ? -1L : f.wordMask();
  }

  /** How many words the field has. */
  private static int words(TextField t) {
    return t.bytes() > Long.BYTES ? 2 : 1;
  }

  private static boolean isIn(TextField t, Match m) {
    Field f = t.field();
    if (f != null && !m.toBuilder().satisfies(f.prereq())) {
      return false;
    }
    long[] mask = new long[FlowLayout.WORDS];
    m.expand(new long[FlowLayout.WORDS], mask);
    long bits = mask[t.word()] & mask(t);
    return (words(t) == 1 ? bits : bits | mask[t.word() + 1]) != 0;
  }

  private static Comparator<Match> byValue(TextField t) {
    return (a, b) -> {
      long[] left = new long[FlowLayout.WORDS];
      long[] right = new long[FlowLayout.WORDS];
      a.expand(left, new long[FlowLayout.WORDS]);
      b.expand(right, new long[FlowLayout.WORDS]);
      int w = t.word();
      int c = Long.compareUnsigned(left[w] & mask(t), right[w] & mask(t));
      return c == 0 && words(t) == 2 ? Long.compareUnsigned(left[w + 1], right[w + 1]) : c;
    };
  }
}
