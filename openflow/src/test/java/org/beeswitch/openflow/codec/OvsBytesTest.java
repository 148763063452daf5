// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.SoftAssertions;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a real {@code ovs-ofctl} and a real {@code ovs-vswitchd} say to each other, listened to by a
 * proxy: we understand every message, and write it again byte for byte.
 */
@Tag("system")
class OvsBytesTest {
  /** Flows whose text, as {@code ovs-ofctl} sends it at 1.3, has no unknown part. */
  private static final List<String> FLOWS =
      List.of(
          "table=0,priority=0,actions=NORMAL",
          "in_port=1,actions=LOCAL,2,controller:100,in_port,all,flood,table",
          "dl_src=50:54:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
          "dl_vlan=5,dl_vlan_pcp=3,actions=pop_vlan,output:1",
          "dl_vlan=0xffff,actions=push_vlan:0x8100,set_field:4101->vlan_vid,output:3",
          "vlan_tci=0x1000/0x1000,actions=mod_vlan_vid:7,mod_vlan_pcp:2,output:1",
          "actions=mod_vlan_vid:9,output:1",
          "ip,nw_src=10.0.0.0/8,nw_dst=10.1.2.3,nw_tos=32,nw_ecn=1,nw_ttl=64,actions=dec_ttl,1",
          "ip,ip_frag=later,actions=1",
          "ip,ip_frag=no,actions=1",
          "tcp,tp_src=0x1000/0xf000,tp_dst=80,tcp_flags=+syn-ack,actions=mod_tp_dst:8080,1",
          "udp,tp_dst=53,actions=mod_nw_src:1.2.3.4,mod_nw_dst:5.6.7.8,mod_nw_tos:4,1",
          "sctp,tp_src=5,tp_dst=6,actions=set_field:7->sctp_dst,1",
          "icmp,icmp_type=8,icmp_code=0,actions=mod_dl_src:02:00:00:00:00:05,1",
          "arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/24,arp_sha=00:00:00:00:00:01,"
              + "arp_tha=00:00:00:00:00:02,actions=set_field:2->arp_op,1",
          "rarp,actions=2",
          "ipv6,ipv6_src=2001:db8::/32,ipv6_dst=fe80::1,ipv6_label=0x12345,actions="
              + "set_field:fe80::9->ipv6_dst,1",
          "tcp6,tp_dst=443,actions=mod_nw_ttl:3,1",
          "udp6,tp_src=1,actions=1",
          "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::2,nd_sll=00:00:00:00:00:03,actions=1",
          "icmp6,icmp_type=136,icmp_code=0,nd_target=fe80::2,nd_tll=00:00:00:00:00:03,actions=1",
          "mpls,mpls_label=5,mpls_tc=1,mpls_bos=1,mpls_ttl=9,actions=dec_mpls_ttl,pop_mpls:0x800,1",
          "ip,actions=push_mpls:0x8847,set_field:77->mpls_label,set_mpls_ttl(7),1",
          "metadata=0x55/0xff,reg0=1,reg15=0x10/0xf0,pkt_mark=3,actions=1",
          "tun_id=5,tun_src=10.0.0.0/8,tun_dst=1.2.3.4,actions=set_tunnel:9,1",
          "tun_ipv6_src=fe80::1,tun_gbp_id=4,actions=1",
          "ct_state=+trk+est,ct_zone=5,ct_mark=1,ct_label=0x1/0x1,ip,actions=1",
          "conj_id=7,ip,actions=1",
          "actset_output=3,actions=1",
          "actions=set_field:00:00:00:00:00:10/00:00:00:00:00:f0->eth_dst,load:5->NXM_NX_REG1[0..7],1",
          "actions=set_field:1->reg2,set_field:0x123->metadata,set_queue:5,1,pop_queue",
          "actions=load:3->OXM_OF_METADATA[4..20],load:1->NXM_NX_TUN_IPV6_DST[60..70],1",
          "actions=set_field:3->in_port,set_field:LOCAL->in_port,load:2->NXM_OF_IN_PORT[],1",
          "actions=enqueue:1:7",
          "table=1,actions=clear_actions,write_actions(dec_ttl,output:1),write_metadata:0x1/0xf,"
              + "goto_table:5",
          "table=2,actions=write_actions(),goto_table:9",
          "cookie=0x1234,idle_timeout=5,hard_timeout=10,send_flow_rem,check_overlap,"
              + "reset_counts,no_packet_counts,no_byte_counts,priority=77,in_port=9,actions=1");

  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("mod-flows", "tcp,actions=2"),
          List.of("--strict", "mod-flows", "priority=77,in_port=9,actions=3"),
          List.of("del-flows", "cookie=0x10/0xf0,udp6"),
          List.of("del-flows", "table=3,out_port=2"),
          List.of("--strict", "del-flows", "priority=77,in_port=9"),
          List.of("show"),
          List.of("dump-flows"),
          List.of("dump-flows", "tcp,out_port=1"),
          List.of("dump-aggregate"),
          List.of("dump-desc"),
          List.of("dump-tables"),
          List.of("dump-table-features"),
          List.of("dump-ports"),
          List.of("dump-ports", "LOCAL"),
          List.of("dump-ports-desc"),
          List.of("add-group", "group_id=1,type=select,bucket=weight:5,actions=1,bucket=actions=2"),
          List.of("mod-group", "group_id=1,type=all,bucket=actions=pop_vlan,1"),
          List.of("--may-create", "mod-group", "group_id=2,type=indirect,bucket=actions=1"),
          List.of("add-group", "group_id=3,type=ff,bucket=watch_port:1,actions=1"),
          List.of("add-flow", "in_port=20,actions=group:1"),
          List.of("dump-groups"),
          List.of("dump-group-stats"),
          List.of("dump-group-features"),
          List.of("del-groups", "group_id=1"),
          List.of("add-meter", "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100"),
          List.of("dump-meters"),
          List.of("meter-stats"),
          List.of("meter-features"),
          List.of("del-meters"),
          List.of(
              "packet-out",
              "in_port=controller packet=" + "00".repeat(60) + " actions=1,set_queue:2,2"),
          List.of("mod-port", "br0", "no-forward"),
          List.of("get-frags"),
          List.of("set-frags", "nx-match"),
          List.of("queue-stats"),
          List.of("queue-get-config"),
          List.of("probe"));

  private final OfEncoder encoder = new OfEncoder();
  private final SoftAssertions all = new SoftAssertions();
  private int understood;

  @Test
  void ofctlAndVswitchdAreUnderstoodAndRepeatedByteForByte() throws Exception {
    assumeTrue(RealOvs.isAvailable(), "no ovs-vswitchd here, or not root");
    try (RealOvs ovs = new RealOvs();
        Proxy proxy = new Proxy(ovs.mgmt())) {
      for (String flow : FLOWS) {
        ofctl(proxy, List.of("add-flow", flow));
      }
      for (List<String> c : COMMANDS) {
        ofctl(proxy, c);
      }
    }
    System.out.println(understood + " messages of real OVS understood");
    all.assertAll();
    assertThat(understood).isGreaterThan(500);
  }

  private void ofctl(Proxy proxy, List<String> command) throws Exception {
    List<String> cmd = new ArrayList<>(List.of("ovs-ofctl", "-O", "OpenFlow13", "-t", "20"));
    int verb = command.get(0).startsWith("--") ? 2 : 1;
    cmd.addAll(command.subList(0, verb));
    cmd.add("unix:" + proxy.path());
    cmd.addAll(command.subList(verb, command.size()));
    Process p = new ProcessBuilder(cmd).redirectErrorStream(true).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = p.waitFor();
    proxy.quiesce();
    for (Proxy.Said said : proxy.take()) {
      check(cmd, said);
    }
    all.assertThat(status).as("%s: %s", command, out).isZero();
  }

  private void check(List<String> cmd, Proxy.Said said) {
    ByteBuf frame = Unpooled.wrappedBuffer(said.frame().array());
    boolean greeting = OfHeader.type(frame) <= OfHeader.ERROR;
    Decoded d = new OfDecoder(said.sender()).decode(greeting ? 0 : OfVersion.OF13, frame);
    if (!(d instanceof Decoded.Good g)) {
      all.fail("%s: %s: %s", cmd, ByteBufUtil.hexDump(frame), d);
      return;
    }
    understood++;
    OfFrame f = g.frame();
    if (hasUnknownFields(f.message())) {
      return;
    }
    ByteBuf again = Unpooled.buffer();
    encoder.encode(f, again);
    all.assertThat(ByteBufUtil.hexDump(again))
        .as("%s: %s", cmd, f.message())
        .isEqualTo(ByteBufUtil.hexDump(frame));
  }

  /** OVS's table features name fields that we do not have. */
  private static boolean hasUnknownFields(OfMessage m) {
    return m instanceof MultipartReply r
        && r.body().multipartType() == MultipartType.TABLE_FEATURES;
  }

  /** Passes bytes between a client and the switch, and remembers the messages. */
  private static final class Proxy implements AutoCloseable {
    private final Path dir = Files.createTempDirectory("bee-proxy-");
    private final Path target;
    private final ServerSocketChannel server =
        ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    private final List<Said> heard = new ArrayList<>();
    private final List<Thread> pumps = new ArrayList<>();

    /** A message and its sender. */
    private record Said(Sender sender, Bytes frame) {}

    Proxy(Path target) throws IOException {
      this.target = target;
      server.bind(UnixDomainSocketAddress.of(path()));
      Thread accept = new Thread(this::accept, "proxy");
      accept.setDaemon(true);
      accept.start();
    }

    Path path() {
      return dir.resolve("sock");
    }

    private void accept() {
      try {
        while (true) {
          SocketChannel client = server.accept();
          SocketChannel real = SocketChannel.open(StandardProtocolFamily.UNIX);
          real.connect(UnixDomainSocketAddress.of(target));
          pump(Sender.CONTROLLER, client, real);
          pump(Sender.SWITCH, real, client);
        }
      } catch (IOException e) {
        return; // closed: the test is over
      }
    }

    private void pump(Sender sender, SocketChannel from, SocketChannel to) {
      Thread t =
          new Thread(
              () -> {
                try (from;
                    to) {
                  DataInputStream in = new DataInputStream(Channels.newInputStream(from));
                  while (true) {
                    byte[] head = in.readNBytes(8);
                    if (head.length < 8) {
                      return;
                    }
                    int length = ByteBuffer.wrap(head).getShort(2) & 0xffff;
                    ByteBuffer frame = ByteBuffer.allocate(length).put(head);
                    frame.put(in.readNBytes(length - 8)).flip();
                    synchronized (heard) {
                      heard.add(new Said(sender, Bytes.copyOf(frame.array(), 0, length)));
                    }
                    while (frame.hasRemaining()) {
                      to.write(frame);
                    }
                  }
                } catch (IOException e) {
                  return; // one side has gone, and takes the other with it
                }
              },
              "proxy-" + sender);
      t.setDaemon(true);
      synchronized (pumps) {
        pumps.add(t);
      }
      t.start();
    }

    /** Waits until all that was said has been heard: a client that has gone ends its pumps. */
    void quiesce() throws InterruptedException {
      List<Thread> all;
      synchronized (pumps) {
        all = List.copyOf(pumps);
        pumps.clear();
      }
      for (Thread t : all) {
        t.join(TimeUnit.SECONDS.toMillis(20));
      }
    }

    List<Said> take() {
      synchronized (heard) {
        List<Said> l = List.copyOf(heard);
        heard.clear();
        return l;
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      Files.deleteIfExists(path());
      Files.deleteIfExists(dir);
    }
  }
}
