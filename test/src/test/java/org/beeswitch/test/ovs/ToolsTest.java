// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.beeswitch.test.controllers.Datapath;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The commands of {@code ovs-ofctl} for OpenFlow 1.3, one after the other on a real Open vSwitch
 * and on {@code bin/beeswitchd} with the same ports, by either datapath: the same output and exit
 * status. Then once more with {@code beectl}, which is to print the same.
 */
@Tag("system")
class ToolsTest {
  private static final int PORTS = 4;

  /** What cannot be the same in two runs, and why. */
  private static final List<Normal> NORMALS =
      List.of(
          new Normal("xid=0x[0-9a-f]+", "xid"), // a counter of the tool
          new Normal("duration=[0-9.]+s", "duration"), // of flows and ports
          new Normal("time=[0-9.]+ ms", "time"), // of pings
          new Normal("Finished in .*", "Finished"), // a benchmark
          new Normal("LOCAL\\(br0\\): addr:[0-9a-f:]+", "LOCAL(br0): addr"), // each one's own
          new Normal("(?m)^[0-9-]+T[0-9:.]+Z\\|.*\\|WARN\\|.*\n", ""), // the tool's log
          new Normal(
              "(?m)^[0-9-]+T[0-9:.]+Z\\|.*\\|INFO\\|", ""), // its lines: beectl's have no time
          // D-XREG, D-NSH, D-ERSPAN, D-IN-PHY-PORT, D-EXTHDR, D-PBB-MATCH: see the test below
          new Normal("(?m)^ +(supported on Set-Field|arbitrary mask|exact match[ a-z]*): .*", ""));

  /** Commands of which the order of lines is that of a hash table. */
  private static final Set<String> UNORDERED = Set.of("diff-flows", "dump-ports");

  /** Commands that show a departure: ours differs from OVS's. */
  private static final Map<String, String> DEPARTURES =
      Map.of(
          "dump-flows br0 table=254", "D-MISS-RULE",
          "mod-table br0 200 name:foo", "D-TABLE-NAME",
          "-t 1 -P nxt_packet_in monitor br0", "D-NXT-PACKET-IN");

  /** As in {@code reg0...reg15}. */
  private static final Pattern RANGE = Pattern.compile("(\\D+)0\\.\\.\\.\\1(\\d+)");

  private static RealOvs ovs;
  private static OwnSwitch netdev;
  private static OwnSwitch bpf;

  private record Normal(Pattern pattern, String name) {
    Normal(String pattern, String name) {
      this(Pattern.compile(pattern), name);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    RealOvs.assumePossible();
    Datapath.BPF.assumeAvailable();
    ovs = RealOvs.start(PORTS);
    netdev = new OwnSwitch(Datapath.NETDEV, PORTS);
    bpf = new OwnSwitch(Datapath.BPF, PORTS);
  }

  @AfterAll
  static void stop() {
    Stream.of(bpf, netdev, ovs).filter(s -> s != null).forEach(ToolsTest::close);
  }

