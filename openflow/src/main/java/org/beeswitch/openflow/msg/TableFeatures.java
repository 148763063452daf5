// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

import java.util.Set;
import org.beeswitch.flow.Field;

/**
 * What a table can do, or shall do (OF 1.3.5, 7.3.5.5).
 *
 * @param name at most 31 bytes
 * @param metadataMatch bits of metadata that can be matched; {@code metadataWrite} likewise
 * @param maxEntries unsigned
 * @param nonmiss what its rules can do
 * @param miss what its table-miss rule can do
 * @param match fields that can be matched; in_port and ip_dscp stand for OpenFlow 1.0's forms, too
 * @param mask those of {@code match} that can be matched under a mask
 * @param wildcard those of {@code match} that may be left out
 */
public record TableFeatures(
    int tableId,
    String name,
    long metadataMatch,
    long metadataWrite,
    int maxEntries,
    Abilities nonmiss,
    Abilities miss,
    Set<Field> match,
    Set<Field> mask,
    Set<Field> wildcard) {
  public TableFeatures {
    match = Set.copyOf(match);
    mask = Set.copyOf(mask);
    wildcard = Set.copyOf(wildcard);
  }

  /**
   * What rules can do.
   *
   * @param nextTables where goto-table can go
   * @param instructions bit n is OpenFlow instruction n
   * @param writeActions bit n is OpenFlow action n, in write-actions; {@code applyActions} likewise
   * @param writeSetFields fields that write-actions can set; {@code applySetFields} likewise
   */
  public record Abilities(
      TableSet nextTables,
      int instructions,
      int writeActions,
      int applyActions,
      Set<Field> writeSetFields,
      Set<Field> applySetFields) {
    public Abilities {
      writeSetFields = Set.copyOf(writeSetFields);
      applySetFields = Set.copyOf(applySetFields);
    }
  }
}
