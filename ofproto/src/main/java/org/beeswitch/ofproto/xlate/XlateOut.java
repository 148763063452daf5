// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.odp.OdpActionKind;
import org.beeswitch.odp.OdpActions;
import org.jspecify.annotations.Nullable;

/**
 * What a translation answers. Reused by its {@link Xlate}: valid until the next translation of that
 * thread.
 */
public final class XlateOut {
  /** What the datapath is to do; empty: drop. */
  public final OdpActions actions = new OdpActions();

  /** The bits that the decision looked at; its ODP part is the megaflow's mask. */
  public final FlowMask mask = new FlowMask();

  public final SideEffects effects = new SideEffects();
  public final Dependencies dependencies = new Dependencies();

  /** Version of the snapshot that was translated with. */
  public long version;

  /** Why nothing is forwarded although rules said so, or null. */
  public @Nullable XlateError error;

  /** What the MAC table should learn from this packet, if {@link #learns}. */
  public boolean learns;

  public int learnBridge;
  public int learnVlan;
  public long learnMac;
  public int learnOfPort;

  /**
   * Whether {@link #actions} do to a packet what {@code others} do. Of each field that it writes,
   * {@link Commit} writes the bits that the whole translation looked at: so two translations that
   * looked at different bits may differ in SETs of bits to what the packet has there anyway.
   *
   * @param packet its flow as it came
   */
  public boolean actsAs(OdpActions others, long[] packet) {
    if (others.size() != actions.size()) {
      return false;
    }
    for (int i = 0; i < actions.size(); i++) {
      boolean same =
          actions.kind(i) == OdpActionKind.SET
              ? others.raw(i, 0) == actions.raw(i, 0) && setsAlike(others, i, packet)
              : others.raw(i, 0) == actions.raw(i, 0)
                  && others.raw(i, 1) == actions.raw(i, 1)
                  && others.raw(i, 2) == actions.raw(i, 2)
                  && others.raw(i, 3) == actions.raw(i, 3);
      if (!same) {
        return false;
      }
    }
    return true;
  }

  private boolean setsAlike(OdpActions others, int i, long[] packet) {
    long here = packet[actions.word(i) + FlowLayout.ODP];
    long mine = here & ~actions.mask(i) | actions.value(i);
    return mine == (here & ~others.mask(i) | others.value(i));
  }

  void clear(long v) {
    actions.clear();
    mask.clear();
    effects.clear();
    dependencies.clear();
    version = v;
    error = null;
    learns = false;
  }
}
