// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** A set of table numbers, 0 to 255: bit {@code n % 64} of word {@code n / 64} is table n. */
public record TableSet(long w0, long w1, long w2, long w3) {
  public static final TableSet EMPTY = new TableSet(0, 0, 0, 0);

  /** Tables from {@code from} to {@code to}, both included; empty if {@code from > to}. */
  public static TableSet range(int from, int to) {
    long[] w = new long[4];
    for (int t = from; t <= to; t++) {
      w[t >> 6] |= 1L << t;
    }
    return new TableSet(w[0], w[1], w[2], w[3]);
  }

  public TableSet with(int table) {
    long bit = 1L << table;
    return switch (table >> 6) {
      case 0 -> new TableSet(w0 | bit, w1, w2, w3);
      case 1 -> new TableSet(w0, w1 | bit, w2, w3);
      case 2 -> new TableSet(w0, w1, w2 | bit, w3);
      case 3 -> new TableSet(w0, w1, w2, w3 | bit);
      default -> throw new IllegalArgumentException("table " + table + " is not 0 - 255");
    };
  }

  public boolean contains(int table) {
    long w =
        switch (table >> 6) {
          case 0 -> w0;
          case 1 -> w1;
          case 2 -> w2;
          case 3 -> w3;
          default -> 0;
        };
    return (w >>> table & 1) != 0;
  }

  public int size() {
    return Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
  }
}
