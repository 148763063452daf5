// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.packets;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.flow.Match;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevStats;
import org.beeswitch.netdev.testing.TestNetns;
import org.beeswitch.ofproto.Backer;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.OfprotoListener;
import org.beeswitch.ofproto.PortDevices;
import org.beeswitch.ofproto.upcall.Handler;
import org.beeswitch.openflow.codec.FlowMods;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortDesc;
import org.beeswitch.openflow.msg.PortStats;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.TableId;
import org.jspecify.annotations.Nullable;

/**
 * A whole switch with its threads in the test's process: one datapath between Linux devices, one
 * bridge, no connections. The test is the controller and calls the bridge itself.
 *
 * <p>The switch has a network namespace of its own, {@link #netns}, with devices {@code s1..sn} as
 * ports 1..n and {@code br0} as LOCAL. The far end of port {@code i} is {@code f<i>}: in the
 * namespace that the test gives, or in one for all of them, from where the test sends and captures
 * by a {@link Wire}. Devices have no addresses, so nobody says anything that the test did not ask
 * for.
 *
 * <p>Everything that belongs to {@code main} happens on a thread of that name, in the switch's
 * namespace; {@link #onMain} brings the test's work there.
 */
final class InProcessSwitch implements AutoCloseable {
  private static final long MAIN_WAIT_NS = 20_000_000L;

  /** A thread that has died of a bug answers nobody. */
  private static final long MAIN_ANSWERS_S = 60;

  private static final int HANDLERS = 2;

  /** Drops of packets that no rule has counted. */
  private static final List<String> LOST_BEFORE =
      List.of("netdev_rx_queue_full", "netdev_rx_too_long", "netdev_rx_unsupported_offload");

  final TestNetns netns;
  final Queue<PacketIn> packetIns = new ConcurrentLinkedQueue<>();
  final Queue<FlowRemoved> flowsRemoved = new ConcurrentLinkedQueue<>();
  private final Path rundir;
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final List<Wire> wires = new ArrayList<>();
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Thread main = new Thread(this::runMain, "main");
  private volatile boolean closing;

  /** Null until the datapath is open. */
  private volatile @Nullable Parts parts;

  private record Parts(Dpif dpif, Backer backer, Ofproto br0, Links links) {}

  private InProcessSwitch() throws IOException {
    netns = TestNetns.create();
    rundir = Files.createTempDirectory("bee-switch");
  }

  /** A switch whose ports' far ends are all in one namespace. */
  static InProcessSwitch start(Backend backend, int ports) throws Exception {
    return start(backend, ports, HANDLERS);
  }

  static InProcessSwitch start(Backend backend, int ports, int handlers) throws Exception {
    TestNetns far = TestNetns.create();
    List<TestNetns> hosts = new ArrayList<>();
    for (int i = 0; i < ports; i++) {
      hosts.add(far);
    }
    InProcessSwitch s = start(backend, hosts, handlers);
    s.toClose.add(far);
    for (int i = 1; i <= ports; i++) {
      s.wires.add(Wire.open(far, "f" + i, OfPort.of(i)));
    }
    s.wires.add(Wire.open(s.netns, "br0", OfPort.LOCAL));
    return s;
  }

  /** A switch with a port to each host, whose device is {@code f<i>}, i from 1. */
  static InProcessSwitch start(Backend backend, List<TestNetns> hosts) throws Exception {
    return start(backend, hosts, HANDLERS);
  }

  private static InProcessSwitch start(Backend backend, List<TestNetns> hosts, int handlers)
      throws Exception {
    InProcessSwitch s = new InProcessSwitch();
    s.main.setDaemon(true);
    s.main.start();
    try {
      for (int i = 1; i <= hosts.size(); i++) {
        s.netns.veth("s" + i, hosts.get(i - 1), "f" + i);
      }
      s.parts = s.onMain(() -> s.makeParts(backend, hosts.size(), handlers));
      return s;
    } catch (Exception | Error e) {
      s.close();
      throw e;
    }
  }

  private Parts makeParts(Backend backend, int ports, int handlers)
      throws DpifException, NetdevException {
    Links links = Links.open();
    Dpif dpif = backend.open(rundir);
    try {
      return makeParts(links, dpif, ports, handlers);
    } catch (DpifException | NetdevException | RuntimeException e) {
      dpif.close();
      links.close();
      throw e;
    }
  }

  private Parts makeParts(Links links, Dpif dpif, int ports, int handlers)
      throws DpifException, NetdevException {
    Backer backer =
        new Backer(dpif, () -> LockSupport.unpark(main), (bridge, m) -> packetIns.add(m));
    backer.prepare(handlers);
    Ofproto br0 = new Ofproto(backer, "br0", new Devices(links), new Listener());
    backer.start();
    for (int i = 1; i <= ports; i++) {
      addPort(dpif, br0, "s" + i, PortKind.SYSTEM, OfPort.of(i));
    }
    addPort(dpif, br0, "br0", PortKind.INTERNAL, OfPort.LOCAL);
    links.setUp(links.get("br0").ifindex(), true);
    return new Parts(dpif, backer, br0, links);
  }

  private static void addPort(Dpif dpif, Ofproto br0, String name, PortKind kind, OfPort number)
      throws DpifException {
    OdpPort odp = dpif.portAdd(name, kind);
    for (DpifPort p : dpif.ports()) {
      if (p.number().equals(odp)) {
        br0.addPort(p, number, System.nanoTime());
      }
    }
  }

  /** Makes another device of the switch's namespace a port. */
  void addPort(String device, OfPort number) throws Exception {
    onMain(
        () -> {
          addPort(dpif(), br0(), device, PortKind.SYSTEM, number);
          return null;
        });
  }

