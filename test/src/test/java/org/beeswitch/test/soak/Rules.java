// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.FlowStats;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;
import org.beeswitch.test.controllers.Await;
import org.beeswitch.test.controllers.Peer;

/**
 * Rules that come and go in br0, by the hands of two: the steady controller, which keeps accounts,
 * and a management client, which makes a mess.
 *
 * <p>The controller's rules are in a table of their own, each with a match and a cookie that no
 * other ever has, and each has to be reported removed once: by a time-out or by deletion. A rule
 * for what misses in another table sends to controllers, and what it has counted has to have
 * arrived. The client's rules overlap in tables 0 and 1 and decide about everybody's packets.
 */
final class Rules {
  /** UDP to this port misses in {@link #MISS_TABLE}. */
  static final int MISS_PORT = 7777;

  private static final int MISS_TABLE = 20;
  private static final int ACCOUNT_TABLE = 5;
  private static final int MANY = 400;
  private static final int BATCH = 20;
  private static final long MISS_COOKIE = 0xa11L;
  private static final long MESS_COOKIE = 0xbadL;
  private static final long ACCOUNT_COOKIE = 0xacc0_0000_0000L;

  private final Site site;
  private final Peer controller;
  private final Random mine;
  private final Random messy;

  // The controller's thread.
  private final Set<Long> expected = new HashSet<>();
  private final Deque<Integer> withoutTimeout = new ArrayDeque<>();
  private int added;
  private long packetIns;

  // The client's thread.
  private final FlowTextParser parser = new FlowTextParser(Names.NONE);

  Rules(Site site, Peer controller, Random mine, Random messy) {
    this.site = site;
    this.controller = controller;
    this.mine = mine;
    this.messy = messy;
  }

  /** What stays all the time. */
  void begin() throws Exception {
    site.change(
        "br0",
        add("table=0,priority=0,actions=NORMAL"),
        add("table=0,priority=60000,udp,tp_dst=" + MISS_PORT + ",actions=goto_table:" + MISS_TABLE),
        add("table=" + MISS_TABLE + ",priority=0,cookie=" + MISS_COOKIE + ",actions=CONTROLLER"));
  }

  private static FlowMod add(String text) throws FlowSyntaxException {
    return Site.flow(FlowMod.Command.ADD, text);
  }

  // The controller.

  /** Adds some, deletes some, and takes note of what has gone. */
  void keepAccounts() throws Exception {
    for (int i = 0; i < BATCH; i++) {
      if (withoutTimeout.size() < MANY && mine.nextInt(3) > 0) {
        addOne();
      } else if (!withoutTimeout.isEmpty()) {
        controller.send(
            Site.flow(FlowMod.Command.DELETE_STRICT, account(withoutTimeout.removeFirst())));
      }
    }
    controller.barrier();
    read();
  }

  private void addOne() throws Exception {
    int n = added++;
    String timeout =
        switch (mine.nextInt(4)) {
          case 0 -> ",idle_timeout=1";
          case 1 -> ",hard_timeout=" + (1 + mine.nextInt(3));
          default -> "";
        };
    if (timeout.isEmpty()) {
      withoutTimeout.add(n);
    }
    expected.add(ACCOUNT_COOKIE + n);
    controller.send(
        add(
            account(n)
                + ",send_flow_rem,cookie="
                + (ACCOUNT_COOKIE + n)
                + timeout
                + ",actions=output:2"));
  }

