// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import static org.beeswitch.flow.FlowLayout.MAX_VLANS;
import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.TUN_ID;
import static org.beeswitch.flow.FlowLayout.TUN_WORDS;
import static org.beeswitch.flow.FlowLayout.VLANS;
import static org.beeswitch.flow.FlowLayout.VLAN_PRESENT;
import static org.beeswitch.flow.FlowLayout.WORDS;

import java.util.Arrays;
import org.beeswitch.flow.Flow;
import org.beeswitch.odp.OdpActions;

/**
 * The packet of a translation, three times: as it came, as the rules have rewritten it, and as the
 * datapath has it at this point of the action list. Before each output {@link #commit} emits what
 * the last two differ in.
 *
 * <p><b>VLAN tags</b> are where it matters that a flow holds two of them and a packet may have
 * more, and that a tag which was pushed or popped has others move: so these are done here.
 */
final class XlatePacket {
  private final XlateOut out;

  /** As rules have rewritten it. */
  final Flow rewritten = new Flow();

  /** Its words. */
  final long[] flow = rewritten.words();

  /** As it came, without a pipeline part. */
  final long[] original = new long[WORDS];

  /** As the datapath has it at this point of the action list. */
  private final long[] base = new long[WORDS];

  /** Whether tags have been pushed or popped. */
  private boolean tagsMoved;

  /**
   * @param out whose mask and actions are written
   */
  XlatePacket(XlateOut out) {
    this.out = out;
  }

  /** Begins with a packet as it came in; its pipeline part is ignored. */
  void begin(Flow packetFlow) {
    System.arraycopy(packetFlow.words(), 0, flow, 0, WORDS);
    Arrays.fill(flow, 0, ODP, 0);
    System.arraycopy(flow, 0, original, 0, WORDS);
    System.arraycopy(flow, 0, base, 0, WORDS);
    // The datapath does not keep tunnel metadata unless it is set again.
    Arrays.fill(base, TUN_ID, TUN_ID + TUN_WORDS, 0);
    tagsMoved = false;
  }

  /** Whether the list takes what one more commit and output add to it at most. */
  boolean hasRoom() {
    if (out.actions.size() > OdpActions.MAX - 32) {
      out.error = XlateError.TOO_MANY_ACTIONS;
      return false;
    }
    return true;
  }

  /** Has the datapath's packet become the flow. */
  void commit() {
    long[] mask = out.mask.words();
    if (tagsMoved) {
      // A tag that was pushed in the place of an equal one makes no action, of another one does.
      long present = original[VLANS] & Rewrites.TAGS_PRESENT;
      mask[VLANS] |= present >>> 32 != 0 ? Rewrites.OUTER_TAG : 0;
      mask[VLANS] |= (int) present != 0 ? Rewrites.INNER_TAG : 0;
    }
    Commit.commit(flow, base, mask, out.actions);
  }

  /**
   * A flow holds two tags. Of a packet that has two already the inner one gets out of sight, but
   * stays in the packet: so the tag is pushed at once, and not by {@link Commit}, which would take
   * the missing one for popped.
   */
  void pushVlan(int ethType) {
    boolean full = Commit.count(flow) == MAX_VLANS;
    moveTags();
    if (full) {
      if (!hasRoom()) {
        return;
      }
      commit();
    }
    Rewrites.pushVlan(ethType, flow, out.mask.words());
    if (full) {
      out.actions.pushVlan(ethType, VLAN_PRESENT);
      base[VLANS] = flow[VLANS];
    }
  }

  void popVlan() {
    moveTags();
    Rewrites.popVlan(flow, out.mask.words());
  }

  /**
   * From here on a tag need not be where it was, so it counts that there are no more tags than
   * these. What they are counts once the packet is sent: {@link #commit}.
   */
  private void moveTags() {
    tagsMoved = true;
    out.mask.words()[VLANS] |= ~original[VLANS] & Rewrites.TAGS_PRESENT;
  }
}