  private static void close(AutoCloseable c) {
    try {
      c.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String normal(OfctlCommand command, RealOvs.Output o, Path rundir) {
    String s = o.text().replace(rundir.toString(), "RUNDIR").stripTrailing();
    for (Normal n : NORMALS) {
      s = n.pattern().matcher(s).replaceAll(n.name());
    }
    if (UNORDERED.contains(command.name())) {
      // Lines that go on are of one entry.
      s = Stream.of(s.split("\\n(?! {5})")).sorted().collect(Collectors.joining("\n"));
    }
    return "exit " + o.status() + "\n" + s;
  }

  /** What each prints, in their order. */
  private static List<String> outputs(
      List<OfctlCommand> commands, Path rundir, Function<OfctlCommand, RealOvs.Output> run) {
    return commands.stream().map(c -> normal(c, run.apply(c), rundir)).toList();
  }

  private static CompletableFuture<List<String>> ofctl(List<OfctlCommand> commands, Path rundir) {
    return CompletableFuture.supplyAsync(
        () -> outputs(commands, rundir, c -> RealOvs.ofctl(rundir, c.words(), c.stdin())));
  }

  @Test
  void printsWhatItPrintsOnOpenVswitch() throws Exception {
    Path flows = Files.createTempFile("flows", ".txt");
    Path others = Files.createTempFile("others", ".txt");
    Files.writeString(flows, OfctlCommand.FLOWS);
    Files.writeString(others, OfctlCommand.OTHERS);
    List<OfctlCommand> commands = OfctlCommand.all(flows, others);
    Map<String, String> differences = new LinkedHashMap<>();
    try {
      CompletableFuture<List<String>> onOvs = ofctl(commands, ovs.rundir());
      CompletableFuture<List<String>> onNetdev = ofctl(commands, netdev.rundir());
      CompletableFuture<List<String>> onBpf = ofctl(commands, bpf.rundir());
      List<String> expected = onOvs.join();
      compare("ovs-ofctl, netdev:", commands, expected, onNetdev.join(), differences);
      compare("ovs-ofctl, bpf:", commands, expected, onBpf.join(), differences);
      try (OwnSwitch own = new OwnSwitch(Datapath.NETDEV, PORTS)) { // which has counted nothing
        List<String> byBeectl =
            outputs(commands, own.rundir(), c -> own.beectl(c.words(), c.stdin()));
        compare("beectl:", commands, expected, byBeectl, differences);
      }
    } finally {
      Files.delete(flows);
      Files.delete(others);
    }
    System.out.printf(
        "figure: %d commands of ovs-ofctl on both datapaths and by beectl: %d outputs differ%n",
        commands.size(), differences.size());
    assertThat(differences).as("outputs that differ").isEmpty();
  }

  private static void compare(
      String how,
      List<OfctlCommand> commands,
      List<String> expected,
      List<String> outputs,
      Map<String, String> differences) {
    boolean isBeectl = how.equals("beectl:");
    for (int i = 0; i < commands.size(); i++) {
      OfctlCommand c = commands.get(i);
      // Each tool puts its name before what it complains of.
      String got = outputs.get(i).replace("beectl: ", "ovs-ofctl: ");
      String want = expected.get(i);
      // beectl may go on to say what to do.
      boolean same =
          got.equals(want)
              || isBeectl && want.startsWith("exit 1") && got.startsWith(want)
              || isBeectl && OfctlCommand.OWN_WORDS.containsKey(c.toString());
      if (!same) {
        differences.put(how + " " + c, String.format("%nours %s%nOVS's %s%n", got, want));
      }
    }
  }

  @Test
  void departuresShow() {
    List<String> rule = List.of("add-flow", "br0", "table=7,tcp,actions=drop");
    Stream.of(ovs.rundir(), netdev.rundir(), bpf.rundir())
        .forEach(rundir -> RealOvs.ofctl(rundir, rule, ""));
    try {
      DEPARTURES.forEach(
          (line, id) -> {
            OfctlCommand c = OfctlCommand.of(line);
            String theirs = normal(c, RealOvs.ofctl(ovs.rundir(), c.words(), ""), ovs.rundir());
            for (OwnSwitch own : List.of(netdev, bpf)) {
              assertThat(normal(c, RealOvs.ofctl(own.rundir(), c.words(), ""), own.rundir()))
                  .as(id)
                  .isNotEqualTo(theirs);
            }
          });
    } finally {
      RealOvs.ofctl(ovs.rundir(), List.of("mod-table", "br0", "200", "name:"), "");
    }
    String shown = netdev.beectl(List.of("dump-flows", "br0", "table=254"), "").text();
    assertThat(shown.replaceAll(" cookie=.*n_bytes=\\d+, ", ""))
        .endsWith(
            """
            priority=2,recirc_id=0 actions=drop
            priority=0,reg0=0x1 actions=CONTROLLER:65535
            priority=0,reg0=0x2 actions=drop
            priority=0,reg0=0x3 actions=drop
            """);
  }

  /** D-XREG, D-NSH, D-ERSPAN, D-IN-PHY-PORT, D-EXTHDR, D-PBB-MATCH. */
  @Test
  void tablesHaveTheFieldsThatOpenVswitchListsButDepartures() {
    List<String> command = List.of("dump-table-features", "br0");
    String theirs = ovs.ofctl("dump-table-features", "br0").text();
    String ours = netdev.beectl(command, "").text();
    Pattern onlyTheirs =
        Pattern.compile("xx?reg\\d|nsh_[\\w.]+|tun_(erspan|gtpu)_\\w+|tun_metadata\\d+");
    for (String list : List.of("supported on Set-Field", "arbitrary mask", "exact match")) {
      List<String> expected = new ArrayList<>(fields(theirs, list));
      assertThat(expected.removeIf(onlyTheirs.asMatchPredicate())).as(list).isTrue();
      List<String> got = new ArrayList<>(fields(ours, list));
      got.removeAll(List.of("in_phy_port", "ipv6_exthdr", "pbb_isid"));
      assertThat(got).as(list).isEqualTo(expected);
    }
    assertThat(fields(ours, "exact match")).contains("in_phy_port");
    assertThat(fields(ours, "arbitrary mask")).contains("ipv6_exthdr", "pbb_isid");
  }

  /** The names in a line of table features, in which {@code a_{b,c}} is short for two. */
  private static List<String> fields(String features, String title) {
    String line =
        features.lines().filter(l -> l.strip().startsWith(title)).findFirst().orElseThrow();
    List<String> names = new ArrayList<>();
    for (String s : line.replaceFirst("^[^:]*: ", "").split(" ")) {
      expand("", s, names);
    }
    return names;
  }

  private static void expand(String prefix, String s, List<String> names) {
    int from = 0;
    int depth = 0;
    for (int i = 0; i <= s.length(); i++) {
      char c = i < s.length() ? s.charAt(i) : ',';
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (c != ',' || depth > 0) {
        continue;
      }
      String item = s.substring(from, i);
      int brace = item.indexOf('{');
      Matcher range = RANGE.matcher(item);
      if (brace >= 0) {
        String inner = item.substring(brace + 1, item.length() - 1);
        expand(prefix + item.substring(0, brace), inner, names);
      } else if (range.matches()) {
        for (int n = 0; n <= Integer.parseInt(range.group(2)); n++) {
          names.add(prefix + range.group(1) + n);
        }
      } else {
        names.add(prefix + item);
      }
      from = i + 1;
    }
  }

  @Test
  void everyCommandIsComparedOrListed() throws Exception {
    Set<String> compared =
        OfctlCommand.all(Path.of("a"), Path.of("b")).stream()
            .map(OfctlCommand::name)
            .collect(Collectors.toSet());
    Set<String> unknown = new TreeSet<>();
    int local = 0;
    String list = RealOvs.command("ovs-ofctl", List.of("list-commands"), ovs.rundir()).text();
    for (String line : list.lines().skip(1).toList()) {
      String name = line.strip().split(" ")[0];
      if (OfctlCommand.isLocal(name)) {
        local++;
      } else if (!compared.contains(name) && !OfctlCommand.NOT_COMPARED.containsKey(name)) {
        unknown.add(name);
      }
    }
    System.out.printf(
        "figure: %d commands of ovs-ofctl compared, %d speak to no switch; not compared: %s%n",
        compared.size(), local, OfctlCommand.NOT_COMPARED);
    assertThat(unknown).as("neither compared nor listed").isEmpty();
  }

  @Test
  void groupsAndMetersAreTheSwitchsToRefuse() {
    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("add-group br0 group_id=1,type=all,bucket=output:1", "OFPGMFC_OUT_OF_GROUPS");
    refused.put("mod-group br0 group_id=1,type=all,bucket=output:1", "OFPGMFC_UNKNOWN_GROUP");
    refused.put(
        "--may-create mod-group br0 group_id=1,type=all,bucket=output:1", "OFPGMFC_OUT_OF_GROUPS");
    refused.put("add-meter br0 meter=1,kbps,bands=type=drop,rate=1", "OFPMMFC_OUT_OF_METERS");
    refused.put("mod-meter br0 meter=1,kbps,bands=type=drop,rate=1", "OFPMMFC_UNKNOWN_METER");
    refused.forEach(
        (line, error) -> {
          OfctlCommand c = OfctlCommand.of(line);
          RealOvs.Output theirs = RealOvs.ofctl(netdev.rundir(), c.words(), "");
          RealOvs.Output ours = netdev.beectl(c.words(), "");
          assertThat(ours.status()).isEqualTo(1);
          assertThat(normal(c, ours, netdev.rundir()))
              .contains(error)
              .isEqualTo(normal(c, theirs, netdev.rundir()));
        });
  }

  @Test
  void theLauncherPassesArgumentsOutputAndStatusOn() {
    List<String> differences = new ArrayList<>();
    for (String line : List.of("show br0", "--rsort dump-flows br0 table=254", "bogus")) {
      OfctlCommand c = OfctlCommand.of(line);
      String process = normal(c, netdev.beectlProcess(c.words()), netdev.rundir());
      String here = normal(c, netdev.beectl(c.words(), ""), netdev.rundir());
      if (!process.equals(here)) {
        differences.add(process + "\n" + here);
      }
    }
    assertThat(differences).isEmpty();
  }
}
