// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.flow.FlowLayout.ODP;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Be;
import org.beeswitch.flow.Csum;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.LinkMonitor;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real hosts talk through the kernel side. */
@Tag("system")
class ForwardingTest extends BetweenTwoHosts {
  private static final long TICK_NS = 10_000_000L;
  private static final long MAC = 0xffff_ffff_ffffL << 16;

  @Test
  void hostsPingThroughTwoFlowsAndEveryPacketIsCounted() {
    int there = lab.wire(0, 1);
    int back = lab.wire(1, 0);
    long missed = lab.dpif.stats().missed(); // The hosts may have said something before.
    long began = System.nanoTime();
    assertThat(lab.hosts.get(0).exec("ping", "-c3", "-i0.02", "-W2", lab.address(1)))
        .contains("3 received");
    assertThat(lab.hosts.get(0).exec("ping", "-6", "-c3", "-i0.02", "-W2", "fd00::2"))
        .contains("3 received");
    assertThat(lab.stats(there).packets).isGreaterThanOrEqualTo(6);
    assertThat(lab.stats(back).packets).isGreaterThanOrEqualTo(6);
    assertThat(lab.stats(there).bytes).isGreaterThanOrEqualTo(6 * 98);
    // In the datapath's clock, whose ticks are of milliseconds.
    assertThat(lab.stats(there).usedNs).isBetween(began - TICK_NS, System.nanoTime());
    assertThat(lab.dpif.stats().missed()).isEqualTo(missed);
    assertThat(lab.dpif.stats().flows()).isEqualTo(2);
    assertThat(lab.dpif.stats().masks()).isEqualTo(1);
  }

  @Test
  void aMissComesUpWithItsPortAndGoesOnByExecute() throws Exception {
    Process ping = lab.hosts.get(0).start("ping", "-c1", "-W5", lab.address(1));
    Lab.UpcallCopy miss =
        lab.awaitUpcall(
            u ->
                u.kind == UpcallKind.MISS
                    // Not what either host's IPv6 says of its own accord.
                    && Be.get16(u.packet.data(), u.packet.offset() + 12) != EthType.IPV6);
    assertThat(miss.metadata.inPort()).isEqualTo(lab.port(0));
    assertThat(lab.wire(0, 1)).isPositive();
    assertThat(lab.wire(1, 0)).isPositive();
    OdpActions out = new OdpActions();
    out.output(lab.port(1));
    OdpKey metadata = miss.metadata;
    assertThat(lab.dpif.execute(0, miss.packet, metadata, out)).isZero();
    assertThat(ping.waitFor()).isZero();
    assertThat(lab.dpif.stats().missed()).isPositive();
  }

  @Test
  void tcpKeepsItsSegmentsWholeAndItsChecksumsRight() throws Exception {
    int there = lab.wire(0, 1);
    lab.wire(1, 0);
    long bytes = 50_000_000;
    assertThat(transfer(bytes, lab.address(1))).isEqualTo(bytes);
    FlowStats s = lab.stats(there);
    assertThat(s.bytes).isGreaterThan(bytes);
    assertThat(s.bytes / s.packets).as("bytes a packet: more than an MTU").isGreaterThan(1_600);
    assertThat(s.tcpFlags & 0x13).as("SYN, FIN, ACK").isEqualTo(0x13);
  }

