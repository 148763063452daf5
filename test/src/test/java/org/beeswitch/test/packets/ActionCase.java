// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.beeswitch.openflow.msg.OfPort.LOCAL;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Ipv6Address;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.test.packets.FrameModel.L4;

/**
 * One thing that rules can do with a packet that enters by port 1 of a bridge with ports 1, 2, 3
 * and LOCAL: the rules, and what is to leave by which port, in order.
 */
record ActionCase(String name, List<FlowMod> rules, Effect effect) {
  static final int IN = 1;
  static final OfPort TWO = OfPort.of(2);
  static final OfPort THREE = OfPort.of(3);

  /** An address that the MAC table has behind port 3, untagged and in the VLANs of the frames. */
  static final long KNOWN = 0x0200000000c3L;

  private static final long MAC = 0x0a1122334455L;

  /** What is to leave. */
  record Sent(OfPort port, FrameModel frame) {}

  /** Says what is to leave if such a frame enters, which may be changed. */
  interface Effect {
    void apply(FrameModel frame, List<Sent> sent);
  }

  /** The actions, if they are all that the case is: a packet-out can have no more. */
  Optional<List<Action>> actions() {
    Instructions i = rules.get(0).instructions();
    boolean all = rules.size() == 1 && i.equals(Instructions.apply(i.apply()));
    return all ? Optional.of(i.apply()) : Optional.empty();
  }

  /**
   * The same with the controller in the place of port 2, if that is where alone all packets end.
   */
  Optional<ActionCase> toController() {
    Optional<List<Action>> actions = actions().filter(l -> !l.isEmpty());
    if (actions.isEmpty()
        || actions.get().stream().filter(Action.Output.class::isInstance).count() != 1) {
      return Optional.empty();
    }
    List<Action> l = new ArrayList<>(actions.get());
    if (!l.remove(l.size() - 1).equals(out(TWO))) {
      return Optional.empty();
    }
    l.add(new Action.Output(OfPort.CONTROLLER, Action.Output.ALL_BYTES));
    Effect toController =
        (f, sent) -> {
          for (Sent x : expect(f)) {
            sent.add(new Sent(OfPort.CONTROLLER, x.frame()));
          }
        };
    return Optional.of(apply(name + " to the controller", toController, l.toArray(Action[]::new)));
  }

  /** Has the switch learn where {@link #KNOWN} is. */
  static void teach(InProcessSwitch s) throws Exception {
    s.replaceRules(List.of(rule(0, Match.ANY, Instructions.apply(List.of(out(OfPort.NORMAL))))));
    for (FrameModel f : FrameModel.all(MAC)) {
      if (f.l3 == FrameModel.L3.UNKNOWN) {
        f.ethSrc = KNOWN;
        Tally flooded = new Tally(s);
        flooded.expect(OfPort.of(IN), f.bytes());
        flooded.expect(TWO, f.bytes());
        flooded.expect(LOCAL, f.bytes());
        s.wire(THREE.number()).send(f.packet());
        flooded.await();
      }
    }
  }

  List<Sent> expect(FrameModel in) {
    List<Sent> sent = new ArrayList<>();
    effect.apply(in.copy(), sent);
    return sent;
  }

  /** Every kind of action but output to controllers. */
  static List<ActionCase> all() {
    List<ActionCase> l = new ArrayList<>();
    outputs(l);
    setFields(l);
    tags(l);
    others(l);
    return l;
  }

  private static void outputs(List<ActionCase> l) {
    l.add(apply("drop", (f, s) -> {}));
    l.add(apply("output:2", (f, s) -> send(f, s, TWO), out(TWO)));
    l.add(apply("output:LOCAL", (f, s) -> send(f, s, LOCAL), out(LOCAL)));
    l.add(apply("in_port", (f, s) -> send(f, s, OfPort.of(IN)), out(OfPort.IN_PORT)));
    l.add(apply("output to the port it came from", (f, s) -> {}, out(OfPort.of(IN))));
    l.add(
        apply(
            "output:2,output:3,output:LOCAL,in_port",
            (f, s) -> send(f, s, TWO, THREE, LOCAL, OfPort.of(IN)),
            out(TWO),
            out(THREE),
            out(LOCAL),
            out(OfPort.IN_PORT)));
    l.add(apply("output:2,output:2", (f, s) -> send(f, s, TWO, TWO), out(TWO), out(TWO)));
    l.add(apply("flood", (f, s) -> send(f, s, TWO, THREE, LOCAL), out(OfPort.FLOOD)));
    l.add(apply("all", (f, s) -> send(f, s, TWO, THREE, LOCAL), out(OfPort.ALL)));
    l.add(
        apply(
            "normal to an unknown address",
            (f, s) -> send(f, s, TWO, THREE, LOCAL),
            out(OfPort.NORMAL)));
    l.add(
        apply(
            "normal to a known address",
            (f, s) -> {
              f.ethDst = KNOWN;
              send(f, s, THREE);
            },
            set(Field.ETH_DST, KNOWN),
            out(OfPort.NORMAL)));
  }

