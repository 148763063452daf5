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

  /** Times that all frames of a case are sent once more after a handler has waited in vain. */
  private static final int MORE_TRIES = 10;

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
        if (!complaints(s, a, frames).isEmpty()) {
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
      List<String> complaints = complaints(s, a, List.of(f));
      if (!complaints.isEmpty()) {
        wrong.add(a + ": " + f + ": " + String.join("; ", complaints));
      }
    }
    if (wrong.isEmpty()) {
      wrong.add(a + ": wrong with all frames at once, right with each alone");
    }
    return wrong;
  }

  /** What is wrong with what leaves, and with how the datapath has forwarded what it knew. */
  private static List<String> complaints(InProcessSwitch s, ActionCase a, List<FrameModel> frames)
      throws Exception {
    s.replaceRules(a.rules());
    List<String> wrong = new ArrayList<>();
    long waitsWere = s.waitsInVain();
    round(s, a, frames, wrong);
    List<String> missed = round(s, a, frames, wrong);
    for (int i = 0; !missed.isEmpty() && i < MORE_TRIES && s.waitsInVain() != waitsWere; i++) {
      waitsWere = s.waitsInVain();
      missed = round(s, a, frames, wrong);
    }
    wrong.addAll(missed);
    return wrong;
  }

  /**
   * Sends all once.
   *
   * @param wrong gets what left and should not have, and the reverse
   * @return what was not forwarded by a megaflow
   */
  private static List<String> round(
      InProcessSwitch s, ActionCase a, List<FrameModel> frames, List<String> wrong) {
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
    wrong.addAll(tally.complaints());
    DpifStats after = s.dpif().stats();
    List<String> missed = new ArrayList<>();
    if (s.upcalls() != upcallsBefore) {
      missed.add((s.upcalls() - upcallsBefore) + " upcalls " + s.dpif().coverage());
    }
    if (after.missed() != before.missed() || after.hit() - before.hit() != frames.size()) {
      missed.add(
          String.format(
              "%d hits and %d misses of %d packets",
              after.hit() - before.hit(), after.missed() - before.missed(), frames.size()));
    }
    return missed;
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
