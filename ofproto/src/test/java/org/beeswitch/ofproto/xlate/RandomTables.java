// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.xlate;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.IpProto;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.ofproto.classifier.ClassifierEditor;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.MacEntry;
import org.beeswitch.ofproto.state.PortState;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;

/**
 * Random bridges and packets out of small alphabets, so that rules, actions and packets meet: the
 * same few addresses, ports and tags everywhere.
 *
 * <p>Half of the bridges have rules of any kind side by side, the others are each of a {@link
 * Style}, as real tables are: what such a table never looks at must stay wildcarded.
 */
public final class RandomTables {
  /** OpenFlow and datapath ports 1 to this; the next datapath port is LOCAL's. */
  public static final int PORTS = 4;

  public static final int TABLES = 4;

  /** What a bridge's rules match. */
  private enum Style {
    ANY,
    L2,
    ROUTES,
    ROUTES6,
    ACL,
    NEIGHBOURS
  }

  private static final long[] MACS = {
    0x0a0000000001L, 0x0a0000000002L, 0x0a00000000ffL, 0xffffffffffffL
  };

  /** Stations that only receive. */
  private static final long[] SILENT_MACS = {0x0a0000000003L, 0x0a00000001ffL};

  private static final long[] IPS = {0x0a000001L, 0x0a000002L, 0x0a000102L, 0x0b000001L};
  private static final int[] L4_PORTS = {1, 2, 80, 0x8001};
  private static final int[] VIDS = {0, 1, 42};
  private static final int[] TCP_FLAGS = {0x02, 0x10, 0x12, 0x01};
  private static final int[] PREFIXES = {8, 16, 24, 24, 24, 28, 32};
  private static final Field[] ND_FIELDS = {Field.ND_TARGET, Field.ND_SLL, Field.ND_TLL};

  private final SplittableRandom r;
  private Style style = Style.ANY;

  public RandomTables(long seed) {
    r = new SplittableRandom(seed);
  }

  /** One bridge, number 0, with ports, learned addresses and rules in the first tables. */
  public Snapshot snapshot() {
    style = one(2) ? Style.ANY : Style.values()[r.nextInt(Style.values().length)];
    BridgeState b = BridgeState.create(0, "br0", 0);
    for (int p = 1; p <= PORTS; p++) {
      b = withPort(b, OfPort.of(p), p, "p" + p);
    }
    b = withPort(b, OfPort.LOCAL, PORTS + 1, "br0");
    for (int i = 0; i < 3; i++) {
      b =
          b.withMacs(
              b.macs()
                  .with(
                      new MacEntry(
                          one(2) ? MACS[r.nextInt(3)] : pick(SILENT_MACS),
                          pick(VIDS),
                          1 + r.nextInt(PORTS),
                          0)));
    }
    for (int t = 0; t < TABLES; t++) {
      ClassifierEditor<Rule> e = b.table(t).editor();
      for (int n = 1 + r.nextInt(8); n > 0; n--) {
        boolean miss = n == 1 && one(4);
        Match m = miss ? Match.ANY : match();
        // Each rule has a priority of its own: which of two that overlap at one priority wins is
        // undefined.
        e.put(
            new Rule(
                t,
                miss ? 0 : 16 * r.nextInt(8) + n,
                m,
                r.nextInt(5),
                0,
                0,
                0,
                instructions(t, m),
                new Counter(0),
                0,
                0));
      }
      b = b.withTable(t, e.build());
    }
    return Snapshot.EMPTY.with(b);
  }

  private static BridgeState withPort(BridgeState b, OfPort n, int odpPort, String name) {
    PortDesc d = new PortDesc(n, odpPort, name, 0, 0, 0, 0, 0, 0, 0, 0);
    return b.withPorts(b.ports().with(new PortState(d, odpPort, null)));
  }

  public Match match() {
    Match.Builder m = Match.builder();
    switch (style) {
      case ANY -> any(m);
      case L2 -> l2(m);
      case ROUTES -> {
        m.exact(Field.ETH_TYPE, EthType.IPV4);
        m.masked(Field.IPV4_DST, pick(IPS), -1L << 32 - pick(PREFIXES) & 0xffffffffL);
      }
      case ROUTES6 -> {
        m.exact(Field.ETH_TYPE, EthType.IPV6);
        ipv6Prefix(m, Field.IPV6_DST);
      }
      case ACL -> acl(m);
      case NEIGHBOURS -> {
        if (one(2)) {
          arp(m);
        } else {
          nd(m);
        }
      }
    }
    return m.build();
  }

