// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.classifier;

import org.jspecify.annotations.Nullable;

/**
 * A node of a persistent hash trie (CHAMP) from the words of one level to an {@link Entry}.
 *
 * <p>Five bits of the hash choose among 32 places at each depth. A place is free, or holds an entry
 * whose key is that of its rules, or a node one deeper that has at least two entries below it.
 * {@link #slots} holds entries from the left and nodes from the right, both without gaps; the two
 * maps say which places they are for. When the hash is used up, a node is a plain list of entries.
 *
 * <p>A node takes 32 bytes and its slots 16, plus 4 for each (compressed references): in a random
 * table of 100,000 rules about 25 bytes a rule.
 *
 * <p>Nodes are immutable for everybody but the {@link Edit} whose owner they carry, which changes
 * them in place: these are nodes that it made itself and has not published.
 */
final class Node {
  private static final int BITS = 5;

  /** Depth, in bits of hash, at which nodes are lists. */
  private static final int LIST_SHIFT = 60;

  private final Object owner;

  /** Places that hold entries; 0 in a list. */
  private int entryMap;

  /** Places that hold nodes. */
  private int nodeMap;

  /** Highest priority of all rules below. */
  private int maxPriority;

  private Object[] slots;

  private Node(Object owner, int entryMap, int nodeMap, int maxPriority, Object[] slots) {
    this.owner = owner;
    this.entryMap = entryMap;
    this.nodeMap = nodeMap;
    this.maxPriority = maxPriority;
    this.slots = slots;
  }

  /** A node with one entry. */
  static Node of(Edit e, Object entry, long hash, int shift) {
    int entryMap = shift >= LIST_SHIFT ? 0 : place(hash, shift);
    return new Node(e.owner, entryMap, 0, Entry.maxPriority(entry), new Object[] {entry});
  }

  private static int place(long hash, int shift) {
    return 1 << (int) (hash >>> shift & 31);
  }

  private int entryIndex(int place) {
    return Integer.bitCount(entryMap & (place - 1));
  }

  private int nodeIndex(int place) {
    return slots.length - 1 - Integer.bitCount(nodeMap & (place - 1));
  }

  int maxPriority() {
    return maxPriority;
  }

  /** The entry if there is exactly one and no node, otherwise null. */
  @Nullable Object single() {
    return slots.length == 1 && nodeMap == 0 ? slots[0] : null;
  }

  /** The entry for the key's words of a level. */
  @Nullable Object find(Shape shape, int level, long hash, long[] key) {
    Node n = this;
    for (int shift = 0; shift < LIST_SHIFT; shift += BITS) {
      int place = place(hash, shift);
      if ((n.entryMap & place) != 0) {
        Object entry = n.slots[n.entryIndex(place)];
        return shape.sameAt(level, Entry.prefix(entry), key) ? entry : null;
      }
      if ((n.nodeMap & place) == 0) {
        return null;
      }
      n = (Node) n.slots[n.nodeIndex(place)];
    }
    for (Object entry : n.slots) {
      if (shape.sameAt(level, Entry.prefix(entry), key)) {
        return entry;
      }
    }
    return null;
  }

  /** Returns the node with the edit's rule put in; {@code hash} is that of its key. */
  Node put(Edit e, int level, int shift, long hash) {
    int newMax = Math.max(maxPriority, e.rule.priority());
    if (shift >= LIST_SHIFT) {
      int i = indexInList(e, level);
      return i < 0
          ? withInserted(e, slots.length, e.addedEntry(), 0, newMax)
          : withSlot(e, i, Entry.put(slots[i], level + 1, e), newMax);
    }
    int place = place(hash, shift);
    if ((entryMap & place) != 0) {
      int i = entryIndex(place);
      Object entry = slots[i];
      if (e.shape.sameAt(level, Entry.prefix(entry), e.key)) {
        return withSlot(e, i, Entry.put(entry, level + 1, e), newMax);
      }
      int deeper = shift + BITS;
      Node child =
          of(e, entry, e.shape.hash(level, Entry.prefix(entry)), deeper)
              .put(e, level, deeper, hash);
      return withEntryAsNode(e, place, child, newMax);
    }
    if ((nodeMap & place) != 0) {
      int i = nodeIndex(place);
      return withSlot(e, i, ((Node) slots[i]).put(e, level, shift + BITS, hash), newMax);
    }
    return withInserted(e, entryIndex(place), e.addedEntry(), place, newMax);
  }

