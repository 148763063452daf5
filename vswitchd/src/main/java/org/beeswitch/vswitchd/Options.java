// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.beeswitch.vswitchd.config.BridgeConfig;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.ConfigFile;
import org.beeswitch.vswitchd.config.ControllerConfig;
import org.beeswitch.vswitchd.config.FailMode;
import org.beeswitch.vswitchd.config.PortConfig;
import org.beeswitch.vswitchd.config.Protocols;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The daemon's command line. Order counts: options about a bridge belong to the {@code --bridge}
 * before them, which is why each option is a method, called in the order of the command line.
 */
@Command(
    name = "beeswitchd",
    sortOptions = false,
    usageHelpAutoWidth = true,
    header = "An OpenFlow 1.3 switch that looks like Open vSwitch and forwards in the kernel.",
    footer = {
      "",
      "Stays in the foreground, logs to stderr, prints \"beeswitchd ready\" on stdout when it"
          + " forwards, and serves RUNDIR/<bridge>.mgmt (for ovs-ofctl), RUNDIR/<bridge>.snoop and"
          + " a control socket (for beectl and ovs-appctl).  SIGTERM ends it and leaves nothing"
          + " behind; killed, or ended by \"beectl exit --keep\", it leaves the kernel forwarding,"
          + " and the next one on that rundir takes over.",
      "",
      "Not there yet: in-band control (a controller has to be reached by a device that is no port)"
          + " and STP (do not build loops)."
    })
final class Options {
  /** Bridges as the command line says, on top of what a file says. */
  static final class BridgeOptions {
    final String name;
    private final List<UnaryOperator<BridgeConfig>> changes = new ArrayList<>();
    private final List<PortConfig> ports = new ArrayList<>();
    private final List<ControllerConfig> controllers = new ArrayList<>();

    BridgeOptions(String name) {
      this.name = name;
    }

    /**
     * What the file says of this bridge, changed as the command line says: a list that is given
     * replaces the file's.
     */
    BridgeConfig over(BridgeConfig b) {
      BridgeConfig result = b;
      for (UnaryOperator<BridgeConfig> c : changes) {
        result = c.apply(result);
      }
      if (!ports.isEmpty()) {
        result = result.withPorts(ports);
      }
      return controllers.isEmpty() ? result : result.withControllers(controllers);
    }
  }

  @Spec private @Nullable CommandSpec spec;

  @Nullable DatapathType datapath;
  @Nullable Path rundir;
  @Nullable Path conf;
  @Nullable Integer restoreWaitS;
  final List<BridgeOptions> bridges = new ArrayList<>();

  @Option(
      names = "--datapath",
      paramLabel = "bpf|netdev",
      description = "Forward in the kernel (default), or in the daemon.")
  void setDatapath(@Nullable String text) {
    if (text != null) {
      datapath = checked(() -> DatapathType.parse(text));
    }
  }

  @Option(
      names = "--bridge",
      paramLabel = "NAME",
      description =
          "A bridge; may be repeated, and options from here to --flows belong to the bridge before"
              + " them.")
  void addBridge(@Nullable String name) {
    if (name != null) {
      checked(() -> BridgeConfig.of(name));
      bridges.add(new BridgeOptions(name));
    }
  }

  @Option(
      names = "--dpid",
      paramLabel = "HEX",
      description = "Its datapath id, up to 16 digits; default: its LOCAL port's MAC address.")
  void setDpid(@Nullable String text) {
    if (text != null) {
      long dpid = checked(() -> BridgeConfig.parseDpid(text));
      bridge("--dpid").changes.add(b -> b.withDpid(dpid));
    }
  }

  @Option(
      names = "--port",
      paramLabel = "DEV[=N]",
      description = "An existing Linux device as its port, N the OpenFlow port number; repeatable.")
  void addPort(@Nullable String text) {
    if (text != null) {
      bridge("--port").ports.add(checked(() -> PortConfig.parse(text)));
    }
  }

  @Option(
      names = "--patch",
      paramLabel = "NAME[=N]:PEER",
      description = "A port that is joined with the patch port PEER of another bridge; repeatable.")
  void addPatch(@Nullable String text) {
    if (text != null) {
      bridge("--patch").ports.add(checked(() -> PortConfig.parsePatch(text)));
    }
  }

  @Option(
      names = "--controller",
      paramLabel = "TARGET",
      description = {
        "Its controller: tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:PATH to connect to,"
            + " ptcp:[PORT][:HOST], pssl:[PORT][:HOST] or punix:PATH to listen on; repeatable."
      })
  void addController(@Nullable String text) {
    if (text != null) {
      bridge("--controller").controllers.add(checked(() -> ControllerConfig.parse(text)));
    }
  }

  @Option(
      names = "--fail-mode",
      paramLabel = "secure|standalone",
      description =
          "What it does without a controller: what the tables say, or be a learning switch"
              + " (default).")
  void setFailMode(@Nullable String text) {
    if (text != null) {
      FailMode mode = checked(() -> FailMode.parse(text));
      bridge("--fail-mode").changes.add(b -> b.withFailMode(mode));
    }
  }

  @Option(names = "--protocols", paramLabel = "OpenFlow13[,...]", description = "What it speaks.")
  void setProtocols(@Nullable String text) {
    if (text != null) {
      var versions = checked(() -> Protocols.parse(Arrays.asList(text.split(",", -1))));
      bridge("--protocols").changes.add(b -> b.withProtocols(versions));
    }
  }

  @Option(
      names = "--flows",
      paramLabel = "FILE",
      description = "Flows in ovs-ofctl's syntax, installed before anything is forwarded.")
  void setFlows(@Nullable String text) {
    if (text != null) {
      Path file = checked(() -> Path.of(text));
      bridge("--flows").changes.add(b -> b.withFlows(file));
    }
  }

  @Mixin final TlsOptions tls = new TlsOptions();

  @Option(
      names = "--rundir",
      paramLabel = "DIR",
      description = "Where its sockets and its pid file are; default /var/run/beeswitch.")
  void setRundir(@Nullable String text) {
    if (text != null) {
      if (text.isEmpty()) {
        throw complaint("--rundir is empty: say a directory, \".\" for this one");
      }
      rundir = checked(() -> Path.of(text));
    }
  }

  @Option(
      names = "--restore-wait",
      paramLabel = "SECONDS",
      description =
          "How long flows that a killed daemon left forwarding may stay as they are until the"
              + " tables are back: --flows loaded, or each controller's first barrier after a"
              + " flow-mod answered; default 10, 0 removes them at once.")
  void setRestoreWait(@Nullable String text) {
    if (text != null) {
      restoreWaitS = checked(() -> ConfigFile.parseRestoreWait(text));
    }
  }

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "The same in TOML (see conf/beeswitch.toml); options win.")
  void setConf(@Nullable String text) {
    if (text != null) {
      conf = checked(() -> Path.of(text));
    }
  }

  @Option(
      names = {"-v", "--verbose"},
      description = "Log what happens in detail.")
  boolean verbose;

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

  private BridgeOptions bridge(String option) {
    if (bridges.isEmpty()) {
      throw complaint(option + " comes before the first --bridge: say which bridge it is about");
    }
    return bridges.get(bridges.size() - 1);
  }

  /** Something that reads what a user wrote. */
  private interface Reader<T> {
    T read() throws ConfigException;
  }

  private <T> T checked(Reader<T> r) {
    try {
      return r.read();
    } catch (ConfigException | IllegalArgumentException e) {
      throw complaint(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException complaint(String message) {
    if (spec == null) {
      throw new IllegalStateException("options that picocli has not made");
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
