// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;

/**
 * A frame as the values of its headers. What an OpenFlow action does to a packet is said here in
 * one assignment, and the bytes with all their checksums are built anew from the values: an
 * expectation that shares no code with parser, translation, action executor or BPF programs.
 */
final class FrameModel {
  /** The address that frames are from. */
  private static final long FAR = 0x020000000901L;

  enum L3 {
    ARP,
    IPV4,
    IPV6,
    MPLS,
    PBB,
    UNKNOWN
  }

  enum L4 {
    NONE,
    TCP,
    UDP,
    UDP_NO_CHECKSUM,
    SCTP,
    /** ICMP or ICMPv6. */
    ICMP,
    ND_SOLICIT,
    ND_ADVERT
  }

  enum Fragment {
    WHOLE,
    FIRST,
    LATER
  }

  /** Whether a TCP or UDP checksum is still to be completed by a device. */
  final boolean partial;

  final String name;
  final L3 l3;
  final L4 l4;
  final Fragment fragment;

  long ethDst;
  long ethSrc;

  /** Outermost first; {@code tpid:16 pcp:3 dei:1 vid:12}. */
  final List<Integer> tags = new ArrayList<>();

  int arpOp = 1;
  long arpSha;
  long arpTha;

  /** IPv4 addresses, of ARP too. */
  long ipv4Src = 0x0a000009L;

  long ipv4Dst = 0x0a000001L;
  Ipv6Address ipv6Src = new Ipv6Address(0xfd00L << 48, 9);
  Ipv6Address ipv6Dst = new Ipv6Address(0xfd00L << 48, 1);
  int ipv6Label = 0x12345;
  int tos = 0x29;
  int ttl = 64;
  int tpSrc = 1234;
  int tpDst = 80;
  int icmpType;
  int icmpCode;
  Ipv6Address ndTarget = new Ipv6Address(0xfd00L << 48, 1);
  long ndLla;

  /** So that frames can be told apart whatever is done to their headers. */
  int id;

  FrameModel(
      String name, L3 l3, L4 l4, Fragment fragment, boolean partial, long ethDst, long ethSrc) {
    this.name = name;
    this.l3 = l3;
    this.l4 = l4;
    this.fragment = fragment;
    this.partial = partial;
    this.ethDst = ethDst;
    this.ethSrc = ethSrc;
    this.arpSha = ethSrc;
    this.ndLla = ethSrc;
    this.icmpType =
        switch (l4) {
          case ND_SOLICIT -> 135;
          case ND_ADVERT -> 136;
          default -> l3 == L3.IPV6 ? 128 : 8;
        };
  }

