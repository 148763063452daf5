// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import org.beeswitch.openflow.msg.Action;
import org.jspecify.annotations.Nullable;

/**
 * The action set of OF 1.3.5, 5.10: at most one action of a kind (set-field: of a field), executed
 * at the pipeline's end in the order of the specification, whatever the order of writing. Where
 * several write-actions set the same, the last one counts; a group takes the place of an output.
 */
final class ActionSet {
  private static final Action.Type[] ORDER = {
    Action.Type.COPY_TTL_IN,
    Action.Type.POP_VLAN,
    Action.Type.POP_MPLS,
    Action.Type.POP_PBB,
    Action.Type.PUSH_MPLS,
    Action.Type.PUSH_PBB,
    Action.Type.PUSH_VLAN,
    Action.Type.COPY_TTL_OUT,
    Action.Type.DEC_NW_TTL,
    Action.Type.DEC_MPLS_TTL,
  };

  private final EnumMap<Action.Type, Action> single = new EnumMap<>(Action.Type.class);

  /** set-field, set-TTL: in the order of last writing. */
  private final List<Action> sets = new ArrayList<>();

  /**
   * Whether it has an output or a group: if not, nothing of it is executed (OVS {@code
   * ofpacts_execute_action_set}), so that no TTL runs out of a packet that goes nowhere.
   */
  boolean sends() {
    return single.containsKey(Action.Type.OUTPUT) || single.containsKey(Action.Type.GROUP);
  }

  void clear() {
    single.clear();
    sets.clear();
  }

  void write(List<Action> actions) {
    for (int i = 0; i < actions.size(); i++) {
      Action a = actions.get(i);
      switch (a.type()) {
        case SET_FIELD, SET_NW_TTL, SET_MPLS_TTL -> {
          for (int j = 0; j < sets.size(); j++) {
            if (replaces(a, sets.get(j))) {
              sets.remove(j);
              break;
            }
          }
          sets.add(a);
        }
        default -> single.put(a.type(), a);
      }
    }
  }

  private static boolean replaces(Action a, Action old) {
    return a instanceof Action.SetField f && old instanceof Action.SetField g
        ? f.field() == g.field() && f.isExact()
        : a.type() == old.type() && !(a instanceof Action.SetField);
  }

  /** What would be executed: nothing without an output. */
  List<Action> toBeExecuted() {
    List<Action> all = new ArrayList<>();
    if (sends()) {
      appendTo(all);
    }
    return all;
  }

  /** Appends the actions in the order of execution, and is empty then. */
  void drainTo(List<Action> out) {
    appendTo(out);
    clear();
  }

  private void appendTo(List<Action> out) {
    for (Action.Type t : ORDER) {
      add(out, t);
    }
    for (int i = 0; i < sets.size(); i++) {
      out.add(sets.get(i)); // addAll would make an array
    }
    add(out, Action.Type.SET_QUEUE);
    if (single.containsKey(Action.Type.GROUP)) {
      add(out, Action.Type.GROUP);
    } else {
      add(out, Action.Type.OUTPUT);
    }
  }

  /**
   * The output that the set has now, which {@code actset_output} shows: null if none, or if a group
   * will be executed instead.
   */
  Action.@Nullable Output output() {
    return single.containsKey(Action.Type.GROUP)
        ? null
        : (Action.Output) single.get(Action.Type.OUTPUT);
  }

  private void add(List<Action> out, Action.Type t) {
    Action a = single.get(t);
    if (a != null) {
      out.add(a);
    }
  }
}
