// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.WORDS;

import org.beeswitch.flow.Flow;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.xlate.Dependencies;
import org.beeswitch.ofproto.xlate.SideEffects;

/**
 * A megaflow as user space keeps it (OVS {@code udpif_key}): the packet that it was made from, what
 * its translation depended on, and how far its counters have been credited. Guarded by {@link
 * Udpif}'s lock.
 */
final class Ukey {
  /** The life of a ukey; there is no way back. */
  enum State {
    /** In the datapath's table. */
    INSTALLED,
    /** Unlinked: no new packet finds it, but some may be under way. Its counters are not final. */
    DYING,
    /** Final counters credited, flow id given back. */
    DEAD
  }

  private State state = State.INSTALLED;

  /** The packet's flow, all nonzero words: what a fresh translation starts from. */
  private final Match flow;

  /** The megaflow's mask, flow words. */
  final MiniMask mask;

  final int flowId;

  /** Equal lists are one object. */
  final OdpActions actions;

  final SideEffects effects;
  final Dependencies dependencies;
  final long createdNs;
  long usedNs;

  // Credited so far.
  long packets;
  long bytes;

  static final DependencyIndex.Entry[] NOT_INDEXED = {};

  /** Where {@link DependencyIndex} has it; written by that alone. */
  DependencyIndex.Entry[] indexed = NOT_INDEXED;

  /** The last round of {@link DependencyIndex} that found it. */
  int foundInRound;

  /** Where {@link Udpif} keeps it; -1: nowhere. */
  int slot = -1;

  /**
   * @param scratch {@link org.beeswitch.flow.FlowLayout#WORDS} words that are written over
   */
  Ukey(
      Flow flow,
      long[] scratch,
      MiniMask mask,
      int flowId,
      OdpActions actions,
      SideEffects effects,
      Dependencies dependencies,
      long nowNs) {
    long[] w = flow.words();
    for (int i = 0; i < WORDS; i++) {
      scratch[i] = w[i] == 0 ? 0 : -1L;
    }
    this.flow = Match.of(w, scratch);
    this.mask = mask;
    this.flowId = flowId;
    this.actions = actions;
    this.effects = effects;
    this.dependencies = dependencies;
    this.createdNs = nowNs;
    this.usedNs = nowNs;
  }

  State state() {
    return state;
  }

  /**
   * The only legal moves: INSTALLED to DYING when it is unlinked, DYING to DEAD when its counters
   * are final.
   */
  void transitionTo(State next) {
    boolean legal =
        switch (state) {
          case INSTALLED -> next == State.DYING;
          case DYING -> next == State.DEAD;
          case DEAD -> false;
        };
    if (!legal) {
      throw new IllegalStateException("ukey of flow " + flowId + " from " + state + " to " + next);
    }
    state = next;
  }

  /** Writes the packet's flow into {@code out}. */
  void toFlow(Flow out, long[] scratchMask) {
    flow.expand(out.words(), scratchMask);
  }
}
