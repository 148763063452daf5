// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.netdev.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside the heap that system calls read and write: a direct buffer in native byte order
 * with its address. Zeroed at first; freed when nothing refers to it.
 */
public final class NativeBuffer {
  private final ByteBuffer bytes;
  private final long address;

  public NativeBuffer(int size) {
    bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    address = Sys.addressOf(bytes);
  }

  /** The memory; all users address it absolutely, so position and limit stay as they are. */
  public ByteBuffer bytes() {
    return bytes;
  }

  public long address() {
    return address;
  }

  public long address(int offset) {
    return address + offset;
  }

  public int size() {
    return bytes.capacity();
  }

  public void clear(int from, int n) {
    for (int i = from; i < from + n; i++) {
      bytes.put(i, (byte) 0);
    }
  }
}
