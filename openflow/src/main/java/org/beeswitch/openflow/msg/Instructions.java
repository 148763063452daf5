// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import java.util.List;

/**
 * What a rule does with a packet (OF 1.3.5, 5.9), in the order in which it is done and OVS prints
 * it: meter, apply-actions, clear-actions, write-actions, write-metadata, goto-table.
 *
 * <p>Interned: a hundred thousand rules have few different ones, and a rule pays one reference.
 * Equal instructions are the same object. An empty apply-actions is none, and so is an empty
 * write-actions, as OVS shows it.
 */
public final class Instructions {
  private static final Interner<Instructions> INTERNER = Interners.newWeakInterner();

  /** Does nothing: the packet is dropped, or its action set executed. */
  public static final Instructions NONE = builder().build();

  private static final int METER = 1;
  private static final int CLEAR = 1 << 1;
  private static final int METADATA = 1 << 2;
  private static final int GOTO = 1 << 3;

  private final int present;
  private final int meterId;
  private final int gotoTable;
  private final int hash;
  private final List<Action> apply;
  private final List<Action> write;
  private final long metadata;
  private final long metadataMask;

  private Instructions(Builder b) {
    present = b.present;
    meterId = b.meterId;
    gotoTable = b.gotoTable;
    apply = b.apply;
    write = b.write;
    metadata = b.metadata;
    metadataMask = b.metadataMask;
    int h = apply.hashCode();
    h = 31 * h + write.hashCode();
    h = 31 * h + Long.hashCode(metadata);
    h = 31 * h + Long.hashCode(metadataMask);
    hash = 31 * (31 * (31 * h + present) + meterId) + gotoTable;
  }

  /** These actions, applied. */
  public static Instructions apply(List<Action> actions) {
    return builder().apply(actions).build();
  }

  public static Builder builder() {
    return new Builder();
  }

  public Builder toBuilder() {
    Builder b = new Builder();
    b.present = present;
    b.meterId = meterId;
    b.gotoTable = gotoTable;
    b.apply = apply;
    b.write = write;
    b.metadata = metadata;
    b.metadataMask = metadataMask;
    return b;
  }

  public boolean hasMeter() {
    return (present & METER) != 0;
  }

  /** 0 unless {@link #hasMeter}. */
  public int meterId() {
    return meterId;
  }

  /** Apply-actions; empty if there is none. */
  public List<Action> apply() {
    return apply;
  }

  /** Clear-actions. */
  public boolean hasClear() {
    return (present & CLEAR) != 0;
  }

  public boolean hasWrite() {
    return !write.isEmpty();
  }

  /** Write-actions, in the order they came; empty unless {@link #hasWrite}. */
  public List<Action> write() {
    return write;
  }

  public boolean hasMetadata() {
    return (present & METADATA) != 0;
  }

  /** Write-metadata: value, without bits outside the mask. */
  public long metadata() {
    return metadata;
  }

  public long metadataMask() {
    return metadataMask;
  }

  public boolean hasGoto() {
    return (present & GOTO) != 0;
  }

  /** 0 unless {@link #hasGoto}. */
  public int gotoTable() {
    return gotoTable;
  }

  /** Whether there is none at all: OVS's {@code drop}. */
  public boolean isEmpty() {
    return present == 0 && apply.isEmpty() && write.isEmpty();
  }

  @Override
  public boolean equals(Object o) {
    return this == o
        || o instanceof Instructions i
            && hash == i.hash
            && present == i.present
            && meterId == i.meterId
            && gotoTable == i.gotoTable
            && metadata == i.metadata
            && metadataMask == i.metadataMask
            && apply.equals(i.apply)
            && write.equals(i.write);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder s = new StringBuilder("Instructions[");
    if (hasMeter()) {
      s.append("meter=").append(Integer.toUnsignedString(meterId)).append(' ');
    }
    s.append("apply=").append(apply);
    if (hasClear()) {
      s.append(" clear");
    }
    if (hasWrite()) {
      s.append(" write=").append(write);
    }
    if (hasMetadata()) {
      s.append(String.format(" metadata=%#x/%#x", metadata, metadataMask));
    }
    if (hasGoto()) {
      s.append(" goto=").append(gotoTable);
    }
    return s.append(']').toString();
  }

  /** Collects instructions; each at most once. */
  public static final class Builder {
    private int present;
    private int meterId;
    private int gotoTable;
    private List<Action> apply = List.of();
    private List<Action> write = List.of();
    private long metadata;
    private long metadataMask;

    private Builder() {}

    public Builder meter(int id) {
      present |= METER;
      meterId = id;
      return this;
    }

    public Builder apply(List<Action> actions) {
      apply = List.copyOf(actions);
      return this;
    }

    public Builder clear() {
      present |= CLEAR;
      return this;
    }

    public Builder write(List<Action> actions) {
      write = List.copyOf(actions);
      return this;
    }

    /** Bits of {@code value} outside {@code mask} are dropped. */
    public Builder metadata(long value, long mask) {
      present |= METADATA;
      metadata = value & mask;
      metadataMask = mask;
      return this;
    }

    public Builder gotoTable(int table) {
      if (table < 0 || table > 0xff) {
        throw new IllegalArgumentException("table " + table + " is not 0 - 255");
      }
      present |= GOTO;
      gotoTable = table;
      return this;
    }

    /** The one object with these instructions. */
    public Instructions build() {
      return INTERNER.intern(new Instructions(this));
    }
  }
}
