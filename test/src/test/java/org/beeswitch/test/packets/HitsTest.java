// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.beeswitch.dpif.DpifStats;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The second packet is a hit: every kind of frame, untagged, tagged and doubly tagged, times every
 * kind of action.
 *
 * <p>The frames are sent through a case's rules all at once, twice. The first time each may miss.
 * The second time no handler may hear of any, none may be missed, all must be counted as hits; and
 * both times exactly the frames that {@link FrameModel} says must leave, by the right ports. They
 * are addressed to the port's own device, which has an IPv4 address: if the host's stack got any,
 * it would count and answer.
 */
@Tag("system")
class HitsTest {
  private static final int PORTS = 3;

  /** Enough to see what is wrong. */
  private static final int MAX_COMPLAINTS = 60;

  @ParameterizedTest
  @EnumSource
  void theSecondPacketIsForwardedByTheDatapath(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, PORTS)) {
      s.netns.exec("ip", "addr", "add", "10.0.0.1/24", "dev", "s1");
      List<FrameModel> frames = FrameModel.all(s.macOfPort(ActionCase.IN));
      ActionCase.teach(s);
      Map<String, Long> hostBefore = hostCounters(s);
      List<String> wrong = new ArrayList<>();
      List<ActionCase> cases = ActionCase.all();
      for (ActionCase a : cases) {
        s.replaceRules(a.rules());
        List<String> complaints = new ArrayList<>();
        round(s, a, frames, false, complaints);
        if (complaints.isEmpty()) {
          round(s, a, frames, true, complaints);
        }
        if (!complaints.isEmpty()) {
          wrong.addAll(oneByOne(s, a, frames));
        }
      }
      System.out.printf(
          "%s: %d combinations of %d kinds of frames and %d of actions%n",
          backend, frames.size() * cases.size(), frames.size(), cases.size());
      assertThat(wrong.stream().limit(MAX_COMPLAINTS).collect(Collectors.joining("\n")))
          .as("%s combinations are wrong", wrong.size())
          .isEmpty();
      assertThat(hostCounters(s)).isEqualTo(hostBefore);
    }
  }

  /** Which frames it is, after the lot of them went wrong. */
  private static List<String> oneByOne(InProcessSwitch s, ActionCase a, List<FrameModel> frames)
      throws Exception {
    List<String> wrong = new ArrayList<>();
    for (FrameModel f : frames) {
      s.replaceRules(a.rules());
      List<String> complaints = new ArrayList<>();
      round(s, a, List.of(f), false, complaints);
      round(s, a, List.of(f), true, complaints);
      if (!complaints.isEmpty()) {
        wrong.add(a + ": " + f + ": " + String.join("; ", complaints));
      }
    }
    if (wrong.isEmpty()) {
      wrong.add(a + ": wrong with all frames at once, right with each alone");
    }
    return wrong;
  }

  private static void round(
      InProcessSwitch s,
      ActionCase a,
      List<FrameModel> frames,
      boolean mustHit,
      List<String> complaints) {
    Tally tally = new Tally(s);
    frames.forEach(f -> tally.expect(a.expect(f)));
    DpifStats before = s.dpif().stats();
    long upcallsBefore = s.upcalls();
    for (FrameModel f : frames) {
      s.wire(ActionCase.IN).send(f.packet());
    }
    tally.await(
        () -> {
          DpifStats now = s.dpif().stats();
          return now.hit() + now.missed() - before.hit() - before.missed() >= frames.size()
              && s.upcalls() - upcallsBefore >= now.missed() - before.missed();
        });
    complaints.addAll(tally.complaints());
    DpifStats after = s.dpif().stats();
    if (mustHit) {
      if (s.upcalls() != upcallsBefore) {
        complaints.add((s.upcalls() - upcallsBefore) + " upcalls " + s.dpif().coverage());
      }
      if (after.missed() != before.missed() || after.hit() - before.hit() != frames.size()) {
        complaints.add(
            String.format(
                "%d hits and %d misses of %d packets",
                after.hit() - before.hit(), after.missed() - before.missed(), frames.size()));
      }
    }
  }

  /** What the switch's own host has counted of what its stack got from devices. */
  private static Map<String, Long> hostCounters(InProcessSwitch s) {
    Map<String, Long> all = new TreeMap<>();
    String[] lines = s.netns.exec("cat", "/proc/net/snmp").split("\n");
    for (int i = 0; i < lines.length; i += 2) {
      String[] names = lines[i].split(" ");
      String[] values = lines[i + 1].split(" ");
      for (int k = 1; k < names.length; k++) {
        if (names[k].equals("InReceives") || names[k].equals("InMsgs")) {
          all.put(names[0] + names[k], Long.parseLong(values[k]));
        }
      }
    }
    for (String line : s.netns.exec("cat", "/proc/net/snmp6").split("\n")) {
      if (line.startsWith("Ip6InReceives")) {
        all.put("Ip6InReceives", Long.parseLong(line.replaceAll("\\D*6\\D*", "")));
      }
    }
    return all;
  }
}
