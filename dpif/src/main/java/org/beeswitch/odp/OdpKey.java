// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import static org.beeswitch.flow.FlowLayout.ODP;
import static org.beeswitch.flow.FlowLayout.ODP_WORDS;

import java.util.Arrays;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowMask;

/**
 * A datapath flow key, or the mask of one: the ODP part of a flow's words ({@link
 * org.beeswitch.flow.FlowLayout}), word {@code k} here being word {@code ODP + k} there and bytes
 * {@code [8k, 8k + 8)} of the kernel's {@code struct odp_key}, big-endian. {@code in_port} is a
 * datapath port number. Mutable and reused.
 */
public final class OdpKey {
  private final long[] words = new long[ODP_WORDS];

  /** The storage: {@link org.beeswitch.flow.FlowLayout#ODP_WORDS} words, not a copy. */
  public long[] words() {
    return words;
  }

  /**
   * Whether key word {@code k} tells what a packet came with (port, marks, conntrack, tunnel) and
   * cannot be parsed out of its bytes. A SET of such a word changes metadata, not the packet.
   */
  public static boolean isMetadata(int k) {
    return k == FlowLayout.PORT_RECIRC - ODP
        || k >= FlowLayout.SKB - ODP && k <= FlowLayout.CT_TP - ODP
        || k >= FlowLayout.TUN_ID - ODP;
  }

  public int inPort() {
    return (int) (words[0] >>> 32);
  }

  public int recircId() {
    return (int) words[0];
  }

  /** Takes the projection of a flow. */
  public void project(Flow flow) {
    System.arraycopy(flow.words(), ODP, words, 0, ODP_WORDS);
  }

  /** Takes the projection of a mask. */
  public void project(FlowMask mask) {
    System.arraycopy(mask.words(), ODP, words, 0, ODP_WORDS);
  }

  /**
   * Makes {@code flow} the flow that this key is the projection of, with an empty pipeline part.
   */
  public void toFlow(Flow flow) {
    Arrays.fill(flow.words(), 0, ODP, 0);
    System.arraycopy(words, 0, flow.words(), ODP, ODP_WORDS);
  }

  public void copyFrom(OdpKey o) {
    System.arraycopy(o.words, 0, words, 0, ODP_WORDS);
  }

  public void clear() {
    Arrays.fill(words, 0);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof OdpKey k && Arrays.equals(words, k.words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }
}
