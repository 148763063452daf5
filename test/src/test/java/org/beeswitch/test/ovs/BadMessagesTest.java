// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The messages of {@link BadMessages}, each to a real Open vSwitch and to {@code bin/beeswitchd}:
 * the same answers, byte for byte, and the same bridge afterwards. What is in {@code
 * docs/departures.md} differs, and fails the test once it does not.
 */
@Tag("system")
class BadMessagesTest {
  @Test
  void areAnsweredAsOpenVswitchDoes() throws Exception {
    RealOvs.assumePossible();
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> departures = new TreeMap<>();
    int messages = 0;
    try (TwoSwitches both = new TwoSwitches()) {
      for (BadMessages.Case c : BadMessages.all()) {
        String theirs = run(both.theirs(), c);
        String ours = run(both.ours(), c);
        messages += c.messages().size();
        if (theirs.equals(ours) == c.departure().isEmpty()) {
          departures.merge(c.departure(), 1, Integer::sum);
        } else {
          wrong.add(
              String.format("%n%s [%s]%nOVS  %s%nours %s", c.name(), c.departure(), theirs, ours));
        }
      }
      assertThat(both.ourLog()).doesNotContain("Exception");
    }
    System.out.printf(
        "figure: bad messages: %d cases of %d messages; as OVS or departing from it by id: %s%n",
        BadMessages.all().size(), messages, departures);
    assertThat(wrong).as("answers that differ, or should and do not").isEmpty();
    departures.remove("");
    assertThat(departures.keySet()).allMatch(KnownDifference::isListed);
  }

  /** The answers to a case's messages, and what the bridge is afterwards. */
  private static String run(Path switchSocket, BadMessages.Case c) throws IOException {
    try (RawPeer first = RawPeer.greeted(switchSocket);
        RawPeer second = RawPeer.greeted(switchSocket);
        RawPeer observer = RawPeer.greeted(switchSocket)) {
      StringBuilder s = new StringBuilder();
      for (BadMessages.Step step : c.messages()) {
        RawPeer p = step.isSecond() ? second : first;
        s.append("\n  ").append(TwoSwitches.exchange(p, List.of(step.bytes())));
      }
      s.append("\n  ").append(TwoSwitches.state(observer));
      TwoSwitches.reset(observer);
      return s.toString();
    }
  }
}