  private static String account(int n) {
    return "table="
        + ACCOUNT_TABLE
        + ",priority=7,ip,nw_dst="
        + String.format("20.%d.%d.%d", n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
  }

  private void read() {
    for (FlowRemoved m : controller.take(FlowRemoved.class)) {
      if (m.tableId() == ACCOUNT_TABLE) {
        assertThat(expected.remove(m.cookie())).as("told once that it is gone: %s", m).isTrue();
      }
    }
    controller.take(PortStatus.class); // read by nobody
    packetIns +=
        controller.take(PacketIn.class).stream().filter(m -> m.cookie() == MISS_COOKIE).count();
  }

  /** Takes away all rules that change; fails if one of the accounts is not told to be gone. */
  void end() throws Exception {
    controller.send(Site.flow(FlowMod.Command.DELETE, "table=" + ACCOUNT_TABLE));
    site.change("br0", Site.flow(FlowMod.Command.DELETE, "cookie=" + MESS_COOKIE + "/-1"));
    controller.barrier();
    Await.until(
        "all FLOW_REMOVED",
        () -> {
          read();
          return expected.isEmpty();
        });
    withoutTimeout.clear();
  }

  int added() {
    return added;
  }

  long packetIns() {
    return packetIns;
  }

  /** Packets that have met the rule for misses, fewer those that have arrived as packet-ins. */
  long packetInsMissing() throws IOException {
    read();
    for (FlowStats f : site.flows("br0")) {
      if (f.tableId() == MISS_TABLE && f.cookie() == MISS_COOKIE) {
        return f.packetCount() - packetIns;
      }
    }
    throw new AssertionError("the rule for misses is gone");
  }

  // The client.

  /** Some changes of overlapping rules, and a packet-out. */
  void makeAMess(OfClient<Decoded, OfFrame> c) throws Exception {
    List<FlowMod> changes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      changes.add(messyChange());
    }
    assertThat(Site.send(c, changes)).isEmpty();
    assertThat(Site.send(c, List.of(parser.packetOut(packetOut())))).isEmpty();
  }

  private FlowMod messyChange() throws FlowSyntaxException {
    int table = messy.nextInt(2);
    int kind = messy.nextInt(11);
    // Rules of different masks never have the same priority: which of two wins would be anybody's.
    int priority = 20 * (1 + messy.nextInt(5)) + kind;
    String match = "table=" + table + ",priority=" + priority + messyMatch(kind);
    String actions = ",actions=" + messyActions(table, messy.nextInt(10));
    return switch (messy.nextInt(8)) {
      case 0 -> Site.flow(FlowMod.Command.DELETE_STRICT, match);
      case 1 -> Site.flow(FlowMod.Command.DELETE, "table=1,ip,cookie=" + MESS_COOKIE + "/-1");
      case 2 -> Site.flow(FlowMod.Command.MODIFY_STRICT, match + actions);
      case 3 -> add(match + ",cookie=" + MESS_COOKIE + ",hard_timeout=1,idle_timeout=1" + actions);
      default -> add(match + ",cookie=" + MESS_COOKIE + actions);
    };
  }

  private String messyMatch(int kind) {
    return switch (kind) {
      case 0, 8, 9, 10 ->
          ",ip,nw_dst=10.0.0." + messy.nextInt(8) + "/" + (kind == 0 ? 32 : 21 + kind);
      case 1 -> ",udp,tp_dst=" + messy.nextInt(64) * 1024 + "/0xfc00";
      case 2 -> ",in_port=" + (1 + messy.nextInt(3));
      case 3 -> ",dl_src=02:00:00:00:00:0" + (1 + messy.nextInt(5));
      case 4 -> ",tcp,tp_src=" + messy.nextInt(16) * 4096 + "/0xf000";
      case 5 -> ",udp,nw_src=30.0." + messy.nextInt(4) + ".0/24";
      case 6 -> ",icmp";
      default ->
          ",dl_dst=06:00:00:00:00:00/ff:ff:ff:ff:ff:" + String.format("%02x", messy.nextInt(256));
    };
  }

  private String messyActions(int table, int kind) {
    return switch (kind) {
      case 0 -> "drop";
      case 1 -> table == 0 ? "goto_table:1" : "NORMAL";
      case 2 -> "mod_dl_src:02:00:00:00:00:77,output:2";
      case 3 -> "output:1,output:2,output:3";
      case 4 -> "flood";
      case 5 -> "push_vlan:0x8100,set_field:4103->vlan_vid,output:10,pop_vlan,output:2";
      case 6 -> "in_port";
      case 7 -> "controller:64,NORMAL";
      default -> "NORMAL";
    };
  }

  private String packetOut() {
    return "in_port=CONTROLLER,packet=ffffffffffff0600000000"
        + String.format("%02x", messy.nextInt(256))
        + "88b5"
        + "00".repeat(46)
        + ",actions="
        + (messy.nextBoolean() ? "flood" : "TABLE");
  }
}
