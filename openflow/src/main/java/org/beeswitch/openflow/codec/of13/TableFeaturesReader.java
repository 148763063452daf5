// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec.of13;

import static org.beeswitch.openflow.msg.OfErrorCode.*;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.codec.Cursor;
import org.beeswitch.openflow.codec.Reject;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.openflow.msg.TableSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads table features (OF 1.3.5, 7.3.5.5) as OVS does (OVS {@code ofp-table.c}): strictly in a
 * request, in a reply without minding what is not known.
 */
final class TableFeaturesReader {
  /** Bytes before the properties. */
  static final int HEADER = 64;

  // Properties; those for table-miss are one more.
  static final int INSTRUCTIONS = 0;
  static final int NEXT_TABLES = 2;
  static final int WRITE_ACTIONS = 4;
  static final int APPLY_ACTIONS = 6;
  static final int MATCH = 8;
  static final int WILDCARDS = 10;
  static final int WRITE_SETFIELD = 12;
  static final int APPLY_SETFIELD = 14;

  private static final int EXPERIMENTER = 0xffff;

  /** OpenFlow 1.3 wants all of these in every table. */
  private static final int REQUIRED =
      1 << INSTRUCTIONS
          | 1 << NEXT_TABLES
          | 1 << WRITE_ACTIONS
          | 1 << APPLY_ACTIONS
          | 1 << MATCH
          | 1 << WILDCARDS
          | 1 << WRITE_SETFIELD
          | 1 << APPLY_SETFIELD;

  private final OxmReader oxms;

  TableFeaturesReader(OxmReader oxms) {
    this.oxms = oxms;
  }

  List<TableFeatures> read(Cursor c, boolean loose) throws Reject {
    List<TableFeatures> tables = new ArrayList<>();
    while (c.left() > 0) {
      if (c.left() < HEADER) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      int length = c.buf().getUnsignedShort(c.pos());
      if (length < HEADER || length % 8 != 0 || length > c.left()) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      tables.add(new One(loose).read(c.sub(length).skip(2)));
    }
    return tables;
  }

  /** One table in the making. */
  private final class One {
    private final boolean loose;
    private int seen;
    private final int[] instructions = new int[2];
    private final int[] writeActions = new int[2];
    private final int[] applyActions = new int[2];
    private final TableSet[] next = {TableSet.EMPTY, TableSet.EMPTY};
    private final List<Set<Field>> writeSetFields = pair();
    private final List<Set<Field>> applySetFields = pair();
    private final Set<Field> match = EnumSet.noneOf(Field.class);
    private final Set<Field> mask = EnumSet.noneOf(Field.class);
    private final Set<Field> wildcard = EnumSet.noneOf(Field.class);

    One(boolean loose) {
      this.loose = loose;
    }

    TableFeatures read(Cursor c) throws Reject {
      int tableId = c.u8();
      if (tableId == TableId.ALL) {
        throw Reject.of(OFPTFFC_BAD_TABLE);
      }
      c.skip(5);
      String name = c.text(32);
      long metadataMatch = c.i64();
      long metadataWrite = c.i64();
      c.skip(4);
      int maxEntries = c.i32();
      while (c.left() > 0) {
        property(c);
      }
      if ((seen & REQUIRED) != REQUIRED) {
        throw Reject.of(NXBRC_UNENCODABLE_ERROR); // OFPTFFC_BAD_FEATURES, which 1.3 cannot say
      }
      match.addAll(mask);
      wildcard.addAll(mask);
      return new TableFeatures(
          tableId,
          name,
          metadataMatch,
          metadataWrite,
          maxEntries,
          abilities(false),
          abilities(true),
          match,
          mask,
          wildcard);
    }

    /** What table-miss rules can do is what others can, where nothing else is said. */
    private TableFeatures.Abilities abilities(boolean miss) {
      return new TableFeatures.Abilities(
          next[pick(miss, NEXT_TABLES)],
          instructions[pick(miss, INSTRUCTIONS)],
          writeActions[pick(miss, WRITE_ACTIONS)],
          applyActions[pick(miss, APPLY_ACTIONS)],
          writeSetFields.get(pick(miss, WRITE_SETFIELD)),
          applySetFields.get(pick(miss, APPLY_SETFIELD)));
    }

    private int pick(boolean miss, int property) {
      return miss && (seen >>> property + 1 & 1) != 0 ? 1 : 0;
    }

