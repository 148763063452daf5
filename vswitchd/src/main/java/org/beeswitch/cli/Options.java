// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.vswitchd.TlsOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What may stand anywhere on {@code beectl}'s command line, as on that of {@code ovs-ofctl}. */
@Command(
    name = "beectl",
    sortOptions = false,
    usageHelpAutoWidth = true,
    customSynopsis = "beectl [OPTIONS] COMMAND [ARGUMENT...]",
    header = "Asks and changes a running beeswitchd; needs no Open vSwitch.")
final class Options {
  static final Path DEFAULT_RUNDIR = Path.of("/var/run/beeswitch");

  /** Where nobody says {@code --timeout}: for ever, nearly. */
  private static final int LONGEST_S = 24 * 3600;

  /** Whether ports have names in what is read and printed. */
  enum NameUse {
    NEVER,
    /** Read always, printed on a terminal. */
    AUTOMATIC,
    ALWAYS
  }

  @Option(
      names = "--rundir",
      paramLabel = "DIR",
      description = "Of the daemon; default /var/run/beeswitch.")
  Path rundir = DEFAULT_RUNDIR;

  @Option(
      names = {"-O", "--protocols"},
      paramLabel = "OpenFlow13",
      description = "What to speak, for those who are used to say it.")
  String protocols = "OpenFlow13";

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECS",
      description = "Give up after that time.")
  int timeoutS = LONGEST_S;

  @Mixin final TlsOptions tls = new TlsOptions();

  @Option(names = "--strict", description = "For mod-flows and del-flows: the match as it is.")
  boolean strict;

  @Option(names = "--readd", description = "For replace-flows: also those that are the same.")
  boolean readd;

  @Option(names = "--names", description = "Print ports' names; default on a terminal.")
  void setNames(boolean on) {
    if (on) {
      names = NameUse.ALWAYS;
    }
  }

  @Option(names = "--no-names", description = "Neither print nor accept ports' names.")
  void setNoNames(boolean on) {
    if (on) {
      names = NameUse.NEVER;
    }
  }

  @Option(names = "--no-stats", description = "For dump-flows: leave counters out.")
  boolean noStats;

  @Option(
      names = "--sort",
      paramLabel = "FIELD",
      description = "For dump-flows: by priority, or by a field; repeatable.")
  List<String> sort = new ArrayList<>();

  @Option(names = "--rsort", paramLabel = "FIELD", description = "The same, descending.")
  List<String> rsort = new ArrayList<>();

  @Option(
      names = {"-m", "--more"},
      description = "Say more; repeatable.")
  boolean[] more = {};

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  @Parameters(hidden = true)
  List<String> words = new ArrayList<>();

  NameUse names = NameUse.AUTOMATIC;

  Duration timeout() {
    return Duration.ofSeconds(timeoutS);
  }

  int verbosity() {
    return more.length;
  }

  boolean showNames() {
    return names == NameUse.ALWAYS || names == NameUse.AUTOMATIC && isTerminal();
  }

  private static boolean isTerminal() {
    try {
      String stdout = Path.of("/proc/self/fd/1").toRealPath().toString();
      return stdout.startsWith("/dev/pts/") || stdout.startsWith("/dev/tty");
    } catch (IOException e) {
      return false; // a pipe or a socket, which is no file
    }
  }
}