  /**
   * Returns the node without the edit's rule, which is below it; {@code hash} is that of its key.
   * Something is left, because every node has at least two entries below it.
   */
  Node remove(Edit e, int level, int shift, long hash) {
    Node n;
    if (shift >= LIST_SHIFT) {
      n = withoutRule(e, level, indexInList(e, level), 0);
    } else {
      int place = place(hash, shift);
      if ((entryMap & place) != 0) {
        n = withoutRule(e, level, entryIndex(place), place);
      } else {
        int i = nodeIndex(place);
        Node child = ((Node) slots[i]).remove(e, level, shift + BITS, hash);
        Object single = child.single();
        n = single == null ? withSlot(e, i, child, maxPriority) : withNodeAsEntry(e, place, single);
      }
    }
    if (e.rule.priority() == n.maxPriority) {
      n.maxPriority = n.highest(); // n is the edit's own: something in it has just been changed
    }
    return n;
  }

  private Node withoutRule(Edit e, int level, int i, int place) {
    Object left = Entry.remove(slots[i], level + 1, e);
    if (left != null) {
      return withSlot(e, i, left, maxPriority);
    }
    Object[] shorter = new Object[slots.length - 1];
    System.arraycopy(slots, 0, shorter, 0, i);
    System.arraycopy(slots, i + 1, shorter, i, shorter.length - i);
    return with(e, entryMap & ~place, nodeMap, maxPriority, shorter);
  }

  private int indexInList(Edit e, int level) {
    for (int i = 0; i < slots.length; i++) {
      if (e.shape.sameAt(level, Entry.prefix(slots[i]), e.key)) {
        return i;
      }
    }
    return -1;
  }

  private int highest() {
    int max = Integer.MIN_VALUE;
    for (Object slot : slots) {
      max = Math.max(max, slot instanceof Node n ? n.maxPriority : Entry.maxPriority(slot));
    }
    return max;
  }

  private Node withSlot(Edit e, int i, Object slot, int newMax) {
    if (owner == e.owner) {
      slots[i] = slot;
      maxPriority = newMax;
      return this;
    }
    Object[] changed = slots.clone();
    changed[i] = slot;
    return new Node(e.owner, entryMap, nodeMap, newMax, changed);
  }

  private Node withInserted(Edit e, int i, Object entry, int place, int newMax) {
    Object[] longer = new Object[slots.length + 1];
    System.arraycopy(slots, 0, longer, 0, i);
    longer[i] = entry;
    System.arraycopy(slots, i, longer, i + 1, slots.length - i);
    return with(e, entryMap | place, nodeMap, newMax, longer);
  }

  private Node withEntryAsNode(Edit e, int place, Node child, int newMax) {
    int from = entryIndex(place);
    int to = nodeIndex(place); // in the array as it is, the entry's place included
    Object[] changed = slots.clone();
    System.arraycopy(slots, from + 1, changed, from, to - from);
    changed[to] = child;
    return with(e, entryMap & ~place, nodeMap | place, newMax, changed);
  }

  private Node withNodeAsEntry(Edit e, int place, Object entry) {
    int from = nodeIndex(place);
    int to = entryIndex(place);
    Object[] changed = slots.clone();
    System.arraycopy(slots, to, changed, to + 1, from - to);
    changed[to] = entry;
    return with(e, entryMap | place, nodeMap & ~place, maxPriority, changed);
  }

  private Node with(Edit e, int newEntryMap, int newNodeMap, int newMax, Object[] newSlots) {
    if (owner != e.owner) {
      return new Node(e.owner, newEntryMap, newNodeMap, newMax, newSlots);
    }
    entryMap = newEntryMap;
    nodeMap = newNodeMap;
    maxPriority = newMax;
    slots = newSlots;
    return this;
  }

  /** As {@link Entry#visit}, for all entries below. */
  boolean visit(int level, Query q) {
    if (maxPriority < q.minPriority) {
      return true;
    }
    for (Object slot : slots) {
      if (slot instanceof Node n) {
        if (!n.visit(level, q)) {
          return false;
        }
      } else if (q.shape().sameUnder(q.mask(), level, Entry.prefix(slot), q.key())
          && !Entry.visit(slot, level + 1, q)) {
        return false;
      }
    }
    return true;
  }
}