  private static void setFields(List<ActionCase> l) {
    l.add(edit("eth_src", f -> true, f -> f.ethSrc = MAC, set(Field.ETH_SRC, MAC)));
    l.add(edit("eth_dst", f -> true, f -> f.ethDst = MAC, set(Field.ETH_DST, MAC)));
    l.add(
        edit(
            "eth_dst, masked",
            f -> true,
            f -> f.ethDst = f.ethDst & ~0xff00L | 0x4400,
            masked(Field.ETH_DST, 0x4400, 0xff00)));
    l.add(
        edit(
            "vlan_vid",
            f -> true,
            f -> setTag(f, 0xffff_f000, 77),
            set(Field.VLAN_VID, 0x1000 | 77)));
    l.add(
        edit(
            "vlan_pcp",
            f -> !f.tags.isEmpty(),
            f -> setTag(f, 0xffff_1fff, 6 << 13),
            set(Field.VLAN_PCP, 6)));
    arpFields(l);
    ipFields(l);
    transportFields(l);
    l.add(edit("metadata", f -> true, f -> {}, set(Field.METADATA, 5)));
  }

  private static void arpFields(List<ActionCase> l) {
    l.add(edit("arp_op", FrameModel::isArp, f -> f.arpOp = 2, set(Field.ARP_OP, 2)));
    l.add(
        edit(
            "arp_spa",
            FrameModel::isArp,
            f -> f.ipv4Src = 0x0b010203,
            set(Field.ARP_SPA, 0x0b010203)));
    l.add(
        edit(
            "arp_tpa",
            FrameModel::isArp,
            f -> f.ipv4Dst = 0x0b010203,
            set(Field.ARP_TPA, 0x0b010203)));
    l.add(edit("arp_sha", FrameModel::isArp, f -> f.arpSha = MAC, set(Field.ARP_SHA, MAC)));
    l.add(edit("arp_tha", FrameModel::isArp, f -> f.arpTha = MAC, set(Field.ARP_THA, MAC)));
  }

  private static void ipFields(List<ActionCase> l) {
    l.add(
        edit(
            "ipv4_src",
            FrameModel::isIpv4,
            f -> f.ipv4Src = 0xc0a80a01L,
            set(Field.IPV4_SRC, 0xc0a80a01L)));
    l.add(
        edit(
            "ipv4_dst",
            FrameModel::isIpv4,
            f -> f.ipv4Dst = 0xc0a80a01L,
            set(Field.IPV4_DST, 0xc0a80a01L)));
    l.add(
        edit(
            "ipv4_dst, masked",
            FrameModel::isIpv4,
            f -> f.ipv4Dst = 0x0a00fe01L,
            masked(Field.IPV4_DST, 0xfe00, 0xff00)));
    Ipv6Address a = new Ipv6Address(0x20010db8L << 32 | 0xabcd, 0x1122334455667788L);
    l.add(
        edit(
            "ipv6_src",
            FrameModel::isIpv6,
            f -> f.ipv6Src = a,
            Action.SetField.exact(Field.IPV6_SRC, a.hi(), a.lo())));
    l.add(
        edit(
            "ipv6_dst",
            FrameModel::isIpv6,
            f -> f.ipv6Dst = a,
            Action.SetField.exact(Field.IPV6_DST, a.hi(), a.lo())));
    l.add(
        edit(
            "ipv6_dst, masked",
            FrameModel::isIpv6,
            f -> f.ipv6Dst = new Ipv6Address(f.ipv6Dst.hi(), 0xabcdL << 48 | f.ipv6Dst.lo()),
            new Action.SetField(Field.IPV6_DST, 0, 0xabcdL << 48, 0, 0xffffL << 48, false)));
    l.add(
        edit(
            "ipv6_label",
            FrameModel::isIpv6,
            f -> f.ipv6Label = 0xbeef,
            set(Field.IPV6_LABEL, 0xbeef)));
    l.add(
        edit(
            "ip_dscp", FrameModel::isIp, f -> f.tos = f.tos & 3 | 46 << 2, set(Field.IP_DSCP, 46)));
    l.add(edit("ip_ecn", FrameModel::isIp, f -> f.tos = f.tos & ~3 | 2, set(Field.IP_ECN, 2)));
    l.add(edit("nw_ttl", FrameModel::isIp, f -> f.ttl = 17, new Action.SetNwTtl(17)));
    l.add(edit("dec_nw_ttl", FrameModel::isIp, f -> f.ttl--, new Action.DecNwTtl()));
    l.add(
        edit(
            "ipv4_src, tcp_src and dec_nw_ttl",
            FrameModel::isIp,
            f -> {
              if (f.isIpv4()) {
                f.ipv4Src = 0xc0a80a01L;
              }
              if (f.hasL4() && f.l4 == L4.TCP) {
                f.tpSrc = 40_000;
              }
              f.ttl--;
            },
            set(Field.IPV4_SRC, 0xc0a80a01L),
            set(Field.TCP_SRC, 40_000),
            new Action.DecNwTtl()));
  }

