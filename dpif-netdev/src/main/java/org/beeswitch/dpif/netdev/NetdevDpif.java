// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.beeswitch.dpif.ActionExecutor;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.PortStats;
import org.beeswitch.dpif.UpcallKind;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;

/**
 * The datapath in userspace memory: what tests run on, and a switch where there is no BPF.
 *
 * <p><b>Parts.</b> {@link PortTable} and {@link FlowTable} are read by all and written under their
 * locks. {@link PacketLoop}s receive; each has a {@link Forwarder}, as has each executor. What no
 * flow matches waits in {@link UpcallQueues}. {@link GracePeriod} tells when nobody looks at a flow
 * or port any more.
 *
 * <p><b>Threads.</b> {@code poll-N} threads, each with its ports; or none: a datapath made to be
 * stepped forwards only within {@link #step}, on the caller's thread, so that a test sees
 * everything happen in order.
 *
 * <p><b>Memory.</b> Nothing per packet. Per flow about 400 bytes and 32 per action, pooled.
 */
public final class NetdevDpif implements Dpif {
  /** Opens what a port sends to and receives from. */
  interface PortOpener {
    PortIo open(String name, PortKind kind) throws DpifException;
  }

  /** How long an idle poll thread sleeps at most: latency of the first packet after silence. */
  private static final long MAX_IDLE_NS = 100_000;

  private final PortOpener opener;
  private final LongSupplier clock;
  private final PortTable ports = new PortTable();
  private final FlowTable flows;
  private final UpcallQueues upcalls = new UpcallQueues();
  private final Counters counters = new Counters();
  private final GracePeriod grace = new GracePeriod();
  private final long seed;
  private final PacketLoop[] loops;
  private final List<Thread> threads = new ArrayList<>();

  private volatile Executor[] executors = {};
  private volatile boolean closed;

  /**
   * @param pollThreads 0: to be stepped
   * @param clock {@code System.nanoTime()}'s, or a test's
   */
  NetdevDpif(PortOpener opener, int pollThreads, LongSupplier clock) {
    this.opener = opener;
    this.clock = clock;
    this.seed = new SplittableRandom().nextLong();
    this.flows = new FlowTable(seed);
    this.loops = new PacketLoop[Math.max(1, pollThreads)];
    for (int i = 0; i < loops.length; i++) {
      loops[i] = new PacketLoop(i, loops.length, ports, flows, grace.newReader(), newForwarder());
    }
    for (int i = 0; i < pollThreads; i++) {
      PacketLoop loop = loops[i];
      Thread t = new Thread(() -> poll(loop), "poll-" + i);
      t.setDaemon(true);
      threads.add(t);
      t.start();
    }
  }

  /**
   * A datapath for tests: all ports are {@link MemoryPort}s, whatever their name and kind; nothing
   * moves but within {@link #step}.
   */
  public static NetdevDpif inMemory(LongSupplier clock) {
    return new NetdevDpif((name, kind) -> new MemoryPort(), 0, clock);
  }

  private Forwarder newForwarder() {
    return new Forwarder(flows, ports, upcalls, counters, new FlowCache(seed));
  }

  @Override
  public String type() {
    return "netdev";
  }

  // Ports

  @Override
  public OdpPort portAdd(String name, PortKind kind) throws DpifException {
    if (ports.get(name) != null) {
      throw new DpifException(Errno.EBUSY, "add port " + name + ": it is a port already");
    }
    int number = ports.nextNumber();
    if (number == 0) {
      throw new DpifException(
          Errno.ENOSPC, "add port " + name + ": all " + OdpPort.MAX + " port numbers are in use");
    }
    ports.add(new NetdevPort(number, name, kind, opener.open(name, kind)));
    return new OdpPort(number);
  }

  @Override
  public void portDel(OdpPort port) throws DpifException {
    NetdevPort p = ports.get(port.number());
    if (p == null) {
      throw new DpifException(Errno.ENOENT, "delete port " + port + ": there is none");
    }
    ports.remove(p);
    grace.await(); // nobody sends to it any more
    p.io().close();
  }

  @Override
  public List<DpifPort> ports() {
    return ports.list();
  }

  @Override
  public @Nullable PortStats portStats(OdpPort port) {
    NetdevPort p = ports.get(port.number());
    return p == null ? null : p.stats();
  }

