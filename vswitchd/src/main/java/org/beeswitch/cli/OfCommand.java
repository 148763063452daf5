// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.util.List;

/**
 * A command that speaks OpenFlow.
 *
 * @param usage of its arguments, the switch first
 */
record OfCommand(String name, String usage, int minArgs, int maxArgs, Body body) {
  /** What it does. */
  interface Body {
    /**
     * @param args without the command itself
     */
    void run(Options options, Stdio stdio, List<String> args) throws CliException;
  }
}