  private void l2(Match.Builder m) {
    if (one(2)) {
      m.exact(Field.ETH_DST, destination());
    }
    if (one(4)) {
      m.exact(Field.ETH_SRC, pick(MACS));
    }
    if (one(4)) {
      vlan(m);
    }
  }

  private void acl(Match.Builder m) {
    boolean v4 = one(2);
    m.exact(Field.ETH_TYPE, v4 ? EthType.IPV4 : EthType.IPV6);
    if (v4 && one(3)) {
      m.masked(Field.IPV4_SRC, pick(IPS), -1L << 32 - pick(PREFIXES) & 0xffffffffL);
    }
    boolean tcp = one(2);
    m.exact(Field.IP_PROTO, tcp ? IpProto.TCP : IpProto.UDP);
    if (!one(4)) {
      m.exact(tcp ? Field.TCP_DST : Field.UDP_DST, pick(L4_PORTS));
    }
    if (one(4)) {
      m.masked(tcp ? Field.TCP_SRC : Field.UDP_SRC, pick(L4_PORTS), one(2) ? -1 : 0xfff0);
    }
    if (tcp && one(3)) {
      m.masked(Field.TCP_FLAGS, r.nextInt(4), 0x12);
    }
  }

  private void arp(Match.Builder m) {
    m.exact(Field.ETH_TYPE, EthType.ARP);
    if (one(2)) {
      m.exact(Field.ARP_OP, 1 + r.nextInt(2));
    }
    if (one(2)) {
      m.masked(Field.ARP_TPA, pick(IPS), prefix());
    }
    if (one(4)) {
      m.masked(Field.ARP_SPA, pick(IPS), prefix());
    }
    if (one(4)) {
      m.exact(one(2) ? Field.ARP_SHA : Field.ARP_THA, pick(MACS));
    }
  }

  private void nd(Match.Builder m) {
    m.exact(Field.ETH_TYPE, EthType.IPV6);
    m.exact(Field.IP_PROTO, IpProto.ICMPV6);
    Field f = ND_FIELDS[r.nextInt(ND_FIELDS.length)];
    int type = f == Field.ND_SLL ? 135 : f == Field.ND_TLL ? 136 : 135 + r.nextInt(2);
    m.exact(Field.ICMPV6_TYPE, type);
    if (one(4)) {
      return;
    }
    m.exact(Field.ICMPV6_CODE, 0);
    if (f == Field.ND_TARGET) {
      ipv6Prefix(m, f);
    } else {
      m.masked(f, pick(MACS), one(2) ? -1 : 0xff);
    }
  }

  private void ipv6Prefix(Match.Builder m, Field f) {
    int bits = r.nextInt(129);
    long hi = bits == 0 ? 0 : -1L << 64 - Math.min(bits, 64);
    long lo = bits <= 64 ? 0 : -1L << 128 - bits;
    m.masked(f, 0x20010db8L << 32 | r.nextInt(2), r.nextInt(2), hi, lo);
  }

  private void any(Match.Builder m) {
    if (one(3)) {
      m.exact(Field.IN_PORT, 1 + r.nextInt(PORTS));
    }
    if (one(4)) {
      m.masked(Field.METADATA, r.nextInt(4), 3);
    }
    if (one(4)) {
      m.masked(Field.ETH_DST, pick(MACS), one(2) ? -1 : 0xff);
    }
    if (one(4)) {
      m.exact(Field.ETH_SRC, pick(MACS));
    }
    if (one(4)) {
      vlan(m);
    }
    switch (r.nextInt(8)) {
      case 0 -> ipv4(m);
      case 1 -> ipv6(m);
      case 2 -> arp(m);
      case 3 -> acl(m);
      case 4 -> nd(m);
      default -> {}
    }
  }

  private void vlan(Match.Builder m) {
    switch (r.nextInt(3)) {
      case 0 -> m.masked(Field.VLAN_TCI, 0, 0x1000); // untagged
      case 1 -> m.exact(Field.VLAN_VID, 0x1000 | pick(VIDS));
      default -> {
        m.masked(Field.VLAN_VID, 0x1000, 0x1000);
        m.exact(Field.VLAN_PCP, r.nextInt(2) * 5);
      }
    }
  }

  private void ipv4(Match.Builder m) {
    m.exact(Field.ETH_TYPE, EthType.IPV4);
    if (one(2)) {
      m.masked(Field.IPV4_DST, pick(IPS), prefix());
    }
    if (one(4)) {
      m.masked(Field.IPV4_SRC, pick(IPS), prefix());
    }
    if (one(4)) {
      m.exact(Field.IP_DSCP, r.nextInt(2));
    }
    if (one(8)) {
      m.exact(Field.IP_ECN, r.nextInt(2));
    }
    if (one(8)) {
      m.masked(Field.IP_FRAG, r.nextInt(4), 1 + r.nextInt(3));
    }
    transport(m, IpProto.ICMP);
  }