  private static void transportFields(List<ActionCase> l) {
    Predicate<FrameModel> tcp = f -> f.hasL4() && f.l4 == L4.TCP;
    Predicate<FrameModel> udp = f -> f.hasL4() && f.isUdp();
    Predicate<FrameModel> sctp = f -> f.hasL4() && f.l4 == L4.SCTP;
    Predicate<FrameModel> icmp = f -> f.hasL4() && f.isIcmp() && f.isIpv4();
    Predicate<FrameModel> icmpv6 = f -> f.hasL4() && f.isIcmp() && f.isIpv6();
    Predicate<FrameModel> nd = f -> f.hasL4() && f.isNd();
    l.add(edit("tcp_src", tcp, f -> f.tpSrc = 0xfedc, set(Field.TCP_SRC, 0xfedc)));
    l.add(edit("tcp_dst", tcp, f -> f.tpDst = 0xfedc, set(Field.TCP_DST, 0xfedc)));
    l.add(edit("udp_src", udp, f -> f.tpSrc = 0xfedc, set(Field.UDP_SRC, 0xfedc)));
    l.add(edit("udp_dst", udp, f -> f.tpDst = 0xfedc, set(Field.UDP_DST, 0xfedc)));
    l.add(edit("sctp_src", sctp, f -> f.tpSrc = 0xfedc, set(Field.SCTP_SRC, 0xfedc)));
    l.add(edit("sctp_dst", sctp, f -> f.tpDst = 0xfedc, set(Field.SCTP_DST, 0xfedc)));
    l.add(edit("icmp_type", icmp, f -> f.icmpType = 3, set(Field.ICMPV4_TYPE, 3)));
    l.add(edit("icmp_code", icmp, f -> f.icmpCode = 9, set(Field.ICMPV4_CODE, 9)));
    l.add(edit("icmpv6_type", icmpv6, f -> f.icmpType = 3, set(Field.ICMPV6_TYPE, 3)));
    l.add(edit("icmpv6_code", icmpv6, f -> f.icmpCode = 9, set(Field.ICMPV6_CODE, 9)));
    Ipv6Address a = new Ipv6Address(0x20010db8L << 32 | 0xabcd, 0x1122334455667788L);
    l.add(
        edit(
            "nd_target",
            nd,
            f -> f.ndTarget = a,
            Action.SetField.exact(Field.ND_TARGET, a.hi(), a.lo())));
    l.add(
        edit(
            "nd_sll",
            nd.and(f -> f.l4 == L4.ND_SOLICIT),
            f -> f.ndLla = MAC,
            set(Field.ND_SLL, MAC)));
    l.add(
        edit(
            "nd_tll",
            nd.and(f -> f.l4 == L4.ND_ADVERT),
            f -> f.ndLla = MAC,
            set(Field.ND_TLL, MAC)));
  }

  private static void tags(List<ActionCase> l) {
    Action push = new Action.PushVlan(EthType.VLAN);
    Action pushS = new Action.PushVlan(EthType.VLAN_8021AD);
    Action pop = new Action.PopVlan();
    l.add(edit("push_vlan", f -> true, f -> push(f, EthType.VLAN, 0), push));
    l.add(
        edit(
            "push_vlan, vlan_vid, vlan_pcp",
            f -> true,
            f -> push(f, EthType.VLAN, 5 << 13 | 33),
            push,
            set(Field.VLAN_VID, 0x1000 | 33),
            set(Field.VLAN_PCP, 5)));
    l.add(
        edit(
            "push_vlan twice",
            f -> true,
            f -> {
              push(f, EthType.VLAN, 33);
              push(f, EthType.VLAN_8021AD, 44);
            },
            push,
            set(Field.VLAN_VID, 0x1000 | 33),
            pushS,
            set(Field.VLAN_VID, 0x1000 | 44)));
    l.add(edit("pop_vlan", f -> true, ActionCase::pop, pop));
    l.add(
        edit(
            "pop_vlan twice",
            f -> true,
            f -> {
              pop(f);
              pop(f);
            },
            pop,
            pop));
    l.add(
        edit(
            "pop_vlan, push_vlan",
            f -> true,
            f -> {
              pop(f);
              push(f, EthType.VLAN_8021AD, 55);
            },
            pop,
            pushS,
            set(Field.VLAN_VID, 0x1000 | 55)));
    l.add(
        apply(
            "push_vlan,output:2,pop_vlan,output:3",
            (f, s) -> {
              FrameModel tagged = f.copy();
              push(tagged, EthType.VLAN, 33);
              send(tagged, s, TWO);
              pop(tagged);
              send(tagged, s, THREE);
            },
            push,
            set(Field.VLAN_VID, 0x1000 | 33),
            out(TWO),
            pop,
            out(THREE)));
  }

