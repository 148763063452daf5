// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/**
 * Checksums: the Internet checksum (RFC 1071), its update when a field changes (RFC 1624), and
 * SCTP's CRC32c.
 *
 * <p>A <em>sum</em> is a non-negative {@code long} that collects 32-bit numbers unfolded: it takes
 * over 2³¹ of them, more than any packet has. {@link #finish} makes it the 16 bits of a header
 * field.
 *
 * <p>Updating never turns a right checksum into a wrong one nor a wrong one into a right one, and
 * gives what computing anew would give: with eqn. 3 of RFC 1624 a sum that is not all zero stays
 * so, hence the field never becomes 0xffff where recomputation has 0.
 */
public final class Csum {
  private static final int[] CRC32C = crcTable();

  private Csum() {}

  /** Adds {@code n} bytes to a sum; an odd last byte counts as if a zero followed. */
  public static long add(long sum, byte[] b, int at, int n) {
    int end = at + n;
    for (; end - at >= 4; at += 4) {
      sum += Be.get32(b, at);
    }
    if (end - at >= 2) {
      sum += Be.get16(b, at);
      at += 2;
    }
    return at < end ? sum + (Be.get8(b, at) << 8) : sum;
  }

  /** The 16-bit one's complement sum of a sum, not inverted: what a partial checksum holds. */
  public static int fold(long sum) {
    sum = (sum & 0xffffffffL) + (sum >>> 32);
    sum = (sum & 0xffffffffL) + (sum >>> 32);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    return (int) (sum & 0xffff) + (int) (sum >>> 16);
  }

  /** The checksum field for a sum. */
  public static int finish(long sum) {
    return ~fold(sum) & 0xffff;
  }

  /** The checksum field that makes {@code n} bytes with a zero field right. */
  public static int of(byte[] b, int at, int n) {
    return finish(add(0, b, at, n));
  }

  /** The sum of IPv4's pseudo-header, given the header's offset. */
  public static long pseudo4(byte[] b, int ip, int proto, int l4Length) {
    return Be.get32(b, ip + 12) + Be.get32(b, ip + 16) + proto + l4Length;
  }

  /** The sum of IPv6's pseudo-header, given the header's offset. */
  public static long pseudo6(byte[] b, int ip, int proto, int l4Length) {
    return add(proto + (long) l4Length, b, ip + 8, 32);
  }

  /**
   * The checksum field after 16-bit numbers that it covers, or anything that sums up like them,
   * changed from {@code old} to {@code now}, both below 2³² (RFC 1624, eqn. 3).
   */
  public static int update(int csum, long old, long now) {
    return finish((~csum & 0xffff) + (~fold(old) & 0xffff) + now);
  }

  /** As {@link #update(int, long, long)} for 64-bit numbers. */
  public static int update64(int csum, long old, long now) {
    return update(
        csum, (old >>> 32) + (old & 0xffffffffL), (long) fold((now >>> 32) + (now & 0xffffffffL)));
  }

  /** CRC32c (RFC 9260, appendix A) of {@code n} bytes, as its four bytes read big-endian. */
  public static int crc32c(byte[] b, int at, int n) {
    return Integer.reverseBytes(~crc(-1, b, at, n));
  }

  /** CRC32c of an SCTP packet as if its checksum field were zero. */
  public static int sctp(byte[] b, int at, int n) {
    int crc = crc(-1, b, at, 8);
    for (int i = 0; i < 4; i++) {
      crc = CRC32C[crc & 0xff] ^ crc >>> 8;
    }
    return Integer.reverseBytes(~crc(crc, b, at + 12, n - 12));
  }

  /**
   * Completes the partial checksum of a packet, if it has one: afterwards its bytes are what must
   * be on the wire. A result of 0 is written as 0xffff, as the kernel does ({@code
   * skb_checksum_help}); with SCTP's checksum offset it is a CRC32c. A GSO packet needs {@link
   * GsoSegmenter} instead.
   */
  public static void complete(Packet p) {
    int start = p.csumStart;
    int field = start + p.csumOffset;
    p.csumStart = -1;
    if (start < 0) {
      return;
    }
    boolean crc = p.csumOffset == 8;
    if (field + (crc ? 4 : 2) > p.length()) {
      return; // truncated before its checksum: nothing is left to complete
    }
    byte[] b = p.data();
    int at = p.offset() + start;
    if (crc) {
      Be.put32(b, p.offset() + field, sctp(b, at, p.length() - start));
    } else {
      int csum = of(b, at, p.length() - start);
      Be.put16(b, p.offset() + field, csum == 0 ? 0xffff : csum);
    }
  }

  private static int crc(int crc, byte[] b, int at, int n) {
    for (int end = at + n; at < end; at++) {
      crc = CRC32C[(crc ^ b[at]) & 0xff] ^ crc >>> 8;
    }
    return crc;
  }

  private static int[] crcTable() {
    int[] table = new int[256];
    for (int i = 0; i < 256; i++) {
      int c = i;
      for (int k = 0; k < 8; k++) {
        c = (c & 1) != 0 ? c >>> 1 ^ 0x82f63b78 : c >>> 1;
      }
      table[i] = c;
    }
    return table;
  }
}
