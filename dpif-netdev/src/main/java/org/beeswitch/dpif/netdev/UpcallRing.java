// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortTurns;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.flow.Packet;
import org.beeswitch.odp.OdpKey;

/**
 * Packets of one kind on their way up to one handler: a ring of bytes, so that its memory is
 * bounded whatever the packets' sizes and queueing makes no garbage.
 *
 * <p><b>Shares.</b> A port may have no more bytes waiting than are free: one port alone gets half
 * the ring, n ports that push together get one part in n + 1 each, and one part stays free for the
 * next that comes (the dynamic threshold of Choudhury and Hahne, with factor one). So a port that
 * floods cannot keep another's packets out, and no share needs setting. Kinds have rings of their
 * own for the same reason. The ports take turns in being taken ({@link PortTurns}), so that what
 * one has waiting does not delay another.
 *
 * <p><b>Threads.</b> Any number push, under this object's lock; one thread takes. What lies between
 * head and tail belongs to the taker, who copies without the lock.
 *
 * <pre>
 *  record: port:int length:int csumStart:int csumOffset:int gsoType:int gsoSize:int words:int
 *          unused:int cookie:3 longs
 *          words × (index:long value:long) of the metadata, frame, padding
 * </pre>
 */
final class UpcallRing {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final int HEADER = 8 * 4 + 3 * 8;

  /** Shortest records, those of runts, are longer than this on average. */
  private static final int ENTRY_BYTES = 64;

  private final byte[] ring;
  private final PortTurns turns;
  private final int[] waitingOfPort = new int[OdpPort.MAX + 1];

  // Positions only grow; modulo the ring's size they are places in it. Under the lock.
  private long head;
  private long tail;

  /**
   * @param bytes a power of two that holds a largest frame at least four times
   */
  UpcallRing(int bytes) {
    if (Integer.bitCount(bytes) != 1 || bytes < 4 * Packet.MAX_LENGTH) {
      throw new IllegalArgumentException("upcall ring of " + bytes + " bytes");
    }
    ring = new byte[bytes];
    turns = new PortTurns(bytes / ENTRY_BYTES, OdpPort.MAX + 1);
  }

  /** Takes a copy. Returns false if there is no room for the packet's port. */
  synchronized boolean push(Packet p, OdpKey metadata, long cookie0, long cookie1, long cookie2) {
    long[] words = metadata.words();
    int n = 0;
    for (int i = 0; i < words.length; i++) {
      if (words[i] != 0 && OdpKey.isMetadata(i)) {
        n++;
      }
    }
    int size = HEADER + 16 * n + p.length() + 7 & ~7;
    int at = (int) tail & ring.length - 1;
    int pad = ring.length - at < size ? ring.length - at : 0;
    int room = ring.length - (int) (tail - head);
    int port = metadata.inPort() & OdpPort.MAX;
    if (turns.isFull()
        || size + pad > room
        || waitingOfPort[port] != 0 && waitingOfPort[port] + size > room) {
      return false;
    }
    at = pad > 0 ? 0 : at;
    INT.set(ring, at, port);
    INT.set(ring, at + 4, p.length());
    INT.set(ring, at + 8, p.csumStart);
    INT.set(ring, at + 12, p.csumOffset);
    INT.set(ring, at + 16, p.gsoType);
    INT.set(ring, at + 20, p.gsoSize);
    INT.set(ring, at + 24, n);
    LONG.set(ring, at + 32, cookie0);
    LONG.set(ring, at + 40, cookie1);
    LONG.set(ring, at + 48, cookie2);
    int to = at + HEADER;
    for (int i = 0; i < words.length; i++) {
      if (words[i] != 0 && OdpKey.isMetadata(i)) {
        LONG.set(ring, to, (long) i);
        LONG.set(ring, to + 8, words[i]);
        to += 16;
      }
    }
    System.arraycopy(p.data(), p.offset(), ring, to, p.length());
    tail += pad + size;
    turns.add(port, at, pad + size);
    waitingOfPort[port] += pad + size;
    return true;
  }

  synchronized boolean isEmpty() {
    return head == tail;
  }

  /**
   * The taker's: fills {@code out} with the oldest packet of the port whose turn it is, if there is
   * one; its kind is not.
   */
  boolean take(Upcall out) {
    int entry;
    int at;
    synchronized (this) {
      entry = turns.take();
      if (entry < 0) {
        return false;
      }
      at = turns.place(entry);
    }
    int port = (int) INT.get(ring, at);
    int length = (int) INT.get(ring, at + 4);
    int n = (int) INT.get(ring, at + 24);
    out.cookie0 = (long) LONG.get(ring, at + 32);
    out.cookie1 = (long) LONG.get(ring, at + 40);
    out.cookie2 = (long) LONG.get(ring, at + 48);
    out.metadata.clear();
    long[] words = out.metadata.words();
    int word = at + HEADER;
    for (int i = 0; i < n; i++, word += 16) {
      words[(int) (long) LONG.get(ring, word)] = (long) LONG.get(ring, word + 8);
    }
    out.packet.set(ring, word, length);
    out.packet.csumStart = (int) INT.get(ring, at + 8);
    out.packet.csumOffset = (int) INT.get(ring, at + 12);
    out.packet.gsoType = (int) INT.get(ring, at + 16);
    out.packet.gsoSize = (int) INT.get(ring, at + 20);
    synchronized (this) {
      waitingOfPort[port] -= turns.size(entry);
      head += turns.served(entry);
    }
    return true;
  }
}
