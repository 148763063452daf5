// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.util.Arrays;

/**
 * A frame and what the sender's offloads left undone in it. The bytes begin with the destination
 * MAC and hold all VLAN tags; there is headroom before them so that pushing a tag moves only the
 * addresses.
 *
 * <p>Mutable and reused: owned by one thread at a time. The offload fields are those of a {@code
 * virtio_net_hdr} and mean the same: with {@link #csumStart} ≥ 0 the L4 checksum holds only the
 * pseudo-header's sum and must be completed from {@code csumStart} on into {@code csumStart +
 * csumOffset} before the frame is looked at or leaves through something that cannot do it; with
 * {@link #gsoType} ≠ 0 the frame stands for several of {@link #gsoSize} bytes of payload each.
 */
public final class Packet {
  /** Room for pushed headers: MPLS, PBB and VLAN tags together. */
  public static final int HEADROOM = 128;

  /** Largest frame: a GSO packet of 64 kB with its headers. */
  public static final int MAX_LENGTH = 65_536 + 256;

  // Values of gsoType, as VIRTIO_NET_HDR_GSO_* (linux/virtio_net.h).
  public static final int GSO_NONE = 0;
  public static final int GSO_TCPV4 = 1;
  public static final int GSO_UDP = 3;
  public static final int GSO_TCPV6 = 4;
  public static final int GSO_UDP_L4 = 5;
  public static final int GSO_ECN = 0x80;

  private byte[] data;
  private int offset;
  private int length;

  /**
   * Where the L4 checksum's range starts, from the frame's first byte, or -1 if the checksum is
   * complete.
   */
  public int csumStart = -1;

  /** Distance of the checksum field from {@link #csumStart}. */
  public int csumOffset;

  /** {@code GSO_*}. */
  public int gsoType;

  /** Payload bytes of a segment; 0 if the frame is one segment. */
  public int gsoSize;

  /** An empty packet that can take {@code capacity} bytes behind its headroom. */
  public Packet(int capacity) {
    data = new byte[HEADROOM + capacity];
    offset = HEADROOM;
  }

  /** A packet with a copy of the given frame and no offloads. */
  public static Packet of(byte[] frame) {
    Packet p = new Packet(frame.length);
    p.set(frame, 0, frame.length);
    return p;
  }

  /** Takes a copy of {@code n} bytes as the frame, and forgets all offload state. */
  public void set(byte[] src, int from, int n) {
    reset(n);
    System.arraycopy(src, from, data, offset, n);
  }

  /**
   * Makes this an uninitialised frame of {@code n} bytes at {@link #offset()} with full headroom,
   * no offload state.
   */
  public void reset(int n) {
    if (data.length < HEADROOM + n) {
      data = new byte[HEADROOM + Math.max(n, 2048)];
    }
    offset = HEADROOM;
    length = n;
    csumStart = -1;
    csumOffset = 0;
    gsoType = GSO_NONE;
    gsoSize = 0;
  }

  /**
   * The array that holds the frame from {@link #offset()} on; changes when the frame is replaced by
   * a larger one.
   */
  public byte[] data() {
    return data;
  }

  public int offset() {
    return offset;
  }

  public int length() {
    return length;
  }

  /**
   * Moves the frame's beginning by {@code n} bytes into the headroom (n > 0: longer) or out of it
   * (n < 0: shorter). When the headroom is used up the frame moves to a larger array.
   */
  public void push(int n) {
    if (length + n < 0) {
      throw new IllegalStateException("push " + n + " with length " + length);
    }
    if (offset - n < 0) {
      byte[] larger = new byte[HEADROOM + n + data.length];
      System.arraycopy(data, offset, larger, HEADROOM + n, length);
      data = larger;
      offset = HEADROOM + n;
    }
    offset -= n;
    length += n;
    if (csumStart >= 0) {
      csumStart += n;
    }
  }

  /** Cuts the frame to {@code n} bytes; longer than it is does nothing. */
  public void truncate(int n) {
    length = Math.min(length, n);
  }

  public void copyFrom(Packet p) {
    set(p.data, p.offset, p.length);
    csumStart = p.csumStart;
    csumOffset = p.csumOffset;
    gsoType = p.gsoType;
    gsoSize = p.gsoSize;
  }

  /** The frame's bytes, copied. */
  public byte[] bytes() {
    return Arrays.copyOfRange(data, offset, offset + length);
  }
}
