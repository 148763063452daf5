// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.sys;

import java.nio.ByteBuffer;
import org.beeswitch.flow.Packet;
import org.jspecify.annotations.Nullable;

/**
 * A thread's own native memory for moving frames through system calls, and the translation between
 * {@link Packet} and what the kernel reads and writes: a {@code virtio_net_hdr} (10 bytes, host
 * byte order) and the frame behind it.
 *
 * <p>One instance per thread, kept as long as the thread lives, so that sending needs no lock and
 * no garbage. The part for batches is 2 MB and exists only in threads that receive them.
 */
public final class FrameBuffers {
  /** Datagrams that one {@link #receiveBatch} asks for. */
  public static final int BATCH = 32;

  private static final ThreadLocal<FrameBuffers> CURRENT =
      ThreadLocal.withInitial(FrameBuffers::new);

  // struct virtio_net_hdr: u8 flags, u8 gso_type, u16 hdr_len, gso_size, csum_start, csum_offset.
  private static final int VNET_HDR = 10;
  private static final int VNET_F_NEEDS_CSUM = 1;

  private static final int SLOT = (VNET_HDR + Packet.MAX_LENGTH + 63) & ~63;

  // In the batch: mmsghdr[BATCH], iovec[BATCH], control[BATCH], then the slots.
  private static final int MMSGHDR = 64;
  private static final int MSG_CONTROLLEN = 40;
  private static final int MSG_FLAGS = 48;
  private static final int MSG_LEN = 56;
  private static final int IOVEC = 16;
  private static final int CONTROL = 64;
  private static final int IOVECS_AT = BATCH * MMSGHDR;
  private static final int CONTROLS_AT = IOVECS_AT + BATCH * IOVEC;
  private static final int SLOTS_AT = CONTROLS_AT + BATCH * CONTROL;

  // A control message: size_t length, int level, int type, data. PACKET_AUXDATA's data is struct
  // tpacket_auxdata {u32 status, len, snaplen; u16 mac, net, vlan_tci, vlan_tpid}.
  private static final int CMSG_HDR = 16;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_AUXDATA = 8;
  private static final int AUX_VLAN_TCI = 16;
  private static final int AUX_VLAN_TPID = 18;
  private static final int TP_STATUS_VLAN_VALID = 1 << 4;
  private static final int TP_STATUS_VLAN_TPID_VALID = 1 << 6;

  private static final int ETH_ADDRESSES = 12;
  private static final int VLAN_TAG = 4;
  private static final int ETH_TYPE_VLAN = 0x8100;

  /**
   * How much of a packet without transport offloads we ask the kernel to keep in one piece.
   * Programs at tc see only that much without pulling, and no header chain that we parse is longer.
   */
  private static final int LINEAR = 256;

  private final NativeBuffer single = new NativeBuffer(SLOT);
  private @Nullable NativeBuffer batch;

  private FrameBuffers() {}

  /** The calling thread's. */
  public static FrameBuffers current() {
    return CURRENT.get();
  }

  /** Writes header and frame into a file: a tap's queue. Returns 0 or a negative errno. */
  public int write(int fd, Packet p) {
    int n = put(p);
    long r = Sys.write(fd, single, 0, n);
    return r < 0 ? (int) r : 0;
  }

  /** Sends header and frame by a bound packet socket. Returns 0 or a negative errno. */
  public int send(int fd, Packet p) {
    int n = put(p);
    long r = Sys.send(fd, single, 0, n, Sys.MSG_DONTWAIT);
    return r < 0 ? (int) r : 0;
  }

  private int put(Packet p) {
    ByteBuffer b = single.bytes();
    int n = p.length();
    b.put(0, (byte) (p.csumStart >= 0 ? VNET_F_NEEDS_CSUM : 0));
    b.put(1, (byte) p.gsoType);
    b.putShort(2, (short) headerLength(p));
    b.putShort(4, (short) p.gsoSize);
    b.putShort(6, (short) Math.max(p.csumStart, 0));
    b.putShort(8, (short) p.csumOffset);
    b.put(VNET_HDR, p.data(), p.offset(), n);
    return VNET_HDR + n;
  }

  /** Bytes of a packet's headers, exactly so for GSO, where segments are made behind them. */
  private static int headerLength(Packet p) {
    int n = p.length();
    if (p.gsoType == Packet.GSO_NONE || p.csumStart < 0) {
      return Math.min(n, LINEAR);
    }
    int l4 = 8;
    int gso = p.gsoType & ~Packet.GSO_ECN;
    int tcpDataOffset = p.csumStart + 12;
    if ((gso == Packet.GSO_TCPV4 || gso == Packet.GSO_TCPV6) && tcpDataOffset < n) {
      l4 = (p.data()[p.offset() + tcpDataOffset] & 0xf0) >> 2;
    }
    return Math.min(n, p.csumStart + l4);
  }

