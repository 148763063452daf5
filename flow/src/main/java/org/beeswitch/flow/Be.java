// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.flow;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big-endian numbers in byte arrays, at any alignment; bounds are the array's. */
public final class Be {
  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle U32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle U64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Be() {}

  public static int get8(byte[] b, int at) {
    return b[at] & 0xff;
  }

  public static int get16(byte[] b, int at) {
    return (short) U16.get(b, at) & 0xffff;
  }

  /** The 32 bits as an unsigned number. */
  public static long get32(byte[] b, int at) {
    return (int) U32.get(b, at) & 0xffffffffL;
  }

  /** The six bytes of a MAC address in the lower 48 bits. */
  public static long get48(byte[] b, int at) {
    return get32(b, at) << 16 | get16(b, at + 4);
  }

  public static long get64(byte[] b, int at) {
    return (long) U64.get(b, at);
  }

  public static void put8(byte[] b, int at, int v) {
    b[at] = (byte) v;
  }

  public static void put16(byte[] b, int at, int v) {
    U16.set(b, at, (short) v);
  }

  /** Writes the lower 32 bits. */
  public static void put32(byte[] b, int at, long v) {
    U32.set(b, at, (int) v);
  }

  /** Writes the lower 48 bits. */
  public static void put48(byte[] b, int at, long v) {
    put32(b, at, v >>> 16);
    put16(b, at + 4, (int) v);
  }

  public static void put64(byte[] b, int at, long v) {
    U64.set(b, at, v);
  }
}
