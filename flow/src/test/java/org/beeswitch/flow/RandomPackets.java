// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;
import java.util.Random;

/**
 * Random frames that reach every rule of {@link FlowParser}: built header by header, mostly valid,
 * with values from small sets as often as from large ones; and mutations of such frames.
 *
 * <p>The same seed gives the same frames. Used to compare the parsers (Java, BPF, OVS) and wherever
 * a property is to hold for all packets.
 */
public final class RandomPackets {
  private static final int[] ODD_TYPES = {0x88cc, 0x9000, 0x22f0, 0x8863, 0xffff, 0x0600};
  private static final int[] EXTENSIONS = {0, 43, 60, 51, 60, 0};

  private final Random r;

  public RandomPackets(long seed) {
    r = new Random(seed);
  }

  /** A structured frame, one time in three mutated, one in eight cut. */
  public byte[] next() {
    byte[] f = structured();
    if (r.nextInt(3) == 0) {
      f = mutate(f);
    }
    return r.nextInt(8) == 0 ? Arrays.copyOf(f, r.nextInt(f.length + 1)) : f;
  }

  /** A copy with one to four changes of bytes, numbers or length. */
  public byte[] mutate(byte[] frame) {
    byte[] f = frame.clone();
    for (int i = r.nextInt(4); i >= 0 && f.length > 0; i--) {
      int at = r.nextBoolean() ? r.nextInt(f.length) : Math.min(f.length - 1, 12 + r.nextInt(60));
      switch (r.nextInt(6)) {
        case 0 -> f[at] = (byte) r.nextInt();
        case 1 -> f[at] ^= (byte) (1 << r.nextInt(8));
        case 2 -> f[at] = (byte) pick(0, 1, 2, 6, 17, 43, 44, 51, 58, 59, 60, 132, 255);
        case 3 -> f[at]++;
        case 4 -> {
          if (at + 1 < f.length) {
            Be.put16(
                f, at, pick(0, 8, 0x800, 0x806, 0x8100, 0x88a8, 0x86dd, 0x8847, 0x5ff, 0xffff));
          }
        }
        default -> f = Arrays.copyOf(f, r.nextInt(f.length + 20));
      }
    }
    return f;
  }

  /** A frame of known headers, all valid but for what the parsers must cope with. */
  public byte[] structured() {
    PacketBuilder b = new PacketBuilder().eth(mac(), mac());
    for (int i = pick(0, 0, 0, 1, 1, 2, 2, 3); i > 0; i--) {
      b.vlan(r.nextBoolean() ? EthType.VLAN : EthType.VLAN_8021AD, r.nextInt(0x10000));
    }
    if (r.nextInt(12) == 0) {
      b.snap();
    }
    switch (r.nextInt(12)) {
      case 0, 1, 2, 3 -> ipv4(b);
      case 4, 5, 6, 7 -> ipv6(b);
      case 8 ->
          b.arp(
              r.nextInt(4) == 0 ? EthType.RARP : EthType.ARP,
              pick(1, 2, 3, 4, 255, 256, 0x101),
              mac(),
              ip(),
              mac(),
              ip());
      case 9 -> mpls(b);
      case 10 -> {
        if (r.nextBoolean()) {
          b.pbb(r.nextInt(), mac(), mac());
          ipv4(b);
        } else {
          nsh(b);
        }
      }
      default -> b.type(pick(ODD_TYPES)).payload(r.nextInt(60));
    }
    byte[] f = b.bytes();
    return r.nextInt(6) == 0 ? Arrays.copyOf(f, f.length + r.nextInt(20)) : f; // padding
  }

  private void nsh(PacketBuilder b) {
    boolean odd = r.nextInt(3) == 0;
    byte[] h = new byte[odd ? 8 + r.nextInt(24) : 24];
    r.nextBytes(h);
    Be.put16(h, 0, Be.get16(h, 0) & 0x3fc0 | (odd ? r.nextInt(10) : 6));
    h[2] = (byte) (odd ? pick(0, 1, 2, 3) : 1);
    b.type(EthType.NSH).payload(h);
  }

