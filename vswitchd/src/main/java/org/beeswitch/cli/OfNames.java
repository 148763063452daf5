// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.Set;

/**
 * Names of the commands that are spoken over OpenFlow: known before any of them is made, because
 * all others start faster without.
 */
final class OfNames {
  static final Set<String> ALL =
      Set.of(
          "add-flow",
          "add-flows",
          "barrier",
          "del-flows",
          "diff-flows",
          "dump-aggregate",
          "dump-desc",
          "dump-flows",
          "dump-group-features",
          "dump-group-stats",
          "dump-groups",
          "dump-meter",
          "dump-meters",
          "dump-ports",
          "dump-ports-desc",
          "dump-table-features",
          "dump-tables",
          "get-frags",
          "meter-features",
          "meter-stats",
          "mod-flows",
          "mod-port",
          "monitor",
          "packet-out",
          "probe",
          "queue-get-config",
          "queue-stats",
          "replace-flows",
          "set-frags",
          "snoop");

  private OfNames() {}
}