  private void ipv6(Match.Builder m) {
    m.exact(Field.ETH_TYPE, EthType.IPV6);
    if (one(2)) {
      ipv6Prefix(m, Field.IPV6_DST);
    }
    if (one(8)) {
      ipv6Prefix(m, Field.IPV6_SRC);
    }
    if (one(8)) {
      m.masked(Field.IPV6_LABEL, r.nextInt(2), one(2) ? -1 : 1);
    }
    transport(m, IpProto.ICMPV6);
  }

  private void transport(Match.Builder m, int icmp) {
    int[] protos = {IpProto.TCP, IpProto.UDP, IpProto.SCTP, icmp};
    if (one(2)) {
      return;
    }
    int proto = protos[r.nextInt(protos.length)];
    m.exact(Field.IP_PROTO, proto);
    Field dst =
        switch (proto) {
          case IpProto.TCP -> Field.TCP_DST;
          case IpProto.UDP -> Field.UDP_DST;
          case IpProto.SCTP -> Field.SCTP_DST;
          case IpProto.ICMP -> Field.ICMPV4_TYPE;
          default -> Field.ICMPV6_TYPE;
        };
    if (one(2)) {
      m.masked(
          dst,
          pick(L4_PORTS) & (1 << dst.bits()) - 1,
          dst.masking() == Field.Masking.NONE || one(2) ? -1 : 0xff00);
    }
  }

  private long destination() {
    return pick(one(3) ? SILENT_MACS : MACS);
  }

  /** Whether frames or set-field can have the address as their source, so that it may move. */
  public static boolean isSource(long mac) {
    return mac != SILENT_MACS[0] && mac != SILENT_MACS[1];
  }

  private long prefix() {
    return -1L << r.nextInt(33) & 0xffffffffL;
  }

  public Instructions instructions(int table) {
    return instructions(table, match());
  }

  private Instructions instructions(int table, Match m) {
    Instructions.Builder b = Instructions.builder();
    if (!one(5)) {
      b.apply(actions(m));
    }
    if (one(8)) {
      b.clear();
    }
    if (one(4)) {
      b.write(actions(m));
    }
    if (one(4)) {
      b.metadata(r.nextInt(4), 3);
    }
    if (table < TABLES - 1 && one(2)) {
      b.gotoTable(table + 1 + r.nextInt(TABLES - 1 - table));
    }
    return b.build();
  }

  public List<Action> actions() {
    List<Action> l = new ArrayList<>();
    for (int n = r.nextInt(4); n >= 0; n--) {
      l.add(action());
    }
    return l;
  }

  /** Actions of which most can be done to what {@code m} matches. */
  private List<Action> actions(Match m) {
    List<Action> l = actions();
    Match.Builder b = m.toBuilder();
    for (int i = 0; i < l.size(); i++) {
      while (!one(100)
          && l.get(i) instanceof Action.SetField f
          && !b.satisfies(f.field().prereq())) {
        l.set(i, action());
      }
    }
    return l;
  }

  private Action action() {
    return switch (r.nextInt(24)) {
      case 0 -> new Action.PushVlan(EthType.VLAN);
      case 1 -> new Action.PopVlan();
      case 2 -> new Action.DecNwTtl();
      case 3 -> new Action.SetNwTtl(r.nextInt(3));
      case 4 -> new Action.SetQueue(r.nextInt(3));
      case 5 -> Action.SetField.exact(Field.ETH_SRC, pick(MACS));
      case 6 -> Action.SetField.exact(Field.ETH_DST, destination());
      case 7 -> Action.SetField.exact(Field.VLAN_VID, 0x1000 | pick(VIDS));
      case 8 -> Action.SetField.exact(Field.VLAN_PCP, r.nextInt(2) * 5);
      case 9 -> Action.SetField.exact(Field.IPV4_SRC, pick(IPS));
      case 10 -> new Action.SetField(Field.IPV4_DST, 0, pick(IPS) & 0xffff, 0, 0xffff, false);
      case 11 -> Action.SetField.exact(Field.IPV6_DST, 0x20010db8L << 32, r.nextInt(2));
      case 12 -> Action.SetField.exact(Field.TCP_DST, pick(L4_PORTS));
      case 13 -> Action.SetField.exact(Field.UDP_SRC, pick(L4_PORTS));
      case 14 -> Action.SetField.exact(Field.IP_DSCP, r.nextInt(2));
      case 15 -> Action.SetField.exact(Field.ARP_SPA, pick(IPS));
      case 16 -> Action.SetField.exact(Field.ICMPV4_CODE, r.nextInt(2));
      case 17 -> new Action.Output(OfPort.NORMAL, 0);
      case 18 -> new Action.Output(one(2) ? OfPort.FLOOD : OfPort.IN_PORT, 0);
      case 19 -> new Action.Output(OfPort.CONTROLLER, 128);
      default -> new Action.Output(OfPort.of(1 + r.nextInt(PORTS + 1)), 0);
    };
  }

