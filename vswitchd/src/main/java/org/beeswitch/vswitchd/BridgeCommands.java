// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.beeswitch.openflow.tls.TlsSettings;
import org.beeswitch.vswitchd.config.BridgeConfig;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.Configuration;
import org.beeswitch.vswitchd.config.ControllerConfig;
import org.beeswitch.vswitchd.config.FailMode;
import org.beeswitch.vswitchd.config.PortConfig;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;
import org.jspecify.annotations.Nullable;

/**
 * The commands that {@code ovs-vsctl} has for bridges, ports and controllers: each makes the next
 * {@link Configuration} and has the daemon go there.
 */
final class BridgeCommands {
  private static final String MAY_EXIST = "--may-exist";
  private static final String IF_EXISTS = "--if-exists";
  private static final int ANY_NUMBER = Integer.MAX_VALUE;

  private final Daemon daemon;

  BridgeCommands(Daemon daemon) {
    this.daemon = daemon;
  }

  List<Command> all() {
    return List.of(
        command("add-br", "[--may-exist] BRIDGE", 1, 2, this::addBr),
        command("del-br", "[--if-exists] BRIDGE", 1, 2, this::delBr),
        command("list-br", "", 0, 0, args -> lines(bridgeNames())),
        command("br-exists", "BRIDGE", 1, 1, args -> brExists(args.get(0))),
        command(
            "add-port",
            "[--may-exist] BRIDGE DEV[=N] [type=patch options:peer=PORT]",
            2,
            ANY_NUMBER,
            this::addPort),
        command("del-port", "[--if-exists] [BRIDGE] DEV", 1, 3, this::delPort),
        command("list-ports", "BRIDGE", 1, 1, args -> listPorts(args.get(0))),
        command("port-to-br", "DEV", 1, 1, args -> owner(args.get(0)).name() + "\n"),
        command("set-controller", "BRIDGE TARGET...", 2, ANY_NUMBER, this::setController),
        command("get-controller", "BRIDGE", 1, 1, args -> getController(args.get(0))),
        command("del-controller", "BRIDGE", 1, 1, this::delController),
        command("show-controllers", "[BRIDGE]", 0, 1, this::showControllers),
        command("set-fail-mode", "BRIDGE standalone|secure", 2, 2, this::setFailMode),
        command("get-fail-mode", "BRIDGE", 1, 1, args -> getFailMode(args.get(0))),
        command("del-fail-mode", "BRIDGE", 1, 1, this::delFailMode),
        command("set-ssl", "[--bootstrap] PRIVATE-KEY CERTIFICATE CA-CERT", 3, 4, this::setSsl),
        command("get-ssl", "", 0, 0, args -> getSsl()),
        command("del-ssl", "", 0, 0, args -> apply(c -> c.withTls(null))),
        command("show", "", 0, 0, args -> show()));
  }

  private Command command(String name, String usage, int min, int max, OnMain.Work work) {
    return OnMain.command(daemon, name, usage, min, max, work);
  }

  private static String lines(List<String> l) {
    StringBuilder s = new StringBuilder();
    l.forEach(x -> s.append(x).append('\n'));
    return s.toString();
  }

  private BridgeConfig bridge(String name) throws CommandException {
    BridgeConfig b = daemon.configuration().bridge(name);
    if (b == null) {
      throw new CommandException("no bridge named " + name);
    }
    return b;
  }

