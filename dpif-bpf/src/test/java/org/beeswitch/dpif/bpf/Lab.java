// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.Upcall;
import org.beeswitch.dpif.bpf.sys.BpfObject;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.junit.jupiter.api.Assumptions;

/**
 * Hosts around a switch, each in a namespace of its own: host {@code i} has device {@code h<i>},
 * address 10.0.0.{@code i + 1} and fd00::{@code i + 1}; the switch has port {@code s<i>}.
 *
 * <p>The datapath lives in the switch's namespace: call it by {@link #inSwitch}.
 */
final class Lab implements AutoCloseable {
  final TestNetns switchNs;
  final List<TestNetns> hosts = new ArrayList<>();
  final List<OdpPort> ports = new ArrayList<>();
  final Path rundir;
  BpfDpif dpif;

  private Lab(TestNetns switchNs, Path rundir, BpfDpif dpif) {
    this.switchNs = switchNs;
    this.rundir = rundir;
    this.dpif = dpif;
  }

  /** Skips the calling test, loudly, where BPF programs cannot be loaded. */
  static void assumeBpf() {
    TestNetns.assumeRoot();
    boolean bpf =
        Files.isReadable(Path.of("/sys/kernel/btf/vmlinux")) && BpfObject.isLibraryPresent();
    if (!bpf) {
      System.err.println("SKIPPED: tests of the BPF datapath need libbpf and a kernel with BTF");
    }
    Assumptions.assumeTrue(bpf, "needs BPF");
  }

  static Lab create(int n) throws Exception {
    assumeBpf();
    TestNetns ns = TestNetns.create();
    Path rundir = Files.createTempDirectory("bee-lab");
    Lab lab = new Lab(ns, rundir, ns.call(() -> BpfDpif.open(rundir)));
    lab.inSwitch(
        () -> {
          lab.dpif.setHandlers(1);
          lab.dpif.setExecutors(2);
          return null;
        });
    for (int i = 0; i < n; i++) {
      TestNetns host = TestNetns.create();
      lab.hosts.add(host);
      host.veth("h" + i, ns, "s" + i);
      host.address("h" + i, "10.0.0." + (i + 1) + "/24");
      host.address("h" + i, "fd00::" + (i + 1) + "/64");
      String port = "s" + i;
      lab.ports.add(lab.inSwitch(() -> lab.dpif.portAdd(port, PortKind.SYSTEM)));
    }
    return lab;
  }

  /**
   * Ends the process, as far as a test can within its own: it lets go of everything, and another
   * one finds what is left.
   *
   * @param handlers how many the next one has
   */
  void restart(int handlers) throws Exception {
    inSwitch(
        () -> {
          dpif.close(true);
          dpif = BpfDpif.open(rundir);
          dpif.setHandlers(handlers);
          dpif.setExecutors(2);
          return null;
        });
  }

  <T> T inSwitch(Callable<T> code) throws Exception {
    return switchNs.call(code);
  }

  int port(int host) {
    return ports.get(host).number();
  }

  String address(int host) {
    return "10.0.0." + (host + 1);
  }

  long mac(int host) {
    String text = hosts.get(host).exec("cat", "/sys/class/net/h" + host + "/address").strip();
    return Long.parseLong(text.replace(":", ""), 16);
  }

  /** Everything that comes in by a port, whatever it is, goes out by another. */
  int wire(int from, int to) {
    OdpActions a = new OdpActions();
    a.output(port(to));
    return putByPort(from, a);
  }

  int putByPort(int from, OdpActions a) {
    OdpKey key = new OdpKey();
    OdpKey mask = new OdpKey();
    key.words()[0] = (long) port(from) << 32;
    mask.words()[0] = -1L << 32;
    return dpif.flowPut(key, mask, a);
  }

  /** Frames that differ in an address. */
  static byte[] udp(int i) {
    return new PacketBuilder()
        .eth(0x020000000002L, 0x020000000001L)
        .ipv4(0x0a090001L, 0x0a000000L | i, 0, 64, 0)
        .udp(1024, 9)
        .payload(new byte[18])
        .bytes();
  }

  /** The key of a frame as it comes in by a port, as the Java parser sees it. */
  static OdpKey keyOf(byte[] frame, int odpPortNo) {
    Flow flow = new Flow();
    FlowParser.parse(Packet.of(frame), flow, new Layers());
    OdpKey key = new OdpKey();
    key.project(flow);
    key.words()[0] = (long) odpPortNo << 32;
    return key;
  }

  /** A mask with ones in whole words. */
  static OdpKey maskOf(int... flowLayoutWords) {
    OdpKey mask = new OdpKey();
    for (int w : flowLayoutWords) {
      mask.words()[w - FlowLayout.ODP] = -1L;
    }
    return mask;
  }

  FlowStats stats(int flow) {
    FlowStats s = new FlowStats();
    dpif.flowStats(flow, s);
    return s;
  }

  /** Waits for an upcall that a test wants; others are passed over. Fails after half a minute. */
  UpcallCopy awaitUpcall(Predicate<Upcall> wanted) {
    UpcallCopy[] found = new UpcallCopy[1];
    long end = System.nanoTime() + 30_000_000_000L;
    while (found[0] == null) {
      dpif.receive(
          0,
          u -> {
            if (found[0] == null && wanted.test(u)) {
              found[0] = new UpcallCopy(u);
            }
          },
          1);
      if (found[0] == null) {
        if (System.nanoTime() > end) {
          throw new AssertionError("no such upcall in half a minute");
        }
        dpif.awaitUpcall(0, 100_000_000L);
      }
    }
    return found[0];
  }

  /** An upcall that stays. */
  static final class UpcallCopy {
    final org.beeswitch.dpif.UpcallKind kind;
    final Packet packet = new Packet(2048);
    final OdpKey metadata = new OdpKey();
    final long cookie0;
    final long cookie1;
    final long cookie2;

    UpcallCopy(Upcall u) {
      kind = u.kind;
      packet.copyFrom(u.packet);
      metadata.copyFrom(u.metadata);
      cookie0 = u.cookie0;
      cookie1 = u.cookie1;
      cookie2 = u.cookie2;
    }
  }

  @Override
  public void close() throws Exception {
    inSwitch(
        () -> {
          dpif.close(false);
          return null;
        });
    hosts.forEach(TestNetns::close);
    switchNs.close();
    Files.delete(rundir);
  }
}
