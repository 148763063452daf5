// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.control;

import java.util.List;

/**
 * Something that can be asked for by name on the control socket.
 *
 * @param usage of its parameters, as {@code list-commands} shows it
 * @param maxArgs Integer.MAX_VALUE: any number
 */
public record Command(String name, String usage, int minArgs, int maxArgs, Body body) {
  /** What it does; on the control thread. */
  public interface Body {
    /**
     * @return what is printed
     * @throws CommandException what is wrong
     */
    String run(List<String> args) throws CommandException;
  }
}
