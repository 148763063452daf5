// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import org.beeswitch.odp.OdpActions;
import org.jspecify.annotations.Nullable;

/**
 * One object for equal lists of actions, which the ukeys of all megaflows that have them keep. Most
 * are among those that were wanted lately, and cost nothing.
 *
 * <p>Guarded by {@link Udpif}'s lock.
 */
final class SharedActions {
  /** Places for lists that were wanted lately, by hash. */
  private static final int RECENT = 256;

  private final Interner<OdpActions> all = Interners.newWeakInterner();
  private final @Nullable OdpActions[] recent = new OdpActions[RECENT];

  /** The one that is equal; a copy of {@code a} if there is none yet. */
  OdpActions of(OdpActions a) {
    int h = a.hashCode();
    int slot = (h ^ h >>> 16) & RECENT - 1;
    OdpActions there = recent[slot];
    if (there == null || !there.equals(a)) {
      there = all.intern(a.copy());
      recent[slot] = there;
    }
    return there;
  }
}