  /** A frame of every kind, untagged, tagged and doubly tagged, to an address. */
  static List<FrameModel> all(long dst) {
    List<FrameModel> l = new ArrayList<>();
    l.add(new FrameModel("ARP", L3.ARP, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    for (L3 l3 : List.of(L3.IPV4, L3.IPV6)) {
      for (L4 l4 : List.of(L4.TCP, L4.UDP, L4.UDP_NO_CHECKSUM, L4.SCTP, L4.ICMP)) {
        for (Fragment f : Fragment.values()) {
          l.add(ip(l3, l4, f, false, dst));
        }
      }
      l.add(ip(l3, L4.TCP, Fragment.WHOLE, true, dst));
      l.add(ip(l3, L4.UDP, Fragment.WHOLE, true, dst));
      l.add(ip(l3, L4.NONE, Fragment.WHOLE, false, dst));
    }
    l.add(ip(L3.IPV6, L4.ND_SOLICIT, Fragment.WHOLE, false, dst));
    l.add(ip(L3.IPV6, L4.ND_ADVERT, Fragment.WHOLE, false, dst));
    l.add(new FrameModel("MPLS", L3.MPLS, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    l.add(new FrameModel("PBB", L3.PBB, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    l.add(new FrameModel("unknown", L3.UNKNOWN, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    List<FrameModel> all = new ArrayList<>();
    for (FrameModel f : l) {
      all.add(f);
      FrameModel vlan = f.copy(f + " in VLAN");
      vlan.tags.add(EthType.VLAN << 16 | 3 << 13 | 10);
      all.add(vlan);
      FrameModel qinq = f.copy(f + " in QinQ");
      qinq.tags.add(EthType.VLAN_8021AD << 16 | 2 << 13 | 20);
      qinq.tags.add(EthType.VLAN << 16 | 3 << 13 | 10);
      all.add(qinq);
    }
    for (int i = 0; i < all.size(); i++) {
      all.get(i).id = i;
    }
    return all;
  }

  private static FrameModel ip(L3 l3, L4 l4, Fragment f, boolean partial, long dst) {
    String name =
        l3
            + " "
            + l4
            + (f == Fragment.WHOLE ? "" : ", " + f + " fragment")
            + (partial ? ", partial checksum" : "");
    return new FrameModel(name, l3, l4, f, partial, dst, FAR);
  }

  FrameModel copy(String copyName) {
    FrameModel c = new FrameModel(copyName, l3, l4, fragment, partial, ethDst, ethSrc);
    c.tags.addAll(tags);
    c.arpOp = arpOp;
    c.arpSha = arpSha;
    c.arpTha = arpTha;
    c.ipv4Src = ipv4Src;
    c.ipv4Dst = ipv4Dst;
    c.ipv6Src = ipv6Src;
    c.ipv6Dst = ipv6Dst;
    c.ipv6Label = ipv6Label;
    c.tos = tos;
    c.ttl = ttl;
    c.tpSrc = tpSrc;
    c.tpDst = tpDst;
    c.icmpType = icmpType;
    c.icmpCode = icmpCode;
    c.ndTarget = ndTarget;
    c.ndLla = ndLla;
    c.id = id;
    return c;
  }

  FrameModel copy() {
    return copy(name);
  }

  boolean isArp() {
    return l3 == L3.ARP;
  }

  boolean isIpv4() {
    return l3 == L3.IPV4;
  }

  boolean isIpv6() {
    return l3 == L3.IPV6;
  }

  boolean isIp() {
    return isIpv4() || isIpv6();
  }

  boolean isUdp() {
    return l4 == L4.UDP || l4 == L4.UDP_NO_CHECKSUM;
  }

  boolean isNd() {
    return l4 == L4.ND_SOLICIT || l4 == L4.ND_ADVERT;
  }

  boolean isIcmp() {
    return l4 == L4.ICMP || isNd();
  }

  /** Whether the frame has the header of its L4 protocol. */
  boolean hasL4() {
    return l4 != L4.NONE && fragment != Fragment.LATER;
  }

  /** The frame on the wire, its checksums complete. */
  byte[] bytes() {
    return build().bytes();
  }

  /** The frame as its sender hands it to the device. */
  Packet packet() {
    return partial ? build().partialPacket() : build().packet();
  }

  private PacketBuilder build() {
    PacketBuilder b = new PacketBuilder().eth(ethDst, ethSrc);
    tags.forEach(t -> b.vlan(t >>> 16, t & 0xffff));
    switch (l3) {
      case ARP -> b.arp(arpOp, arpSha, ipv4Src, arpTha, ipv4Dst);
      case IPV4 -> {
        b.ipv4(ipv4Src, ipv4Dst, tos, ttl, 0);
        switch (fragment) {
          case WHOLE -> {}
          case FIRST -> b.ipv4Fragment(7, 0, true);
          case LATER -> b.ipv4Fragment(7, 64, false);
        }
        l4(b);
      }
      case IPV6 -> {
        b.ipv6(ipv6Src, ipv6Dst, tos, ipv6Label, ttl);
        switch (fragment) {
          case WHOLE -> {}
          case FIRST -> b.ipv6Fragment(7, 0, true);
          case LATER -> b.ipv6Fragment(7, 64, false);
        }
        l4(b);
      }
      case MPLS -> b.mpls(EthType.MPLS, 0x12345040, 0x23456140);
      case PBB -> b.pbb(0x00123456, 0x020000000a0aL, 0x020000000b0bL).type(0x88b5);
      case UNKNOWN -> b.type(0x88b5);
    }
    // Even in length and 8-byte aligned, as fragments must be.
    return b.payload((byte) (id >> 8), (byte) id).payload(30);
  }

  private void l4(PacketBuilder b) {
    if (fragment == Fragment.LATER) {
      b.proto(
          switch (l4) {
            case NONE -> IpProto.NO_NEXT;
            case TCP -> IpProto.TCP;
            case UDP, UDP_NO_CHECKSUM -> IpProto.UDP;
            case SCTP -> IpProto.SCTP;
            case ICMP, ND_SOLICIT, ND_ADVERT -> isIpv6() ? IpProto.ICMPV6 : IpProto.ICMP;
          });
      return;
    }
    switch (l4) {
      case NONE -> b.proto(IpProto.NO_NEXT);
      case TCP -> b.tcp(tpSrc, tpDst);
      case UDP -> b.udp(tpSrc, tpDst);
      case UDP_NO_CHECKSUM -> b.udp(tpSrc, tpDst).noUdpChecksum();
      case SCTP -> b.sctp(tpSrc, tpDst);
      case ICMP -> {
        if (isIpv6()) {
          b.icmpv6(icmpType, icmpCode, 0x10001);
        } else {
          b.icmp(icmpType, icmpCode, 0x10001);
        }
      }
      case ND_SOLICIT, ND_ADVERT -> {
        b.icmpv6(icmpType, icmpCode, 0);
        b.payload(ByteBuffer.allocate(16).putLong(ndTarget.hi()).putLong(ndTarget.lo()).array());
        b.ndOption(l4 == L4.ND_SOLICIT ? 1 : 2, ndLla);
        // Another option, unknown, so that the rest of the frame is one.
        b.payload((byte) 14, (byte) 5).payload(6);
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