    private void property(Cursor c) throws Reject {
      if (c.left() < 4) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      int type = c.buf().getUnsignedShort(c.pos());
      int length = c.buf().getUnsignedShort(c.pos() + 2);
      int padded = length + 7 & ~7;
      if (length < 4 || padded > c.left()) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      Cursor p = c.sub(padded);
      if (type == EXPERIMENTER) {
        experimenter(p, length);
        return;
      }
      p = p.skip(4).sub(length - 4);
      if (type < 32) {
        if ((seen >>> type & 1) != 0) {
          throw Reject.of(NXBRC_UNENCODABLE_ERROR); // OFPTFFC_BAD_FEATURES
        }
        seen |= 1 << type;
      }
      int miss = type & 1;
      switch (type & ~1) {
        case INSTRUCTIONS -> instructions[miss] = ids(p, true);
        case NEXT_TABLES -> next[miss] = tables(p);
        case WRITE_ACTIONS -> writeActions[miss] = ids(p, false);
        case APPLY_ACTIONS -> applyActions[miss] = ids(p, false);
        case WRITE_SETFIELD -> fields(p, writeSetFields.get(miss), null);
        case APPLY_SETFIELD -> fields(p, applySetFields.get(miss), null);
        case MATCH -> {
          checkKnown(miss == 0);
          if (miss == 0) {
            fields(p, match, mask);
          }
        }
        case WILDCARDS -> {
          checkKnown(miss == 0);
          if (miss == 0) {
            fields(p, wildcard, null);
          }
        }
        default -> checkKnown(false);
      }
    }

    private void experimenter(Cursor p, int length) throws Reject {
      if (length < 12) {
        throw Reject.of(OFPBPC_BAD_LEN);
      }
      int vendor = p.skip(4).i32();
      if (vendor == 0) {
        throw Reject.of(OFPBPC_BAD_EXPERIMENTER);
      }
      if (!loose) {
        boolean known = vendor == Experimenter.NICIRA || vendor == Experimenter.ONF;
        throw Reject.of(known ? OFPBPC_BAD_EXP_TYPE : OFPBPC_BAD_EXPERIMENTER);
      }
    }

    private void checkKnown(boolean known) throws Reject {
      if (!known && !loose) {
        throw Reject.of(OFPBPC_BAD_TYPE);
      }
    }

    /** Numbers of instructions or actions, as bits. */
    private int ids(Cursor p, boolean isInstructions) throws Reject {
      int bits = 0;
      while (p.left() > 0) {
        if (p.left() < 4) {
          throw Reject.of(OFPBPC_BAD_LEN);
        }
        int type = p.u16();
        int length = p.u16();
        if (length < 4 || length - 4 > p.left()) {
          throw Reject.of(OFPBPC_BAD_LEN);
        }
        p.skip(length - 4);
        if (isInstructions && (type < ActionReader.GOTO_TABLE || type > ActionReader.METER)) {
          if (!loose) {
            throw Reject.of(OFPBIC_UNKNOWN_INST);
          }
        } else if (type < 32) {
          bits |= 1 << type;
        }
      }
      return bits;
    }

    private TableSet tables(Cursor p) throws Reject {
      TableSet s = TableSet.EMPTY;
      while (p.left() > 0) {
        int id = p.u8();
        if (id == TableId.ALL) {
          throw Reject.of(OFPBPC_BAD_VALUE);
        }
        s = s.with(id);
      }
      return s;
    }

    private void fields(Cursor p, Set<Field> exact, @Nullable Set<Field> masked) throws Reject {
      boolean sawMasked = false;
      while (p.left() > 0) {
        oxms.header(p, OFPBMC_BAD_FIELD);
        Oxm o = oxms.oxm;
        if (o == null) {
          if (!loose) {
            throw Reject.of(OFPBMC_BAD_FIELD);
          }
        } else if (!oxms.hasMask) {
          exact.add(o.field());
        } else if (masked != null) {
          masked.add(o.field());
        } else {
          sawMasked = true;
        }
      }
      if (sawMasked) {
        throw Reject.of(OFPBMC_BAD_MASK);
      }
    }
  }

  private static List<Set<Field>> pair() {
    return List.of(EnumSet.noneOf(Field.class), EnumSet.noneOf(Field.class));
  }
}