  /** Reads one frame from a file: a tap's queue. Returns its length, or a negative errno. */
  public int read(int fd, Packet into) {
    int n = (int) Sys.read(fd, single, 0, SLOT);
    if (n < 0) {
      return n;
    }
    if (n < VNET_HDR) {
      throw new IllegalStateException("tap gave " + n + " bytes, less than a virtio_net_hdr");
    }
    take(single.bytes(), 0, n - VNET_HDR, 0, 0, into);
    return n - VNET_HDR;
  }

  /**
   * Receives up to {@code max} datagrams of a packet socket that has PACKET_VNET_HDR and
   * PACKET_AUXDATA on. Returns how many, or a negative errno; then {@link #takeBatch} has them.
   */
  public int receiveBatch(int fd, int max) {
    NativeBuffer m = batch;
    if (m == null) {
      m = newBatch();
      batch = m;
    }
    ByteBuffer b = m.bytes();
    for (int i = 0; i < max; i++) {
      b.putLong(i * MMSGHDR + MSG_CONTROLLEN, CONTROL);
    }
    return Sys.recvmmsg(fd, m, 0, max, Sys.MSG_DONTWAIT);
  }

  private static NativeBuffer newBatch() {
    NativeBuffer m = new NativeBuffer(SLOTS_AT + BATCH * SLOT);
    ByteBuffer b = m.bytes();
    for (int i = 0; i < BATCH; i++) {
      int msg = i * MMSGHDR;
      int iovec = IOVECS_AT + i * IOVEC;
      b.putLong(msg + 16, m.address(iovec)).putLong(msg + 24, 1);
      b.putLong(msg + 32, m.address(CONTROLS_AT + i * CONTROL));
      b.putLong(iovec, m.address(SLOTS_AT + i * SLOT)).putLong(iovec + 8, SLOT);
    }
    return m;
  }

  /**
   * Takes the batch's i-th datagram: the frame with its VLAN tag, which packet sockets deliver
   * beside it, put back. Returns false if the frame was longer than any we take.
   */
  public boolean takeBatch(int i, Packet into) {
    NativeBuffer m = batch;
    if (m == null) {
      throw new IllegalStateException("takeBatch before receiveBatch");
    }
    ByteBuffer b = m.bytes();
    int msg = i * MMSGHDR;
    int n = b.getInt(msg + MSG_LEN);
    if ((b.getInt(msg + MSG_FLAGS) & Sys.MSG_TRUNC) != 0 || n < VNET_HDR) {
      return false;
    }
    int tpid = 0;
    int tci = 0;
    int control = CONTROLS_AT + i * CONTROL;
    int data = control + CMSG_HDR;
    if (b.getLong(msg + MSG_CONTROLLEN) > CMSG_HDR
        && b.getInt(control + 8) == SOL_PACKET
        && b.getInt(control + 12) == PACKET_AUXDATA) {
      int status = b.getInt(data);
      if ((status & TP_STATUS_VLAN_VALID) != 0) {
        tci = b.getShort(data + AUX_VLAN_TCI) & 0xffff;
        tpid =
            (status & TP_STATUS_VLAN_TPID_VALID) != 0
                ? b.getShort(data + AUX_VLAN_TPID) & 0xffff
                : ETH_TYPE_VLAN;
      }
    }
    take(b, SLOTS_AT + i * SLOT, n - VNET_HDR, tpid, tci, into);
    return true;
  }

  /** With {@code tpid} ≠ 0, the frame's bytes lack that tag, and so does csum_start. */
  private static void take(ByteBuffer b, int at, int n, int tpid, int tci, Packet into) {
    int frame = at + VNET_HDR;
    int inserted = 0;
    if (tpid != 0 && n >= ETH_ADDRESSES) {
      inserted = VLAN_TAG;
      into.reset(n + VLAN_TAG);
      byte[] d = into.data();
      int o = into.offset();
      b.get(frame, d, o, ETH_ADDRESSES);
      d[o + 12] = (byte) (tpid >> 8);
      d[o + 13] = (byte) tpid;
      d[o + 14] = (byte) (tci >> 8);
      d[o + 15] = (byte) tci;
      b.get(frame + ETH_ADDRESSES, d, o + ETH_ADDRESSES + VLAN_TAG, n - ETH_ADDRESSES);
    } else {
      into.reset(n);
      b.get(frame, into.data(), into.offset(), n);
    }
    if ((b.get(at) & VNET_F_NEEDS_CSUM) != 0) {
      into.csumStart = (b.getShort(at + 6) & 0xffff) + inserted;
      into.csumOffset = b.getShort(at + 8) & 0xffff;
    }
    into.gsoType = b.get(at + 1) & 0xff;
    into.gsoSize = b.getShort(at + 4) & 0xffff;
  }
}
