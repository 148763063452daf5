// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.*;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.regex.Pattern;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Match;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.classifier.ClassifierEditor;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.MacTable;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.xlate.RandomTables;
import org.beeswitch.ofproto.xlate.Xlate;
import org.beeswitch.ofproto.xlate.XlateOut;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.GroupId;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.TableId;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Translation beside Open vSwitch's: the same random tables in both, the same packets through both.
 *
 * <p>What the packet is to become must be the same, and a bit that OVS leaves wildcarded we leave
 * wildcarded too, or it is one of docs/departures.md's narrower bits. OVS's side is the lines
 * {@code Megaflow:} and {@code Datapath actions:} of {@code ofproto/trace} for the packet's bytes,
 * which learns addresses (they are flushed) and installs nothing.
 */
@Tag("system")
class MegaflowWidthTest {
  private static final int TABLES = Integer.getInteger("beeswitch.width.tables", 200);
  private static final int PACKETS = 50;
  private static final long TAGS_PRESENT = (long) VLAN_PRESENT << 32 | VLAN_PRESENT;

  @Test
  void megaflowsAreAsWideAsThoseOfOpenVswitch() throws Exception {
    RealOvs.assumePossible();
    Account account = new Account();
    try (RealOvs ovs = RealOvs.start(RandomTables.PORTS);
        Unixctl trace = ovs.unixctl();
        OfClient<Decoded, OfFrame> client = ovs.connect()) {
      long seed = Seed.random(MegaflowWidthTest.class.getName()).nextLong();
      for (int i = 0; i < TABLES; i++) {
        compare(new RandomTables(seed + i), trace, client, account);
      }
    }
    System.out.println(account);
    assertThat(account.differences).as("translations that differ").isEmpty();
    assertThat(account.unexplained).as("narrower megaflows").isEmpty();
    // The others need tables that not every seed has.
    for (String departure : List.of("D-INNER-NULL-TAG", "D-THIRD-TAG", "W-NULL-TAG")) {
      assertThat(account.departures.getOrDefault(departure, 0))
          .as(departure + " still differs")
          .isPositive();
    }
  }

  private static void compare(
      RandomTables tables, Unixctl trace, OfClient<Decoded, OfFrame> client, Account account)
      throws IOException {
    Snapshot s = tables.snapshot();
    BridgeState b = s.bridge(0);
    assertThat(b).isNotNull();
    b = install(b, client, account);
    for (MacEntry m : b.macs().oldestFirst()) {
      if (RandomTables.isSource(m.mac())) {
        b = b.withMacs(b.macs().without(m)); // entries that a test adds do not move in OVS
      }
    }
    s = s.with(b);
    for (MacEntry m : b.macs().oldestFirst()) {
      trace.call("fdb/add", "br0", "p" + m.ofPort(), Integer.toString(m.vlan()), mac(m.mac()));
    }
    Xlate xlate = new Xlate(IntUnaryOperator.identity());
    for (int i = 0; i < PACKETS; i++) {
      byte[] frame = tables.frame();
      int port = tables.port();
      String theirs =
          trace.call(
              "ofproto/trace",
              "--names",
              "br0",
              "in_port=p" + port,
              HexFormat.of().formatHex(frame));
      Flow flow = new Flow();
      FlowParser.parse(frame, 0, frame.length, flow, new Layers());
      flow.words()[PORT_RECIRC] = (long) port << 32;
      account.add(flow, frame, port, b, translate(xlate, s, b, flow), theirs);
      if (theirs.contains("-> learned that")) {
        trace.call("fdb/flush", "br0");
      }
    }
    for (MacEntry m : b.macs().oldestFirst()) {
      trace.call("fdb/del", "br0", Integer.toString(m.vlan()), mac(m.mac()));
    }
  }

  /** As a handler does: what is to be learned is learned first. */
  static XlateOut translate(Xlate xlate, Snapshot s, BridgeState b, Flow flow) {
    XlateOut x = xlate.translate(s, flow);
    MacTable macs = b.macs();
    while (x.learns) {
      macs = macs.with(new MacEntry(x.learnMac, x.learnVlan, x.learnOfPort, 0));
      x = xlate.translate(s.with(b.withMacs(macs)), flow);
    }
    return x;
  }

  private static String mac(long mac) {
    return org.beeswitch.flow.AddressText.mac(mac);
  }

