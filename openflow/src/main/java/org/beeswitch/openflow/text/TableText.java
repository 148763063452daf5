// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.beeswitch.flow.Field;
import org.beeswitch.openflow.msg.TableFeatures;
import org.beeswitch.openflow.msg.TableMod;
import org.beeswitch.openflow.msg.TableSet;
import org.beeswitch.openflow.msg.TableStats;
import org.jspecify.annotations.Nullable;

/**
 * Prints tables one after the other, with {@code ditto} for what is like the table before (OVS
 * {@code ofputil_table_features_format}). Feed it with the tables of all parts of a reply, so that
 * ditto works across parts, then {@link #finish}.
 */
public final class TableText {
  /** OpenFlow 1.3's action numbers in OVS's order of actions, with its names. */
  private static final Object[][] ACTIONS = {
    {0, "output"},
    {22, "group"},
    {25, "set_field"},
    {18, "strip_vlan"},
    {17, "push_vlan"},
    {23, "mod_nw_ttl"},
    {24, "dec_ttl"},
    {15, "set_mpls_ttl"},
    {16, "dec_mpls_ttl"},
    {19, "push_mpls"},
    {20, "pop_mpls"},
    {21, "set_queue"},
    {11, "copy_ttl_out"},
    {12, "copy_ttl_in"},
    {26, "push_pbb"},
    {27, "pop_pbb"},
  };

  /** OpenFlow's instruction numbers in OVS's order of instructions, with its names. */
  private static final Object[][] INSTRUCTIONS = {
    {6, "meter"},
    {4, "apply_actions"},
    {5, "clear_actions"},
    {3, "write_actions"},
    {2, "write_metadata"},
    {1, "goto_table"},
  };

  private static final TableFeatures.Abilities NOTHING =
      new TableFeatures.Abilities(TableSet.EMPTY, 0, 0, 0, Set.of(), Set.of());

  private final StringBuilder s;
  private @Nullable TableFeatures previous;
  private @Nullable TableStats previousStats;
  private int firstDitto = -1;
  private int lastDitto = -1;

  public TableText(StringBuilder s) {
    this.s = s;
  }

  /** Appends the features of a table, or notes that they are those of the last one. */
  public void add(TableFeatures f) {
    TableFeatures p = previous;
    boolean same = p != null && equal(f, p);
    previous = f;
    if (begin(f.tableId(), f.name(), same, () -> same)) {
      return;
    }
    s.append('\n');
    if (same) {
      s.append("    (same features)\n");
      return;
    }
    if ((f.metadataMatch() | f.metadataWrite()) != 0) {
      ValueText.appendHex(s.append("    metadata: match="), 0, f.metadataMatch());
      ValueText.appendHex(s.append(" write="), 0, f.metadataWrite()).append('\n');
    }
    if (f.maxEntries() != 0) {
      s.append("    max_entries=").append(Integer.toUnsignedString(f.maxEntries())).append('\n');
    }
    instructions(f, p);
    matching(f, p);
  }

  /** Appends the counters of a table, or notes that they are those of the last one. */
  public void add(TableStats t) {
    TableStats p = previousStats;
    boolean same =
        p != null
            && p.activeCount() == t.activeCount()
            && p.lookupCount() == t.lookupCount()
            && p.matchedCount() == t.matchedCount();
    previousStats = t;
    if (begin(t.tableId(), "", same, () -> same)) {
      return;
    }
    s.append("\n    active=").append(Integer.toUnsignedString(t.activeCount()));
    s.append(", lookup=").append(Long.toUnsignedString(t.lookupCount()));
    s.append(", matched=").append(Long.toUnsignedString(t.matchedCount())).append('\n');
  }

  /** Appends the heading; true if there is nothing more to say. */
  private boolean begin(int table, String name, boolean same, BooleanSupplier ditto) {
    if (same && name.isEmpty()) {
      if (firstDitto < 0) {
        firstDitto = table;
      }
      lastDitto = table;
      return true;
    }
    finish();
    s.append("\n  table ").append(table);
    if (!name.isEmpty()) {
      s.append(" (\"").append(name).append("\")");
    }
    s.append(':');
    if (ditto.getAsBoolean()) {
      s.append(" ditto");
      return true;
    }
    return false;
  }

  /** Appends what has been noted of tables that are like the one before. */
  public void finish() {
    if (firstDitto >= 0) {
      if (firstDitto == lastDitto) {
        s.append("\n  table ").append(firstDitto).append(": ditto\n");
      } else {
        s.append("\n  tables ").append(firstDitto).append("...").append(lastDitto);
        s.append(": ditto\n");
      }
    }
    firstDitto = -1;
  }

  private void instructions(TableFeatures f, @Nullable TableFeatures p) {
    int t = f.tableId();
    boolean none = f.nonmiss().equals(NOTHING);
    if (p != null
        && equal(f.nonmiss(), t, p.nonmiss(), p.tableId())
        && equal(f.miss(), t, p.miss(), p.tableId())) {
      if (!none) {
        s.append("    (same instructions)\n");
      }
    } else if (!equal(f.nonmiss(), t, f.miss(), t)) {
      s.append("    instructions (other than table miss):\n");
      abilities(f.nonmiss(), p == null ? null : p.nonmiss());
      s.append("    instructions (table miss):\n");
      abilities(f.miss(), p == null ? null : p.miss());
    } else if (!none) {
      s.append("    instructions (table miss and others):\n");
      abilities(f.nonmiss(), p == null ? null : p.nonmiss());
    }
  }

