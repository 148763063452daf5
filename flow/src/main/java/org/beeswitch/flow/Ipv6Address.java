// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/** An IPv6 address, or a mask of one, as the two words of a flow. */
public record Ipv6Address(long hi, long lo) {
  /** The mask of the first {@code bits} bits, 0 to 128. */
  public static Ipv6Address prefix(int bits) {
    if (bits < 0 || bits > 128) {
      throw new IllegalArgumentException("prefix length " + bits + " of an IPv6 address");
    }
    return new Ipv6Address(
        bits == 0 ? 0 : bits >= 64 ? -1L : -1L << 64 - bits,
        bits <= 64 ? 0 : bits == 128 ? -1L : -1L << 128 - bits);
  }

  /** As {@link AddressText#appendIpv6} prints it. */
  @Override
  public String toString() {
    StringBuilder s = new StringBuilder();
    AddressText.appendIpv6(s, hi, lo);
    return s.toString();
  }
}
