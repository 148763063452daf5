// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.jspecify.annotations.Nullable;

/**
 * The walk of one translation through bridges and tables as data: what {@code ofproto/trace}
 * prints. Made only when somebody asked; the hot path has none.
 */
public final class XlateTrace {
  /** One step, {@code depth} levels of nesting below the first bridge. */
  public sealed interface Step {
    int depth();
  }

  /** The packet is in this bridge from here on. */
  public record InBridge(int depth, String name) implements Step {}

  /** A table was looked up; {@code rule} is null on a miss. */
  public record InTable(int depth, int tableId, @Nullable Rule rule) implements Step {}

  /** A table was not looked up, because fragments are dropped. */
  public record FragmentDropped(int depth, int tableId) implements Step {}

  /** An action that is executed. */
  public record Did(int depth, Action action) implements Step {}

  /** An instruction other than apply-actions that is executed; {@code what} has just that one. */
  public record DidInstruction(int depth, Instructions what) implements Step {}

  /** The action set is executed from here on. */
  public record ExecutesActionSet(int depth) implements Step {}

  /** What the action set has in it, before it is cleared or after it is written. */
  public record ActionSetContent(int depth, boolean before, List<Action> actions) implements Step {}

  /** How something was done, in OVS's words. */
  public record Detail(int depth, String text) implements Step {}

  /** Why something was not done, in OVS's words. */
  public record Warning(int depth, String text) implements Step {}

  private final List<Step> steps = new ArrayList<>();

  void add(Step s) {
    steps.add(s);
  }

  /** The action set is cleared. */
  void clears(int depth, ActionSet set) {
    add(new DidInstruction(depth, Instructions.builder().clear().build()));
    add(new ActionSetContent(depth, true, set.toBeExecuted()));
  }

  /** These were written to the action set. */
  void wrote(int depth, List<Action> actions, ActionSet set) {
    add(new DidInstruction(depth, Instructions.builder().write(actions).build()));
    add(new ActionSetContent(depth, false, set.toBeExecuted()));
  }

  /** Notes the instructions that come last: metadata, goto. */
  void goesOn(int depth, Instructions i) {
    if (i.hasMetadata()) {
      add(
          new DidInstruction(
              depth, Instructions.builder().metadata(i.metadata(), i.metadataMask()).build()));
    }
    if (i.hasGoto()) {
      add(new DidInstruction(depth, Instructions.builder().gotoTable(i.gotoTable()).build()));
    }
  }

  public List<Step> steps() {
    return List.copyOf(steps);
  }
}
