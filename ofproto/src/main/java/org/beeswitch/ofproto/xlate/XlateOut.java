// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import org.beeswitch.flow.FlowMask;
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
  public boolean learnGratArp;

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
