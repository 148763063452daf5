// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.sys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A netlink socket of the kernel's routing family: requests with their answers, or events.
 *
 * <p>A netlink message is a 16-byte header {length, type, flags, sequence, port} with a fixed
 * struct and then attributes {u16 length, u16 type, value padded to 4}, in host byte order. A
 * request is made in place: {@link #begin}, {@code put…}, then {@link #transact}, which waits for
 * the kernel's acknowledgement (it answers at once) and hands every message that comes before it to
 * a visitor. With {@code NLM_F_DUMP} these are all objects of a kind.
 *
 * <p>Errors are negative errnos; {@link #complaint} has the kernel's own words for the last one. A
 * dump that the kernel marks as inconsistent returns {@code -EINTR}: repeat it.
 *
 * <p>Used by one thread at a time. The socket stays in the network namespace it was opened in.
 */
public final class Netlink implements AutoCloseable {
  public static final int NLM_F_REQUEST = 1;
  public static final int NLM_F_ACK = 4;
  public static final int NLM_F_REPLACE = 0x100;
  public static final int NLM_F_EXCL = 0x200;
  public static final int NLM_F_CREATE = 0x400;
  public static final int NLM_F_DUMP = 0x300;

  private static final int NETLINK_ROUTE = 0;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int NLM_F_DUMP_INTR = 0x10;
  private static final int NLM_F_ACK_TLVS = 0x200;
  private static final int NLMSGERR_ATTR_MSG = 1;
  private static final int NLA_TYPE_MASK = 0x3fff;
  private static final int NLA_F_NESTED = 0x8000;
  private static final int HEADER = 16;
  private static final int EINTR = 4;
  private static final int EPROTO = 71;

  /** Dumps come in pieces of at most 32 kB (the kernel's NLMSG_GOODSIZE). */
  private static final int RECEIVE_SIZE = 65_536;

  /** Our requests: a few attributes and names. */
  private static final int REQUEST_SIZE = 2_048;

  private final int fd;
  private final NativeBuffer in = new NativeBuffer(RECEIVE_SIZE);
  private final NativeBuffer out = new NativeBuffer(REQUEST_SIZE);
  private int outEnd;
  private int seq;
  private String complaint = "";

  private Netlink(int fd) {
    this.fd = fd;
  }

  /** What a message holds: from {@code from} to {@code to}, behind the netlink header. */
  public interface Visitor {
    void message(int type, ByteBuffer bytes, int from, int to);
  }

  /** An attribute's value: {@code len} bytes at {@code at}. */
  public interface AttrVisitor {
    void attr(int type, ByteBuffer bytes, int at, int len);
  }

  /** Never fails; see {@link #error}. */
  public static Netlink open(int groups) {
    int fd = Sys.socket(Sys.AF_NETLINK, Sys.SOCK_RAW | Sys.SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
      return new Netlink(fd);
    }
    NativeBuffer addr = new NativeBuffer(12);
    addr.bytes().putShort(0, (short) Sys.AF_NETLINK).putInt(8, groups);
    int r = Sys.bind(fd, addr, 12);
    if (r < 0) {
      Sys.close(fd);
      return new Netlink(r);
    }
    // Old kernels know neither; then errors come with less to say.
    Sys.setSocketOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    Sys.setSocketOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    return new Netlink(fd);
  }

  /** 0, or the negative errno with which opening failed. */
  public int error() {
    return Math.min(fd, 0);
  }

  public int fd() {
    return fd;
  }

  /** What the kernel said about the last failed request, or empty. */
  public String complaint() {
    return complaint;
  }

  /** Gives an event socket a receive queue of its own size, so that bursts are not lost. */
  public void setReceiveQueue(int bytes) {
    if (Sys.setSocketOption(fd, Sys.SOL_SOCKET, Sys.SO_RCVBUFFORCE, bytes) < 0) {
      Sys.setSocketOption(fd, Sys.SOL_SOCKET, Sys.SO_RCVBUF, bytes);
    }
  }

  /** Starts a request. */
  public void begin(int type, int flags) {
    out.clear(0, outEnd);
    seq++;
    out.bytes().putShort(4, (short) type).putShort(6, (short) (flags | NLM_F_REQUEST | NLM_F_ACK));
    out.bytes().putInt(8, seq);
    outEnd = HEADER;
  }

  public void putByte(int v) {
    out.bytes().put(outEnd, (byte) v);
    outEnd += 1;
  }

  public void putShort(int v) {
    out.bytes().putShort(outEnd, (short) v);
    outEnd += 2;
  }

  public void putInt(int v) {
    out.bytes().putInt(outEnd, v);
    outEnd += 4;
  }

  public void putZeros(int n) {
    outEnd += n;
  }

  public void attr(int type, byte[] value) {
    attrHeader(type, value.length);
    out.bytes().put(outEnd, value);
    outEnd += align(value.length);
  }

  public void attrInt(int type, int value) {
    attrHeader(type, 4);
    putInt(value);
  }

  public void attrShort(int type, int value) {
    attrHeader(type, 2);
    out.bytes().putShort(outEnd, (short) value);
    outEnd += 4;
  }

  /** A string, NUL-terminated. */
  public void attr(int type, String value) {
    byte[] b = value.getBytes(StandardCharsets.UTF_8);
    attrHeader(type, b.length + 1);
    out.bytes().put(outEnd, b);
    outEnd += align(b.length + 1);
  }

  /** Opens an attribute that holds attributes; the result closes it. */
  public int nest(int type) {
    int at = outEnd;
    attrHeader(type | NLA_F_NESTED, 0);
    return at;
  }

  public void endNest(int at) {
    out.bytes().putShort(at, (short) (outEnd - at));
  }

  private void attrHeader(int type, int len) {
    out.bytes().putShort(outEnd, (short) (len + 4)).putShort(outEnd + 2, (short) type);
    outEnd += 4;
  }

  /** Sends the request and returns 0 or the kernel's negative errno. */
  public int transact(Visitor answers) {
    complaint = "";
    out.bytes().putInt(0, outEnd);
    long sent = Sys.send(fd, out, 0, outEnd, 0);
    if (sent < 0) {
      return (int) sent;
    }
    boolean interrupted = false;
    ByteBuffer b = in.bytes();
    while (true) {
      long n = Sys.recv(fd, in, Sys.MSG_TRUNC);
      if (n == -EINTR) {
        continue;
      }
      if (n < 0) {
        return (int) n;
      }
      if (n > in.size()) {
        return -EPROTO;
      }
      for (int at = 0; at + HEADER <= n; ) {
        int len = b.getInt(at);
        if (len < HEADER || at + len > n) {
          return -EPROTO;
        }
        int type = b.getShort(at + 4) & 0xffff;
        int flags = b.getShort(at + 6);
        if (b.getInt(at + 8) == seq) {
          interrupted |= (flags & NLM_F_DUMP_INTR) != 0;
          if (type == NLMSG_ERROR || type == NLMSG_DONE) {
            int error = b.getInt(at + HEADER);
            if (error != 0 && (flags & NLM_F_ACK_TLVS) != 0) {
              complaint = complaint(b, type, at, len);
            }
            return error == 0 && interrupted ? -EINTR : error;
          }
          answers.message(type, b, at + HEADER, at + len);
        }
        at += align(len);
      }
    }
  }

  /** For requests that only succeed or fail. */
  public int transact() {
    return transact((type, bytes, from, to) -> {});
  }

  private static String complaint(ByteBuffer b, int type, int at, int len) {
    // Behind the errno, an NLMSG_ERROR holds the request's header (capped by NETLINK_CAP_ACK).
    int from = at + HEADER + 4 + (type == NLMSG_ERROR ? HEADER : 0);
    String[] found = {""};
    forEachAttr(
        b,
        from,
        at + len,
        (attr, bytes, v, n) -> {
          if (attr == NLMSGERR_ATTR_MSG) {
            found[0] = string(bytes, v, n);
          }
        });
    return found[0];
  }

  /**
   * Hands the messages of one datagram to the visitor, without waiting. Returns how many, 0 if
   * there was none, or a negative errno; {@code -ENOBUFS} means that events were lost.
   */
  public int receive(Visitor events) {
    ByteBuffer b = in.bytes();
    long n = Sys.recv(fd, in, Sys.MSG_DONTWAIT);
    if (n < 0) {
      return (int) n;
    }
    int count = 0;
    for (int at = 0; at + HEADER <= n; ) {
      int len = b.getInt(at);
      if (len < HEADER || at + len > n) {
        return -EPROTO;
      }
      events.message(b.getShort(at + 4) & 0xffff, b, at + HEADER, at + len);
      count++;
      at += align(len);
    }
    return count;
  }

  /** Calls the visitor for each attribute between two places. */
  public static void forEachAttr(ByteBuffer b, int from, int to, AttrVisitor visitor) {
    for (int at = from; at + 4 <= to; ) {
      int len = b.getShort(at) & 0xffff;
      if (len < 4 || at + len > to) {
        return;
      }
      visitor.attr(b.getShort(at + 2) & NLA_TYPE_MASK, b, at + 4, len - 4);
      at += align(len);
    }
  }

  /** A string attribute's value. */
  public static String string(ByteBuffer b, int at, int len) {
    byte[] raw = new byte[len];
    b.get(at, raw);
    int n = 0;
    while (n < len && raw[n] != 0) {
      n++;
    }
    return new String(raw, 0, n, StandardCharsets.UTF_8);
  }

  private static int align(int n) {
    return (n + 3) & ~3;
  }

  @Override
  public void close() {
    if (fd >= 0) {
      Sys.close(fd);
    }
  }
}
