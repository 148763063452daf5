// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.state;

import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.classifier.Classifier;
import org.beeswitch.openflow.msg.Instructions;

/**
 * A flow entry of an OpenFlow table (OVS {@code struct rule}). Immutable: modifying a rule puts a
 * new one in its place that shares its counter, so that packets which the old one's megaflows still
 * count reach the same totals. A hundred thousand of these are kept; instructions and masks are
 * shared.
 */
public final class Rule implements Classifier.Rule {
  private static final AtomicLong NEXT = new AtomicLong();

  private final long sequence = NEXT.getAndIncrement();
  private final Match match;
  private final Instructions instructions;
  private final Counter counter;
  private final long cookie;
  private final long createdNs;
  private final long modifiedNs;
  private final int priority;
  private final short idleTimeoutS;
  private final short hardTimeoutS;
  private final byte tableId;
  private final byte flags;

  /**
   * @param priority 0..65535, or above for hidden rules of the switch itself
   * @param flags {@link org.beeswitch.openflow.msg.FlowFlags} of the flow-mod that added it
   * @param createdNs when it was added, in {@code System.nanoTime()}'s clock; {@code modifiedNs}:
   *     when its instructions last changed
   */
  public Rule(
      int tableId,
      int priority,
      Match match,
      long cookie,
      int idleTimeoutS,
      int hardTimeoutS,
      int flags,
      Instructions instructions,
      Counter counter,
      long createdNs,
      long modifiedNs) {
    this.match = match;
    this.instructions = instructions;
    this.counter = counter;
    this.cookie = cookie;
    this.createdNs = createdNs;
    this.modifiedNs = modifiedNs;
    this.priority = priority;
    this.idleTimeoutS = (short) idleTimeoutS;
    this.hardTimeoutS = (short) hardTimeoutS;
    this.tableId = (byte) tableId;
    this.flags = (byte) flags;
  }

  /**
   * This rule after a MODIFY: other instructions, cookie and flags, the same age. Timeouts stay (OF
   * 1.3.5, 6.4).
   *
   * @param newCounter this rule's, or a fresh one if counters are to be reset
   */
  public Rule modified(
      Instructions to, long newCookie, int newFlags, Counter newCounter, long nowNs) {
    return new Rule(
        tableId(),
        priority,
        match,
        newCookie,
        idleTimeoutS(),
        hardTimeoutS(),
        newFlags,
        to,
        newCounter,
        createdNs,
        nowNs);
  }

  @Override
  public Match match() {
    return match;
  }

  @Override
  public int priority() {
    return priority;
  }

  /**
   * Order of creation among all rules: later rules have larger numbers. Rules are listed and
   * changed in it.
   */
  public long sequence() {
    return sequence;
  }

  public Instructions instructions() {
    return instructions;
  }

  public Counter counter() {
    return counter;
  }

  public long cookie() {
    return cookie;
  }

  public long createdNs() {
    return createdNs;
  }

  public long modifiedNs() {
    return modifiedNs;
  }

  public int tableId() {
    return tableId & 0xff;
  }

  /** Seconds without a packet after which it goes; 0: never. */
  public int idleTimeoutS() {
    return idleTimeoutS & 0xffff;
  }

  /** Seconds after which it goes; 0: never. */
  public int hardTimeoutS() {
    return hardTimeoutS & 0xffff;
  }

  public int flags() {
    return flags & 0xff;
  }

  /** Hidden rules belong to the switch: no controller sees, changes or deletes them. */
  public boolean isHidden() {
    return priority > 0xffff;
  }

  /** Matches everything at priority 0: the table-miss flow entry (OF 1.3.5, 5.4). */
  public boolean isTableMiss() {
    return priority == 0 && match.mask().size() == 0;
  }
}