  /**
   * The in-memory port of that name.
   *
   * @throws IllegalArgumentException if there is none, or it is no in-memory port
   */
  public MemoryPort memoryPort(String name) {
    NetdevPort p = ports.get(name);
    if (p != null && p.io() instanceof MemoryPort m) {
      return m;
    }
    throw new IllegalArgumentException("no in-memory port " + name);
  }

  // Flows

  @Override
  public int flowPut(OdpKey key, OdpKey mask, OdpActions actions) {
    if (!supports(actions)) {
      return -Errno.EOPNOTSUPP;
    }
    return flows.put(key, mask, actions);
  }

  @Override
  public int flowModify(int flowId, OdpActions actions) {
    return flows.modify(flowId, actions);
  }

  @Override
  public int flowUnlink(int flowId) {
    return flows.unlink(flowId);
  }

  @Override
  public void quiesce() {
    grace.await();
  }

  @Override
  public void flowRelease(int flowId) {
    flows.release(flowId);
  }

  @Override
  public void flowStats(int flowId, FlowStats out) {
    flows.stats(flowId, out);
  }

  @Override
  public void flowDump(FlowVisitor visitor) {
    flows.dump(visitor);
  }

  @Override
  public boolean supports(OdpActions actions) {
    return ActionExecutor.supports(actions);
  }

  // Upcalls

  @Override
  public void setHandlers(int n) {
    upcalls.setHandlers(n);
  }

  @Override
  public int receive(int handler, UpcallSink sink, int max) {
    return upcalls.receive(handler, sink, max);
  }

  @Override
  public void awaitUpcall(int handler, long timeoutNs) {
    upcalls.await(handler, timeoutNs);
  }

  @Override
  public void wakeHandler(int handler) {
    upcalls.wake(handler);
  }

  // Execute

  private record Executor(GracePeriod.Reader reader, Forwarder forwarder) {}

  @Override
  public void setExecutors(int n) {
    if (executors.length != 0) {
      throw new IllegalStateException("setExecutors called again");
    }
    Executor[] e = new Executor[n];
    for (int i = 0; i < n; i++) {
      e[i] = new Executor(grace.newReader(), newForwarder());
    }
    executors = e;
  }

  @Override
  public int execute(int executor, Packet packet, OdpKey metadata, OdpActions actions) {
    Executor e = executors[executor];
    e.reader.enter();
    try {
      return e.forwarder.execute(packet, metadata, actions);
    } finally {
      e.reader.exit();
    }
  }

  // Forwarding

  /**
   * Forwards what waits at the ports, on the calling thread, until nothing does. Only for a
   * datapath without threads; one caller at a time.
   *
   * @return packets received
   */
  public int step() {
    if (!threads.isEmpty()) {
      throw new IllegalStateException("step of a datapath that has poll threads");
    }
    int total = 0;
    for (int n = 1; n > 0; total += n) {
      n = loops[0].doWork(clock.getAsLong());
    }
    return total;
  }

  private void poll(PacketLoop loop) {
    int idle = 0;
    while (!closed) {
      if (loop.doWork(clock.getAsLong()) > 0) {
        idle = 0;
      } else if (++idle < 1_000) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(MAX_IDLE_NS);
      }
    }
  }

  @Override
  public DpifStats stats() {
    return new DpifStats(
        counters.hits.sum(),
        counters.misses.sum(),
        counters.lost.sum(),
        flows.size(),
        flows.masks());
  }

  @Override
  public Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>();
    counters.addTo(all);
    for (DpifPort p : ports()) {
      for (UpcallKind kind : UpcallKind.values()) {
        long n = upcalls.refused(p.number().number(), kind);
        if (n > 0) {
          all.put(
              "upcall_refused."
                  + kind.name().toLowerCase(java.util.Locale.ROOT)
                  + ".port"
                  + p.number(),
              n);
        }
      }
    }
    return all;
  }

  /** Ends the threads and closes all ports; {@code keep} changes nothing, as it ends with us. */
  @Override
  public void close(boolean keep) {
    closed = true;
    for (Thread t : threads) {
      boolean interrupted = false;
      while (t.isAlive()) {
        try {
          t.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    for (DpifPort p : ports()) {
      try {
        portDel(p.number());
      } catch (DpifException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
