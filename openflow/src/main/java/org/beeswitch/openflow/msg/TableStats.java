// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.msg;

/** Counters of a table. */
public record TableStats(int tableId, int activeCount, long lookupCount, long matchedCount) {}
