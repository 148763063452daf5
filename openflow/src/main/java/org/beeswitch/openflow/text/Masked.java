// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

/**
 * A value and its mask as text has them: {@code 10.0.0.0/8}. The {@code hi} halves are zero unless
 * the field has 128 bits.
 */
record Masked(long hi, long lo, long maskHi, long maskLo) {
  boolean isWild() {
    return (maskHi | maskLo) == 0;
  }

  /** Whether the mask is all ones of the field's width in text. */
  boolean isExact(TextField f) {
    return maskLo == f.textOnes() && (!f.isWide() || maskHi == -1L);
  }
}
