// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.beeswitch.openflow.codec.Mutator;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Good messages, broken in random ways, to a real Open vSwitch and to {@code bin/beeswitchd}: the
 * same answers, byte for byte, and the same bridge afterwards.
 *
 * <p>Messages go in windows, since what one changes is there for the next. Where an answer differs
 * for a reason that {@code docs/departures.md} has ({@link KnownDifference}), the two bridges are
 * not the same any more: both are made as they were, and the rest of the window begins there.
 */
@Tag("system")
@Tag("soak")
class MutatedMessagesTest {
  private static final int MESSAGES = Seed.sized(2_000, 100_000);
  private static final int WINDOW = 25;

  /** Enough to see what is wrong. */
  private static final int MAX_EXAMPLES = 40;

  private final Map<String, Integer> known = new TreeMap<>();
  private final List<String> wrong = new ArrayList<>();
  private int compared;
  private int errors;
  private int silent;

  @Test
  void areAnsweredAsOpenVswitchDoes() throws Exception {
    RealOvs.assumePossible();
    Random random = Seed.random("MutatedMessagesTest");
    List<byte[]> corpus = new ArrayList<>(Mutator.encode(Samples.toSwitch()));
    for (BadMessages.Case c : BadMessages.all()) {
      c.messages().stream()
          .map(BadMessages.Step::bytes)
          .filter(b -> b[0] == 4)
          .forEach(corpus::add);
    }
    Mutator mutator = new Mutator(random, corpus);
    try (TwoSwitches both = new TwoSwitches()) {
      while (compared < MESSAGES && wrong.size() < MAX_EXAMPLES) {
        List<byte[]> window = new ArrayList<>();
        while (window.size() < WINDOW) {
          byte[] m = mutator.next();
          // Longer than both take in one piece, or a part of which more are awaited: D-PARTS.
          if (m[0] != 4 || m[1] != 18 || m.length < 12 || (m[11] & 1) == 0) {
            window.add(m);
          }
        }
        compare(both, window);
      }
      assertThat(both.ourLog()).doesNotContain("Exception");
    }
    System.out.printf(
        "figure: mutated messages: %d, of which %d got an error and %d silence; known differences"
            + " %s%n",
        compared, errors, silent, known);
    assertThat(wrong).as("answers that differ").isEmpty();
    assertThat(known.keySet()).allMatch(KnownDifference::isListed);
  }

  private void compare(TwoSwitches both, List<byte[]> messages) throws IOException {
    List<byte[]> left = messages;
    while (!left.isEmpty()) {
      try (RawPeer theirs = RawPeer.greeted(both.theirs());
          RawPeer ours = RawPeer.greeted(both.ours())) {
        TwoSwitches.reset(theirs);
        TwoSwitches.reset(ours);
        TwoSwitches.level(theirs, ours);
        int done = compareUntilKnown(theirs, ours, left);
        left = left.subList(done, left.size());
      }
    }
  }

  /** Returns how many messages have been judged. */
  private int compareUntilKnown(RawPeer theirs, RawPeer ours, List<byte[]> messages)
      throws IOException {
    List<String> their = TwoSwitches.exchange(theirs, messages);
    List<String> our = TwoSwitches.exchange(ours, messages);
    for (int i = 0; i < messages.size(); i++) {
      compared++;
      silent += their.get(i).equals("silence") ? 1 : 0;
      errors += their.get(i).contains("ERROR") ? 1 : 0;
      String id = KnownDifference.of(messages.subList(0, i + 1), their.get(i), our.get(i));
      if (!id.isEmpty()) {
        known.merge(id, 1, Integer::sum);
        return i + 1;
      }
      if (!their.get(i).equals(our.get(i))) {
        report("answer", messages.subList(0, i + 1), their.get(i), our.get(i));
        return i + 1;
      }
    }
    String theirState = TwoSwitches.state(theirs);
    String ourState = TwoSwitches.state(ours);
    String id = KnownDifference.ofBridges(messages, theirState, ourState);
    if (!id.isEmpty()) {
      known.merge(id, 1, Integer::sum);
    } else if (theirs.ended() || ours.ended() || !theirState.equals(ourState)) {
      report("bridge", messages, theirState, ourState);
    }
    return messages.size();
  }

  private void report(String what, List<byte[]> messages, String their, String our) {
    StringBuilder s = new StringBuilder("\n" + what + " after");
    messages.forEach(m -> s.append("\n  ").append(HexFormat.of().formatHex(m)));
    wrong.add(s + "\nOVS  " + their + "\nours " + our);
  }
}
