// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.PacketInFormat;
import org.beeswitch.openflow.text.FlowOrder;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.vswitchd.TlsOptions;
import org.jspecify.annotations.Nullable;

/**
 * What may stand anywhere on {@code beectl}'s command line, as on that of {@code ovs-ofctl}: long
 * options may be abbreviated and take their value after {@code =} or from the next word, short ones
 * may be joined, {@code --} ends them (getopt_long). Read by hand and not by picocli, which has
 * neither {@code --sort[=FIELD]} with a following word left alone nor options that build on each
 * other, and takes a third of a command's time.
 */
final class Options {
  private static final Path DEFAULT_RUNDIR = Path.of("/var/run/beeswitch");

  /** Where nobody says {@code --timeout}: for ever, nearly. */
  private static final int LONGEST_S = 24 * 3600;

  /** Whether ports have names in what is read and printed. */
  enum NameUse {
    NEVER,
    /** Read always, printed on a terminal. */
    AUTOMATIC,
    ALWAYS
  }

  private enum Value {
    NONE,
    OPTIONAL,
    REQUIRED
  }

  /** Every option, in the order of {@code --help}. */
  private enum Option {
    RUNDIR("rundir", 0, "DIR", "of the daemon; default " + DEFAULT_RUNDIR),
    PROTOCOLS("protocols", 'O', "OpenFlow13", "what to speak, for those used to saying it"),
    TIMEOUT("timeout", 't', "SECS", "give up after that time"),
    PRIVATE_KEY("private-key", 'p', "FILE", "our private key for TLS, in PEM"),
    CERTIFICATE("certificate", 'c', "FILE", "our certificate, in PEM"),
    CA_CERT("ca-cert", 'C', "FILE", "whose certificates we accept, in PEM"),
    BOOTSTRAP_CA_CERT("bootstrap-ca-cert", 0, "FILE", "the same; written if there is none yet"),
    SSL_PROTOCOLS("ssl-protocols", 0, "LIST", "versions of TLS; default TLSv1.2,TLSv1.3"),
    STRICT("strict", 0, "", "mod-flows, del-flows: the match and priority as they are"),
    READD("readd", 0, "", "replace-flows: also those that are the same"),
    NAMES("names", 0, "", "print ports' names; default on a terminal"),
    NO_NAMES("no-names", 0, "", "neither print nor accept names"),
    STATS("stats", 0, "", "dump-flows: with counters, the default"),
    NO_STATS("no-stats", 0, "", "dump-flows: without counters"),
    SORT("sort", 0, "[FIELD]", "dump-flows: by priority, or by a field; may be repeated"),
    RSORT("rsort", 0, "[FIELD]", "the same, descending"),
    MAY_CREATE("may-create", 0, "", "mod-group: add it where there is none"),
    MAY_EXIST("may-exist", 0, "", "add-br, add-port: no error if it is there"),
    IF_EXISTS("if-exists", 0, "", "del-br, del-port: no error if it is not"),
    PACKET_IN_FORMAT("packet-in-format", 'P', "FORMAT", "monitor: standard or nxt_packet_in2"),
    TIMESTAMP("timestamp", 0, "", "monitor, snoop: say when"),
    MORE("more", 'm', "", "say more; may be repeated"),
    HELP("help", 'h', "", "show this"),
    VERSION("version", 'V', "", "show the version");

    final String name;
    final int letter;
    final String valueName;
    final String text;

    Option(String name, int letter, String valueName, String text) {
      this.name = name;
      this.letter = letter;
      this.valueName = valueName;
      this.text = text;
    }

    Value value() {
      return valueName.isEmpty()
          ? Value.NONE
          : valueName.startsWith("[") ? Value.OPTIONAL : Value.REQUIRED;
    }
  }

  Path rundir = DEFAULT_RUNDIR;
  boolean strict;
  boolean readd;
  boolean noStats;
  boolean mayCreate;
  boolean timestamp;
  boolean help;
  boolean version;
  NameUse names = NameUse.AUTOMATIC;

  /** Order that {@code dump-flows} prints in; null: as the switch has it. */
  @Nullable Comparator<FlowStats> order;

  /** What {@code monitor} insists on; null: the best that the switch knows. */
  @Nullable PacketInFormat packetInFormat;

  /** The command and what follows it. */
  final List<String> words = new ArrayList<>();

  /** Options before the command that are the daemon's to understand. */
  final List<String> forDaemon = new ArrayList<>();

  final TlsOptions tls = new TlsOptions();

  private int timeoutS = LONGEST_S;
  private int verbosity;

  /** Whether the first word ends the options: what follows is for the daemon. */
  interface Ends {
    boolean at(String command, boolean hasMore);
  }

  Options(String[] args, Ends ends) throws CliException {
    for (int i = 0; i < args.length; i++) {
      String a = args[i];
      if (a.equals("--")) {
        words.addAll(List.of(args).subList(i + 1, args.length));
        return;
      } else if (a.startsWith("--")) {
        i += takeLong(a.substring(2), i + 1 < args.length ? args[i + 1] : null);
      } else if (a.startsWith("-") && a.length() > 1) {
        i += takeShort(a, i + 1 < args.length ? args[i + 1] : null);
      } else {
        words.add(a);
        if (words.size() == 1 && ends.at(a, i + 1 < args.length)) {
          words.addAll(List.of(args).subList(i + 1, args.length));
          return;
        }
      }
    }
  }

