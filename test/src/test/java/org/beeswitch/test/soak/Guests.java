// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.beeswitch.openflow.channel.OfClient;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.FeaturesReply;
import org.beeswitch.openflow.msg.FeaturesRequest;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleReply;
import org.beeswitch.openflow.msg.RoleRequest;
import org.beeswitch.test.controllers.Peer;
import org.jspecify.annotations.Nullable;

/** Connections that come and go: two controllers of br0, one fickle and one slave, and tools. */
final class Guests {
  private final Site site;
  private final Random fickle;
  private final Random slave;
  private final Random tools;
  private @Nullable Peer slavePeer;

  Guests(Site site, Random fickle, Random slave, Random tools) {
    this.site = site;
    this.fickle = fickle;
    this.slave = slave;
    this.tools = tools;
  }

  /**
   * The fickle controller takes a connection, does this and that, and goes without a word. If it is
   * a bridge of a moment that has connected, the bridge may be the one that goes.
   */
  void fickle() throws Exception {
    try (Peer sw = site.fickle.accept()) {
      talk(sw);
    } catch (IOException e) {
      // It went while something was being sent to it.
    } catch (AssertionError e) {
      if (!String.valueOf(e.getMessage()).startsWith("the connection is over")) {
        throw e;
      }
    }
  }

  private void talk(Peer sw) throws Exception {
    for (int i = fickle.nextInt(4); i > 0; i--) {
      sw.ask(new FeaturesRequest(), FeaturesReply.class);
      Role role = fickle.nextBoolean() ? Role.PRIMARY : Role.EQUAL;
      sw.ask(new RoleRequest(role, 1), RoleReply.class);
      String match = "table=7,in_port=" + (1 + fickle.nextInt(9));
      sw.send(Site.flow(FlowMod.Command.ADD, match + ",hard_timeout=2,actions=output:1"));
      sw.barrier();
    }
    if (fickle.nextBoolean()) {
      sw.sendBytes(new byte[] {4, 18, 0, 16, 0, 0}); // the beginning of a message
    }
  }

  /** The slave looks, is refused what changes, and stays for a while. */
  void slave() throws Exception {
    Peer sw = slavePeer;
    if (sw == null) {
      sw = site.slave.accept();
      slavePeer = sw;
      sw.ask(new RoleRequest(Role.SECONDARY, 1), RoleReply.class);
    }
    sw.ask(
        new MultipartRequest(new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL)),
        MultipartReply.class);
    assertThat(sw.refusal(Site.flow(FlowMod.Command.ADD, "table=8,actions=drop")))
        .isEqualTo(OfErrorCode.OFPBRC_IS_SECONDARY);
    sw.take(PortStatus.class); // read by nobody
    if (slave.nextInt(50) == 0) {
      sw.close();
      slavePeer = null;
    }
  }

  /** An operator looks at something. */
  void tools() throws Exception {
    String bridge = tools.nextBoolean() ? "br0" : "br1";
    switch (tools.nextInt(12)) {
      case 0 -> site.control("dpctl/dump-flows", "-m");
      case 1 -> site.control("dpctl/show");
      case 2 -> site.control("coverage/show");
      case 3 -> site.control("fdb/show", bridge);
      case 4 -> site.control("memory/show");
      case 5 -> site.control("show");
      case 6 -> site.control("ofproto/trace", bridge, "in_port=1,tcp,nw_dst=10.0.0.2,tp_dst=80");
      case 7 -> leaveHalfway(bridge);
      default -> dump(bridge, tools.nextInt(4));
    }
  }

  private void dump(String bridge, int what) throws IOException {
    try (OfClient<Decoded, OfFrame> c = site.connect(bridge)) {
      MultipartRequest.Body question =
          switch (what) {
            case 0 -> new MultipartRequest.Port(OfPort.ANY);
            case 1 -> new MultipartRequest.Table();
            case 2 -> new MultipartRequest.PortDesc(OfPort.ANY);
            default -> new MultipartRequest.Flow(MultipartRequest.RuleFilter.ALL);
          };
      assertThat(Site.ask(c, question)).isNotEmpty();
    }
  }

  /** A client that goes in the middle of the greeting, or listens in and does not read. */
  private void leaveHalfway(String bridge) {
    String name = bridge + (tools.nextBoolean() ? ".mgmt" : ".snoop");
    try (SocketChannel c = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      c.connect(UnixDomainSocketAddress.of(site.rundir().resolve(name)));
      c.write(ByteBuffer.wrap(new byte[] {4, 0, 0, 8, 0}));
    } catch (IOException e) {
      // Where there is no controller there is nothing to listen in on, and the switch closes.
    }
  }

  /** The programs themselves, which take long to start. */
  void programs() {
    String rundir = site.rundir().toString();
    site.tool(Site.beectl(), "--rundir", rundir, "dump-flows", "br0");
    site.tool(Site.beectl(), "--rundir", rundir, "dpctl", "dump-flows");
    site.tool(Site.beectl(), "--rundir", rundir, "coverage");
    if (Files.exists(Path.of("/usr/bin/ovs-ofctl"))) {
      String br1 = "unix:" + site.rundir().resolve("br1.mgmt");
      for (String command : List.of("show", "dump-ports", "dump-flows")) {
        site.tool("ovs-ofctl", "-O", "OpenFlow13", command, br1);
      }
    }
  }
}
