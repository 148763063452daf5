// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.PortTurns;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.map.Ring;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.sys.NativeBuffer;
import org.beeswitch.netdev.sys.Sys;

/**
 * A handler's end of the upcall path: reads its ring, makes each record an {@link Upcall}, and
 * sleeps when there is none.
 *
 * <p>A packet comes up as the kernel has it: the outermost VLAN tag apart from the bytes, the
 * checksum perhaps half done, several segments in one. The tag goes back into the bytes here; the
 * offloads become those of {@link Packet}. What that cannot say is put right (an SCTP checksum left
 * to the device) or counted (GSO of an unknown kind, delivered as one long frame).
 *
 * <p>Ports and kinds take turns ({@link PortTurns}): what one port has waiting does not delay
 * another.
 *
 * <h2>Sleeping</h2>
 *
 * A wake-up costs a program ten times what the copy costs, so it wakes only a handler that says
 * that it sleeps. {@link #await} first looks a little; then says so, looks at the ring once more
 * and waits. The program reserves its record before it looks whether we sleep: either it sees that
 * we do, or we see its record, finished or not.
 *
 * <p>One thread, but for {@link #wake} and the counters.
 */
final class HandlerRing {
  /** A ring holds some 2,600 small packets, or 15 GSO packets of the largest size. */
  static final int RING_BYTES = 1 << 20;

  /** As many as the smallest records that a ring can hold. */
  private static final int ENTRIES = RING_BYTES / 256;

  /** How often an empty ring is looked at before we sleep. */
  private static final int SPINS = 200;

  // The kernel's SKB_GSO_* (linux/skbuff.h).
  private static final int SKB_GSO_TCPV4 = 1;
  private static final int SKB_GSO_DODGY = 1 << 1;
  private static final int SKB_GSO_TCP_ECN = 1 << 2;
  private static final int SKB_GSO_TCP_FIXEDID = 1 << 3;
  private static final int SKB_GSO_TCPV6 = 1 << 4;
  private static final int SKB_GSO_UDP_L4 = 1 << 17;

  private static final int MAC_BYTES = 12;
  private static final int TAG_BYTES = 4;

  private final int number;
  private final Ring ring;
  private final PortTurns turns = new PortTurns(ENTRIES, UpcallShares.ACCOUNTS);
  private final ByteBuffer handlers;
  private final ByteBuffer ports;
  private final int eventFd;
  private final Bpf.Poller poller;
  private final NativeBuffer eight = new NativeBuffer(8);
  private final NativeBuffer one = new NativeBuffer(8);
  private final Upcall upcall = new Upcall();
  private final AtomicLong unknownGso = new AtomicLong();

  private HandlerRing(int number, Ring ring, ByteBuffer handlers, ByteBuffer ports, int eventFd) {
    this.number = number;
    this.ring = ring;
    this.handlers = handlers;
    this.ports = ports;
    this.eventFd = eventFd;
    this.poller = new Bpf.Poller(ring.fd(), eventFd);
    one.bytes().putLong(0, 1);
  }

  /** Goes on with the ring that an earlier process made for that handler, or makes one. */
  static HandlerRing open(BpfSystem system, int number) throws DpifException {
    int[] error = new int[1];
    int rings = system.map("dp_rings");
    Ring ring = Ring.adopt(rings, number, error);
    if (ring == null && error[0] == Errno.ENOENT) {
      ring = Ring.create("dp_ring", rings, number, RING_BYTES, error);
    }
    if (ring == null) {
      throw new DpifException(error[0], "ring of handler " + number + ": " + Errno.text(error[0]));
    }
    int eventFd = Sys.eventfd();
    if (eventFd < 0) {
      ring.close();
      throw new DpifException(-eventFd, "eventfd: " + Errno.text(-eventFd));
    }
    return new HandlerRing(
        number, ring, system.memory("dp_handlers"), system.memory("dp_ports"), eventFd);
  }

  /** Whether an earlier process made a ring for that handler. */
  static boolean exists(BpfSystem system, int number) {
    int fd = Bpf.getElement(system.map("dp_rings"), number);
    if (fd >= 0) {
      Sys.close(fd);
    }
    return fd >= 0;
  }

  /**
   * Adds up what is in the ring now, while nobody receives.
   *
   * @param bytes by port and kind, as {@link UpcallShares} has them
   */
  void addOutstanding(int[] bytes) {
    ring.forEach(
        (at, n) -> {
          int port = Mem.getInt(ring.data(), at + Abi.Upcall.PORT);
          bytes[UpcallShares.index(port, Mem.getInt(ring.data(), at + Abi.Upcall.KIND))] += n;
        });
  }

  int receive(Dpif.UpcallSink sink, int max) {
    int n = 0;
    for (; n < max; n++) {
      look();
      int entry = turns.take();
      if (entry < 0) {
        break;
      }
      int at = turns.place(entry);
      int kind = read(ring.data(), at);
      int port = Mem.getInt(ring.data(), at + Abi.Upcall.PORT);
      consumed(port, kind, turns.size(entry));
      ring.free(turns.served(entry));
      sink.onUpcall(upcall);
    }
    return n;
  }

