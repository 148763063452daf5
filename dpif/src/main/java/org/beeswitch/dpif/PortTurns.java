// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import java.util.Arrays;

/**
 * Whose upcall a handler serves next: the ports take turns, so that one that sends up a hundred
 * thousand packets a second delays another's by one packet and not by all that it has waiting.
 *
 * <p>Records lie in a ring in the order of their arrival, and its memory comes back from the front.
 * This is an index over them: a queue for each port and kind, the queues in a circle. Serving out
 * of order holds memory of what has been served behind what has not; it is bounded by the ring, and
 * a port that waits has its turn before any other has two.
 *
 * <p>Makes no garbage. One thread at a time.
 */
public final class PortTurns {
  private static final int NONE = -1;

  // By entry, in order of arrival: places in a circle, 'first' the oldest that is not given back.
  private final int[] place;
  private final int[] size;
  private final int[] next;
  private final boolean[] done;
  private int first;
  private int count;

  // By queue. Those with entries are in a circle; 'turn' is the one that was served last.
  private final int[] head;
  private final int[] tail;
  private final int[] nextQueue;
  private int turn = NONE;

  /**
   * @param entries most that may wait, a power of two
   * @param queues as many as there are ports and kinds
   */
  public PortTurns(int entries, int queues) {
    if (Integer.bitCount(entries) != 1) {
      throw new IllegalArgumentException(entries + " entries");
    }
    place = new int[entries];
    size = new int[entries];
    next = new int[entries];
    done = new boolean[entries];
    head = new int[queues];
    tail = new int[queues];
    nextQueue = new int[queues];
    Arrays.fill(head, NONE);
  }

  public boolean isFull() {
    return count == place.length;
  }

  /** Whether nothing waits; something may be being served. */
  public boolean isEmpty() {
    return turn == NONE;
  }

  /**
   * A record has arrived.
   *
   * @param where what {@link #place} answers
   * @param bytes that it takes of the ring
   */
  public void add(int queue, int where, int bytes) {
    if (isFull()) {
      throw new IllegalStateException("no room for one more of " + count);
    }
    int e = append(bytes);
    place[e] = where;
    next[e] = NONE;
    if (head[queue] != NONE) {
      next[tail[queue]] = e;
    } else {
      head[queue] = e;
      // As if it had just been served: its turn comes when all others have had theirs.
      nextQueue[queue] = turn == NONE ? queue : nextQueue[turn];
      if (turn != NONE) {
        nextQueue[turn] = queue;
      }
      turn = queue;
    }
    tail[queue] = e;
  }

  private int append(int bytes) {
    int e = first + count++ & place.length - 1;
    size[e] = bytes;
    done[e] = false;
    return e;
  }

  /** A record has arrived that nobody is to be served. Answers as {@link #served}. */
  public int skip(int bytes) {
    return served(append(bytes));
  }

  /** Takes the oldest entry of the queue whose turn it is; -1: nothing waits. */
  public int take() {
    if (turn == NONE) {
      return NONE;
    }
    int queue = nextQueue[turn];
    int e = head[queue];
    head[queue] = next[e];
    if (head[queue] != NONE) {
      turn = queue;
    } else if (queue == turn) {
      turn = NONE;
    } else {
      nextQueue[turn] = nextQueue[queue];
    }
    return e;
  }

  public int place(int entry) {
    return place[entry];
  }

  public int size(int entry) {
    return size[entry];
  }

  /** An entry has been served. Returns how many bytes at the ring's front are free now. */
  public int served(int entry) {
    done[entry] = true;
    int free = 0;
    while (count > 0 && done[first]) {
      free += size[first];
      first = first + 1 & place.length - 1;
      count--;
    }
    return free;
  }
}