  private void runMain() {
    netns.enter();
    while (!closing) {
      boolean worked = false;
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
        worked = true;
      }
      Parts p = parts;
      if (p != null) {
        long now = System.nanoTime();
        worked |= p.backer.doWork(now) > 0;
        p.br0.expire(now);
      }
      if (!worked) {
        LockSupport.parkNanos(this, MAIN_WAIT_NS);
      }
    }
  }

  /** Calls code on {@code main} and throws what it throws. */
  <T> T onMain(Callable<T> code) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    tasks.add(
        () -> {
          try {
            result.complete(code.call());
          } catch (Throwable t) {
            result.completeExceptionally(t);
          }
        });
    LockSupport.unpark(main);
    try {
      return result.get(MAIN_ANSWERS_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      } else if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  private Parts parts() {
    return Objects.requireNonNull(parts);
  }

  Dpif dpif() {
    return parts().dpif;
  }

  Backer backer() {
    return parts().backer;
  }

  /** Only for {@code main}. */
  Ofproto br0() {
    return parts().br0;
  }

  /** The far end of port {@code n}, 1 being the first. */
  Wire wire(int n) {
    return wires.get(n - 1);
  }

  /** All far ends; the last is the host's own, LOCAL. */
  List<Wire> wires() {
    return wires;
  }

  /** The address of port {@code n}'s own device. */
  long macOfPort(int n) throws NetdevException {
    return parts().links.get("s" + n).mac();
  }

  /** Upcalls that handlers have served: their megaflows are in force. */
  long upcalls() {
    return backer().handlers().stream().mapToLong(Handler::upcalls).sum();
  }

  /** Packets that the switch is through with, or that were lost before it had them. */
  long dealtWith() {
    DpifStats d = dpif().stats();
    long waiting = Math.max(0, d.missed() - d.lost() - upcalls());
    return d.hit() + d.missed() - waiting + lostBefore();
  }

  /** Packets that no rule has counted. */
  long lost() {
    return dpif().stats().lost() + lostBefore();
  }

  private long lostBefore() {
    Map<String, Long> coverage = dpif().coverage();
    return LOST_BEFORE.stream().mapToLong(drop -> coverage.getOrDefault(drop, 0L)).sum();
  }

  /**
   * How often a handler, on a busy machine, has waited for {@code main} to learn an address in
   * vain: then what it has installed does not stay.
   */
  long waitsInVain() {
    Map<String, Long> c = backer().coverage();
    return c.getOrDefault("mac_learning_late", 0L)
        + c.getOrDefault("mac_learning_not_waited", 0L)
        + c.getOrDefault("upcall_tries_used_up", 0L);
  }

  /** Puts rules in force; an error is the test's failure. */
  void flowMods(List<FlowMod> fms) throws Exception {
    OfErrorCode error = onMain(() -> br0().flowMods(fms, System.nanoTime()).error());
    if (error != null) {
      throw new AssertionError("flow-mod refused: " + error);
    }
  }

  /** Puts these rules in the place of all. */
  void replaceRules(List<FlowMod> rules) throws Exception {
    List<FlowMod> all = new ArrayList<>();
    all.add(flowMod(FlowMod.Command.DELETE, TableId.ALL, 0, Match.ANY, Instructions.NONE, 0));
    all.addAll(rules);
    flowMods(all);
  }

  void add(int table, int priority, Match m, Instructions i) throws Exception {
    flowMods(List.of(flowMod(FlowMod.Command.ADD, table, priority, m, i, 0)));
  }

  void add(int priority, Match m, Action... actions) throws Exception {
    add(0, priority, m, Instructions.apply(List.of(actions)));
  }

  static FlowMod flowMod(
      FlowMod.Command c, int table, int priority, Match m, Instructions i, int flags) {
    return FlowMods.of(c, table, priority, m, i, 0, flags);
  }

  @Override
  public void close() throws Exception {
    wires.forEach(Wire::close);
    try {
      onMain(
          () -> {
            closeParts();
            return null;
          });
    } finally { // whatever went wrong, no namespace stays
      closing = true;
      LockSupport.unpark(main);
      main.join();
      netns.close();
      for (AutoCloseable c : toClose) {
        c.close();
      }
    }
    Files.delete(rundir);
  }

  private void closeParts() {
    Parts p = parts;
    if (p != null) {
      parts = null;
      p.backer.close();
      p.dpif.close();
      p.links.close();
    }
  }

  private final class Listener implements OfprotoListener {
    @Override
    public void flowRemoved(FlowRemoved m) {
      flowsRemoved.add(m);
    }

    @Override
    public void portStatus(PortStatus m) {}
  }

  private static final class Devices implements PortDevices {
    private final Links links;

    Devices(Links links) {
      this.links = links;
    }

    @Override
    public PortDesc describe(DpifPort port, OfPort number) {
      try {
        Link l = links.get(port.name());
        return new PortDesc(number, l.mac(), port.name(), 0, 0, 0, 0, 0, 0, 0, 0);
      } catch (NetdevException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public PortStats stats(DpifPort port, OfPort number) {
      try {
        NetdevStats s = links.stats(links.get(port.name()).ifindex());
        long rx = s.rxPackets();
        long tx = s.txPackets();
        return new PortStats(
            number, rx, tx, s.rxBytes(), s.txBytes(), -1, -1, -1, -1, -1, -1, -1, -1, 0, 0);
      } catch (NetdevException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public boolean setUp(DpifPort port, boolean up) {
      try {
        links.setUp(links.get(port.name()).ifindex(), up);
        return true;
      } catch (NetdevException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