  private void abilities(TableFeatures.Abilities a, TableFeatures.@Nullable Abilities p) {
    if (!a.nextTables().equals(TableSet.EMPTY)) {
      appendTables(s.append("      next tables: "), a.nextTables());
      s.append('\n');
    }
    if (a.instructions() != 0) {
      if (p != null && p.instructions() == a.instructions()) {
        s.append("      (same instructions)\n");
      } else {
        appendNames(s.append("      instructions: "), INSTRUCTIONS, a.instructions()).append('\n');
      }
    }
    boolean alike =
        a.writeActions() == a.applyActions() && a.writeSetFields().equals(a.applySetFields());
    if (p != null
        && a.writeActions() == p.writeActions()
        && a.applyActions() == p.applyActions()
        && a.writeSetFields().equals(p.writeSetFields())
        && a.applySetFields().equals(p.applySetFields())
        && !a.writeSetFields().isEmpty()) {
      s.append("      (same actions)\n");
    } else if (!alike) {
      s.append("      Write-Actions features:\n");
      actions(a.writeActions(), a.writeSetFields());
      s.append("      Apply-Actions features:\n");
      actions(a.applyActions(), a.applySetFields());
    } else if (a.writeActions() != 0 || !a.writeSetFields().isEmpty()) {
      s.append("      Write-Actions and Apply-Actions features:\n");
      actions(a.writeActions(), a.writeSetFields());
    }
  }

  private void actions(int actions, Set<Field> setFields) {
    if (actions != 0) {
      appendActions(s.append("        actions: "), actions).append('\n');
    }
    if (!setFields.isEmpty()) {
      FieldList.append(s.append("        supported on Set-Field:"), setFields).append('\n');
    }
  }

  private void matching(TableFeatures f, @Nullable TableFeatures p) {
    if (f.match().isEmpty()) {
      return;
    }
    if (p != null && p.match().equals(f.match())) {
      s.append("    (same matching)\n");
      return;
    }
    s.append("    matching:\n");
    matches(f, true, true, "arbitrary mask");
    matches(f, false, true, "exact match or wildcard");
    matches(f, false, false, "must exact match");
  }

  private void matches(TableFeatures f, boolean mask, boolean wildcard, String title) {
    Set<Field> fields = new HashSet<>(f.match());
    fields.removeIf(x -> f.mask().contains(x) != mask || f.wildcard().contains(x) != wildcard);
    if (!fields.isEmpty()) {
      FieldList.append(s.append("      ").append(title).append(':'), fields).append('\n');
    }
  }

  private static boolean equal(TableFeatures a, TableFeatures b) {
    return a.metadataMatch() == b.metadataMatch()
        && a.metadataWrite() == b.metadataWrite()
        && a.maxEntries() == b.maxEntries()
        && equal(a.nonmiss(), a.tableId(), b.nonmiss(), b.tableId())
        && equal(a.miss(), a.tableId(), b.miss(), b.tableId())
        && a.match().equals(b.match());
  }

  private static boolean equal(
      TableFeatures.Abilities a, int aTable, TableFeatures.Abilities b, int bTable) {
    return equalNext(a.nextTables(), aTable, b.nextTables(), bTable)
        && a.instructions() == b.instructions()
        && a.writeActions() == b.writeActions()
        && a.applyActions() == b.applyActions()
        && a.writeSetFields().equals(b.writeSetFields())
        && a.applySetFields().equals(b.applySetFields());
  }

  /** A table cannot go to itself: two neighbours that differ in that alone are alike. */
  private static boolean equalNext(TableSet a, int aTable, TableSet b, int bTable) {
    if (aTable == bTable + 1) {
      return equalNext(b, bTable, a, aTable);
    }
    boolean neighbours = bTable == aTable + 1 && a.contains(bTable) && !b.contains(bTable);
    return a.equals(neighbours ? b.with(bTable) : b);
  }

  /** Appends as {@code 1-5,7}; table 255 is none. */
  private static void appendTables(StringBuilder s, TableSet tables) {
    String comma = "";
    for (int from = 0; from < 255; from++) {
      if (!tables.contains(from)) {
        continue;
      }
      int to = from;
      while (to + 1 < 255 && tables.contains(to + 1)) {
        to++;
      }
      s.append(comma).append(from);
      if (to > from) {
        s.append('-').append(to);
      }
      comma = ",";
      from = to;
    }
    if (comma.isEmpty()) {
      s.append("none");
    }
  }

  /** Appends the names of OpenFlow 1.3's actions of these numbers. */
  static StringBuilder appendActions(StringBuilder s, int actions) {
    int before = s.length();
    appendNames(s, ACTIONS, actions);
    return s.length() == before ? s.append("<none>") : s;
  }

  private static StringBuilder appendNames(StringBuilder s, Object[][] table, int bits) {
    List<String> names = new ArrayList<>();
    for (Object[] entry : table) {
      if ((bits >>> (int) entry[0] & 1) != 0) {
        names.add((String) entry[1]);
      }
    }
    return s.append(String.join(" ", names));
  }

  static void append(StringBuilder s, TableMod m, Names names) {
    if (m.tableId() == 255) {
      s.append(" table_id: ALL_TABLES");
    } else {
      names.appendTable(s.append(" table_id="), m.tableId());
    }
    switch (m.miss()) {
      case DEFAULT -> {}
      case CONTROLLER -> s.append(", flow_miss_config=controller");
      case CONTINUE -> s.append(", flow_miss_config=continue");
      case DROP -> s.append(", flow_miss_config=drop");
    }
  }
}
