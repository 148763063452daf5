// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.HashTable;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.map.Slots;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.IpProto;
import org.beeswitch.netdev.Errno;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * The megaflows: records in slots, which programs and this class share by memory, and one element
 * each in a kernel hash map.
 *
 * <h2>Order of writing</h2>
 *
 * <ul>
 *   <li>Put: the record (key, mask, actions, counters zero), then the hash map's element, then its
 *       state. From then on packets find it. The state is last because the element may be refused:
 *       a flow that had this slot before may still be cached under the same key, and what it
 *       counted here would be lost.
 *   <li>Modify: one store of the acts word. The old list is kept until a grace period is over.
 *   <li>Unlink: the element goes first, then the state, so that cached entries stop matching.
 *       Programs that had found it before may still be counting.
 *   <li>Quiesce: a grace period. No program that began before is running.
 *   <li>Release: the slot, the reference to the mask and to the list are free.
 * </ul>
 *
 * The masked compare in the kernel makes everything else safe: see {@code bpf-src/lib/lookup.h}.
 *
 * <h2>Threads</h2>
 *
 * Any. Changes take turns under one lock; counters are read without it. No garbage but when a new
 * mask or list comes, or a table grows.
 */
final class FlowTable {
  /** Slots of a flow whose mask has up to 8, 24, 80 words. */
  private static final int[] RUN_LENGTHS = {1, 2, 8};

  /** Entries that a table of 3, 7, 15, 23, 80 words begins with, and the most it may have. */
  private static final int[] FIRST_ENTRIES = {4096, 8192, 1024, 1024, 256};

  /** Replaced lists that may wait for a grace period; who replaces more waits for one. */
  private static final int MAX_LIMBO = 1 << 16;

  private static final int[] MAX_ENTRIES = {1 << 19, 1 << 19, 1 << 19, 1 << 17, 1 << 14};

  private static final long MAINTENANCE_NS = 1_000_000_000L;

  private final Slots slots;
  private final MaskTable masks;
  private final ActionTable actions;
  private final HashTable[] tables = new HashTable[MaskTable.TABLE_WORDS.length];
  private final JiffyClock clock;
  private final HashTable.Refill refill = this::refill; // once, not for each flow

  // Guarded by this.
  private int live;
  private long maintainedNs = System.nanoTime();
  private long retiredPackets;
  private long refused;
  private long[] limbo = new long[64];
  private int nLimbo;

  FlowTable(Slots slots, MaskTable masks, ActionTable actions, int[] tableFds, JiffyClock clock) {
    this.slots = slots;
    this.masks = masks;
    this.actions = actions;
    this.clock = clock;
    for (int t = 0; t < tables.length; t++) {
      tables[t] =
          new HashTable(
              "dp_table" + MaskTable.TABLE_WORDS[t],
              tableFds[t],
              MaskTable.TABLE_WORDS[t],
              FIRST_ENTRIES[t],
              MAX_ENTRIES[t]);
    }
  }

  static Slots slots(int outerFd) {
    return new Slots(
        "dp_flow_chunk", outerFd, Abi.Flow.SIZE, Abi.FLOW_CHUNK_BITS, Abi.FLOW_CHUNKS, RUN_LENGTHS);
  }

  /** Takes over the flows of an earlier process; before anything else is done with the table. */
  synchronized FlowAdoption adopt() throws DpifException {
    FlowAdoption found = new FlowAdoption(slots, masks, actions, tables);
    found.run();
    live = found.flows();
    return found;
  }

  /** Makes what the first flow would wait for: most flows have masks of up to seven words. */
  synchronized int prepare() {
    int error = slots.prepare(0);
    for (int t = 0; t < 2 && error == 0; t++) {
      error = tables[t].prepare();
    }
    return error;
  }