  @Test
  void addressesAndPortsOfTcpAreRewrittenBothWays() throws Exception {
    // Host 0 talks to 10.0.0.77:7777, which is host 1's real address and port.
    ServerSocket server = lab.hosts.get(1).call(() -> new ServerSocket(0));
    int port = server.getLocalPort();
    lab.hosts
        .get(0)
        .exec("ip", "neigh", "add", "10.0.0.77", "lladdr", "02:00:00:00:00:77", "dev", "h0");
    lab.hosts
        .get(1)
        .exec("ip", "neigh", "add", "10.0.0.1", "lladdr", "02:00:00:00:00:78", "dev", "h1");
    OdpActions there = new OdpActions();
    there.set(FlowLayout.ETH_DST_TYPE - ODP, lab.mac(1) << 16, MAC);
    there.set(FlowLayout.NW - ODP, 17L << 40, 0xffL << 40);
    there.set(FlowLayout.IPV4 - ODP, 0x0a000002L, 0xffffffffL);
    there.set(FlowLayout.TP - ODP, (long) port << 32, 0xffffL << 32);
    there.output(lab.port(1));
    OdpActions back = new OdpActions();
    back.set(FlowLayout.ETH_DST_TYPE - ODP, lab.mac(0) << 16, MAC);
    back.set(FlowLayout.IPV4 - ODP, 0x0a00004dL << 32, 0xffffffffL << 32);
    back.set(FlowLayout.TP - ODP, 7777L << 48, 0xffffL << 48);
    back.output(lab.port(0));
    putTcp(0, there);
    putTcp(1, back);
    long bytes = 20_000_000;
    assertThat(transfer(server, bytes, "10.0.0.77", 7777)).isEqualTo(bytes);
    String drops = lab.hosts.get(1).exec("nstat", "-asz", "TcpInCsumErrors");
    assertThat(drops).contains("TcpInCsumErrors                 0 ");
  }

  private void putTcp(int from, OdpActions a) {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    key.words()[0] = (long) lab.port(from) << 32;
    mask.words()[0] = -1L << 32;
    key.words()[FlowLayout.ETH_DST_TYPE - ODP] = 0x0800;
    mask.words()[FlowLayout.ETH_DST_TYPE - ODP] = 0xffff;
    key.words()[FlowLayout.NW - ODP] = 6L << 32;
    mask.words()[FlowLayout.NW - ODP] = 0xffL << 32;
    assertThat(lab.dpif.flowPut(key, mask, a)).isPositive();
  }

  private long transfer(long bytes, String address) throws Exception {
    ServerSocket server = lab.hosts.get(1).call(() -> new ServerSocket(0));
    return transfer(server, bytes, address, server.getLocalPort());
  }

