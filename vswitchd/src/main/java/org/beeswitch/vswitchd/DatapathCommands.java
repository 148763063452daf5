// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.flow.AddressText;
import org.beeswitch.flow.Match;
import org.beeswitch.netdev.NetdevStats;
import org.beeswitch.netdev.Tap;
import org.beeswitch.odp.OdpText;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.xlate.PacketInUserdata;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.vswitchd.control.Command;
import org.beeswitch.vswitchd.control.CommandException;

/**
 * What {@code ovs-appctl} has for looking at the datapath and at what bridges have learned. A dump
 * of megaflows runs on the control thread, beside everything else; the rest asks {@code main}.
 */
final class DatapathCommands {
  private static final int MAX_DUMP_ARGS = 5;
  private static final List<String> BYTE_UNITS = List.of("KiB", "MiB", "GiB", "TiB");

  private final Daemon daemon;

  DatapathCommands(Daemon daemon) {
    this.daemon = daemon;
  }

  List<Command> all() {
    return List.of(
        new Command("dpctl/show", "[-s] [DATAPATH]", 0, 2, this::show),
        new Command(
            "dpctl/dump-flows",
            "[-m] [--names | --no-names] [DATAPATH] [filter=FLOW]",
            0,
            MAX_DUMP_ARGS,
            this::dumpFlows),
        new Command("dpctl/dump-dps", "", 0, 0, args -> dpName(daemon.dpif())),
        new Command("coverage/show", "", 0, 0, args -> coverage()),
        new Command("coverage/read-counter", "COUNTER", 1, 1, args -> readCounter(args.get(0))),
        OnMain.command(daemon, "memory/show", "", 0, 0, args -> memory()),
        OnMain.command(daemon, "fdb/show", "BRIDGE", 1, 1, args -> fdbShow(args.get(0))));
  }

  private static String dpName(Dpif dpif) {
    return dpif.type() + "@beeswitch";
  }

  private String show(List<String> args) throws CommandException {
    Dpif dpif = daemon.dpif();
    boolean withStatistics = false;
    for (String a : args) {
      if (a.equals("-s") || a.equals("--statistics")) {
        withStatistics = true;
      } else if (!a.equals(dpName(dpif))) {
        throw new CommandException(a + " is neither -s nor " + dpName(dpif));
      }
    }
    DpifStats s = dpif.stats();
    StringBuilder out = new StringBuilder();
    out.append(dpName(dpif)).append(":\n");
    out.append(
        String.format("  lookups: hit:%d missed:%d lost:%d\n", s.hit(), s.missed(), s.lost()));
    out.append(String.format("  flows: %d\n", s.flows()));
    showMasks(s, out);
    for (DpifPort p : dpif.ports()) {
      out.append(
          String.format(
              "  port %d: %s%s%s\n",
              p.number().number(),
              p.name(),
              p.kind() == PortKind.INTERNAL ? localType(dpif, p) : "",
              p.ifindex() == 0 ? " (no device)" : ""));
      if (withStatistics) {
        showStatistics(daemon.deviceStats(p), out);
      }
    }
    return out.toString();
  }

  private static String localType(Dpif dpif, DpifPort p) {
    return dpif.netdev(p.number()) instanceof Tap ? " (tap)" : " (internal)";
  }

  /** What the search for megaflows costs, of a datapath that counts it. */
  private static void showMasks(DpifStats s, StringBuilder out) {
    if (s.masksTried() == DpifStats.NOT_COUNTED) {
      return;
    }
    double packets = (double) Math.max(1, s.hit() + s.missed());
    out.append(
        String.format(
            Locale.ROOT,
            "  masks: hit:%d total:%d hit/pkt:%.2f\n  cache: hit:%d hit-rate:%.2f%%\n",
            s.masksTried(),
            s.masks(),
            s.masksTried() / packets,
            s.cacheHit(),
            100 * s.cacheHit() / packets));
  }

