// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.HashTable;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.map.Slots;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;

/**
 * Takes over the flows that an earlier process left in the maps, while they forward.
 *
 * <h2>The problem</h2>
 *
 * That process may have died between any two stores. What it knew beside the maps (which slots are
 * free, who refers to which mask and list) is gone; what it wrote may be half done. Packets go on
 * being matched by what is there, and no right flow may stop for a moment.
 *
 * <h2>What counts</h2>
 *
 * A flow is in force if an element of a flow table and a live record name each other: the element
 * has the record's index, and mask id and key of both are the same. A record is complete before its
 * element is put and live after, and an element goes before its record, so for each flow one of
 * these is so:
 *
 * <ul>
 *   <li>both are there: the flow is taken over, with its mask and its list;
 *   <li>a live record without an element (died in an unlink: cached packets may still match it):
 *       the record is unlinked, and freed after a grace period;
 *   <li>an element without a live record (died in a put): the element is deleted;
 *   <li>an unlinked record: it is freed after a grace period.
 * </ul>
 *
 * Everything else follows: references of masks and lists are counted, slots without a flow are
 * free, a chunk's class is that of what is in it. Doing it again gives the same, so to die here
 * does no harm either.
 */
final class FlowAdoption {
  private final Slots slots;
  private final MaskTable masks;
  private final ActionTable actions;
  private final HashTable[] tables;
  private final OdpKey key = new OdpKey();
  private final OdpKey mask = new OdpKey();
  private final OdpActions list = new OdpActions();
  private final int[] kinds = new int[Abi.MASKS];
  private int flows;
  private int deadRecords;
  private int deadElements;
  private int highestRecircId;

  FlowAdoption(Slots slots, MaskTable masks, ActionTable actions, HashTable[] tables) {
    this.slots = slots;
    this.masks = masks;
    this.actions = actions;
    this.tables = tables;
  }

  /** Flows in force. */
  int flows() {
    return flows;
  }

  /** Live records that no element named. */
  int deadRecords() {
    return deadRecords;
  }

  /** Elements that named no record of theirs. */
  int deadElements() {
    return deadElements;
  }

  /** As unsigned, the largest recirculation id of a flow in force. */
  int highestRecircId() {
    return highestRecircId;
  }

  void run() throws DpifException {
    BpfSystem.check(slots.beginAdoption(), "take over flows");
    BpfSystem.check(actions.beginAdoption(), "take over lists of actions");
    for (int t = 0; t < tables.length; t++) {
      BpfSystem.check(tables[t].adopt(), "take over flow table " + t);
      takeOver(t);
    }
    masks.endAdoption(kinds);
    forEachUnoccupiedRun(this::unlinkIfDead);
    BpfSystem.check(Bpf.gracePeriod(), "membarrier");
    forEachUnoccupiedRun((memory, at) -> Mem.putInt(memory, at + Abi.Flow.STATE, Abi.Flow.FREE));
    for (int chunk = 0; chunk < slots.chunkCount(); chunk++) {
      if (slots.isSpare(chunk)) {
        clear(slots.memory(chunk * slots.chunkSlots()));
      }
    }
    slots.endAdoption();
    actions.endAdoption();
  }

  private void takeOver(int t) throws DpifException {
    List<byte[]> dead = new ArrayList<>();
    int error =
        tables[t].forEach(
            (k, v) -> {
              if (!takeOver(t, k, v.getInt(0))) {
                byte[] copy = new byte[k.capacity()];
                k.get(0, copy);
                dead.add(copy);
              }
            });
    BpfSystem.check(error, "read flow table " + t);
    for (byte[] k : dead) {
      BpfSystem.check(tables[t].delete(k), "delete from flow table " + t);
      deadElements++;
    }
  }

  /** Takes the flow of an element over; false: there is none. */
  private boolean takeOver(int t, ByteBuffer element, int flow) {
    int maskId = element.getInt(0);
    if (!masks.readBack(maskId) || masks.table(maskId) != t) {
      return false;
    }
    int words = masks.wordCount(maskId);
    int runClass = FlowTable.runClass(words);
    if (!slots.canOccupy(flow, runClass)) {
      return false;
    }
    ByteBuffer m = slots.memory(flow);
    int at = slots.offset(flow);
    if (Mem.acquireInt(m, at + Abi.Flow.STATE) != Abi.Flow.LIVE
        || Mem.getInt(m, at + Abi.Flow.MASK) != maskId) {
      return false;
    }
    key.clear();
    mask.clear();
    for (int i = 0; i < words; i++) {
      long w = Mem.getKeyWord(m, at + FlowTable.keyOffset(i));
      if (w != Mem.getKeyWord(element, 8 + 8 * i)) {
        return false;
      }
      key.words()[masks.wordAt(maskId, i)] = w;
      mask.words()[masks.wordAt(maskId, i)] = masks.bitsAt(maskId, i);
    }
    if (!actions.adopt(Mem.getLong(m, at + Abi.Flow.ACTS), list)) {
      return false;
    }
    slots.occupy(flow, runClass);
    masks.adopt(maskId);
    kinds[maskId] |= FlowTable.kinds(key.words(), mask.words());
    Mem.putInt(m, at + Abi.Flow.TABLE, t + 1);
    int recircId = (int) key.words()[FlowLayout.PORT_RECIRC - FlowLayout.ODP];
    if (Integer.compareUnsigned(recircId, highestRecircId) > 0) {
      highestRecircId = recircId;
    }
    flows++;
    return true;
  }

  private interface RunVisitor {
    void visit(ByteBuffer memory, int at);
  }

  /** All runs that no flow in force has. In a spare chunk each slot may be one. */
  private void forEachUnoccupiedRun(RunVisitor visitor) {
    for (int chunk = 0; chunk < slots.chunkCount(); chunk++) {
      int step = slots.runLengthIn(chunk);
      int first = chunk * slots.chunkSlots();
      for (int run = first; run < first + slots.chunkSlots(); run += step) {
        if (run > 0 && !slots.isOccupied(run)) {
          visitor.visit(slots.memory(run), slots.offset(run));
        }
      }
    }
  }

  private void unlinkIfDead(ByteBuffer m, int at) {
    if (Mem.getInt(m, at + Abi.Flow.STATE) == Abi.Flow.LIVE) {
      Mem.putInt(m, at + Abi.Flow.STATE, Abi.Flow.UNLINKED);
      deadRecords++;
    }
  }

  /** For what its next class takes for the beginning of a record may be words of an old key. */
  private static void clear(ByteBuffer chunk) {
    for (int i = 0; i < chunk.capacity(); i += 8) {
      Mem.putLong(chunk, i, 0);
    }
  }
}