  public int port() {
    return 1 + r.nextInt(PORTS);
  }

  /** A frame out of the same alphabets. */
  public byte[] frame() {
    PacketBuilder b = new PacketBuilder().eth(destination(), pick(MACS) & ~(1L << 40));
    for (int tags = r.nextInt(4) - 1; tags > 0; tags--) {
      b.vlan(tags == 2 ? EthType.VLAN_8021AD : EthType.VLAN, r.nextInt(2) * 5 << 13 | pick(VIDS));
    }
    int l4 = r.nextInt(6);
    switch (kind()) {
      case 0, 1 -> {
        b.ipv4(pick(IPS), pick(IPS), r.nextInt(3) << 2, 1 + r.nextInt(3), 0);
        switch (r.nextInt(8)) {
          case 0 -> b.ipv4Fragment(9, 0, true);
          case 1 -> b.ipv4Fragment(9, 64, one(2));
          default -> {}
        }
        transport(b, l4, true);
      }
      case 2 -> {
        b.ipv6(address(), address(), 0, r.nextInt(2), 1 + r.nextInt(3));
        switch (r.nextInt(12)) {
          case 0 -> b.ipv6Fragment(9, 0, true);
          case 1 -> b.ipv6Fragment(9, 8, one(2));
          case 2 -> b.extension(IpProto.HOPOPTS, 0);
          default -> {}
        }
        transport(b, l4, false);
      }
      case 3 -> b.arp(1 + r.nextInt(2), pick(MACS), pick(IPS), pick(MACS), pick(IPS));
      default -> b.type(0x88b5).payload(20);
    }
    return b.bytes();
  }

  /** What the frame carries: mostly what the rules match. */
  private int kind() {
    if (one(3)) {
      return r.nextInt(5);
    }
    return switch (style) {
      case ANY, L2 -> r.nextInt(5);
      case ROUTES -> 0;
      case ROUTES6 -> 2;
      case ACL -> r.nextInt(3);
      case NEIGHBOURS -> 2 + r.nextInt(2);
    };
  }

  private Ipv6Address address() {
    return new Ipv6Address(0x20010db8L << 32 | r.nextInt(2), r.nextInt(2));
  }

  private void transport(PacketBuilder b, int l4, boolean v4) {
    switch (l4) {
      case 0, 1 -> b.tcp(pick(L4_PORTS), pick(L4_PORTS), pick(TCP_FLAGS), 0);
      case 2, 3 -> b.udp(pick(L4_PORTS), pick(L4_PORTS));
      case 4 -> b.sctp(pick(L4_PORTS), pick(L4_PORTS));
      default -> {
        if (v4) {
          b.icmp(r.nextInt(3), r.nextInt(2), 0);
        } else if (one(4)) {
          b.icmpv6(r.nextInt(3), r.nextInt(2), 0);
        } else {
          int type = 135 + r.nextInt(2);
          b.nd(type, 0, address());
          if (!one(4)) {
            b.ndOption(type == 135 ? 1 : 2, pick(MACS));
          }
          return;
        }
      }
    }
    b.payload(8);
  }

  private boolean one(int in) {
    return r.nextInt(in) == 0;
  }

  private long pick(long[] a) {
    return a[r.nextInt(a.length)];
  }

  private int pick(int[] a) {
    return a[r.nextInt(a.length)];
  }

  /** For messages of failed tests. */
  public static String text(BridgeState b) {
    StringBuilder s = new StringBuilder();
    for (int t = 0; t < TABLES; t++) {
      int table = t;
      b.table(t)
          .forEach(
              r ->
                  s.append(
                      String.format(
                          "%n  table %d priority %d %s: %s",
                          table, r.priority(), r.match(), r.instructions())));
    }
    return s.toString();
  }

  public static String text(OdpActions a) {
    StringBuilder s = new StringBuilder("[");
    for (int i = 0; i < a.size(); i++) {
      s.append(
          String.format("%s(%d,%d,%x,%x) ", a.kind(i), a.word(i), a.arg(i), a.value(i), a.mask(i)));
    }
    return s.append(']').toString();
  }
}