  private static void others(List<ActionCase> l) {
    l.add(edit("set_queue", f -> true, f -> {}, new Action.SetQueue(1)));
    l.add(
        apply(
            "output:2, then eth_dst and dec_ttl, output:3",
            (f, s) -> {
              send(f.copy(), s, TWO);
              f.ethDst = MAC;
              if (f.isIp()) {
                f.ttl--;
              }
              send(f, s, THREE);
            },
            out(TWO),
            set(Field.ETH_DST, MAC),
            new Action.DecNwTtl(),
            out(THREE)));
    l.add(
        new ActionCase(
            "write_actions",
            List.of(
                rule(
                    0,
                    FROM_1,
                    Instructions.builder()
                        .write(
                            List.of(
                                out(TWO),
                                set(Field.ETH_SRC, MAC),
                                new Action.PushVlan(EthType.VLAN),
                                new Action.DecNwTtl()))
                        .build())),
            (f, s) -> {
              push(f, EthType.VLAN, 0);
              f.ethSrc = MAC;
              if (f.isIp()) {
                f.ttl--;
              }
              send(f, s, TWO);
            }));
    l.add(
        new ActionCase(
            "write_actions,goto_table:1; clear_actions,write_actions",
            List.of(
                rule(
                    0,
                    FROM_1,
                    Instructions.builder()
                        .write(List.of(set(Field.ETH_SRC, MAC), out(THREE)))
                        .gotoTable(1)
                        .build()),
                rule(
                    1, Match.ANY, Instructions.builder().clear().write(List.of(out(TWO))).build())),
            (f, s) -> send(f, s, TWO)));
    l.add(
        new ActionCase(
            "apply_actions,write_metadata,goto_table:1; metadata matched",
            List.of(
                rule(
                    0,
                    FROM_1,
                    Instructions.builder()
                        .apply(List.of(set(Field.ETH_SRC, MAC)))
                        .metadata(0xf0, 0xff)
                        .gotoTable(1)
                        .build()),
                rule(
                    1,
                    Match.builder().exact(Field.METADATA, 0xf0).build(),
                    Instructions.apply(List.of(out(TWO))))),
            (f, s) -> {
              f.ethSrc = MAC;
              send(f, s, TWO);
            }));
  }

  // What actions do to a frame.

  /** Sets bits of the outermost tag; a frame without one gets one. */
  private static void setTag(FrameModel f, int keep, int bits) {
    if (f.tags.isEmpty()) {
      f.tags.add(EthType.VLAN << 16);
    }
    f.tags.set(0, f.tags.get(0) & keep | bits);
  }

  private static void push(FrameModel f, int tpid, int tci) {
    f.tags.add(0, tpid << 16 | tci);
  }

  private static void pop(FrameModel f) {
    if (!f.tags.isEmpty()) {
      f.tags.remove(0);
    }
  }

  private static void send(FrameModel f, List<Sent> sent, OfPort... ports) {
    for (OfPort p : ports) {
      sent.add(new Sent(p, f.copy()));
    }
  }

  // Rules.

  private static final Match FROM_1 = Match.builder().exact(Field.IN_PORT, IN).build();

  private static FlowMod rule(int table, Match m, Instructions i) {
    return InProcessSwitch.flowMod(FlowMod.Command.ADD, table, 10, m, i, 0);
  }

  private static ActionCase apply(String name, Effect effect, Action... actions) {
    return new ActionCase(
        name, List.of(rule(0, FROM_1, Instructions.apply(List.of(actions)))), effect);
  }

  /** Changes what satisfies the prerequisite, and sends all to port 2. */
  private static ActionCase edit(
      String name, Predicate<FrameModel> prereq, Consumer<FrameModel> change, Action... actions) {
    List<Action> all = new ArrayList<>(List.of(actions));
    all.add(out(TWO));
    return apply(
        name,
        (f, s) -> {
          if (prereq.test(f)) {
            change.accept(f);
          }
          send(f, s, TWO);
        },
        all.toArray(Action[]::new));
  }

  private static Action out(OfPort port) {
    return new Action.Output(port, 0);
  }

  private static Action set(Field f, long value) {
    return Action.SetField.exact(f, value);
  }

  private static Action masked(Field f, long value, long mask) {
    return new Action.SetField(f, 0, value, 0, mask, false);
  }

  @Override
  public String toString() {
    return name;
  }
}
