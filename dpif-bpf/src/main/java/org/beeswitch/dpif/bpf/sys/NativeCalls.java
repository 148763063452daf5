// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.sys;

/** The C library's function for what it has no function for. Bound by jnr-ffi. */
public interface NativeCalls {
  /**
   * Always with six arguments: seven with the number, which jnr-ffi passes rightly on x86-64 even
   * where its stubs get the sixth argument of six wrong.
   */
  long syscall(long number, long a, long b, long c, long d, long e, long f);

  /** For packet and flow paths: with no more than six arguments jnr-ffi makes no garbage. */
  long syscall(long number, long a, long b, long c);

  /** As above; a sixth would be wrong, so nothing that needs one may come by here. */
  long syscall(long number, long a, long b, long c, long d);

  int vsnprintf(long buf, long size, long format, long args);
}