  synchronized int put(OdpKey key, OdpKey mask, OdpActions list) {
    int maskId = masks.acquire(mask.words());
    if (maskId < 0) {
      return refuse(maskId);
    }
    int flow = slots.allocate(runClass(masks.wordCount(maskId)));
    if (flow < 0) {
      masks.release(maskId);
      return refuse(flow);
    }
    long acts = actions.acquire(list);
    if (acts < 0) {
      slots.release(flow);
      masks.release(maskId);
      return refuse((int) acts);
    }
    HashTable table = tables[masks.table(maskId)];
    write(flow, maskId, key.words(), acts);
    masks.addKinds(maskId, kinds(key.words(), mask.words()));
    prepareKey(table, flow, maskId);
    int error = table.put(flow, refill);
    if (error < 0) {
      free(flow, maskId, acts);
      return error == -Errno.EEXIST ? error : refuse(error);
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    Mem.putInt(m, at + Abi.Flow.TABLE, masks.table(maskId) + 1);
    Mem.publishInt(m, at + Abi.Flow.STATE, Abi.Flow.LIVE);
    live++;
    return flow;
  }

  /** Class of the slots of a flow whose mask has so many words. */
  static int runClass(int words) {
    return words <= Abi.FLOW_WORDS ? 0 : words <= 24 ? 1 : 2;
  }

  private int refuse(int error) {
    refused++;
    return error;
  }

  /** Puts, into a table that grows, what is in force of it. */
  private void refill(HashTable into) {
    for (int chunk = 0; chunk < slots.chunkCount(); chunk++) {
      int step = slots.runLengthIn(chunk);
      int first = chunk * slots.chunkSlots();
      for (int i = 0; i + step <= slots.chunkSlots(); i += step) {
        int flow = first + i;
        ByteBuffer m = slots.memory(flow);
        int at = slots.offset(flow);
        if (flow > 0 && Mem.getInt(m, at + Abi.Flow.STATE) == Abi.Flow.LIVE) {
          int maskId = Mem.getInt(m, at + Abi.Flow.MASK);
          if (tables[masks.table(maskId)] == into && inForce(m, at)) {
            prepareKey(into, flow, maskId);
            into.putAgain(flow);
          }
        }
      }
    }
  }

  /** A flow that is being put has no place in the table yet. */
  private static boolean inForce(ByteBuffer m, int at) {
    return Mem.getInt(m, at + Abi.Flow.TABLE) != 0;
  }

  private void write(int flow, int maskId, long[] key, long acts) {
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    int words = masks.wordCount(maskId);
    Mem.putLong(m, at + Abi.Flow.PACKETS, 0);
    Mem.putLong(m, at + Abi.Flow.BYTES, 0);
    Mem.putLong(m, at + Abi.Flow.USED, 0);
    Mem.putLong(m, at + Abi.Flow.ACTS, acts);
    Mem.putInt(m, at + Abi.Flow.MASK, maskId);
    Mem.putInt(m, at + Abi.Flow.TCP_FLAGS, 0);
    Mem.putInt(m, at + Abi.Flow.TABLE, 0);
    for (int i = 0; i < Math.max(words, Abi.FLOW_WORDS); i++) {
      long w = i < words ? key[masks.wordAt(maskId, i)] & masks.bitsAt(maskId, i) : 0;
      Mem.putKeyWord(m, at + keyOffset(i), w);
    }
  }

  /** Where the i-th word of a flow's masked key is, from its first slot on. */
  static int keyOffset(int i) {
    return i < Abi.FLOW_WORDS ? Abi.Flow.KEY + 8 * i : Abi.Flow.SIZE + 8 * (i - Abi.FLOW_WORDS);
  }

  private void prepareKey(HashTable table, int flow, int maskId) {
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    int words = masks.wordCount(maskId);
    table.beginKey(maskId, words);
    for (int i = 0; i < words; i++) {
      table.keyWord(i, Mem.getKeyWord(m, at + keyOffset(i)));
    }
  }

  private void free(int flow, int maskId, long acts) {
    Mem.putInt(slots.memory(flow), slots.offset(flow) + Abi.Flow.STATE, Abi.Flow.FREE);
    slots.release(flow);
    masks.release(maskId);
    actions.release(acts);
  }

  private boolean isLive(int flow) {
    return slots.exists(flow) && state(flow) == Abi.Flow.LIVE;
  }

  private int state(int flow) {
    return Mem.getInt(slots.memory(flow), slots.offset(flow) + Abi.Flow.STATE);
  }

  synchronized int modify(int flow, OdpActions list) {
    if (!isLive(flow)) {
      return -Errno.ENOENT;
    }
    long acts = actions.acquire(list);
    if (acts < 0) {
      return refuse((int) acts);
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow) + Abi.Flow.ACTS;
    toLimbo(Mem.getLong(m, at));
    Mem.publishLong(m, at, acts);
    return 0;
  }

  private void toLimbo(long acts) {
    if (nLimbo == limbo.length) {
      if (nLimbo == MAX_LIMBO) {
        quiesce();
      } else {
        limbo = Arrays.copyOf(limbo, 2 * nLimbo);
      }
    }
    limbo[nLimbo++] = acts;
  }

  synchronized int unlink(int flow) {
    if (!isLive(flow)) {
      return -Errno.ENOENT;
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    int maskId = Mem.getInt(m, at + Abi.Flow.MASK);
    HashTable table = tables[masks.table(maskId)];
    prepareKey(table, flow, maskId);
    int error = table.delete();
    if (error < 0) {
      throw new IllegalStateException("flow " + flow + " is not in its table: errno " + -error);
    }
    Mem.putInt(m, at + Abi.Flow.STATE, Abi.Flow.UNLINKED);
    live--;
    return 0;
  }

  /** A grace period; then lists that were replaced before it began are nobody's. */
  void quiesce() {
    int before;
    synchronized (this) {
      before = nLimbo;
    }
    maintain();
    int error = Bpf.gracePeriod();
    if (error < 0) {
      throw new IllegalStateException("membarrier: " + Errno.text(-error));
    }
    synchronized (this) {
      // Another thread may have been here meanwhile.
      int n = Math.min(before, nLimbo);
      for (int i = 0; i < n; i++) {
        actions.release(limbo[i]);
      }
      System.arraycopy(limbo, n, limbo, 0, nLimbo - n);
      nLimbo -= n;
    }
  }

  synchronized void release(int flow) {
    if (!slots.exists(flow) || state(flow) != Abi.Flow.UNLINKED) {
      throw new IllegalStateException("flow " + flow + " is released but was not unlinked");
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    retiredPackets += Mem.getLong(m, at + Abi.Flow.PACKETS);
    free(flow, Mem.getInt(m, at + Abi.Flow.MASK), Mem.getLong(m, at + Abi.Flow.ACTS));
  }

  void stats(int flow, FlowStats out) {
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    out.packets = Mem.getLong(m, at + Abi.Flow.PACKETS);
    out.bytes = Mem.getLong(m, at + Abi.Flow.BYTES);
    out.usedNs = clock.toNanoTime(Mem.getLong(m, at + Abi.Flow.USED));
    out.tcpFlags = Short.reverseBytes((short) Mem.getInt(m, at + Abi.Flow.TCP_FLAGS)) & 0xffff;
  }

  void dump(Dpif.FlowVisitor visitor) {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    OdpActions list = new OdpActions();
    FlowStats stats = new FlowStats();
    maintain();
    for (int chunk = 0; chunk < slots.chunkCount(); chunk++) {
      int step = slots.runLengthIn(chunk);
      int first = chunk * slots.chunkSlots();
      for (int i = 0; i + step <= slots.chunkSlots(); i += step) {
        if (first + i > 0 && read(first + i, key, mask, list, stats)) {
          visitor.visit(first + i, key, mask, list, stats);
        }
      }
    }
  }

  /** What should be done now and then, by whoever comes round. */
  private synchronized void maintain() {
    long now = System.nanoTime();
    if (now - maintainedNs >= MAINTENANCE_NS) {
      maintainedNs = now;
      clock.sample();
      masks.sort();
    }
  }

  private synchronized boolean read(
      int flow, OdpKey key, OdpKey mask, OdpActions list, FlowStats stats) {
    if (!isLive(flow)) {
      return false;
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    int maskId = Mem.getInt(m, at + Abi.Flow.MASK);
    key.clear();
    mask.clear();
    for (int i = 0; i < masks.wordCount(maskId); i++) {
      key.words()[masks.wordAt(maskId, i)] = Mem.getKeyWord(m, at + keyOffset(i));
      mask.words()[masks.wordAt(maskId, i)] = masks.bitsAt(maskId, i);
    }
    actions.read(Mem.getLong(m, at + Abi.Flow.ACTS), list);
    stats(flow, stats);
    return true;
  }

  synchronized int size() {
    return live;
  }

  synchronized int maskCount() {
    return masks.size();
  }

  /** Flows whose masks have more bits than they need, because there are many masks. */
  synchronized long madeNarrower() {
    return masks.madeNarrower();
  }

  synchronized int actionListCount() {
    return actions.size();
  }

  /** Flows and changes that a full table or the kernel refused. */
  synchronized long refused() {
    return refused;
  }

  /** Packets that any flow has ever matched: counted per flow, so that a hit counts once. */
  synchronized long hits() {
    long sum = retiredPackets;
    for (int chunk = 0; chunk < slots.chunkCount(); chunk++) {
      int step = slots.runLengthIn(chunk);
      int first = chunk * slots.chunkSlots();
      for (int i = 0; i + step <= slots.chunkSlots(); i += step) {
        int flow = first + i;
        if (flow > 0 && state(flow) != Abi.Flow.FREE) {
          sum += Mem.getLong(slots.memory(flow), slots.offset(flow) + Abi.Flow.PACKETS);
        }
      }
    }
    return sum;
  }

  /** What kinds of packets ({@code enum dp_kind}) a masked key can match. */
  static int kinds(long[] key, long[] mask) {
    int typeWord = FlowLayout.ETH_DST_TYPE - FlowLayout.ODP;
    if ((mask[typeWord] & 0xffff) != 0xffff) {
      return Abi.Kind.ALL;
    }
    int ethType = (int) key[typeWord] & 0xffff;
    boolean v4 = ethType == EthType.IPV4;
    if (ethType == EthType.ARP) {
      return Abi.Kind.ARP;
    } else if (!v4 && ethType != EthType.IPV6) {
      return Abi.Kind.OTHER;
    }
    int nw = FlowLayout.NW - FlowLayout.ODP;
    if ((mask[nw] >>> 32 & 0xff) != 0xff) {
      return v4 ? Abi.Kind.IPV4 : Abi.Kind.IPV6;
    }
    int proto = (int) (key[nw] >>> 32) & 0xff;
    int other = v4 ? Abi.Kind.IPV4_OTHER : Abi.Kind.IPV6_OTHER;
    if (proto == IpProto.TCP) {
      return other << 1;
    } else if (proto == IpProto.UDP) {
      return other << 2;
    }
    return proto == (v4 ? IpProto.ICMP : IpProto.ICMPV6) ? other << 3 : other;
  }

  synchronized void unmap() {
    slots.unmap();
    actions.unmap();
    for (HashTable t : tables) {
      t.close();
    }
  }
}