  /** Has what is new in the ring wait for its port's turn. */
  private void look() {
    while (!turns.isFull()) {
      int at = ring.look();
      if (at < 0) {
        break;
      }
      if (ring.isDiscarded(at)) {
        ring.free(turns.skip(ring.bytesAt(at)));
      } else {
        int port = Mem.getInt(ring.data(), at + Abi.Upcall.PORT);
        int kind = Mem.getInt(ring.data(), at + Abi.Upcall.KIND);
        turns.add(UpcallShares.index(port, kind), at, ring.bytesAt(at));
      }
    }
  }

  private int read(ByteBuffer b, int at) {
    int kind = Mem.getInt(b, at + Abi.Upcall.KIND);
    upcall.kind = UpcallKind.of(kind);
    long[] w = upcall.metadata.words();
    w[FlowLayout.PORT_RECIRC - FlowLayout.ODP] = Mem.getKeyWord(b, at + Abi.Upcall.PORT_RECIRC);
    w[FlowLayout.SKB - FlowLayout.ODP] = Mem.getKeyWord(b, at + Abi.Upcall.SKB);
    w[FlowLayout.TYPE_HASH - FlowLayout.ODP] = Mem.getKeyWord(b, at + Abi.Upcall.TYPE_HASH);
    upcall.cookie0 = Mem.getKeyWord(b, at + Abi.Upcall.COOKIE);
    upcall.cookie1 = Mem.getKeyWord(b, at + Abi.Upcall.COOKIE + 8);
    upcall.cookie2 = Mem.getKeyWord(b, at + Abi.Upcall.COOKIE + 16);
    readPacket(b, at, upcall.packet);
    return kind;
  }

  private void readPacket(ByteBuffer b, int at, Packet p) {
    int len = b.getInt(at + Abi.Upcall.LEN);
    int flags = b.getInt(at + Abi.Upcall.FLAGS);
    int from = at + Abi.Upcall.SIZE;
    int shift = 0;
    if ((flags & Abi.Upcall.TAG) != 0) {
      shift = TAG_BYTES;
      p.reset(len + TAG_BYTES);
      int to = p.offset();
      b.get(from, p.data(), to, MAC_BYTES);
      // Both are in network order there.
      b.get(at + Abi.Upcall.VLAN_TPID, p.data(), to + MAC_BYTES, TAG_BYTES);
      b.get(from + MAC_BYTES, p.data(), to + MAC_BYTES + TAG_BYTES, len - MAC_BYTES);
    } else {
      p.reset(len);
      b.get(from, p.data(), p.offset(), len);
    }
    if ((flags & Abi.Upcall.PARTIAL) != 0) {
      p.csumStart = (b.getShort(at + Abi.Upcall.CSUM_START) & 0xffff) + shift;
      p.csumOffset = b.getShort(at + Abi.Upcall.CSUM_OFF) & 0xffff;
    }
    int gsoSize = b.getShort(at + Abi.Upcall.GSO_SIZE) & 0xffff;
    if (gsoSize != 0) {
      p.gsoType = gsoType(b.getInt(at + Abi.Upcall.GSO_TYPE));
      if (p.gsoType == Packet.GSO_NONE) {
        unknownGso.incrementAndGet();
      } else {
        p.gsoSize = gsoSize;
      }
    }
    if ((flags & Abi.Upcall.CSUM_NOT_INET) != 0) {
      Csum.complete(p); // The offload fields have no way to say that it is a CRC32c.
    }
  }

  static int gsoType(int skb) {
    int ecn = (skb & SKB_GSO_TCP_ECN) != 0 ? Packet.GSO_ECN : 0;
    return switch (skb & ~(SKB_GSO_TCP_ECN | SKB_GSO_DODGY | SKB_GSO_TCP_FIXEDID)) {
      case SKB_GSO_TCPV4 -> Packet.GSO_TCPV4 | ecn;
      case SKB_GSO_TCPV6 -> Packet.GSO_TCPV6 | ecn;
      case SKB_GSO_UDP_L4 -> Packet.GSO_UDP_L4;
      default -> Packet.GSO_NONE;
    };
  }

  /**
   * Gives the port its share back. Adds, for another handler may have the port now: one with the
   * ring that it had in a process before.
   */
  private void consumed(int port, int kind, int bytes) {
    Mem.addInt(ports, port * Abi.Port.SIZE + Abi.Port.CONSUMED + 4 * kind, bytes);
  }

  void await(long timeoutNs) {
    for (int i = 0; i < SPINS; i++) {
      if (!ring.isEmpty()) {
        return;
      }
      Thread.onSpinWait();
    }
    int asleep = number * Abi.Handler.SIZE + Abi.Handler.ASLEEP;
    Mem.putIntThenFence(handlers, asleep, 1);
    if (ring.isEmpty() && poller.await(Math.max(0, timeoutNs))) {
      Sys.read(eventFd, eight, 0, 8);
    }
    Mem.putInt(handlers, asleep, 0);
  }

  void wake() {
    Sys.write(eventFd, one, 0, 8);
  }

  /** GSO packets of a kind that virtio cannot name. */
  long unknownGso() {
    return unknownGso.get();
  }

  void close() {
    ring.close();
    Sys.close(eventFd);
  }
}
