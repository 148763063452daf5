// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.beeswitch.vswitchd.Version;
import org.beeswitch.vswitchd.control.ControlClient;
import org.beeswitch.vswitchd.control.Unixctl;

/**
 * {@code beectl}: what {@code ovs-ofctl}, {@code ovs-vsctl} and {@code ovs-appctl} are for Open
 * vSwitch. A command of {@code ovs-ofctl} is spoken here, over OpenFlow, and prints what it prints
 * there; everything else goes to the daemon's control socket word for word, and what comes back is
 * printed: the daemon knows its commands.
 *
 * <p>Lives for a moment, so it starts nothing that it does not need: no threads, no netty event
 * loops.
 */
public final class Beectl {
  /** Words for commands that have a slash in {@code ovs-appctl}. */
  private static final Map<String, String> SHORT =
      Map.of("trace", "ofproto/trace", "coverage", "coverage/show", "memory", "memory/show");

  /** First words of two that the socket knows as one with a slash. */
  private static final Set<String> GROUPS = Set.of("dpctl", "fdb", "coverage", "memory", "ofproto");

  private final Stdio stdio;

  private Beectl(Stdio stdio) {
    this.stdio = stdio;
  }

  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            false,
            StandardCharsets.UTF_8);
    System.exit(run(args, System.in, out, System.err));
  }

  /** Does what the arguments say; returns the exit status. Prints all there is to be said. */
  public static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
    int status;
    try {
      new Beectl(new Stdio(in, out, err)).command(args);
      status = 0;
    } catch (CliException e) {
      status = e.status();
      out.flush();
      if (!String.valueOf(e.getMessage()).isEmpty()) {
        err.println("beectl: " + e.getMessage());
      }
    } catch (InvalidPathException e) {
      status = 1;
      err.println("beectl: " + e.getInput() + " is no name of a file: " + e.getReason());
    }
    out.flush();
    return status;
  }

  private void command(String[] args) throws CliException {
    Map<String, OfCommand> commands = new LinkedHashMap<>();
    // "show" with a switch is ovs-ofctl's, without one ovs-vsctl's.
    Options options =
        new Options(
            args,
            (word, hasMore) -> {
              all(commands);
              return !commands.containsKey(word) || word.equals("show") && !hasMore;
            });
    if (options.help) {
      all(commands);
      help(commands.values()).forEach(stdio.out()::println);
    } else if (options.version) {
      stdio.out().println("beectl (Beeswitch) " + Version.TEXT);
    } else if (options.words.isEmpty()) {
      throw new CliException("missing command name; use --help for help");
    } else {
      OfCommand c = commands.get(options.words.get(0));
      if (c == null || c.name().equals("show") && options.words.size() == 1) {
        control(options);
      } else {
        openFlow(c, options);
      }
    }
  }

  private void all(Map<String, OfCommand> commands) {
    if (commands.isEmpty()) {
      List<OfCommand> all = new ArrayList<>(Queries.COMMANDS);
      all.addAll(FlowChanges.COMMANDS);
      all.addAll(Changes.COMMANDS);
      all.addAll(GroupChanges.COMMANDS);
      all.addAll(Listening.COMMANDS);
      all.addAll(Echoes.COMMANDS);
      all.addAll(Missing.COMMANDS);
      all.forEach(c -> commands.put(c.name(), c));
    }
  }

  private void control(Options options) throws CliException {
    List<String> words = options.words;
    String method = words.get(0);
    int used = 1;
    if (GROUPS.contains(method) && words.size() > 1 && !words.get(1).startsWith("-")) {
      method = method + "/" + words.get(1);
      used = 2;
    } else {
      method = SHORT.getOrDefault(method, method);
    }
    try (ControlClient c = ControlClient.connect(options.rundir)) {
      List<String> parameters = new ArrayList<>(options.forDaemon);
      parameters.addAll(words.subList(used, words.size()));
      Unixctl.Reply r = c.call(method, parameters);
      if (r.error() != null) {
        throw new CliException(
            r.error().strip().endsWith("is not a valid command")
                ? "unknown command '" + words.get(0) + "'; use --help for help"
                : r.error().strip());
      }
      String result = String.valueOf(r.result());
      stdio.out().print(result);
      if (!result.isEmpty() && !result.endsWith("\n")) {
        stdio.out().println();
      }
      if (method.equals("exit")) {
        c.awaitEnd();
      }
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private void openFlow(OfCommand c, Options options) throws CliException {
    List<String> rest = options.words.subList(1, options.words.size());
    if (rest.size() < c.minArgs()) {
      throw new CliException(
          "'" + c.name() + "' command requires at least " + c.minArgs() + " arguments");
    }
    if (rest.size() > c.maxArgs()) {
      throw new CliException(
          "'" + c.name() + "' command takes at most " + c.maxArgs() + " arguments");
    }
    c.body().run(options, stdio, rest);
  }

  private static List<String> help(Iterable<OfCommand> commands) {
    List<String> lines = new ArrayList<>();
    lines.add("Asks and changes a running beeswitchd; needs no Open vSwitch.");
    lines.add("usage: beectl [OPTIONS] COMMAND [ARG...]");
    lines.add("");
    lines.add("Over OpenFlow, as ovs-ofctl, printing what it prints; SWITCH is a bridge,");
    lines.add("a socket's path, or a target such as tcp:127.0.0.1:6653:");
    for (OfCommand c : commands) {
      lines.add(("  " + c.name() + " " + c.usage()).stripTrailing());
    }
    lines.add("");
    lines.add("Over the control socket, as ovs-vsctl and ovs-appctl (list-commands has all):");
    lines.addAll(
        List.of(
            "  add-br|del-br BRIDGE, list-br, add-port BRIDGE DEV[=N], del-port [BRIDGE] DEV,",
            "  add-port BRIDGE NAME[=N] type=patch options:peer=NAME,",
            "  list-ports BRIDGE, set-controller BRIDGE TARGET..., get-controller BRIDGE,",
            "  del-controller BRIDGE, show-controllers, set-fail-mode BRIDGE standalone|secure",
            "  set-ssl [--bootstrap] PRIVATE-KEY CERTIFICATE CA-CERT, get-ssl, del-ssl",
            "  dpctl show [-s], dpctl dump-flows [-m] [--names|--no-names] [filter=FLOW]",
            "  trace BRIDGE FLOW [-generate|PACKET], fdb show BRIDGE, coverage, memory, version,",
            "  list-commands, exit [--keep]",
            "",
            "Options:"));
    lines.addAll(Options.help());
    lines.add("");
    lines.add("Not there yet: in-band control and STP in the switch, which has no groups,");
    lines.add("meters and queues; bundles; other versions of OpenFlow.");
    return lines;
  }
}
