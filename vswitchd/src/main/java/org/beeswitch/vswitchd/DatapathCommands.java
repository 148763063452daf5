// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.flow.AddressText;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.xlate.PacketInUserdata;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;

/**
 * What {@code ovs-appctl} has for looking at the datapath and at what bridges have learned. A dump
 * of megaflows runs on the control thread, beside everything else; the rest asks {@code main}.
 */
final class DatapathCommands {
  private final Daemon daemon;

  DatapathCommands(Daemon daemon) {
    this.daemon = daemon;
  }

  List<Command> all() {
    return List.of(
        new Command("dpctl/show", "[-s]", 0, 2, args -> show()),
        new Command("dpctl/dump-flows", "[-m] [--names | --no-names]", 0, 3, this::dumpFlows),
        new Command("coverage/show", "", 0, 0, args -> coverage()),
        OnMain.command(daemon, "memory/show", "", 0, 0, args -> memory()),
        OnMain.command(daemon, "fdb/show", "BRIDGE", 1, 1, args -> fdbShow(args.get(0))));
  }

  private static String dpName(Dpif dpif) {
    return dpif.type() + "@beeswitch";
  }

  private String show() {
    Dpif dpif = daemon.dpif();
    DpifStats s = dpif.stats();
    StringBuilder out = new StringBuilder();
    out.append(dpName(dpif)).append(":\n");
    out.append(
        String.format("  lookups: hit:%d missed:%d lost:%d\n", s.hit(), s.missed(), s.lost()));
    out.append(String.format("  flows: %d\n", s.flows()));
    out.append(String.format("  masks: total:%d\n", s.masks()));
    for (DpifPort p : dpif.ports()) {
      out.append(
          String.format(
              "  port %d: %s%s%s\n",
              p.number().number(),
              p.name(),
              p.kind() == PortKind.INTERNAL ? " (internal)" : "",
              p.ifindex() == 0 ? " (no device)" : ""));
    }
    return out.toString();
  }

  private String dumpFlows(List<String> args) throws CommandException {
    boolean names = true;
    boolean verbose = false;
    for (String a : args) {
      switch (a) {
        case "--names" -> names = true;
        case "--no-names" -> names = false;
        case "-m" -> verbose = true;
        default ->
            throw new CommandException(a + ": unknown option; there are -m, --names, --no-names");
      }
    }
    OdpText.PortNamer namer = names ? portNames() : OdpText.PortNamer.NUMBERS;
    boolean isVerbose = verbose;
    List<String> lines = new ArrayList<>();
    long now = System.nanoTime();
    daemon
        .dpif()
        .flowDump(
            (id, key, mask, actions, stats) ->
                lines.add(
                    (isVerbose
                            ? OdpText.formatKeyVerbose(key, mask, namer)
                            : OdpText.formatKey(key, mask, namer))
                        + ", "
                        + OdpText.formatStats(stats, now)
                        + ", actions:"
                        + OdpText.formatActions(actions, key, namer, PacketInUserdata.INSTANCE)));
    StringBuilder s = new StringBuilder();
    lines.forEach(l -> s.append(l).append('\n'));
    return s.toString();
  }

  private OdpText.PortNamer portNames() {
    Map<Integer, String> byNumber = new HashMap<>();
    for (DpifPort p : daemon.dpif().ports()) {
      byNumber.put(p.number().number(), p.name());
    }
    return n -> byNumber.getOrDefault(n, Integer.toString(n));
  }

  private String coverage() {
    StringBuilder s = new StringBuilder();
    daemon.coverage().forEach((name, n) -> s.append(String.format("%-40s %d\n", name, n)));
    return s.toString();
  }

  /**
   * How many there are of what memory grows with: in OVS's form ({@code memory_report}), names in
   * order and without those of which there are none. Its names; the heap is ours.
   */
  private String memory() {
    Map<String, Long> usage = new TreeMap<>();
    for (Bridge b : daemon.bridges()) {
      BridgeState state = b.ofproto().state();
      long rules = 0;
      for (int t = 0; t <= BridgeState.TABLE_INTERNAL; t++) {
        rules += state.table(t).size();
      }
      usage.merge("rules", rules, Long::sum);
      usage.merge("ports", (long) state.ports().size(), Long::sum);
      usage.merge("ofconns", (long) b.connmgr().connections(), Long::sum);
      usage.merge("packets", (long) b.connmgr().waitingPacketIns(), Long::sum);
    }
    usage.put("handlers", (long) daemon.backer().handlers().size());
    usage.put("revalidators", 1L);
    usage.put("udpif keys", (long) daemon.backer().udpif().flowCount());
    Runtime r = Runtime.getRuntime();
    usage.put("heap_kb", r.totalMemory() - r.freeMemory() >> 10);
    usage.put("heap_max_kb", r.maxMemory() >> 10);
    usage.values().removeIf(n -> n == 0);
    return usage.entrySet().stream()
            .map(e -> e.getKey() + ":" + e.getValue())
            .collect(Collectors.joining(" "))
        + "\n";
  }

  private String fdbShow(String bridge) throws CommandException {
    Bridge b = daemon.findBridge(bridge);
    if (b == null) {
      throw new CommandException("no such bridge");
    }
    daemon.backer().udpif().pullStats(); // packets of megaflows refresh addresses
    StringBuilder s = new StringBuilder(" port  VLAN  MAC                Age\n");
    long now = System.nanoTime();
    for (MacEntry e : b.ofproto().state().macs().oldestFirst()) {
      s.append(
          String.format(
              Locale.ROOT,
              "%5s  %4d  %s  %3d\n",
              e.ofPort() == PortState.LOCAL ? "LOCAL" : Integer.toString(e.ofPort()),
              e.vlan(),
              AddressText.mac(e.mac()),
              Math.max(0, (now - e.seenNs()) / 1_000_000_000L)));
    }
    return s.toString();
  }
}
