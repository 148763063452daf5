// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.Packet;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.test.packets.FrameModel.Fragment;
import org.beeswitch.test.packets.FrameModel.L3;
import org.beeswitch.test.packets.FrameModel.L4;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The second packet is a hit: every kind of frame, untagged, tagged and doubly tagged, times every
 * kind of action.
 *
 * <p>The frames are sent through a case's rules all at once, twice. The first time each may miss.
 * The second time no handler may hear of any, none may be missed, all must be counted as hits; and
 * both times exactly the frames that {@link FrameModel} says must leave, by the right ports. They
 * are addressed to the port's own device, which has an IPv4 address: if the host's stack got any,
 * it would count and answer.
 */
@Tag("system")
class HitsTest {
  private static final int PORTS = 3;
  private static final long PATIENCE_NS = 3_000_000_000L;
  private static final long FAR = 0x020000000901L;

  /** Enough to see what is wrong. */
  private static final int MAX_COMPLAINTS = 60;

  /** A frame that left by a port. */
  private record Seen(OfPort port, Bytes bytes) {}

  @ParameterizedTest
  @EnumSource
  void theSecondPacketIsForwardedByTheDatapath(Backend backend) throws Exception {
    backend.assumeAvailable();
    try (InProcessSwitch s = InProcessSwitch.start(backend, PORTS)) {
      s.netns.exec("ip", "addr", "add", "10.0.0.1/24", "dev", "s1");
      List<FrameModel> frames = frames(s.macOfPort(ActionCase.IN));
      learnKnownAddress(s);
      Map<String, Long> hostBefore = hostCounters(s);
      List<String> wrong = new ArrayList<>();
      List<ActionCase> cases = ActionCase.all();
      for (ActionCase a : cases) {
        replaceRules(s, a.rules());
        List<String> complaints = new ArrayList<>();
        round(s, a, frames, false, complaints);
        if (complaints.isEmpty()) {
          round(s, a, frames, true, complaints);
        }
        if (!complaints.isEmpty()) {
          wrong.addAll(oneByOne(s, a, frames));
        }
      }
      System.out.printf(
          "%s: %d combinations of %d kinds of frames and %d of actions%n",
          backend, frames.size() * cases.size(), frames.size(), cases.size());
      assertThat(wrong.stream().limit(MAX_COMPLAINTS).collect(Collectors.joining("\n")))
          .as("%s combinations are wrong", wrong.size())
          .isEmpty();
      assertThat(hostCounters(s)).isEqualTo(hostBefore);
    }
  }

  /** Which frames it is, after the lot of them went wrong. */
  private static List<String> oneByOne(InProcessSwitch s, ActionCase a, List<FrameModel> frames)
      throws Exception {
    List<String> wrong = new ArrayList<>();
    for (FrameModel f : frames) {
      replaceRules(s, a.rules());
      List<String> complaints = new ArrayList<>();
      round(s, a, List.of(f), false, complaints);
      round(s, a, List.of(f), true, complaints);
      if (!complaints.isEmpty()) {
        wrong.add(a + ": " + f + ": " + String.join("; ", complaints));
      }
    }
    if (wrong.isEmpty()) {
      wrong.add(a + ": wrong with all frames at once, right with each alone");
    }
    return wrong;
  }

  private static void round(
      InProcessSwitch s,
      ActionCase a,
      List<FrameModel> frames,
      boolean mustHit,
      List<String> complaints) {
    int due = frames.stream().mapToInt(f -> a.expect(f).size()).sum();
    DpifStats before = s.dpif().stats();
    long upcallsBefore = s.upcalls();
    for (FrameModel f : frames) {
      s.wire(ActionCase.IN).send(f.packet());
    }
    List<Seen> seen = new ArrayList<>();
    long lastNews = System.nanoTime();
    boolean handled = false;
    while (!(handled && seen.size() >= due) && System.nanoTime() - lastNews < PATIENCE_NS) {
      int had = seen.size();
      // First whether all was done, then what came of it: so that nothing comes later.
      DpifStats now = s.dpif().stats();
      handled =
          now.hit() + now.missed() - before.hit() - before.missed() >= frames.size()
              && s.upcalls() - upcallsBefore >= now.missed() - before.missed();
      receive(s, seen);
      if (seen.size() > had) {
        lastNews = System.nanoTime();
      } else {
        LockSupport.parkNanos(50_000);
      }
    }
    receive(s, seen);
    compare(a, frames, seen, complaints);
    DpifStats after = s.dpif().stats();
    if (mustHit) {
      if (s.upcalls() != upcallsBefore) {
        complaints.add((s.upcalls() - upcallsBefore) + " upcalls " + s.dpif().coverage());
      }
      if (after.missed() != before.missed() || after.hit() - before.hit() != frames.size()) {
        complaints.add(
            String.format(
                "%d hits and %d misses of %d packets",
                after.hit() - before.hit(), after.missed() - before.missed(), frames.size()));
      }
    }
  }

  private static void receive(InProcessSwitch s, List<Seen> seen) {
    for (int i = 1; i <= PORTS; i++) {
      receive(s.wire(i), OfPort.of(i), seen);
    }
    receive(s.local(), OfPort.LOCAL, seen);
  }