  private static void showStatistics(Optional<NetdevStats> stats, StringBuilder out) {
    if (stats.isEmpty()) {
      out.append("    no device has statistics of it\n");
      return;
    }
    NetdevStats s = stats.get();
    out.append(
        String.format(
            """
                RX packets:%s errors:%s dropped:%s overruns:%s frame:%s
                TX packets:%s errors:%s dropped:%s aborted:%s carrier:%s
                collisions:%s
                RX bytes:%s  TX bytes:%s
            """,
            counter(s.rxPackets()),
            counter(s.rxErrors()),
            counter(s.rxDropped()),
            counter(s.rxOverErrors()),
            counter(s.rxFrameErrors()),
            counter(s.txPackets()),
            counter(s.txErrors()),
            counter(s.txDropped()),
            counter(s.txAbortedErrors()),
            counter(s.txCarrierErrors()),
            counter(s.collisions()),
            bytes(s.rxBytes()),
            bytes(s.txBytes())));
  }

  private static String counter(long n) {
    return n < 0 ? "?" : Long.toString(n);
  }

  /** With the largest unit of which there is at least one. */
  private static String bytes(long n) {
    double units = (double) n;
    int unit = -1;
    while (units >= 1024 && unit + 1 < BYTE_UNITS.size()) {
      units /= 1024;
      unit++;
    }
    return unit < 0
        ? counter(n)
        : String.format(Locale.ROOT, "%d (%.1f %s)", n, units, BYTE_UNITS.get(unit));
  }

  private String dumpFlows(List<String> args) throws CommandException {
    boolean names = false;
    boolean noNames = false;
    boolean verbose = false;
    Match filter = Match.ANY;
    for (String a : args) {
      if (a.equals("--names")) {
        names = true;
        noNames = false;
      } else if (a.equals("--no-names")) {
        names = false;
        noNames = true;
      } else if (a.equals("-m") || a.equals("--more")) {
        verbose = true;
      } else if (a.startsWith("filter=")) {
        filter = filter(a.substring("filter=".length()));
      } else if (!a.equals(dpName(daemon.dpif()))) {
        throw new CommandException(
            a + " is neither -m, --names, --no-names, filter=FLOW nor " + dpName(daemon.dpif()));
      }
    }
    OdpKeyFilter wanted = new OdpKeyFilter(filter);
    OdpText.PortNamer namer =
        names || verbose && !noNames
            ? OdpText.PortNamer.of(daemon.dpif().ports())
            : OdpText.PortNamer.NUMBERS;
    boolean isVerbose = verbose;
    List<String> lines = new ArrayList<>();
    long now = System.nanoTime();
    daemon
        .dpif()
        .flowDump(
            (id, key, mask, actions, stats) -> {
              if (wanted.admits(key, mask)) {
                lines.add(
                    (isVerbose
                            ? OdpText.formatKeyVerbose(key, mask, namer)
                            : OdpText.formatKey(key, mask, namer))
                        + ", "
                        + OdpText.formatStats(stats, now)
                        + ", actions:"
                        + OdpText.formatActions(actions, key, namer, PacketInUserdata.INSTANCE));
              }
            });
    StringBuilder s = new StringBuilder();
    lines.forEach(l -> s.append(l).append('\n'));
    return s.toString();
  }

  private Match filter(String text) throws CommandException {
    try {
      return new FlowTextParser(Names.NONE).filter(text).match();
    } catch (FlowSyntaxException e) {
      throw new CommandException("Failed to parse filter (" + e.text() + ")", e);
    }
  }

  private String coverage() {
    StringBuilder s = new StringBuilder();
    daemon.coverage().forEach((name, n) -> s.append(String.format("%-40s %d\n", name, n)));
    return s.toString();
  }

  private String readCounter(String name) throws CommandException {
    Long n = daemon.coverage().get(name);
    if (n == null) {
      throw new CommandException("No such counter");
    }
    return n.toString();
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
