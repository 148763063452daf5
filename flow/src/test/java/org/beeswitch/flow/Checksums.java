// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

/**
 * Says whether a frame's checksums are right, by computing them from scratch; in a first fragment
 * as if it were the whole datagram.
 */
final class Checksums {
  private Checksums() {}

  /** The name of a checksum that is wrong, or an empty string. */
  static String wrong(byte[] b) {
    Flow f = new Flow();
    Layers l = new Layers();
    FlowParser.parse(b, 0, b.length, f, l);
    if (l.l4 < 0) {
      return "";
    }
    boolean v4 = f.get(Field.ETH_TYPE) == EthType.IPV4;
    if (v4 && Csum.fold(Csum.add(0, b, l.l3, (b[l.l3] & 15) * 4)) != 0xffff) {
      return "IPv4";
    }
    int n = l.end - l.l4;
    if ((f.get(Field.IP_FRAG) & FlowLayout.FRAG_LATER) != 0) {
      return "";
    }
    int proto = (int) f.get(Field.IP_PROTO);
    long pseudo = v4 ? Csum.pseudo4(b, l.l3, proto, n) : Csum.pseudo6(b, l.l3, proto, n);
    boolean right =
        switch (proto) {
          case IpProto.TCP -> n < 20 || sumsUp(pseudo, b, l);
          case IpProto.UDP -> n < 8 || Be.get16(b, l.l4 + 6) == 0 || sumsUp(pseudo, b, l);
          case IpProto.SCTP ->
              n < 12 || Be.get32(b, l.l4 + 8) == (Csum.sctp(b, l.l4, n) & 0xffffffffL);
          case IpProto.ICMP, IpProto.IGMP -> n < 8 || sumsUp(0, b, l);
          case IpProto.ICMPV6 -> n < 8 || sumsUp(v4 ? 0 : pseudo, b, l);
          default -> true;
        };
    return right ? "" : "L4 of protocol " + proto;
  }

  private static boolean sumsUp(long pseudo, byte[] b, Layers l) {
    return Csum.fold(Csum.add(pseudo, b, l.l4, l.end - l.l4)) == 0xffff;
  }
}