  private static void receive(Wire wire, OfPort port, List<Seen> seen) {
    for (Packet p : wire.receive()) {
      Csum.complete(p);
      seen.add(new Seen(port, Bytes.wrap(p.bytes())));
    }
  }

  private static void compare(
      ActionCase a, List<FrameModel> frames, List<Seen> seen, List<String> complaints) {
    Map<Seen, Integer> balance = new HashMap<>();
    for (FrameModel f : frames) {
      for (ActionCase.Sent x : a.expect(f)) {
        balance.merge(new Seen(x.port(), Bytes.wrap(x.frame().bytes())), 1, Integer::sum);
      }
    }
    seen.forEach(x -> balance.merge(x, -1, Integer::sum));
    balance.forEach(
        (x, n) -> {
          if (n != 0) {
            complaints.add(
                String.format(
                    "%s by port %s: %s", n > 0 ? "did not leave" : "left", x.port(), x.bytes()));
          }
        });
  }

  /** What the switch's own host has counted of what its stack got from devices. */
  private static Map<String, Long> hostCounters(InProcessSwitch s) {
    Map<String, Long> all = new TreeMap<>();
    String[] lines = s.netns.exec("cat", "/proc/net/snmp").split("\n");
    for (int i = 0; i < lines.length; i += 2) {
      String[] names = lines[i].split(" ");
      String[] values = lines[i + 1].split(" ");
      for (int k = 1; k < names.length; k++) {
        if (names[k].equals("InReceives") || names[k].equals("InMsgs")) {
          all.put(names[0] + names[k], Long.parseLong(values[k]));
        }
      }
    }
    for (String line : s.netns.exec("cat", "/proc/net/snmp6").split("\n")) {
      if (line.startsWith("Ip6InReceives")) {
        all.put("Ip6InReceives", Long.parseLong(line.replaceAll("\\D*6\\D*", "")));
      }
    }
    return all;
  }

  private static void replaceRules(InProcessSwitch s, List<FlowMod> rules) throws Exception {
    List<FlowMod> all = new ArrayList<>();
    all.add(
        InProcessSwitch.flowMod(FlowMod.Command.DELETE, 0xff, 0, Match.ANY, Instructions.NONE, 0));
    all.addAll(rules);
    s.flowMods(all);
  }

  private static void learnKnownAddress(InProcessSwitch s) throws Exception {
    s.add(1, Match.ANY, new Action.Output(OfPort.NORMAL, 0));
    for (FrameModel f : frames(0x0200000000ffL)) {
      if (f.l3 == L3.UNKNOWN) {
        f.ethSrc = ActionCase.KNOWN;
        s.wire(3).send(f.packet());
        List<Seen> seen = new ArrayList<>();
        long end = System.nanoTime() + PATIENCE_NS;
        while (seen.size() < PORTS && System.nanoTime() < end) { // the others and LOCAL
          receive(s, seen);
        }
      }
    }
  }

  private static List<FrameModel> frames(long dst) {
    List<FrameModel> l = new ArrayList<>();
    l.add(new FrameModel("ARP", L3.ARP, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    for (L3 l3 : List.of(L3.IPV4, L3.IPV6)) {
      for (L4 l4 : List.of(L4.TCP, L4.UDP, L4.UDP_NO_CHECKSUM, L4.SCTP, L4.ICMP)) {
        for (Fragment f : Fragment.values()) {
          l.add(ip(l3, l4, f, false, dst));
        }
      }
      l.add(ip(l3, L4.TCP, Fragment.WHOLE, true, dst));
      l.add(ip(l3, L4.UDP, Fragment.WHOLE, true, dst));
      l.add(ip(l3, L4.NONE, Fragment.WHOLE, false, dst));
    }
    l.add(ip(L3.IPV6, L4.ND_SOLICIT, Fragment.WHOLE, false, dst));
    l.add(ip(L3.IPV6, L4.ND_ADVERT, Fragment.WHOLE, false, dst));
    l.add(new FrameModel("MPLS", L3.MPLS, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    l.add(new FrameModel("PBB", L3.PBB, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    l.add(new FrameModel("unknown", L3.UNKNOWN, L4.NONE, Fragment.WHOLE, false, dst, FAR));
    List<FrameModel> all = new ArrayList<>();
    for (FrameModel f : l) {
      all.add(f);
      FrameModel vlan = f.copy(f + " in VLAN");
      vlan.tags.add(EthType.VLAN << 16 | 3 << 13 | 10);
      all.add(vlan);
      FrameModel qinq = f.copy(f + " in QinQ");
      qinq.tags.add(EthType.VLAN_8021AD << 16 | 2 << 13 | 20);
      qinq.tags.add(EthType.VLAN << 16 | 3 << 13 | 10);
      all.add(qinq);
    }
    for (int i = 0; i < all.size(); i++) {
      all.get(i).id = i;
    }
    return all;
  }

  private static FrameModel ip(L3 l3, L4 l4, Fragment f, boolean partial, long dst) {
    String name =
        l3
            + " "
            + l4
            + (f == Fragment.WHOLE ? "" : ", " + f + " fragment")
            + (partial ? ", partial checksum" : "");
    return new FrameModel(name, l3, l4, f, partial, dst, FAR);
  }
}
