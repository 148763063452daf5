// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd.config;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.beeswitch.ofproto.connmgr.SwitchIdentity;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;

/**
 * {@code --conf}: the command line as TOML, and patch ports. {@code conf/beeswitch.toml} shows
 * every key. A key that is not known is refused, for it is a typing error more often than not.
 *
 * @param datapath as {@code --datapath}, or null
 * @param rundir as {@code --rundir}, or null
 * @param restoreWaitS as {@code --restore-wait}, or null
 */
public record ConfigFile(
    @Nullable String datapath,
    @Nullable Path rundir,
    @Nullable Integer restoreWaitS,
    Configuration configuration) {
  /** Longest wait for tables after a restart: a day. */
  private static final int MAX_RESTORE_WAIT_S = 86_400;

  private static final Set<String> TOP =
      Set.of("datapath", "rundir", "restore-wait", "ssl", "bridge");
  private static final Set<String> SSL =
      Set.of("private-key", "certificate", "ca-cert", "bootstrap-ca-cert", "protocols");
  private static final Set<String> BRIDGE =
      Set.of("name", "dpid", "port", "controllers", "fail-mode", "protocols", "desc", "flows");
  private static final Set<String> CONTROLLER = Set.of("target", "max-backoff", "inactivity-probe");
  private static final Set<String> DESC =
      Set.of("manufacturer", "hardware", "software", "serial-number", "datapath");
  private static final Set<String> PORT = Set.of("name", "ofport", "peer");

  /** Reads a file. Paths in it are relative to its directory. */
  public static ConfigFile read(Path file) throws ConfigException {
    try {
      JsonNode root = new TomlMapper().readTree(Files.readString(file));
      Path directory = file.toAbsolutePath().getParent();
      return new Reader(file, directory == null ? file : directory).top(root);
    } catch (NoSuchFileException e) {
      throw new ConfigException("--conf " + file + ": no such file", e);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new ConfigException(
          file + (at == null ? "" : ":" + at.getLineNr()) + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ConfigException("--conf " + file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Reads what {@code --restore-wait} says: seconds. */
  public static int parseRestoreWait(String text) throws ConfigException {
    try {
      int s = Integer.parseInt(text);
      if (s >= 0 && s <= MAX_RESTORE_WAIT_S) {
        return s;
      }
    } catch (NumberFormatException e) {
      // The same complaint as for what is out of range.
    }
    throw new ConfigException(
        "restore-wait \"" + text + "\" is not a number of seconds, 0 to " + MAX_RESTORE_WAIT_S);
  }

  /** Takes a tree apart; what it complains of, it names by file and path in the tree. */
  private record Reader(Path file, Path directory) {
    ConfigFile top(JsonNode root) throws ConfigException {
      checkKeys(root, TOP, "the file");
      String rundir = text(root, "rundir", "the file");
      List<BridgeConfig> bridges = new ArrayList<>();
      for (JsonNode b : tables(root, "bridge", "the file")) {
        bridges.add(bridge(b, bridges.size() + 1));
      }
      try {
        return new ConfigFile(
            text(root, "datapath", "the file"),
            rundir == null ? null : directory.resolve(rundir),
            restoreWait(root.get("restore-wait")),
            new Configuration(bridges, tls(root.get("ssl"))));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(file + ": " + e.getMessage(), e);
      }
    }

    private @Nullable Integer restoreWait(@Nullable JsonNode s) throws ConfigException {
      try {
        return s == null ? null : parseRestoreWait(s.asText());
      } catch (ConfigException e) {
        throw new ConfigException(file + ": " + e.getMessage(), e);
      }
    }

    private @Nullable TlsSettings tls(@Nullable JsonNode t) throws ConfigException {
      if (t == null) {
        return null;
      }
      String where = "[ssl]";
      if (!t.isObject()) {
        throw complaint(where, "is not a table");
      }
      checkKeys(t, SSL, where);
      JsonNode bootstrap = t.get("bootstrap-ca-cert");
      if (bootstrap != null && !bootstrap.isBoolean()) {
        throw complaint(where, "bootstrap-ca-cert is neither true nor false");
      }
      List<String> protocols = texts(t, "protocols", where);
      return new TlsSettings(
          path(t, "private-key", where),
          path(t, "certificate", where),
          path(t, "ca-cert", where),
          bootstrap != null && bootstrap.booleanValue(),
          protocols.isEmpty()
              ? TlsSettings.PROTOCOLS
              : TlsSettings.parseProtocols(String.join(",", protocols)));
    }

    private Path path(JsonNode node, String key, String where) throws ConfigException {
      String text = text(node, key, where);
      if (text == null) {
        throw complaint(where, "has no " + key);
      }
      return directory.resolve(text);
    }

    private BridgeConfig bridge(JsonNode b, int n) throws ConfigException {
      String where = "[[bridge]] " + n;
      checkKeys(b, BRIDGE, where);
      String name = text(b, "name", where);
      if (name == null) {
        throw complaint(where, "has no name");
      }
      where = "bridge " + name;
      String dpid = text(b, "dpid", where);
      String failMode = text(b, "fail-mode", where);
      String flows = text(b, "flows", where);
      List<PortConfig> ports = new ArrayList<>();
      for (JsonNode p : tables(b, "port", where)) {
        ports.add(port(p, where));
      }
      List<ControllerConfig> controllers = new ArrayList<>();
      try {
        for (JsonNode c : list(b, "controllers", where)) {
          controllers.add(controller(c, where));
        }
        return new BridgeConfig(
            name,
            dpid == null ? null : BridgeConfig.parseDpid(dpid),
            ports,
            controllers,
            failMode == null ? FailMode.STANDALONE : FailMode.parse(failMode),
            Protocols.parse(texts(b, "protocols", where)),
            identity(b.get("desc"), where),
            flows == null ? null : directory.resolve(flows));
      } catch (ConfigException | IllegalArgumentException e) {
        throw new ConfigException(file + ": " + where + ": " + e.getMessage(), e);
      }
    }

    /** A target alone, or a table with a target and how the connection is kept. */
    private ControllerConfig controller(JsonNode c, String bridge) throws ConfigException {
      if (c.isTextual()) {
        return ControllerConfig.parse(c.textValue());
      }
      String where = "a controller of " + bridge;
      if (!c.isObject()) {
        throw complaint(where, "is neither a string in quotes nor a table");
      }
      checkKeys(c, CONTROLLER, where);
      String target = text(c, "target", where);
      if (target == null) {
        throw complaint(where, "has no target");
      }
      return new ControllerConfig(
          ControllerConfig.parse(target).target(),
          number(c, "max-backoff", where),
          number(c, "inactivity-probe", where));
    }

    private @Nullable Integer number(JsonNode node, String key, String where)
        throws ConfigException {
      JsonNode v = node.get(key);
      if (v != null && !v.isInt()) {
        throw complaint(where, "has a " + key + " that is no number");
      }
      return v == null ? null : v.intValue();
    }

    private SwitchIdentity identity(@Nullable JsonNode d, String bridge) throws ConfigException {
      SwitchIdentity ovs = SwitchIdentity.OVS;
      if (d == null) {
        return ovs;
      }
      String where = "[bridge.desc] of " + bridge;
      if (!d.isObject()) {
        throw complaint(where, "is not a table");
      }
      checkKeys(d, DESC, where);
      return new SwitchIdentity(
          text(d, "manufacturer", where, ovs.manufacturer()),
          text(d, "hardware", where, ovs.hardware()),
          text(d, "software", where, ovs.software()),
          text(d, "serial-number", where, ovs.serialNumber()),
          text(d, "datapath", where, ovs.datapath()));
    }

    private PortConfig port(JsonNode p, String bridge) throws ConfigException {
      String where = "a [[bridge.port]] of " + bridge;
      checkKeys(p, PORT, where);
      String name = text(p, "name", where);
      if (name == null) {
        throw complaint(where, "has no name");
      }
      Integer number = number(p, "ofport", where);
      try {
        return new PortConfig(name, number, text(p, "peer", where));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(file + ": " + e.getMessage(), e);
      }
    }

    private void checkKeys(JsonNode node, Set<String> known, String where) throws ConfigException {
      for (Iterator<String> i = node.fieldNames(); i.hasNext(); ) {
        String key = i.next();
        if (!known.contains(key)) {
          throw complaint(
              where,
              "has an unknown key \"" + key + "\"; there are " + String.join(", ", sorted(known)));
        }
      }
    }

    private static List<String> sorted(Set<String> s) {
      return s.stream().sorted().toList();
    }

    private @Nullable String text(JsonNode node, String key, String where) throws ConfigException {
      JsonNode v = node.get(key);
      if (v == null) {
        return null;
      }
      if (!v.isTextual()) {
        throw complaint(where, key + " is not a string in quotes");
      }
      return v.textValue();
    }

    private String text(JsonNode node, String key, String where, String otherwise)
        throws ConfigException {
      String text = text(node, key, where);
      return text == null ? otherwise : text;
    }

    private List<String> texts(JsonNode node, String key, String where) throws ConfigException {
      List<String> all = new ArrayList<>();
      for (JsonNode v : list(node, key, where)) {
        if (!v.isTextual()) {
          throw complaint(where, key + " has an element that is not a string in quotes");
        }
        all.add(v.textValue());
      }
      return all;
    }

    private List<JsonNode> tables(JsonNode node, String key, String where) throws ConfigException {
      List<JsonNode> all = list(node, key, where);
      for (JsonNode v : all) {
        if (!v.isObject()) {
          throw complaint(where, key + " is not a list of tables, such as [[" + key + "]] begins");
        }
      }
      return all;
    }

    private List<JsonNode> list(JsonNode node, String key, String where) throws ConfigException {
      JsonNode v = node.get(key);
      if (v == null) {
        return List.of();
      }
      if (!v.isArray()) {
        throw complaint(where, key + " is not a list");
      }
      List<JsonNode> all = new ArrayList<>();
      v.forEach(all::add);
      return all;
    }

    private ConfigException complaint(String where, String what) {
      return new ConfigException(file + ": " + where + " " + what);
    }
  }
}
