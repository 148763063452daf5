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
 */
public final class RandomTables {
  public static final int PORTS = 4;
  public static final int TABLES = 4;
  private static final long[] MACS = {
    0x0a0000000001L, 0x0a0000000002L, 0x0a00000000ffL, 0xffffffffffffL
  };
  private static final long[] IPS = {0x0a000001L, 0x0a000002L, 0x0a000102L, 0x0b000001L};
  private static final int[] L4_PORTS = {1, 2, 80, 0x8001};
  private static final int[] VIDS = {0, 1, 42};

  private final SplittableRandom r;

  public RandomTables(long seed) {
    r = new SplittableRandom(seed);
  }

  public Snapshot snapshot() {
    BridgeState b = BridgeState.create(0, "br0");
    for (int p = 1; p <= PORTS; p++) {
      PortDesc d = new PortDesc(OfPort.of(p), p, "p" + p, 0, 0, 0, 0, 0, 0, 0, 0);
      b = b.withPorts(b.ports().with(new PortState(d, p, null)));
    }
    for (int i = 0; i < 3; i++) {
      b =
          b.withMacs(
              b.macs().with(new MacEntry(pick(MACS), pick(VIDS), 1 + r.nextInt(PORTS), 0, 0)));
    }
    for (int t = 0; t < TABLES; t++) {
      ClassifierEditor<Rule> e = b.table(t).editor();
      for (int n = 1 + r.nextInt(8); n > 0; n--) {
        // Each rule has a priority of its own: which of two that overlap at one priority wins is
        // undefined.
        e.put(
            new Rule(
                t,
                16 * r.nextInt(8) + n,
                match(),
                r.nextInt(5),
                0,
                0,
                0,
                instructions(t),
                new Counter(0),
                0,
                0));
      }
      b = b.withTable(t, e.build());
    }
    return Snapshot.EMPTY.with(b);
  }

  public Match match() {
    Match.Builder m = Match.builder();
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
    switch (r.nextInt(6)) {
      case 0 -> ipv4(m);
      case 1 -> ipv6(m);
      case 2 -> {
        m.exact(Field.ETH_TYPE, EthType.ARP);
        if (one(2)) {
          m.exact(Field.ARP_OP, 1 + r.nextInt(2));
        }
        if (one(2)) {
          m.masked(Field.ARP_TPA, pick(IPS), prefix());
        }
      }
      default -> {}
    }
    return m.build();
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
    transport(m, IpProto.ICMP);
  }

  private void ipv6(Match.Builder m) {
    m.exact(Field.ETH_TYPE, EthType.IPV6);
    if (one(2)) {
      int bits = r.nextInt(65);
      long mask = bits == 0 ? 0 : -1L << 64 - bits;
      m.masked(
          Field.IPV6_DST,
          0x20010db8L << 32 | r.nextInt(2),
          r.nextInt(2),
          mask,
          bits == 64 && one(2) ? -1 : 0);
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
      m.masked(dst, pick(L4_PORTS), dst.masking() == Field.Masking.NONE || one(2) ? -1 : 0xff00);
    }
  }

  private long prefix() {
    return -1L << r.nextInt(33) & 0xffffffffL;
  }

  public Instructions instructions(int table) {
    Instructions.Builder b = Instructions.builder();
    if (!one(5)) {
      b.apply(actions());
    }
    if (one(8)) {
      b.clear();
    }
    if (one(4)) {
      b.write(actions());
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

  private Action action() {
    return switch (r.nextInt(24)) {
      case 0 -> new Action.PushVlan(EthType.VLAN);
      case 1 -> new Action.PopVlan();
      case 2 -> new Action.DecNwTtl();
      case 3 -> new Action.SetNwTtl(r.nextInt(3));
      case 4 -> new Action.SetQueue(r.nextInt(3));
      case 5 -> Action.SetField.exact(Field.ETH_SRC, pick(MACS));
      case 6 -> Action.SetField.exact(Field.ETH_DST, pick(MACS));
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
    PacketBuilder b = new PacketBuilder().eth(pick(MACS), pick(MACS) & ~(1L << 40));
    for (int tags = r.nextInt(4) - 1; tags > 0; tags--) {
      b.vlan(tags == 2 ? EthType.VLAN_8021AD : EthType.VLAN, r.nextInt(2) * 5 << 13 | pick(VIDS));
    }
    int l4 = r.nextInt(6);
    switch (r.nextInt(5)) {
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
        transport(b, l4, false);
      }
      case 3 -> b.arp(1 + r.nextInt(2), pick(MACS), pick(IPS), pick(MACS), pick(IPS));
      default -> b.type(0x88b5).payload(20);
    }
    return b.bytes();
  }

  private Ipv6Address address() {
    return new Ipv6Address(0x20010db8L << 32 | r.nextInt(2), r.nextInt(2));
  }

  private void transport(PacketBuilder b, int l4, boolean v4) {
    switch (l4) {
      case 0, 1 -> b.tcp(pick(L4_PORTS), pick(L4_PORTS));
      case 2, 3 -> b.udp(pick(L4_PORTS), pick(L4_PORTS));
      case 4 -> b.sctp(pick(L4_PORTS), pick(L4_PORTS));
      default -> {
        if (v4) {
          b.icmp(r.nextInt(3), r.nextInt(2), 0);
        } else {
          b.icmpv6(r.nextInt(3), r.nextInt(2), 0);
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
