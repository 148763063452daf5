// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.sys;

import jnr.ffi.types.size_t;

/**
 * The C library's functions as they are, for jnr-ffi to bind. Addresses are {@code long}: they come
 * from {@link NativeBuffer}. Public only because the generated class lives in another class loader.
 *
 * <p>No function here has six arguments, and none may get them: jnr-ffi's x86 stubs pass garbage as
 * the sixth (see {@link Sys}, which turns those stubs off as well).
 */
public interface LibC {
  int socket(int domain, int type, int protocol);

  int bind(int fd, long addr, int addrLen);

  int setsockopt(int fd, int level, int name, long value, int len);

  int getsockopt(int fd, int level, int name, long value, long len);

  long send(int fd, long buf, @size_t long len, int flags);

  long recv(int fd, long buf, @size_t long len, int flags);

  int recvmmsg(int fd, long msgvec, int vlen, int flags, long timeout);

  int open(String path, int flags, int mode);

  int close(int fd);

  long read(int fd, long buf, @size_t long len);

  long write(int fd, long buf, @size_t long len);

  int ioctl(int fd, long request, long arg);

  int epoll_create1(int flags);

  int epoll_ctl(int epfd, int op, int fd, long event);

  int epoll_wait(int epfd, long events, int max, int timeoutMs);

  int eventfd(int initial, int flags);

  int setns(int fd, int nstype);

  String strerror(int errno);
}
