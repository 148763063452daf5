// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.List;
import java.util.stream.Stream;

/**
 * Commands of {@code ovs-ofctl} for what OpenFlow 1.3 or this switch does not have: they say so.
 */
final class Missing {
  static final List<OfCommand> COMMANDS =
      Stream.concat(
              Stream.of(command("dump-table-desc", "OpenFlow 1.4 or later")),
              Stream.of("insert-buckets", "remove-buckets")
                  .map(name -> command(name, "OpenFlow 1.5 or later")))
          .toList();

  private Missing() {}

  private static OfCommand command(String name, String needs) {
    return new OfCommand(
        name,
        "(needs " + needs + ")",
        1,
        Integer.MAX_VALUE,
        (options, stdio, args) -> {
          throw new CliException(name + " needs " + needs + ", and there is OpenFlow13 alone");
        });
  }
}