  private void mpls(PacketBuilder b) {
    int[] labels = new int[1 + r.nextInt(5)];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = r.nextInt() & ~0x100;
    }
    labels[r.nextInt(labels.length)] |= 0x100;
    b.mpls(r.nextInt(4) == 0 ? EthType.MPLS_MCAST : EthType.MPLS, labels).payload(r.nextInt(40));
  }

  private void ipv4(PacketBuilder b) {
    b.ipv4(ip(), ip(), r.nextInt(256), r.nextInt(256), r.nextInt(4) == 0 ? r.nextInt(11) : 0);
    switch (r.nextInt(8)) {
      case 0 -> b.ipv4Fragment(r.nextInt(), 0, true);
      case 1 -> b.ipv4Fragment(r.nextInt(), 1 + r.nextInt(0x1fff), r.nextBoolean());
      case 2 -> b.ipv4Fragment(r.nextInt(), 0x4000, false); // DF
      default -> {}
    }
    l4(b, pick(IpProto.ICMP, IpProto.ICMP, IpProto.IGMP, IpProto.ICMPV6));
  }

  private void ipv6(PacketBuilder b) {
    b.ipv6(ip6(), ip6(), r.nextInt(256), r.nextInt(1 << 20), r.nextInt(256));
    if (r.nextInt(3) == 0) {
      for (int i = r.nextInt(r.nextInt(5) == 0 ? 12 : 5); i > 0; i--) {
        if (r.nextInt(4) == 0) {
          b.ipv6Fragment(r.nextInt(), pick(0, 0, 0, 1, 100), r.nextBoolean());
        } else {
          b.extension(pick(EXTENSIONS), r.nextInt(3));
        }
      }
    }
    l4(b, pick(IpProto.ICMPV6, IpProto.ICMPV6, IpProto.ICMPV6, IpProto.ICMP, IpProto.IGMP));
  }

  private void l4(PacketBuilder b, int icmpOrSo) {
    int src = r.nextInt(0x10000);
    int dst = pick(80, 53, r.nextInt(0x10000));
    switch (r.nextInt(8)) {
      case 0, 1 -> b.tcp(src, dst, r.nextInt(0x1000), r.nextInt(3) == 0 ? r.nextInt(11) : 0);
      case 2, 3 -> {
        b.udp(src, dst);
        if (r.nextInt(4) == 0) {
          b.noUdpChecksum();
        }
      }
      case 4 -> b.sctp(src, dst);
      case 5 -> {
        b.proto(pick(47, 50, 59, 89, 103, 135, 139, 255)).payload(r.nextInt(30));
        return;
      }
      default -> {
        if (icmpOrSo == IpProto.ICMPV6 && r.nextBoolean()) {
          b.nd(pick(135, 136), r.nextInt(), ip6());
          ndOptions(b);
          return;
        }
        if (icmpOrSo == IpProto.ICMPV6) {
          b.icmpv6(pick(128, 129, 1, 133, 134, 135, 136), pick(0, 0, 1), r.nextInt());
        } else if (icmpOrSo == IpProto.IGMP) {
          b.igmp(pick(0x11, 0x16, 0x17, 0x22), r.nextInt(256), ip());
        } else {
          b.icmp(pick(0, 8, 3, 11), r.nextInt(3), r.nextInt());
        }
      }
    }
    b.payload(r.nextInt(40));
  }

  private void ndOptions(PacketBuilder b) {
    for (int i = r.nextInt(r.nextInt(6) == 0 ? 12 : 4); i > 0; i--) {
      switch (r.nextInt(6)) {
        case 0 -> b.payload((byte) pick(1, 2, 3, 5, 14), (byte) 2).payload(14);
        case 1 -> b.ndOption(pick(3, 5, 14), mac());
        default -> b.ndOption(pick(1, 2), r.nextInt(6) == 0 ? 0 : mac());
      }
    }
    if (r.nextInt(8) == 0) {
      b.payload(r.nextInt(10));
    }
  }

  private long mac() {
    return r.nextBoolean() ? 0x020000000000L | r.nextInt(4) : r.nextLong() & 0xffff_ffff_ffffL;
  }

  private long ip() {
    return r.nextBoolean() ? 0x0a000000L | r.nextInt(8) : r.nextInt() & 0xffffffffL;
  }

  private Ipv6Address ip6() {
    return new Ipv6Address(
        0xfd00L << 48 | r.nextInt(4), r.nextBoolean() ? r.nextInt(8) : r.nextLong());
  }

  private int pick(int... of) {
    return of[r.nextInt(of.length)];
  }
}
