// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf.map;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Words of memory that a BPF program reads and writes at the same time. The handles are {@code
 * static final}: any other is four to fifteen times slower.
 */
public final class Mem {
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private Mem() {}

  public static long getLong(ByteBuffer b, int at) {
    return (long) LONG.getOpaque(b, at);
  }

  public static void putLong(ByteBuffer b, int at, long v) {
    LONG.setOpaque(b, at, v);
  }

  /** A word of a key: in memory big-endian, in Java the number that it is. */
  public static long getKeyWord(ByteBuffer b, int at) {
    return Long.reverseBytes((long) LONG.getOpaque(b, at));
  }

  public static void putKeyWord(ByteBuffer b, int at, long v) {
    LONG.setOpaque(b, at, Long.reverseBytes(v));
  }

  /** All that was written before is seen by whoever sees this. */
  public static void publishLong(ByteBuffer b, int at, long v) {
    LONG.setRelease(b, at, v);
  }

  public static long acquireLong(ByteBuffer b, int at) {
    return (long) LONG.getAcquire(b, at);
  }

  public static int getInt(ByteBuffer b, int at) {
    return (int) INT.getOpaque(b, at);
  }

  public static void putInt(ByteBuffer b, int at, int v) {
    INT.setOpaque(b, at, v);
  }

  public static void publishInt(ByteBuffer b, int at, int v) {
    INT.setRelease(b, at, v);
  }

  public static int acquireInt(ByteBuffer b, int at) {
    return (int) INT.getAcquire(b, at);
  }

  /** Adds to a word that others change too. */
  public static void addInt(ByteBuffer b, int at, int n) {
    int unused = (int) INT.getAndAdd(b, at, n);
  }

  /** Text of {@code size} bytes at most; what is shorter is followed by zeros. */
  public static String getText(ByteBuffer b, int at, int size) {
    byte[] bytes = new byte[size];
    b.get(at, bytes);
    int n = 0;
    while (n < size && bytes[n] != 0) {
      n++;
    }
    return new String(bytes, 0, n, StandardCharsets.UTF_8);
  }

  /** A store that no later load of this thread overtakes. */
  public static void putIntThenFence(ByteBuffer b, int at, int v) {
    INT.setVolatile(b, at, v);
    VarHandle.fullFence();
  }
}
