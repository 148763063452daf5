// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Immutable bytes: payloads that are carried and not looked into. Wraps without copying, so that a
 * packet on its way costs no copy; whoever calls {@link #wrap} gives the array away, and {@link
 * #array()} is for reading.
 */
public final class Bytes {
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /** The array itself, which nobody may change from now on. */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array);
  }

  public static Bytes copyOf(byte[] array, int from, int length) {
    return wrap(Arrays.copyOfRange(array, from, from + length));
  }

  public int length() {
    return array.length;
  }

  /** The storage, for reading only. */
  public byte[] array() {
    return array;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Bytes b && Arrays.equals(array, b.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  /** Lower-case hexadecimal digits without separators. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(array);
  }
}
