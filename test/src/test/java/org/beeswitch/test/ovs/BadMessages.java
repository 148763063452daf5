// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.util.ArrayList;
import java.util.List;

/**
 * Bad and odd OpenFlow 1.3 messages, as data: each has something wrong that only a switch can tell,
 * or that its codec must. Hexadecimal, as they are on the wire; the length field is filled in.
 */
final class BadMessages {
  /** A message, on the first or on the second connection of the case. */
  @SuppressWarnings("ArrayRecordComponent") // made once, never changed
  record Step(boolean isSecond, byte[] bytes) {}

  /**
   * Messages that a bridge gets one after the other, which is then reset.
   *
   * @param departure id in {@code docs/departures.md} of why the answers differ; empty if they do
   *     not
   */
  record Case(String name, String departure, List<Step> messages) {}

  private final List<Case> cases = new ArrayList<>();

  private BadMessages() {}

  static List<Case> all() {
    BadMessages m = new BadMessages();
    BadFlowMods.addTo(m);
    BadActions.addTo(m);
    BadRequests.addTo(m);
    BadStatsRequests.addTo(m);
    return List.copyOf(m.cases);
  }

  /** A case of messages on one connection. */
  void same(String name, String... messages) {
    differs("", name, messages);
  }

  void differs(String departure, String name, String... messages) {
    List<Step> steps = new ArrayList<>();
    for (String m : messages) {
      boolean isSecond = m.startsWith("second:");
      byte[] b = TwoSwitches.hex(isSecond ? m.substring(7) : m);
      b[2] = (byte) (b.length >> 8);
      b[3] = (byte) b.length;
      steps.add(new Step(isSecond, b));
    }
    cases.add(new Case(name, departure, List.copyOf(steps)));
  }
}
