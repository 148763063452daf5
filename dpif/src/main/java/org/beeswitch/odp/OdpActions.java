// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.odp;

import java.util.Arrays;

/**
 * A list of datapath actions as a flat array of fixed-length records, the same in Java and in the
 * BPF ABI ({@code struct odp_action}): four words an action.
 *
 * <pre>
 *  word 0   kind:16 word:16 arg:32      kind is an OdpActionKind code; word is the key word of a SET; arg by kind
 *  word 1   value                       word 2   mask               word 3   extra
 * </pre>
 *
 * <table>
 * <caption>What each kind carries</caption>
 * <tr><td>OUTPUT<td>arg = datapath port number
 * <tr><td>USERSPACE<td>arg = {@code UserspaceReason} code; value, mask, extra = 24 bytes of cookie, returned with the upcall
 * <tr><td>SET<td>word = index of an OdpKey word; packet field bits {@code mask} of that word become those of {@code value}
 *   (checksums follow). Words that name packet headers must be there in every packet of the flow
 * <tr><td>PUSH_VLAN<td>arg = tpid:16 tci:16 (tci without the present bit's meaning: bit 0x1000 is ignored)
 * <tr><td>POP_VLAN<td>nothing
 * <tr><td>TRUNC<td>arg = bytes; applies to the next OUTPUT or USERSPACE only
 * <tr><td>DROP<td>arg = drop reason; ends the list
 * </table>
 *
 * The other kinds are numbered already and get their columns with the features that bring them. An
 * empty list drops the packet. Mutable and reused while it is built; equality is by content, so
 * that equal lists can be shared.
 */
public final class OdpActions {
  /** Longs in an action. */
  public static final int STRIDE = 4;

  /**
   * Most actions in one list: two megabytes. Translation ends a longer one there, and counts. OVN's
   * flooding lists have hundreds of outputs; a rule can have 4,000.
   */
  public static final int MAX = 65_536;

  private long[] w = new long[8 * STRIDE];
  private int n;

  /** Number of actions. */
  public int size() {
    return n;
  }

  public boolean isEmpty() {
    return n == 0;
  }

  public void clear() {
    n = 0;
  }

  public OdpActionKind kind(int i) {
    return OdpActionKind.of((int) (w[i * STRIDE] >>> 48));
  }

  /** Index of the key word that a SET writes. */
  public int word(int i) {
    return (int) (w[i * STRIDE] >>> 32) & 0xffff;
  }

  public int arg(int i) {
    return (int) w[i * STRIDE];
  }

  public long value(int i) {
    return w[i * STRIDE + 1];
  }

  public long mask(int i) {
    return w[i * STRIDE + 2];
  }

  public long extra(int i) {
    return w[i * STRIDE + 3];
  }

  /** Word {@code j} (0..3) of action {@code i}, as in the ABI. */
  public long raw(int i, int j) {
    return w[i * STRIDE + j];
  }

  /** Appends an action from its ABI words. */
  public void addRaw(long w0, long w1, long w2, long w3) {
    if (n == MAX) {
      throw new IllegalStateException("more than " + MAX + " datapath actions");
    }
    int at = n * STRIDE;
    if (at == w.length) {
      w = Arrays.copyOf(w, 2 * w.length);
    }
    w[at] = w0;
    w[at + 1] = w1;
    w[at + 2] = w2;
    w[at + 3] = w3;
    n++;
  }

  private void add(OdpActionKind kind, int word, int arg, long value, long mask, long extra) {
    addRaw((long) kind.code() << 48 | (long) word << 32 | arg & 0xffffffffL, value, mask, extra);
  }

  public void output(int odpPortNo) {
    add(OdpActionKind.OUTPUT, 0, odpPortNo, 0, 0, 0);
  }

  public void set(int word, long value, long mask) {
    add(OdpActionKind.SET, word, 0, value & mask, mask, 0);
  }

  public void pushVlan(int tpid, int tci) {
    add(OdpActionKind.PUSH_VLAN, 0, tpid << 16 | tci & 0xffff, 0, 0, 0);
  }

  public void popVlan() {
    add(OdpActionKind.POP_VLAN, 0, 0, 0, 0, 0);
  }

  /** The next OUTPUT or USERSPACE gets no more than the first {@code bytes} of the packet. */
  public void trunc(int bytes) {
    add(OdpActionKind.TRUNC, 0, bytes, 0, 0, 0);
  }

  /** Ends the list; not needed for a list that is empty. */
  public void drop() {
    add(OdpActionKind.DROP, 0, 0, 0, 0, 0);
  }

  public void userspace(int reason, long cookie0, long cookie1, long cookie2) {
    add(OdpActionKind.USERSPACE, 0, reason, cookie0, cookie1, cookie2);
  }

  public void copyFrom(OdpActions o) {
    if (w.length < o.n * STRIDE) {
      w = new long[o.n * STRIDE];
    }
    System.arraycopy(o.w, 0, w, 0, o.n * STRIDE);
    n = o.n;
  }

  public OdpActions copy() {
    OdpActions a = new OdpActions();
    a.copyFrom(this);
    return a;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof OdpActions a
        && n == a.n
        && Arrays.equals(w, 0, n * STRIDE, a.w, 0, n * STRIDE);
  }

  @Override
  public int hashCode() {
    int h = n;
    for (int i = 0; i < n * STRIDE; i++) {
      h = 31 * h + Long.hashCode(w[i]);
    }
    return h;
  }
}
