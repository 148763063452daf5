// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.beeswitch.vswitchd.Version;
import org.beeswitch.vswitchd.control.ControlClient;
import org.beeswitch.vswitchd.control.Unixctl;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * {@code beectl}: what {@code ovs-ofctl}, {@code ovs-vsctl} and {@code ovs-appctl} are for Open
 * vSwitch. A command of {@code ovs-ofctl} is spoken here, over OpenFlow, and prints what it prints
 * there; everything else goes to the daemon's control socket word for word, and what comes back is
 * printed: the daemon knows its commands.
 *
 * <p>Lives for a moment, so it starts nothing that it does not need: no threads, no netty event
 * loops, and picocli only for commands with options.
 */
public final class Beectl {
  /** Options whose value is the next word. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "--rundir",
          "-O",
          "--protocols",
          "-t",
          "--timeout",
          "-p",
          "--private-key",
          "-c",
          "--certificate",
          "-C",
          "--ca-cert",
          "--bootstrap-ca-cert",
          "--ssl-protocols");

  /** Words for commands that have a slash in {@code ovs-appctl}. */
  private static final Map<String, String> SHORT =
      Map.of("trace", "ofproto/trace", "coverage", "coverage/show", "memory", "memory/show");

  /** First words of two that the socket knows as one with a slash. */
  private static final Set<String> GROUPS = Set.of("dpctl", "fdb", "coverage", "memory", "ofproto");

  private Beectl() {}

  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            false,
            StandardCharsets.UTF_8);
    int status;
    try {
      status = run(args, out);
    } catch (CliException e) {
      status = e.status();
      out.flush();
      if (!String.valueOf(e.getMessage()).isEmpty()) {
        System.err.println("beectl: " + e.getMessage());
      }
    }
    out.flush();
    System.exit(status);
  }

  private static int run(String[] args, PrintStream out) throws CliException {
    int at = commandAt(args);
    String command = at < args.length ? args[at] : "";
    boolean wantsHelp = Arrays.asList(args).contains("--help");
    // "show" with a switch is ovs-ofctl's, without one ovs-vsctl's.
    boolean isOpenFlow =
        OfNames.ALL.contains(command) || command.equals("show") && at + 1 < args.length;
    if (!command.isEmpty() && !wantsHelp && !isOpenFlow) {
      return control(rundir(args, at), Arrays.asList(args).subList(at, args.length), out);
    }
    return openFlow(args, out);
  }

  /** Index of the first word that is neither an option nor the value of one. */
  private static int commandAt(String[] args) {
    int i = 0;
    while (i < args.length && args[i].startsWith("-")) {
      i += WITH_VALUE.contains(args[i]) ? 2 : 1;
    }
    return Math.min(i, args.length);
  }

  private static Path rundir(String[] args, int end) throws CliException {
    Path rundir = Options.DEFAULT_RUNDIR;
    for (int i = 0; i < end; i++) {
      if (args[i].equals("--rundir") && i + 1 < end) {
        rundir = Path.of(args[++i]);
      } else if (args[i].startsWith("--rundir=")) {
        rundir = Path.of(args[i].substring("--rundir=".length()));
      } else if (WITH_VALUE.contains(args[i])) {
        i++;
      } else {
        throw new CliException(
            "option " + args[i] + " before the command is not one of --rundir, --timeout");
      }
    }
    return rundir;
  }

  private static int control(Path rundir, List<String> words, PrintStream out) throws CliException {
    String method = words.get(0);
    int used = 1;
    if (GROUPS.contains(method) && words.size() > 1 && !words.get(1).startsWith("-")) {
      method = method + "/" + words.get(1);
      used = 2;
    } else {
      method = SHORT.getOrDefault(method, method);
    }
    try (ControlClient c = ControlClient.connect(rundir)) {
      Unixctl.Reply r = c.call(method, words.subList(used, words.size()));
      if (r.error() != null) {
        throw new CliException(
            r.error().strip().endsWith("is not a valid command")
                ? r.error().strip() + " (beectl --help lists the commands)"
                : r.error().strip());
      }
      String result = String.valueOf(r.result());
      out.print(result);
      if (!result.isEmpty() && !result.endsWith("\n")) {
        out.println();
      }
      if (method.equals("exit")) {
        c.awaitEnd();
      }
      return 0;
    } catch (IOException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  private static int openFlow(String[] args, PrintStream out) throws CliException {
    Options options = new Options();
    CommandLine commandLine = new CommandLine(options);
    commandLine.getCommandSpec().version("beectl (Beeswitch) " + Version.TEXT);
    Map<String, OfCommand> commands = new LinkedHashMap<>();
    List<OfCommand> all = new ArrayList<>(new Queries(options, out).all());
    all.addAll(new FlowChanges(options, out).all());
    all.addAll(new Changes(options, out).all());
    all.forEach(c -> commands.put(c.name(), c));
    commandLine.getCommandSpec().usageMessage().footer(help(commands));
    try {
      // Their value is optional and, as ovs-ofctl has it, never the next word.
      String[] words =
          Arrays.stream(args)
              .map(a -> a.equals("--sort") || a.equals("--rsort") ? a + "=priority" : a)
              .toArray(String[]::new);
      commandLine.parseArgs(words);
    } catch (ParameterException e) {
      throw new CliException(e.getMessage() + " (beectl --help lists the options)", e);
    }
    if (CommandLine.printHelpIfRequested(commandLine.getParseResult())) {
      return 0;
    }
    if (options.words.isEmpty()) {
      throw new CliException("no command given (beectl --help lists them)");
    }
    OfCommand c = commands.get(options.words.get(0));
    if (c == null) {
      throw new CliException("unknown command '" + options.words.get(0) + "'");
    }
    if (!options.protocols.contains("OpenFlow13")) {
      throw new CliException(
          "protocol " + options.protocols + " is not spoken here yet: there is OpenFlow13");
    }
    List<String> rest = options.words.subList(1, options.words.size());
    if (rest.size() < c.minArgs() || rest.size() > c.maxArgs()) {
      throw new CliException("'" + c.name() + "' command wants: " + c.name() + " " + c.usage());
    }
    c.body().run(rest);
    return 0;
  }

  private static String[] help(Map<String, OfCommand> commands) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add("Over OpenFlow, as ovs-ofctl, printing what it prints; SWITCH is a bridge,");
    lines.add("a socket's path, or a target such as tcp:127.0.0.1:6653:");
    commands.values().forEach(c -> lines.add(("  " + c.name() + " " + c.usage()).stripTrailing()));
    lines.add("");
    lines.add("Over the control socket, as ovs-vsctl and ovs-appctl (list-commands has all):");
    lines.addAll(
        List.of(
            "  add-br|del-br BRIDGE, list-br, add-port BRIDGE DEV[=N], del-port [BRIDGE] DEV,",
            "  add-port BRIDGE NAME[=N] type=patch options:peer=NAME,",
            "  list-ports BRIDGE, set-controller BRIDGE TARGET..., get-controller BRIDGE,",
            "  del-controller BRIDGE, show-controllers, set-fail-mode BRIDGE standalone|secure",
            "  set-ssl [--bootstrap] PRIVATE-KEY CERTIFICATE CA-CERT, get-ssl, del-ssl",
            "  dpctl show, dpctl dump-flows [-m] [--names|--no-names]",
            "  trace BRIDGE FLOW, fdb show BRIDGE, coverage, memory, version, list-commands",
            "  exit [--keep]",
            "",
            "Not there yet: in-band control and STP in the switch; groups, meters and bundles."));
    return lines.stream().map(l -> l.replace("%", "%%")).toArray(String[]::new);
  }
}
