// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.ArrayList;
import java.util.List;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.xlate.XlateTrace;
import org.beeswitch.openflow.text.ActionText;
import org.beeswitch.openflow.text.MatchText;
import org.beeswitch.openflow.text.Names;
import org.jspecify.annotations.Nullable;

/**
 * The walk of a trace as {@code ofproto/trace} prints it (OVS {@code oftrace_node_print_details}).
 *
 * <p>OVS keeps a tree and indents by a rule of its own: what is last among its siblings is not
 * indented more than its parent, so that a chain of tables stays at the left. A table holds its
 * actions and the table that it goes to; the first table of a bridge also holds the execution of
 * the action set.
 */
final class TraceText {
  private static final String FRAGMENT_DROPPED =
      "Packets are IP fragments and the fragment handling mode is \"drop\".";

  private enum Kind {
    BRIDGE,
    TABLE,
    ACTION,
    DETAIL,
    WARNING;

    /** Cannot have anything below it. */
    boolean isTerminal() {
      return this == ACTION || this == DETAIL || this == WARNING;
    }
  }

  private record Node(Kind kind, String text, List<Node> subs) {
    Node(Kind kind, String text) {
      this(kind, text, new ArrayList<>());
    }
  }

  /** One visit of a bridge, or of a table by way of an output to TABLE. */
  private static final class Visit {
    /** Where the next thing goes. */
    List<Node> here;

    /** Inside the first table. */
    @Nullable List<Node> first;

    Visit(List<Node> here) {
      this.here = here;
    }
  }

  private final List<Node> root = new ArrayList<>();
  private final List<Visit> visits = new ArrayList<>();
  private final List<Node> tables = new ArrayList<>();

  private final Names names;

  private TraceText(Names names) {
    this.names = names;
  }

  /** All steps, with ports by these names. */
  static String of(XlateTrace trace, Names names) {
    TraceText t = new TraceText(names);
    trace.steps().forEach(t::add);
    for (Node table : t.tables) {
      if (table.subs.isEmpty()) {
        table.subs.add(new Node(Kind.ACTION, "drop"));
      }
    }
    StringBuilder s = new StringBuilder();
    print(s, t.root, 0);
    return s.toString();
  }

  private Visit visit(int depth) {
    while (visits.size() > depth + 1) {
      visits.remove(visits.size() - 1);
    }
    while (visits.size() <= depth) {
      visits.add(new Visit(visits.isEmpty() ? root : visits.get(visits.size() - 1).here));
    }
    return visits.get(depth);
  }

  private void add(XlateTrace.Step step) {
    if (step instanceof XlateTrace.InBridge b) {
      // Not where that depth was before: a bridge begins inside what is going on above it.
      while (visits.size() > b.depth()) {
        visits.remove(visits.size() - 1);
      }
      Visit v = visit(b.depth());
      Node bridge = new Node(Kind.BRIDGE, "bridge(\"" + b.name() + "\")");
      v.here.add(bridge);
      v.here = bridge.subs;
      return;
    }
    Visit v = visit(step.depth());
    if (step instanceof XlateTrace.InTable t) {
      enter(v, table(t.tableId(), t.rule()));
    } else if (step instanceof XlateTrace.FragmentDropped f) {
      enter(v, String.format("%2d. %s", f.tableId(), FRAGMENT_DROPPED));
    } else if (step instanceof XlateTrace.ExecutesActionSet) {
      Node set = new Node(Kind.TABLE, "--. Executing action set:");
      (v.first == null ? v.here : v.first).add(set);
      v.here = set.subs;
    } else if (step instanceof XlateTrace.Did d) {
      StringBuilder s = new StringBuilder();
      v.here.add(
          new Node(Kind.ACTION, ActionText.append(s, List.of(d.action()), names).toString()));
    } else if (step instanceof XlateTrace.DidInstruction d) {
      v.here.add(
          new Node(
              Kind.ACTION, ActionText.append(new StringBuilder(), d.what(), names).toString()));
    } else if (step instanceof XlateTrace.ActionSetContent c) {
      v.here.add(new Node(Kind.DETAIL, content(c)));
    } else if (step instanceof XlateTrace.Detail d) {
      v.here.add(new Node(Kind.DETAIL, d.text()));
    } else if (step instanceof XlateTrace.Warning w) {
      v.here.add(new Node(Kind.WARNING, w.text()));
    }
  }

  private String content(XlateTrace.ActionSetContent c) {
    String verb = c.before() ? "was" : "is";
    return c.actions().isEmpty()
        ? "action set " + verb + " empty"
        : "action set "
            + verb
            + ": "
            + ActionText.append(new StringBuilder(), c.actions(), Names.NONE);
  }

  private void enter(Visit v, String text) {
    Node table = new Node(Kind.TABLE, text);
    v.here.add(table);
    v.here = table.subs;
    v.first = v.first == null ? table.subs : v.first;
    tables.add(table);
  }

  private String table(int id, @Nullable Rule rule) {
    StringBuilder s = new StringBuilder(String.format("%2d. ", id));
    if (rule == null) {
      return s.append("No match.").toString();
    }
    MatchText.append(s, rule.match(), MatchText.DEFAULT_PRIORITY, names);
    if (s.charAt(s.length() - 1) != ' ') {
      s.append(", ");
    }
    s.append("priority ").append(rule.priority());
    if (rule.cookie() != 0) {
      s.append(", cookie 0x").append(Long.toHexString(rule.cookie()));
    }
    return s.toString();
  }

  private static void print(StringBuilder s, List<Node> nodes, int level) {
    for (int i = 0; i < nodes.size(); i++) {
      Node n = nodes.get(i);
      int more = i + 1 < nodes.size() || n.kind.isTerminal() ? 1 : 0;
      String indent = " ".repeat(4 * (level + more));
      if (n.kind == Kind.BRIDGE) {
        s.append('\n');
      }
      s.append(indent);
      switch (n.kind) {
        case BRIDGE ->
            s.append(n.text).append('\n').append(indent).append("-".repeat(n.text.length()));
        case TABLE, ACTION -> s.append(n.text);
        case DETAIL -> s.append(" -> ").append(n.text);
        case WARNING -> s.append(" >> ").append(n.text);
      }
      s.append('\n');
      print(s, n.subs, level + 2 * more);
    }
  }
}
