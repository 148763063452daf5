// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * Builds frames header by header, outermost first, and fills in what follows from the rest: types,
 * lengths, checksums.
 *
 * <pre>
 *   new PacketBuilder().eth(dst, src).vlan(0x8100, 100).ipv4(a, b).udp(53, 1024).payload(20).packet()
 * </pre>
 *
 * <p>Each header names itself in the one before it (EtherType, protocol, next header), so a header
 * can stand wherever its bytes may. Plain and not fast: for tests, traces and rare packets of the
 * switch itself. One IP header per frame is filled in: the last.
 */
public final class PacketBuilder {
  private byte[] b = new byte[256];
  private int n;

  /** Where the EtherType of what comes next is to be written; -1: nowhere. */
  private int typeAt = -1;

  /** Where the protocol of what comes next is to be written; -1: nowhere. */
  private int protoAt = -1;

  private int ip = -1;
  private boolean isIpv6;
  private int l4 = -1;
  private int l4Proto = -1;
  private boolean noUdpCsum;

  /** Adds an Ethernet header; the EtherType is that of the next header, or 0x05ff. */
  public PacketBuilder eth(long dst, long src) {
    int at = grow(14);
    Be.put48(b, at, dst);
    Be.put48(b, at + 6, src);
    Be.put16(b, at + 12, EthType.NONE);
    typeAt = at + 12;
    return this;
  }

  /** Sets the EtherType of what follows, instead of a header that names itself. */
  public PacketBuilder type(int ethType) {
    putType(ethType);
    return this;
  }

  /** Adds a tag; {@code tci} is pcp:3 dei:1 vid:12. */
  public PacketBuilder vlan(int tpid, int tci) {
    putType(tpid);
    int at = grow(4);
    Be.put16(b, at, tci);
    Be.put16(b, at + 2, EthType.NONE);
    typeAt = at + 2;
    return this;
  }

  /** Makes the frame an 802.3 one with LLC and SNAP; the type is that of the next header. */
  public PacketBuilder snap() {
    putType(0x40);
    int at = grow(8);
    Be.put48(b, at, 0xaaaa03000000L);
    typeAt = at + 6;
    return this;
  }

  /** Adds labels; the bottom-of-stack bit is as given. */
  public PacketBuilder mpls(int ethType, int... lses) {
    putType(ethType);
    for (int lse : lses) {
      Be.put32(b, grow(4), lse);
    }
    return this;
  }

  /** Adds an I-TAG, {@code tci} being pcp:3 dei:1 uca:1 res:3 isid:24, and an inner Ethernet. */
  public PacketBuilder pbb(int tci, long customerDst, long customerSrc) {
    putType(EthType.PBB);
    int at = grow(FlowParser.PBB_LEN);
    Be.put32(b, at, tci);
    Be.put48(b, at + 4, customerDst);
    Be.put48(b, at + 10, customerSrc);
    Be.put16(b, at + 16, EthType.NONE);
    typeAt = at + 16;
    return this;
  }

  public PacketBuilder arp(int op, long sha, long spa, long tha, long tpa) {
    return arp(EthType.ARP, op, sha, spa, tha, tpa);
  }

  /** ARP or RARP, by EtherType. */
  public PacketBuilder arp(int ethType, int op, long sha, long spa, long tha, long tpa) {
    putType(ethType);
    int at = grow(FlowParser.ARP_LEN);
    Be.put48(b, at, 0x0001_0800_0604L);
    Be.put16(b, at + 6, op);
    Be.put48(b, at + 8, sha);
    Be.put32(b, at + 14, spa);
    Be.put48(b, at + 18, tha);
    Be.put32(b, at + 24, tpa);
    return this;
  }

  /** IPv4 without options, TTL 64. */
  public PacketBuilder ipv4(long src, long dst) {
    return ipv4(src, dst, 0, 64, 0);
  }

  public PacketBuilder ipv4(String src, String dst) {
    return ipv4(AddressText.parseIpv4(src), AddressText.parseIpv4(dst));
  }

  /** IPv4 with {@code optionWords} four-byte words of no-operation options. */
  public PacketBuilder ipv4(long src, long dst, int tos, int ttl, int optionWords) {
    putType(EthType.IPV4);
    int at = grow(FlowParser.IPV4_LEN + 4 * optionWords);
    Be.put8(b, at, 0x45 + optionWords);
    Be.put8(b, at + 1, tos);
    Be.put8(b, at + 8, ttl);
    Be.put8(b, at + 9, 255);
    Be.put32(b, at + 12, src);
    Be.put32(b, at + 16, dst);
    Arrays.fill(b, at + FlowParser.IPV4_LEN, n, (byte) 1);
    ip = at;
    isIpv6 = false;
    l4 = n;
    protoAt = at + 9;
    return this;
  }