  /** Goes to what {@code change} makes of the configuration. */
  private String apply(UnaryOperator<Configuration> change) throws ConfigException {
    Configuration next;
    try {
      next = change.apply(daemon.configuration());
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
    daemon.apply(next, System.nanoTime());
    return "";
  }

  private List<String> bridgeNames() {
    return daemon.configuration().bridges().stream().map(BridgeConfig::name).sorted().toList();
  }

  /** The arguments without the option; whether it was there. */
  private record Optioned(boolean given, List<String> args) {
    static Optioned of(List<String> args, String option, int min, int max) throws CommandException {
      List<String> rest = new ArrayList<>(args);
      boolean given = rest.remove(option);
      if (rest.size() < min || rest.size() > max) {
        throw new CommandException("wrong number of arguments: see list-commands");
      }
      return new Optioned(given, rest);
    }
  }

  private String addBr(List<String> args) throws CommandException, ConfigException {
    Optioned o = Optioned.of(args, MAY_EXIST, 1, 1);
    String name = o.args().get(0);
    if (daemon.configuration().bridge(name) != null) {
      if (o.given()) {
        return "";
      }
      throw new CommandException(
          "cannot create a bridge named "
              + name
              + " because a bridge named "
              + name
              + " already exists");
    }
    PortOf port = findPort(name);
    if (port != null) {
      throw new CommandException(
          "cannot create a bridge named "
              + name
              + " because a port named "
              + name
              + " already exists on bridge "
              + port.bridge().name());
    }
    return apply(c -> c.with(BridgeConfig.of(name)));
  }

  private String delBr(List<String> args) throws CommandException, ConfigException {
    Optioned o = Optioned.of(args, IF_EXISTS, 1, 1);
    String name = o.args().get(0);
    if (o.given() && daemon.configuration().bridge(name) == null) {
      return "";
    }
    bridge(name);
    return apply(c -> c.without(name));
  }

  private String brExists(String name) throws CommandException {
    bridge(name);
    return "";
  }

  private record PortOf(BridgeConfig bridge, PortConfig port) {}

  private @Nullable PortOf findPort(String name) {
    for (BridgeConfig b : daemon.configuration().bridges()) {
      PortConfig p = b.port(name);
      if (p != null) {
        return new PortOf(b, p);
      }
    }
    return null;
  }

  private BridgeConfig owner(String port) throws CommandException {
    PortOf p = findPort(port);
    if (p == null) {
      throw new CommandException("no port named " + port);
    }
    return p.bridge();
  }

  private String addPort(List<String> args) throws CommandException, ConfigException {
    Optioned o = Optioned.of(args, MAY_EXIST, 2, ANY_NUMBER);
    BridgeConfig b = bridge(o.args().get(0));
    PortConfig port = PortConfig.parse(o.args().subList(1, o.args().size()));
    PortOf there = findPort(port.name());
    if (there != null) {
      if (o.given() && there.bridge().equals(b)) {
        return "";
      }
      throw new CommandException(
          "cannot create a port named "
              + port.name()
              + " because a port named "
              + port.name()
              + " already exists on bridge "
              + there.bridge().name());
    }
    if (daemon.configuration().bridge(port.name()) != null) {
      throw new CommandException(
          "cannot create a port named "
              + port.name()
              + " because a bridge named "
              + port.name()
              + " already exists");
    }
    return apply(c -> c.with(b.withPort(port)));
  }

  private String delPort(List<String> args) throws CommandException, ConfigException {
    Optioned o = Optioned.of(args, IF_EXISTS, 1, 2);
    String name = o.args().get(o.args().size() - 1);
    PortOf p = findPort(name);
    if (p == null) {
      if (o.given()) {
        return "";
      }
      throw new CommandException("no port named " + name);
    }
    if (o.args().size() == 2 && !bridge(o.args().get(0)).equals(p.bridge())) {
      throw new CommandException(
          "bridge "
              + o.args().get(0)
              + " does not have a port "
              + name
              + " (although its parent bridge "
              + p.bridge().name()
              + " does)");
    }
    return apply(c -> c.with(p.bridge().withoutPort(name)));
  }

  private String listPorts(String bridge) throws CommandException {
    return lines(bridge(bridge).ports().stream().map(PortConfig::name).sorted().toList());
  }

  private String setController(List<String> args) throws CommandException, ConfigException {
    BridgeConfig b = bridge(args.get(0));
    List<ControllerConfig> targets = new ArrayList<>();
    for (String t : args.subList(1, args.size())) {
      targets.add(ControllerConfig.parse(t));
    }
    return apply(c -> c.with(b.withControllers(targets)));
  }

  private String getController(String bridge) throws CommandException {
    return lines(
        bridge(bridge).controllers().stream().map(c -> c.target().text()).sorted().toList());
  }

  private String delController(List<String> args) throws CommandException, ConfigException {
    BridgeConfig b = bridge(args.get(0));
    return apply(c -> c.with(b.withControllers(List.of())));
  }

  private String showControllers(List<String> args) throws CommandException {
    StringBuilder s = new StringBuilder();
    for (String name : args.isEmpty() ? bridgeNames() : List.of(bridge(args.get(0)).name())) {
      for (String line : live(name).controllers().describe()) {
        s.append(name).append(' ').append(line).append('\n');
      }
    }
    return s.toString();
  }

  private Bridge live(String name) {
    return Objects.requireNonNull(daemon.findBridge(name), name);
  }

  private String setFailMode(List<String> args) throws CommandException, ConfigException {
    BridgeConfig b = bridge(args.get(0));
    FailMode mode = FailMode.parse(args.get(1));
    return apply(c -> c.with(b.withFailMode(mode)));
  }

  private String getFailMode(String bridge) throws CommandException {
    return bridge(bridge).failMode().text() + "\n";
  }

  private String delFailMode(List<String> args) throws CommandException, ConfigException {
    BridgeConfig b = bridge(args.get(0));
    return apply(c -> c.with(b.withFailMode(FailMode.STANDALONE)));
  }

  private String setSsl(List<String> args) throws CommandException, ConfigException {
    Optioned o = Optioned.of(args, "--bootstrap", 3, 3);
    List<Path> files = new ArrayList<>();
    for (String a : o.args()) {
      Path file;
      try {
        file = Path.of(a);
      } catch (InvalidPathException e) {
        throw new CommandException(a + " is no name of a file: " + e.getReason(), e);
      }
      if (!file.isAbsolute()) {
        throw new CommandException(
            a + ": the daemon has another working directory: give an absolute path");
      }
      files.add(file);
    }
    TlsSettings old = daemon.configuration().tls();
    TlsSettings next =
        new TlsSettings(
            files.get(0),
            files.get(1),
            files.get(2),
            o.given(),
            old == null ? TlsSettings.PROTOCOLS : old.protocols());
    return apply(c -> c.withTls(next));
  }

  private String getSsl() {
    TlsSettings t = daemon.configuration().tls();
    return t == null
        ? ""
        : "Private key: %s\nCertificate: %s\nCA Certificate: %s\nBootstrap: %s\n"
            .formatted(t.privateKey(), t.certificate(), t.caCert(), t.bootstrap());
  }

  /** As {@code ovs-vsctl show}, without the ids that only a database has. */
  private String show() {
    StringBuilder s = new StringBuilder();
    for (BridgeConfig b : daemon.configuration().bridges()) {
      s.append("    Bridge ").append(b.name()).append('\n');
      for (ControllerConfig c : b.controllers()) {
        s.append("        Controller \"").append(c.target().text()).append("\"\n");
      }
      s.append("        fail_mode: ").append(b.failMode().text()).append('\n');
      s.append("        Port ").append(b.name()).append('\n');
      s.append("            Interface ").append(b.name()).append('\n');
      s.append("                type: internal\n");
      for (PortConfig p : b.ports()) {
        s.append("        Port ").append(p.name()).append('\n');
        s.append("            Interface ").append(p.name()).append('\n');
        if (p.peer() != null) {
          s.append("                type: patch\n");
          s.append("                options: {peer=").append(p.peer()).append("}\n");
        }
      }
    }
    return s.toString();
  }
}
