// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * System calls, with Linux's own convention for errors: a result, or a negative errno. Nothing here
 * allocates, so that packet loops may call it.
 *
 * <p>Constants are those of the generic Linux ABI, which x86-64 and aarch64 share; the one
 * difference that touches us is {@link #EPOLL_EVENT_SIZE}.
 */
public final class Sys {
  static {
    // Before the first jnr class loads: the generated x86 stubs pass garbage as a sixth argument,
    // cost start-up time, and are no faster here.
    if (System.getProperty("jnr.ffi.x86asm.enabled") == null) {
      System.setProperty("jnr.ffi.x86asm.enabled", "false");
    }
  }

  public static final int AF_NETLINK = 16;
  public static final int AF_PACKET = 17;
  public static final int AF_UNIX = 1;
  public static final int AF_INET = 2;
  public static final int SOCK_DGRAM = 2;
  public static final int SOCK_RAW = 3;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOL_SOCKET = 1;
  public static final int SO_RCVBUF = 8;
  public static final int SO_RCVBUFFORCE = 33;
  public static final int MSG_TRUNC = 0x20;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;
  public static final int EPOLLIN = 1;
  public static final int EPOLL_CTL_ADD = 1;
  public static final int EPOLL_CTL_DEL = 2;
  public static final int CLONE_NEWNET = 0x40000000;

  /** {@code struct epoll_event} is packed on x86-64 alone. */
  public static final int EPOLL_EVENT_SIZE =
      System.getProperty("os.arch").equals("amd64") ? 12 : 16;

  /** Where its {@code data} is. */
  public static final int EPOLL_EVENT_DATA = EPOLL_EVENT_SIZE - 8;

  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);

  private Sys() {}

  private static int result(int r) {
    return r >= 0 ? r : -RUNTIME.getLastError();
  }

  private static long result(long r) {
    return r >= 0 ? r : -RUNTIME.getLastError();
  }

  static long addressOf(ByteBuffer direct) {
    return MemoryIO.getInstance().getDirectBufferAddress(direct);
  }

  public static int socket(int domain, int type, int protocol) {
    return result(LIBC.socket(domain, type, protocol));
  }

  public static int bind(int fd, NativeBuffer addr, int addrLen) {
    return result(LIBC.bind(fd, addr.address(), addrLen));
  }

  /** For options that are one {@code int}. Not for packet loops. */
  public static int setSocketOption(int fd, int level, int name, int value) {
    NativeBuffer b = new NativeBuffer(4);
    b.bytes().putInt(0, value);
    return result(LIBC.setsockopt(fd, level, name, b.address(), 4));
  }

  public static int setSocketOption(int fd, int level, int name, NativeBuffer value, int len) {
    return result(LIBC.setsockopt(fd, level, name, value.address(), len));
  }

  /** Reads an option into the first {@code len} bytes of {@code out}. */
  public static int getSocketOption(int fd, int level, int name, NativeBuffer out, int len) {
    NativeBuffer lenInOut = new NativeBuffer(4);
    lenInOut.bytes().putInt(0, len);
    return result(LIBC.getsockopt(fd, level, name, out.address(), lenInOut.address()));
  }

  public static long send(int fd, NativeBuffer b, int offset, int len, int flags) {
    return result(LIBC.send(fd, b.address(offset), len, flags));
  }

  public static long recv(int fd, NativeBuffer b, int flags) {
    return result(LIBC.recv(fd, b.address(), b.size(), flags));
  }

  /**
   * @param msgVec where in {@code b} the {@code mmsghdr}s are
   */
  public static int recvmmsg(int fd, NativeBuffer b, int msgVec, int vlen, int flags) {
    return result(LIBC.recvmmsg(fd, b.address(msgVec), vlen, flags, 0));
  }

  public static int open(String path, int flags) {
    return result(LIBC.open(path, flags, 0));
  }

  public static int close(int fd) {
    return result(LIBC.close(fd));
  }

  public static long read(int fd, NativeBuffer b, int offset, int len) {
    return result(LIBC.read(fd, b.address(offset), len));
  }

  public static long write(int fd, NativeBuffer b, int offset, int len) {
    return result(LIBC.write(fd, b.address(offset), len));
  }

  public static int ioctl(int fd, long request, NativeBuffer arg) {
    return result(LIBC.ioctl(fd, request, arg.address()));
  }

  /** For requests whose argument is a number, not a pointer. */
  public static int ioctl(int fd, long request, long arg) {
    return result(LIBC.ioctl(fd, request, arg));
  }

  public static int epollCreate() {
    return result(LIBC.epoll_create1(O_CLOEXEC));
  }

  public static int epollCtl(int epfd, int op, int fd, NativeBuffer event) {
    return result(LIBC.epoll_ctl(epfd, op, fd, event.address()));
  }

  /** {@code timeoutMs} -1 waits for ever. */
  public static int epollWait(int epfd, NativeBuffer events, int max, int timeoutMs) {
    return result(LIBC.epoll_wait(epfd, events.address(), max, timeoutMs));
  }

  public static int eventfd() {
    return result(LIBC.eventfd(0, O_CLOEXEC | O_NONBLOCK));
  }

  /** Moves the calling thread into a namespace; for threads that do nothing else afterwards. */
  public static int setns(int fd, int nsType) {
    return result(LIBC.setns(fd, nsType));
  }

  public static String strerror(int errno) {
    return LIBC.strerror(errno);
  }
}