  /** Returns how many of the following words it took. */
  private int takeLong(String text, @Nullable String next) throws CliException {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    String value = equals < 0 ? null : text.substring(equals + 1);
    Option o = find(name);
    if (o.value() == Value.NONE && value != null) {
      throw new CliException("option '--" + o.name + "' doesn't allow an argument");
    }
    boolean takesNext = o.value() == Value.REQUIRED && value == null;
    if (takesNext && next == null) {
      throw new CliException("option '--" + o.name + "' requires an argument");
    }
    take(o, takesNext ? next : value);
    return takesNext ? 1 : 0;
  }

  private static Option find(String name) throws CliException {
    List<Option> meant = new ArrayList<>();
    for (Option o : Option.values()) {
      if (o.name.equals(name)) {
        return o;
      }
      if (o.name.startsWith(name)) {
        meant.add(o);
      }
    }
    if (meant.size() == 1) {
      return meant.get(0);
    }
    throw new CliException(
        (meant.isEmpty() ? "unrecognized option '--" : "option is ambiguous '--") + name + "'");
  }

  private int takeShort(String word, @Nullable String next) throws CliException {
    for (int i = 1; i < word.length(); i++) {
      Option found = null;
      for (Option o : Option.values()) {
        if (o.letter == word.charAt(i)) {
          found = o;
        }
      }
      if (found == null) {
        throw new CliException("invalid option -- '" + word.charAt(i) + "'");
      }
      if (found.value() == Value.NONE) {
        take(found, null);
        continue;
      }
      boolean takesNext = i + 1 == word.length();
      if (takesNext && next == null) {
        throw new CliException("option requires an argument -- '" + word.charAt(i) + "'");
      }
      take(found, takesNext ? next : word.substring(i + 1));
      return takesNext ? 1 : 0;
    }
    return 0;
  }

  private void take(Option o, @Nullable String value) throws CliException {
    String v = value == null ? "" : value;
    switch (o) {
      case RUNDIR -> rundir = Path.of(v);
      case PROTOCOLS -> checkProtocols(v);
      case TIMEOUT -> timeoutS = timeout(v);
      case PRIVATE_KEY -> tls.privateKey(Path.of(v));
      case CERTIFICATE -> tls.certificate(Path.of(v));
      case CA_CERT -> tls.caCert(Path.of(v));
      case BOOTSTRAP_CA_CERT -> tls.bootstrapCaCert(Path.of(v));
      case SSL_PROTOCOLS -> tls.protocols(v);
      case STRICT -> strict = true;
      case READD -> readd = true;
      case NAMES -> names = NameUse.ALWAYS;
      case NO_NAMES -> names = NameUse.NEVER;
      case STATS -> noStats = false;
      case NO_STATS -> noStats = true;
      case SORT -> sort(v, false);
      case RSORT -> sort(v, true);
      case MAY_CREATE -> mayCreate = true;
      case MAY_EXIST, IF_EXISTS -> forDaemon.add("--" + o.name);
      case PACKET_IN_FORMAT -> packetInFormat = format(v);
      case TIMESTAMP -> timestamp = true;
      case MORE -> verbosity++;
      case HELP -> help = true;
      case VERSION -> version = true;
    }
  }

  private static void checkProtocols(String v) throws CliException {
    boolean speaksOurs = false;
    for (String p : v.split("[, ]+")) {
      String name = p.toLowerCase(Locale.ROOT);
      if (!name.matches("openflow1[0-5]|1\\.[0-5]")) {
        throw new CliException("Unknown OpenFlow version: \"" + p + "\"");
      }
      speaksOurs |= name.endsWith("13") || name.endsWith("1.3");
    }
    if (!speaksOurs) {
      throw new CliException(v + " is not spoken here yet: there is OpenFlow13");
    }
  }

  private static int timeout(String v) throws CliException {
    if (!v.matches("[0-9]{1,9}") || Integer.parseInt(v) == 0) {
      throw new CliException("value " + v + " on -t or --timeout is invalid");
    }
    return Integer.parseInt(v);
  }

  private static PacketInFormat format(String v) throws CliException {
    for (PacketInFormat f : PacketInFormat.values()) {
      if (f.text().equals(v)) {
        return f;
      }
    }
    throw new CliException("unknown packet-in format `" + v + "'");
  }

  private void sort(String field, boolean descending) throws CliException {
    try {
      Comparator<FlowStats> next = FlowOrder.by(field, descending);
      order = order == null ? next : order.thenComparing(next);
    } catch (FlowSyntaxException e) {
      throw new CliException(e);
    }
  }

  /** A line for each option. */
  static List<String> help() {
    List<String> lines = new ArrayList<>();
    for (Option o : Option.values()) {
      String left = (o.letter == 0 ? "    " : "-" + (char) o.letter + ", ") + "--" + o.name;
      left +=
          switch (o.value()) {
            case NONE -> "";
            case OPTIONAL -> "[=" + o.valueName.substring(1);
            case REQUIRED -> "=" + o.valueName;
          };
      lines.add(String.format("  %-30s %s", left, o.text));
    }
    return lines;
  }

  Duration timeout() {
    return Duration.ofSeconds(timeoutS);
  }

  int verbosity() {
    return verbosity;
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