  /**
   * Gives OVS the bridge's rules; both must refuse the same ones. Returns the bridge with what is
   * left.
   */
  private static BridgeState install(
      BridgeState b, OfClient<Decoded, OfFrame> client, Account account) throws IOException {
    FlowMod all = flowMod(FlowMod.Command.DELETE, TableId.ALL, 0, Match.ANY, 0, Instructions.NONE);
    assertThat(client.transactNoReply(List.of(frame(client, all)))).isEmpty();
    List<Rule> rules = new ArrayList<>();
    List<OfFrame> frames = new ArrayList<>();
    Map<Integer, OfErrorCode> ours = new TreeMap<>();
    for (int t = 0; t < BridgeState.TABLES; t++) {
      b.table(t).forEach(rules::add);
    }
    for (Rule r : rules) {
      FlowMod m =
          flowMod(
              FlowMod.Command.ADD,
              r.tableId(),
              r.priority(),
              r.match(),
              r.cookie(),
              r.instructions());
      OfFrame f = frame(client, m);
      frames.add(f);
      if (decode(f) instanceof Decoded.Bad bad) {
        ours.put(f.xid(), bad.code());
      }
    }
    Map<Integer, OfErrorCode> theirs = new TreeMap<>();
    for (Decoded d : client.transactNoReply(frames)) {
      OfFrame f = ((Decoded.Good) d).frame();
      theirs.put(f.xid(), ((OfError) f.message()).known());
    }
    account.rules += rules.size();
    account.refused += theirs.size();
    for (int i = 0; i < rules.size(); i++) {
      int xid = frames.get(i).xid();
      Rule r = rules.get(i);
      if (ours.get(xid) != theirs.get(xid)) {
        account.differences.add(
            r.match() + " " + r.instructions() + ": " + ours.get(xid) + ", OVS " + theirs.get(xid));
      }
      if (theirs.containsKey(xid)) {
        ClassifierEditor<Rule> e = b.table(r.tableId()).editor();
        e.remove(r);
        b = b.withTable(r.tableId(), e.build());
      }
    }
    return b;
  }

  private static OfFrame frame(OfClient<Decoded, OfFrame> client, FlowMod m) {
    return new OfFrame(OfVersion.OF13, client.nextXid(), m);
  }

  private static Decoded decode(OfFrame f) {
    ByteBuf bytes = new OfEncoder().encode(f, ByteBufAllocator.DEFAULT);
    try {
      return new OfDecoder(Sender.CONTROLLER).decode(OfVersion.OF13, bytes);
    } finally {
      bytes.release();
    }
  }

  private static FlowMod flowMod(
      FlowMod.Command c, int table, int priority, Match m, long cookie, Instructions i) {
    return new FlowMod(
        c, m, priority, table, 0, 0, cookie, 0, 0, BufferId.NONE, OfPort.ANY, GroupId.ANY, 0, 0, i);
  }

  /** What was compared, and what differed. */
  private static final class Account {
    private static final int MAX_SHOWN = 20;

    /** In a frame in hexadecimal digits. */
    private static final Pattern INNER_NULL_TAG =
        Pattern.compile("( [0-9a-f]{24}(?:8100|88a8)[0-9a-f]{4})(?:8100|88a8)0000");

    int packets;
    int rules;
    int refused;
    int asWide;
    int wider;
    final List<String> differences = new ArrayList<>();
    final Map<String, String> unexplained = new TreeMap<>();
    final Map<String, Integer> departures = new TreeMap<>();
    final Map<String, Integer> narrowerBits = new TreeMap<>();
    final Map<String, Integer> widerBits = new TreeMap<>();
    final Map<String, String> widerExample = new TreeMap<>();

    void add(Flow flow, byte[] frame, int port, BridgeState b, XlateOut x, String trace) {
      packets++;
      String theirActions = line(trace, "Datapath actions: ");
      Outcome ours = Outcome.of(x.actions, frame, port);
      Outcome theirs = Outcome.of(theirActions, frame, port);
      String departure = departure(flow, x.actions, trace);
      if (departure.isEmpty() && differInInnerNullTags(ours, theirs, trace)) {
        departure = "D-INNER-NULL-TAG";
      }
      if (!departure.isEmpty()) {
        departures.merge(departure, ours.equals(theirs) ? 0 : 1, Integer::sum);
      } else if (!ours.equals(theirs) && differences.size() < MAX_SHOWN) {
        differences.add(
            String.format(
                "%s%nours %s%n  mask %s%n  gives %s%n  OVS's gives %s%nmacs %s%nrules %s%n",
                trace,
                RandomTables.text(x.actions),
                x.mask,
                ours,
                theirs,
                b.macs().oldestFirst(),
                RandomTables.text(b)));
      }
      long[] ovs = MegaflowText.mask(line(trace, "Megaflow: "));
      // A datapath flow of OVS without a tag matches no packet that has one, whatever its mask.
      boolean narrow = false;
      boolean wide = false;
      for (int w = 0; w < WORDS; w++) {
        long unprinted = w == VLANS ? MegaflowText.unprintedVlans(ovs) : 0;
        // A datapath flow of OVS without a tag matches no packet that has one, whatever its mask.
        long implied = w == VLANS ? ~flow.words()[VLANS] & TAGS_PRESENT : 0;
        long more = x.mask.words()[w] & ~ovs[w] & ~implied & ~unprinted;
        long less = ovs[w] & ~x.mask.words()[w];
        if (more != 0) {
          narrow = true;
          String name = name(flow, w, more);
          narrowerBits.merge(name, Long.bitCount(more), Integer::sum);
          String reason = reason(flow, w, more, trace);
          if (reason.isEmpty()) {
            unexplained.putIfAbsent(
                name, String.format("%x more%n%s%nrules %s", more, trace, RandomTables.text(b)));
          } else {
            departures.merge(reason, 1, Integer::sum);
          }
        }
        if (less != 0) {
          wide = true;
          String name = name(flow, w, less);
          widerBits.merge(name, Long.bitCount(less), Integer::sum);
          widerExample.putIfAbsent(
              name, String.format("%x less%n%s%nrules %s", less, trace, RandomTables.text(b)));
        }
      }
      asWide += narrow ? 0 : 1;
      wider += wide ? 1 : 0;
    }

