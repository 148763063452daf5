// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.upcall;

import static org.beeswitch.flow.FlowLayout.WORDS;

import java.util.Arrays;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowMask;
import org.beeswitch.flow.MiniMask;
import org.beeswitch.flow.MiniMaskCache;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.xlate.Dependencies;
import org.beeswitch.ofproto.xlate.SideEffects;
import org.beeswitch.ofproto.xlate.XlateOut;

/**
 * A megaflow as user space keeps it (OVS {@code udpif_key}): the packet that it was made from, what
 * its translation depended on, and how far its counters have been credited. Guarded by {@link
 * Udpif}'s lock.
 *
 * <p>What a dead one has of arrays is kept for the next megaflow that it becomes ({@link #become}),
 * so that megaflows that come and go make no garbage.
 */
final class Ukey {
  /** The life of a ukey, which may begin again. */
  enum State {
    /** In the datapath's table. */
    INSTALLED,
    /** Unlinked: no new packet finds it, but some may be under way. Its counters are not final. */
    DYING,
    /** Of no megaflow, or final counters are credited and the flow id is given back. */
    DEAD
  }

  private State state = State.DEAD;

  /** Which words of the packet's flow are not zero. */
  private MiniMask nonzero = MiniMask.EMPTY;

  /** These words, in order: what a fresh translation starts from. */
  private long[] words = NO_WORDS;

  /** The megaflow's mask, flow words. */
  MiniMask mask = MiniMask.EMPTY;

  int flowId;

  /** Equal lists are one object. */
  OdpActions actions = NO_ACTIONS;

  final SideEffects effects = new SideEffects();
  final Dependencies dependencies = new Dependencies();
  long usedNs;

  // Credited so far.
  long packets;
  long bytes;

  private static final long[] NO_WORDS = {};
  private static final OdpActions NO_ACTIONS = new OdpActions();
  private static final DependencyIndex.Entry[] NOT_INDEXED = {};

  /** Where {@link DependencyIndex} has it, the first so many; written by that alone. */
  DependencyIndex.Entry[] entries = NOT_INDEXED;

  int indexed;

  /** The last round of {@link DependencyIndex} that found it. */
  int foundInRound;

  /** Where {@link Udpif} keeps it; -1: nowhere. */
  int slot = -1;

  /**
   * Makes a dead one that of a megaflow just put, with copies of what its translation gave.
   *
   * @param known the megaflow's mask, flow words
   * @param shared what is to be done, equal lists being one object
   * @param scratch {@link org.beeswitch.flow.FlowLayout#WORDS} words that are written over
   */
  void become(
      int id,
      Flow flow,
      FlowMask known,
      XlateOut x,
      OdpActions shared,
      MiniMaskCache masks,
      long[] scratch,
      long nowNs) {
    transitionTo(State.INSTALLED);
    long[] w = flow.words();
    for (int i = 0; i < WORDS; i++) {
      scratch[i] = w[i] == 0 ? 0 : -1L;
    }
    nonzero = masks.of(scratch);
    if (words.length < nonzero.size()) {
      words = new long[nonzero.size()];
    }
    nonzero.gather(w, words);
    mask = masks.of(known.words());
    flowId = id;
    actions = shared;
    effects.copyFrom(x.effects);
    dependencies.copyFrom(x.dependencies);
    usedNs = nowNs;
    packets = 0;
    bytes = 0;
  }

  /** Lets go of what belongs to others, when it is dead. */
  void forget() {
    actions = NO_ACTIONS;
    effects.clear();
  }

  State state() {
    return state;
  }

  /**
   * The only legal moves: DEAD to INSTALLED when it becomes a megaflow's, INSTALLED to DYING when
   * that is unlinked, DYING to DEAD when its counters are final.
   */
  void transitionTo(State next) {
    boolean legal =
        switch (state) {
          case INSTALLED -> next == State.DYING;
          case DYING -> next == State.DEAD;
          case DEAD -> next == State.INSTALLED;
        };
    if (!legal) {
      throw new IllegalStateException("ukey of flow " + flowId + " from " + state + " to " + next);
    }
    state = next;
  }

  /** Writes the packet's flow into {@code out}. */
  void toFlow(Flow out) {
    long[] to = out.words();
    Arrays.fill(to, 0);
    for (int i = 0; i < nonzero.size(); i++) {
      to[nonzero.wordAt(i)] = words[i];
    }
  }
}
