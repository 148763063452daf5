// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.Link;
import org.jspecify.annotations.Nullable;

/**
 * What the programs know of ports: a record for each number ({@code dp_ports}), and which port a
 * packet's device is ({@code dp_ifindexes}, and {@code dp_ifindex_more} for devices that find their
 * slot there taken).
 *
 * <p>A port's record is complete before {@link #admit} lets its packets in. {@link BpfPorts} alone
 * writes, one thread at a time.
 */
final class PortRecords {
  /**
   * Bytes of its handler's ring that a port's outstanding upcalls of a kind may take, where the
   * ring is otherwise empty: what the rule for a fuller one gives too ({@code
   * bpf-src/lib/upcall.h}).
   */
  private static final int UPCALL_LIMIT = HandlerRing.RING_BYTES / 2;

  private static final int ETH_HEADER = 14;
  private static final int NAME_BYTES = 16;

  private final ByteBuffer ports;
  private final ByteBuffer ifindexes;
  private final int ifindexMoreFd;

  PortRecords(BpfSystem system) {
    this.ports = system.memory("dp_ports");
    this.ifindexes = system.memory("dp_ifindexes");
    this.ifindexMoreFd = system.map("dp_ifindex_more");
  }

  private static int at(int number) {
    return number * Abi.Port.SIZE;
  }

  /** The name that a port of that number has or had last; empty if there was none. */
  String name(int number) {
    return Mem.getText(ports, at(number) + Abi.Port.NAME, NAME_BYTES);
  }

  /** Null: there is no port of that number. */
  @Nullable PortKind kind(int number) {
    return switch (Mem.getInt(ports, at(number) + Abi.Port.KIND)) {
      case Abi.Port.NONE -> null;
      case Abi.Port.INTERNAL -> PortKind.INTERNAL;
      default -> PortKind.SYSTEM;
    };
  }

  /** The device with the program; 0: the port has none. */
  int ifindex(int number) {
    return Mem.getInt(ports, at(number) + Abi.Port.IFINDEX);
  }

  /** The device that the host sees. */
  int hostIfindex(int number) {
    return Mem.getInt(ports, at(number) + Abi.Port.HOST_IFINDEX);
  }

  /** Refused upcalls since the datapath was made; it counts to 2^32. */
  long refused(int number, UpcallKind kind) {
    return Mem.getInt(ports, at(number) + Abi.Port.REFUSED + 4 * kind.code()) & 0xffffffffL;
  }

  /** Writes all of a record; outputs to the port go to the device from then on. */
  void write(int number, String name, PortKind kind, int handler, Link device, int hostIfindex) {
    int at = at(number);
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < NAME_BYTES; i++) {
      ports.put(at + Abi.Port.NAME + i, i < bytes.length ? bytes[i] : 0);
    }
    for (UpcallKind k : UpcallKind.values()) {
      Mem.putInt(ports, at + Abi.Port.LIMIT + 4 * k.code(), UPCALL_LIMIT);
    }
    setHandler(number, handler);
    Mem.putInt(
        ports, at + Abi.Port.KIND, kind == PortKind.INTERNAL ? Abi.Port.INTERNAL : Abi.Port.SYSTEM);
    Mem.putInt(ports, at + Abi.Port.HOST_IFINDEX, hostIfindex);
    setMtu(number, device.mtu());
    Mem.publishInt(ports, at + Abi.Port.IFINDEX, device.ifindex());
  }

  void setMtu(int number, int mtu) {
    Mem.putInt(ports, at(number) + Abi.Port.MAX_LEN, mtu + ETH_HEADER);
  }

  void setHandler(int number, int handler) {
    Mem.putInt(ports, at(number) + Abi.Port.HANDLER, handler);
  }

  /** Takes the device out of a record: outputs to the port are dropped and counted. */
  void clearIfindex(int number) {
    Mem.putInt(ports, at(number) + Abi.Port.IFINDEX, 0);
  }

  /** Says that there is no port of that number any more; its name stays. */
  void retire(int number) {
    Mem.putInt(ports, at(number) + Abi.Port.KIND, Abi.Port.NONE);
  }

  private static int slot(int ifindex) {
    return (ifindex & Abi.IFINDEX_SLOTS - 1) * Abi.Ifindex.SIZE;
  }

  /** Lets packets of a device in, as those of a port. */
  void admit(int ifindex, int number) {
    int at = slot(ifindex);
    int there = Mem.getInt(ifindexes, at + Abi.Ifindex.IFINDEX);
    if (there == 0 || there == ifindex) {
      Mem.putLong(ifindexes, at, ifindex | (long) number << 32);
      return;
    }
    Bpf.Attr a = new Bpf.Attr(4, 4);
    a.key().putInt(0, ifindex);
    a.value().putInt(0, number);
    int error = a.update(ifindexMoreFd, Bpf.ANY);
    if (error < 0) {
      throw new IllegalStateException("ifindex " + ifindex + ": " + Errno.text(-error));
    }
  }

  void shutOut(int ifindex) {
    int at = slot(ifindex);
    if (Mem.getInt(ifindexes, at + Abi.Ifindex.IFINDEX) == ifindex) {
      Mem.putLong(ifindexes, at, 0);
    } else {
      deleteFromMore(ifindex);
    }
  }

  private void deleteFromMore(int ifindex) {
    Bpf.Attr a = new Bpf.Attr(4, 4);
    a.key().putInt(0, ifindex);
    a.delete(ifindexMoreFd);
  }

  /** Whether a device is the port's of that number. */
  interface Ownership {
    boolean isDeviceOf(int number, int ifindex);
  }

  /** Shuts out devices that are no port's. */
  void shutOutStrangers(Ownership ports) {
    for (int at = 0; at < Abi.IFINDEX_SLOTS * Abi.Ifindex.SIZE; at += Abi.Ifindex.SIZE) {
      int ifindex = Mem.getInt(ifindexes, at + Abi.Ifindex.IFINDEX);
      int number = Mem.getInt(ifindexes, at + Abi.Ifindex.PORT);
      if (ifindex != 0 && !ports.isDeviceOf(number, ifindex)) {
        Mem.putLong(ifindexes, at, 0);
      }
    }
    List<Integer> strangers = new ArrayList<>();
    Bpf.forEach(
        ifindexMoreFd,
        4,
        4,
        (k, v) -> {
          if (!ports.isDeviceOf(v.getInt(0), k.getInt(0))) {
            strangers.add(k.getInt(0));
          }
        });
    strangers.forEach(this::deleteFromMore);
  }
}