    /** The line of docs/departures.md that says why we look at the bits; empty: none. */
    private static String reason(Flow flow, int word, long bits, String trace) {
      if (word == VLANS && (bits & 0xffff0000_ffffffffL) == 0) {
        boolean nullVid = (flow.words()[VLANS] >>> 32 & 0xfff) == 0;
        if (nullVid && (bits & 0x1fffL << 32) == 0 && trace.contains("    NORMAL\n")) {
          return "W-NULL-TAG";
        }
        if (trace.contains("    pop_vlan\n") && trace.contains("    push_vlan")) {
          return "W-SWAPPED-TAG";
        }
      }
      return word == NW && bits == 0xffL << 32 && trace.contains("->ip_dscp\n") ? "W-DSCP" : "";
    }

    /** The line of docs/departures.md by which actions may differ; empty: none. */
    private static String departure(Flow flow, OdpActions actions, String trace) {
      if (pushesThirdTag(flow, actions)) {
        return "D-THIRD-TAG";
      }
      if (trace.split("-> learned that", -1).length > 2) {
        return "D-LEARN-ORDER";
      }
      return trace.contains("    NORMAL\n") && trace.contains("dl_vlan1=0,dl_vlan_pcp1=0")
          ? "D-INNER-NULL-TAG"
          : "";
    }

    /** Also where the inner tag was an outer one until another was pushed. */
    private static boolean differInInnerNullTags(Outcome ours, Outcome theirs, String trace) {
      return trace.contains("    NORMAL\n")
          && !ours.equals(theirs)
          && withoutInnerNullTags(ours).equals(withoutInnerNullTags(theirs));
    }

    private static String withoutInnerNullTags(Outcome o) {
      return INNER_NULL_TAG.matcher(o.toString()).replaceAll("$1");
    }

    private static boolean pushesThirdTag(Flow flow, OdpActions actions) {
      int tags = Long.bitCount(flow.words()[VLANS] & TAGS_PRESENT);
      for (int i = 0; i < actions.size(); i++) {
        switch (actions.kind(i)) {
          case PUSH_VLAN -> tags++;
          case POP_VLAN -> tags--;
          default -> {}
        }
        if (tags > MAX_VLANS) {
          return true;
        }
      }
      return false;
    }

    private static String line(String trace, String head) {
      return trace
          .lines()
          .filter(l -> l.startsWith(head))
          .map(l -> l.substring(head.length()))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no \"" + head + "\" in " + trace));
    }

    /** What the bits are, in a packet like this. */
    private static String name(Flow flow, int word, long bits) {
      long[] all = new long[WORDS];
      java.util.Arrays.fill(all, -1L);
      List<String> names = new ArrayList<>();
      long left = bits;
      for (Field f : Field.values()) {
        int w = f.isWide() && word == f.word() + 1 ? word : f.word();
        long m = f.isWide() ? -1L : f.wordMask();
        if (w == word && (left & m) != 0 && f.prereq().holds(flow.words(), all)) {
          names.add(f.text());
          left &= ~m;
        }
      }
      if (left != 0) {
        names.add("odp " + (word - ODP) + ":" + Long.toHexString(left));
      }
      return String.join("+", names);
    }

    @Override
    public String toString() {
      StringBuilder s = new StringBuilder();
      s.append(
          String.format(
              "width: %d packets, %d rules (%d refused by both), %d megaflows at least as wide as"
                  + " OVS's, %d wider in some bits; narrower bits %s, wider bits %s;"
                  + " listed differences %s",
              packets, rules, refused, asWide, wider, narrowerBits, widerBits, departures));
      if (Boolean.getBoolean("beeswitch.width.examples")) {
        widerExample.forEach((k, v) -> s.append("\nWIDER ").append(k).append(": ").append(v));
        unexplained.forEach((k, v) -> s.append("\nNARROW ").append(k).append(": ").append(v));
        differences.forEach(v -> s.append("\nDIFF ").append(v));
      }
      return s.toString();
    }
  }
}