  /** Makes the IPv4 header that of a fragment; {@code offset} in units of 8 bytes. */
  public PacketBuilder ipv4Fragment(int id, int offset, boolean more) {
    Be.put16(b, ip + 4, id);
    Be.put16(b, ip + 6, (more ? 0x2000 : 0) | offset);
    return this;
  }

  public PacketBuilder ipv6(Ipv6Address src, Ipv6Address dst) {
    return ipv6(src, dst, 0, 0, 64);
  }

  public PacketBuilder ipv6(Ipv6Address src, Ipv6Address dst, int tclass, int label, int hopLimit) {
    putType(EthType.IPV6);
    int at = grow(FlowParser.IPV6_LEN);
    Be.put32(b, at, 6L << 28 | (long) tclass << 20 | label);
    Be.put8(b, at + 6, IpProto.NO_NEXT);
    Be.put8(b, at + 7, hopLimit);
    Be.put64(b, at + 8, src.hi());
    Be.put64(b, at + 16, src.lo());
    Be.put64(b, at + 24, dst.hi());
    Be.put64(b, at + 32, dst.lo());
    ip = at;
    isIpv6 = true;
    l4 = n;
    protoAt = at + 6;
    return this;
  }

  /**
   * Adds an IPv6 extension header of 8 bytes and {@code more} units of its length field (8 bytes,
   * for AH 4), all zero but for number and length.
   */
  public PacketBuilder extension(int proto, int more) {
    putProto(proto);
    boolean ah = proto == IpProto.AH;
    int at = grow(8 + (ah ? 4 : 8) * more);
    Be.put8(b, at, IpProto.NO_NEXT);
    Be.put8(b, at + 1, more);
    protoAt = at;
    l4 = n;
    return this;
  }

  /** Adds an IPv6 fragment header; {@code offset} in units of 8 bytes. */
  public PacketBuilder ipv6Fragment(int id, int offset, boolean more) {
    putProto(IpProto.FRAGMENT);
    int at = grow(8);
    Be.put8(b, at, IpProto.NO_NEXT);
    Be.put16(b, at + 2, offset << 3 | (more ? 1 : 0));
    Be.put32(b, at + 4, id);
    protoAt = at;
    l4 = n;
    return this;
  }

  /** Sets the IP protocol of what follows, instead of a header that names itself. */
  public PacketBuilder proto(int proto) {
    putProto(proto);
    return this;
  }

  public PacketBuilder tcp(int src, int dst) {
    return tcp(src, dst, 0x10, 0);
  }

  /** TCP with {@code optionWords} four-byte words of no-operation options. */
  public PacketBuilder tcp(int src, int dst, int flags, int optionWords) {
    int at = header(IpProto.TCP, FlowParser.TCP_LEN + 4 * optionWords);
    Be.put16(b, at, src);
    Be.put16(b, at + 2, dst);
    Be.put32(b, at + 4, 1);
    Be.put32(b, at + 8, 1);
    Be.put16(b, at + 12, 5 + optionWords << 12 | flags & 0xfff);
    Be.put16(b, at + 14, 0xffff);
    Arrays.fill(b, at + FlowParser.TCP_LEN, n, (byte) 1);
    return this;
  }

  public PacketBuilder udp(int src, int dst) {
    int at = header(IpProto.UDP, FlowParser.UDP_LEN);
    Be.put16(b, at, src);
    Be.put16(b, at + 2, dst);
    return this;
  }

  /** Leaves UDP's checksum zero: none. */
  public PacketBuilder noUdpChecksum() {
    noUdpCsum = true;
    return this;
  }

  public PacketBuilder sctp(int src, int dst) {
    int at = header(IpProto.SCTP, FlowParser.SCTP_LEN);
    Be.put16(b, at, src);
    Be.put16(b, at + 2, dst);
    Be.put32(b, at + 4, 0x12345678);
    return this;
  }

  /** ICMP with the four bytes that its type gives a meaning, such as identifier and sequence. */
  public PacketBuilder icmp(int type, int code, int rest) {
    return icmp(IpProto.ICMP, type, code, rest);
  }

  public PacketBuilder icmpv6(int type, int code, int rest) {
    return icmp(IpProto.ICMPV6, type, code, rest);
  }