  /** Sends bytes from host 0 to a server of host 1; returns how many arrived as they were sent. */
  private long transfer(ServerSocket server, long bytes, String address, int port)
      throws Exception {
    Thread sender =
        new Thread(
            () -> {
              try (Socket s = lab.hosts.get(0).call(() -> new Socket(address, port));
                  OutputStream out = s.getOutputStream()) {
                byte[] chunk = new byte[100_000];
                for (int i = 0; i < chunk.length; i++) {
                  chunk[i] = (byte) (i % 100);
                }
                for (long n = 0; n < bytes; n += chunk.length) {
                  out.write(chunk);
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    sender.start();
    long right = 0;
    server.setSoTimeout(20_000);
    try (server;
        Socket s = server.accept();
        InputStream in = s.getInputStream()) {
      s.setSoTimeout(20_000);
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
        for (int i = 0; i < n; i++) {
          right += buffer[i] == (byte) (right % 100) ? 1 : 0;
        }
      }
    }
    sender.join();
    return right;
  }

  @Test
  void aPriorityThatIsSetAndManyOutputsAreRunInTheKernel() {
    OdpActions a = new OdpActions();
    a.set(FlowLayout.SKB - ODP, 1L << 16 | 5, 0xffffffffL);
    for (int i = 0; i < 60; i++) {
      a.output(lab.port(1));
    }
    assertThat(lab.dpif.supports(a)).isTrue();
    int flow = lab.putByPort(0, a);
    lab.wire(1, 0);
    String ping = lab.hosts.get(0).exec("ping", "-c2", "-i0.1", "-W2", lab.address(1));
    assertThat(ping).contains("DUP!").contains("+");
    assertThat(lab.stats(flow).packets).isPositive();
    for (int i = 0; i < 5; i++) {
      a.output(lab.port(1));
    }
    assertThat(lab.dpif.supports(a)).as("65 actions").isFalse();
    assertThat(lab.putByPort(1, a)).isEqualTo(-Errno.EOPNOTSUPP);
  }

  /** A destination options header of a kilobyte: UDP is far behind what senders keep linear. */
  private static byte[] deepUdp(int dstPort) {
    int options = 1_024;
    int payload = 4_500;
    byte[] f = new byte[14 + 40 + options + 8 + payload];
    Be.put48(f, 0, 0x020000000002L);
    Be.put48(f, 6, 0x020000000001L);
    Be.put16(f, 12, 0x86dd);
    f[14] = 0x60;
    Be.put16(f, 18, f.length - 54);
    f[20] = 60;
    f[21] = 64;
    f[22] = (byte) 0xfd;
    f[37] = 1;
    f[38] = (byte) 0xfd;
    f[53] = 2;
    f[54] = 17;
    f[55] = (byte) (options / 8 - 1);
    int udp = 54 + options;
    Be.put16(f, udp, 1_000);
    Be.put16(f, udp + 2, dstPort);
    Be.put16(f, udp + 4, 8 + payload);
    int sum = Csum.finish(Csum.pseudo6(f, 14, 17, 8 + payload) + Csum.add(0, f, udp, 8 + payload));
    Be.put16(f, udp + 6, sum);
    return f;
  }

  @Test
  void headersBehindTheLinearPartAreReadAndRewritten() throws Exception {
    for (int i = 0; i < 2; i++) {
      lab.hosts.get(i).exec("ip", "link", "set", "h" + i, "mtu", "9000");
      lab.switchNs.exec("ip", "link", "set", "s" + i, "mtu", "9000");
    }
    Links links0 = lab.hosts.get(0).call(Links::open);
    Links links1 = lab.hosts.get(1).call(Links::open);
    Links links = lab.inSwitch(Links::open);
    try (PacketSocket far0 = lab.hosts.get(0).call(() -> PacketSocket.tapInto(links0, "h0"));
        PacketSocket far1 = lab.hosts.get(1).call(() -> PacketSocket.tapInto(links1, "h1"));
        LinkMonitor monitor = lab.inSwitch(() -> LinkMonitor.open(links))) {
      lab.inSwitch(() -> monitor.doWork(lab.dpif::onLink));
      OdpActions a = new OdpActions();
      a.set(FlowLayout.TP - ODP, 53L << 32, 0xffffL << 32);
      a.output(lab.port(1));
      OdpKey key = Lab.keyOf(deepUdp(9), lab.port(0));
      OdpKey mask = Lab.maskOf(FlowLayout.PORT_RECIRC, FlowLayout.NW, FlowLayout.TP);
      int flow = lab.dpif.flowPut(key, mask, a);
      assertThat(far0.send(Packet.of(deepUdp(9)))).isZero();
      assertThat(receive(far1).bytes()).isEqualTo(deepUdp(53));
      assertThat(lab.stats(flow).packets).isEqualTo(1);
      assertThat(lab.dpif.coverage().get("dp_pulled")).isEqualTo(1);
      // And by execute.
      assertThat(lab.dpif.execute(0, Packet.of(deepUdp(9)), new OdpKey(), a)).isZero();
      assertThat(receive(far1).bytes()).isEqualTo(deepUdp(53));
      assertThat(lab.dpif.coverage().get("dp_pulled")).isEqualTo(2);
    } finally {
      links0.close();
      links1.close();
      links.close();
    }
  }

  private static Packet receive(PacketSocket from) {
    Packet[] one = {new Packet(Packet.MAX_LENGTH)};
    long end = System.nanoTime() + 20_000_000_000L;
    while (System.nanoTime() < end) {
      if (from.receive(one, 1) == 1 && one[0].length() > 4_000) {
        return one[0];
      }
    }
    throw new AssertionError("nothing came");
  }
}
