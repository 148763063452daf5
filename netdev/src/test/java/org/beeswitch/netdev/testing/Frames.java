// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.testing;

import java.nio.ByteBuffer;
import org.beeswitch.flow.Packet;

/** Frames with offloads left undone, as a host's stack hands them to its device. */
public final class Frames {
  public static final int ETH = 14;
  public static final int IPV4 = 20;
  public static final int TCP = 20;
  private static final int PROTO_TCP = 6;
  private static final int PROTO_UDP = 17;

  private Frames() {}

  /** A UDP datagram without a checksum, for those who only count. */
  public static Packet udp(int payload) {
    int ip = IPV4 + 8 + payload;
    ByteBuffer b = ByteBuffer.allocate(ETH + ip);
    ethernet(b);
    ipv4(b, ip, PROTO_UDP);
    b.putShort((short) 1234).putShort((short) 5678).putShort((short) (8 + payload));
    b.putShort((short) 0);
    fill(b);
    return Packet.of(b.array());
  }

  /**
   * A TCP segment whose checksum field holds the pseudo-header's sum only; with {@code mss} ≠ 0 one
   * to be cut into segments of so much payload.
   */
  public static Packet tcp(int payload, int mss) {
    int ip = IPV4 + TCP + payload;
    ByteBuffer b = ByteBuffer.allocate(ETH + ip);
    ethernet(b);
    ipv4(b, ip, PROTO_TCP);
    b.putShort((short) 1234).putShort((short) 5678).putInt(1).putInt(1);
    b.put((byte) (TCP / 4 << 4)).put((byte) 0x10).putShort((short) 1000);
    long sum = 0x0a00L + 0x0001 + 0x0a00 + 0x0002 + PROTO_TCP + TCP + payload;
    b.putShort((short) fold(sum)).putShort((short) 0);
    fill(b);
    Packet p = Packet.of(b.array());
    p.csumStart = ETH + IPV4;
    p.csumOffset = 16;
    if (mss != 0) {
      p.gsoType = Packet.GSO_TCPV4;
      p.gsoSize = mss;
    }
    return p;
  }

  /** The same packet with a VLAN tag in front, its offload fields adjusted. */
  public static Packet tagged(Packet p, int tpid, int tci) {
    Packet t = new Packet(p.length() + 4);
    t.copyFrom(p);
    t.push(4);
    byte[] d = t.data();
    int o = t.offset();
    System.arraycopy(d, o + 4, d, o, 12);
    d[o + 12] = (byte) (tpid >> 8);
    d[o + 13] = (byte) tpid;
    d[o + 14] = (byte) (tci >> 8);
    d[o + 15] = (byte) tci;
    return t;
  }

  /** Whether TCP's checksum over an untagged IPv4 frame without options is right. */
  public static boolean tcpChecksumIsRight(byte[] frame) {
    int l4 = ETH + IPV4;
    long sum = (long) PROTO_TCP + frame.length - l4;
    sum += sum(frame, ETH + 12, 8) + sum(frame, l4, frame.length - l4);
    return fold(sum) == 0xffff;
  }

  private static void ethernet(ByteBuffer b) {
    b.put(new byte[] {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}).putShort((short) 0x0800);
  }

  private static void ipv4(ByteBuffer b, int length, int proto) {
    int at = b.position();
    b.put((byte) 0x45).put((byte) 0).putShort((short) length).putInt(0x4000);
    b.put((byte) 64).put((byte) proto).putShort((short) 0);
    b.put(new byte[] {10, 0, 0, 1, 10, 0, 0, 2});
    byte[] header = new byte[IPV4];
    b.get(at, header);
    b.putShort(at + 10, (short) ~fold(sum(header, 0, IPV4)));
  }

  private static void fill(ByteBuffer b) {
    for (int i = 0; b.hasRemaining(); i++) {
      b.put((byte) (i * 31 + (i >> 8)));
    }
  }

  private static long sum(byte[] d, int at, int n) {
    long s = 0;
    for (int i = 0; i < n; i++) {
      s += (d[at + i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
    }
    return s;
  }

  private static int fold(long sum) {
    long s = sum;
    while (s >> 16 != 0) {
      s = (s & 0xffff) + (s >> 16);
    }
    return (int) s;
  }
}