  public PacketBuilder igmp(int type, int code, long group) {
    return icmp(IpProto.IGMP, type, code, (int) group);
  }

  private PacketBuilder icmp(int proto, int type, int code, int rest) {
    int at = header(proto, FlowParser.ICMP_LEN);
    Be.put8(b, at, type);
    Be.put8(b, at + 1, code);
    Be.put32(b, at + 4, rest);
    return this;
  }

  /** Neighbour solicitation (135) or advertisement (136); options follow by {@link #ndOption}. */
  public PacketBuilder nd(int type, int reserved, Ipv6Address target) {
    icmpv6(type, 0, reserved);
    int at = grow(16);
    Be.put64(b, at, target.hi());
    Be.put64(b, at + 8, target.lo());
    return this;
  }

  /** An ND option with a MAC: 1 is the source's, 2 the target's. */
  public PacketBuilder ndOption(int type, long mac) {
    int at = grow(8);
    Be.put8(b, at, type);
    Be.put8(b, at + 1, 1);
    Be.put48(b, at + 2, mac);
    return this;
  }

  /** Adds the bytes 0, 1, 2, ... */
  public PacketBuilder payload(int length) {
    int at = grow(length);
    for (int i = 0; i < length; i++) {
      b[at + i] = (byte) i;
    }
    return this;
  }

  public PacketBuilder payload(byte... bytes) {
    int at = grow(bytes.length); // may replace the array
    System.arraycopy(bytes, 0, b, at, bytes.length);
    return this;
  }

  /** The frame as bytes, lengths and checksums filled in. */
  public byte[] bytes() {
    fill();
    return Arrays.copyOf(b, n);
  }

  /** The frame as a packet without offloads. */
  public Packet packet() {
    return Packet.of(bytes());
  }

  /**
   * The frame as a packet whose TCP or UDP checksum is partial, as a local sender leaves it to its
   * device.
   */
  public Packet partialPacket() {
    fill();
    int field = l4Proto == IpProto.TCP ? 16 : 6;
    Be.put16(b, l4 + field, Csum.fold(pseudo()));
    Packet p = Packet.of(Arrays.copyOf(b, n));
    p.csumStart = l4;
    p.csumOffset = field;
    return p;
  }

  private void fill() {
    if (ip < 0) {
      return;
    }
    if (isIpv6) {
      Be.put16(b, ip + 4, n - ip - FlowParser.IPV6_LEN);
    } else {
      Be.put16(b, ip + 2, n - ip);
      Be.put16(b, ip + 10, 0);
      Be.put16(b, ip + 10, Csum.of(b, ip, (b[ip] & 15) * 4));
    }
    int size = n - l4;
    switch (l4Proto) {
      case IpProto.TCP -> putCsum(16, pseudo());
      case IpProto.UDP -> {
        Be.put16(b, l4 + 4, size);
        putCsum(6, pseudo());
        if (noUdpCsum) {
          Be.put16(b, l4 + 6, 0);
        } else if (Be.get16(b, l4 + 6) == 0) {
          Be.put16(b, l4 + 6, 0xffff);
        }
      }
      case IpProto.SCTP -> Be.put32(b, l4 + 8, Csum.sctp(b, l4, size));
      case IpProto.ICMP, IpProto.IGMP -> putCsum(2, 0);
      case IpProto.ICMPV6 -> putCsum(2, isIpv6 ? pseudo() : 0);
      default -> {}
    }
  }

  private long pseudo() {
    return isIpv6 ? Csum.pseudo6(b, ip, l4Proto, n - l4) : Csum.pseudo4(b, ip, l4Proto, n - l4);
  }

  private void putCsum(int field, long sum) {
    Be.put16(b, l4 + field, 0);
    Be.put16(b, l4 + field, Csum.finish(Csum.add(sum, b, l4, n - l4)));
  }

  private int header(int proto, int length) {
    putProto(proto);
    l4 = grow(length);
    l4Proto = proto;
    return l4;
  }

  private void putType(int ethType) {
    if (typeAt >= 0) {
      Be.put16(b, typeAt, ethType);
      typeAt = -1;
    }
  }

  private void putProto(int proto) {
    if (protoAt >= 0) {
      Be.put8(b, protoAt, proto);
      protoAt = -1;
    }
  }

  private int grow(int more) {
    int at = n;
    n += more;
    if (n > b.length) {
      b = Arrays.copyOf(b, Math.max(n, 2 * b.length));
    }
    return at;
  }
}
