// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.netdev;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
import org.beeswitch.dpif.RefusedUpcalls;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.LinkEvent;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.MemoryNetdev;
import org.beeswitch.netdev.Netdev;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevPoll;
import org.beeswitch.netdev.PacketNetdev;
import org.beeswitch.netdev.PacketSocket;
import org.beeswitch.netdev.Tap;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>An exception that leaves a poll thread is a bug; the process's uncaught exception handler ends
 * it.
 *
 * <p><b>Memory.</b> Nothing per packet. Per flow about 400 bytes and 32 per action, pooled.
 */
public final class NetdevDpif implements Dpif {
  private static final Logger LOG = LoggerFactory.getLogger(NetdevDpif.class);

  private final LongSupplier clock;
  private final PortTable ports = new PortTable();
  private final FlowTable flows;
  private final UpcallQueues upcalls = new UpcallQueues();
  private final Counters counters = new Counters();
  private final GracePeriod grace = new GracePeriod();
  private final long seed;
  private final PacketLoop[] loops;
  private final List<Thread> threads = new ArrayList<>();

  /** Null: all ports are in memory. */
  private final @Nullable Links links;

  /** Far ends of in-memory ports, by name. Written by the thread that adds and deletes ports. */
  private final Map<String, MemoryNetdev> farEnds = new ConcurrentHashMap<>();

  private final Map<String, Long> notes = new ConcurrentHashMap<>();
  private volatile Executor[] executors = {};
  private volatile boolean closed;

  private NetdevDpif(@Nullable Links links, List<NetdevPoll> polls, LongSupplier clock) {
    this.links = links;
    this.clock = clock;
    this.seed = new SplittableRandom().nextLong();
    this.flows = new FlowTable(FlowTable.MAX_FLOWS, seed);
    this.loops = new PacketLoop[Math.max(1, polls.size())];
    for (int i = 0; i < loops.length; i++) {
      NetdevPoll poll = polls.isEmpty() ? null : polls.get(i);
      loops[i] =
          new PacketLoop(i, loops.length, ports, flows, grace.newReader(), newForwarder(), poll);
    }
  }

  /**
   * A datapath for tests: all ports are in memory, whatever their name and kind; nothing moves but
   * within {@link #step}.
   */
  public static NetdevDpif inMemory(LongSupplier clock) {
    return new NetdevDpif(null, List.of(), clock);
  }

  /** As {@link #inMemory(LongSupplier)}, but forwarding in threads of its own. */
  public static NetdevDpif inMemory(int pollThreads) throws DpifException {
    return start(new NetdevDpif(null, polls(pollThreads), System::nanoTime));
  }

  /**
   * A datapath between Linux devices of the calling thread's network namespace.
   *
   * @throws DpifException EPERM: not root; EMFILE: too many open files
   */
  public static NetdevDpif open(int pollThreads) throws DpifException {
    List<NetdevPoll> polls = polls(pollThreads);
    try {
      return start(new NetdevDpif(Links.open(), polls, System::nanoTime));
    } catch (NetdevException e) {
      polls.forEach(NetdevPoll::close);
      throw cannotStart(e);
    }
  }

  private static List<NetdevPoll> polls(int n) throws DpifException {
    if (n < 1) {
      throw new IllegalArgumentException(n + " poll threads");
    }
    List<NetdevPoll> all = new ArrayList<>();
    try {
      for (int i = 0; i < n; i++) {
        all.add(new NetdevPoll());
      }
      return all;
    } catch (NetdevException e) {
      all.forEach(NetdevPoll::close);
      throw cannotStart(e);
    }
  }

  private static DpifException cannotStart(NetdevException e) {
    return new DpifException(e.errno(), "start the userspace datapath: " + e.getMessage(), e);
  }

  private static NetdevDpif start(NetdevDpif d) {
    for (PacketLoop loop : d.loops) {
      Thread t = new Thread(() -> loop.run(d.host), "poll-" + d.threads.size());
      t.setDaemon(true);
      d.threads.add(t);
    }
    d.threads.forEach(Thread::start);
    return d;
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
    NetdevPort there = ports.get(name);
    if (there != null) {
      throw new DpifException(
          Errno.EBUSY, "add port " + name + ": it is port " + there.number() + " already");
    }
    int number = ports.nextNumber();
    if (number == 0) {
      throw new DpifException(
          Errno.ENOSPC, "add port " + name + ": all " + OdpPort.MAX + " port numbers are in use");
    }
    NetdevPort p = new NetdevPort(number, name, kind);
    try {
      PacketNetdev device = openDevice(name, kind);
      try {
        p.attach(device);
      } catch (NetdevException e) {
        device.close();
        throw e;
      }
    } catch (NetdevException e) {
      throw new DpifException(e.errno(), "add port " + e.getMessage(), e);
    }
    ports.add(p);
    syncLoopOf(p);
    return new OdpPort(number);
  }

  private PacketNetdev openDevice(String name, PortKind kind) throws NetdevException {
    Links l = links;
    if (l == null) {
      MemoryNetdev.Pair pair = MemoryNetdev.pair(name, name + "-far");
      farEnds.put(name, pair.b());
      return pair.a();
    }
    return switch (kind) {
      case SYSTEM -> PacketSocket.open(l, name);
      case INTERNAL -> Tap.create(l, name, 1);
    };
  }

  /** Returns when the port's loop polls what is now its device, and no device of before. */
  private void syncLoopOf(NetdevPort port) {
    if (threads.isEmpty()) {
      return;
    }
    int i = port.number() % loops.length;
    PacketLoop loop = loops[i];
    Thread t = threads.get(i);
    if (t == Thread.currentThread()) {
      loop.sync();
      return;
    }
    int asked = loop.resync();
    while (!loop.hasSynced(asked) && t.isAlive()) {
      LockSupport.parkNanos(20_000);
    }
  }

  /** Closes a device that has been taken from its port when nobody uses it any more. */
  private void retire(NetdevPort port, @Nullable PacketNetdev device) {
    if (device != null) {
      syncLoopOf(port);
      grace.await();
      device.close();
    }
  }

  @Override
  public void portDel(OdpPort port) throws DpifException {
    NetdevPort p = ports.get(port.number());
    if (p == null) {
      throw new DpifException(Errno.ENOENT, "delete port " + port + ": there is none");
    }
    ports.remove(p);
    farEnds.remove(p.name());
    retire(p, p.delete());
  }

  @Override
  public List<DpifPort> ports() {
    return ports.list();
  }

  @Override
  public @Nullable Netdev netdev(OdpPort port) {
    NetdevPort p = ports.get(port.number());
    return p == null ? null : p.device();
  }

  /**
   * The far end of the in-memory port of that name.
   *
   * @throws IllegalArgumentException if there is none, or it is not in memory
   */
  public MemoryPort memoryPort(String name) {
    NetdevPort p = ports.get(name);
    MemoryNetdev far = farEnds.get(name);
    if (p == null || far == null) {
      throw new IllegalArgumentException("no in-memory port " + name);
    }
    return new MemoryPort(p, far);
  }

  /**
   * The other end of the wire of an in-memory port.
   *
   * @throws IllegalArgumentException if there is no such port
   */
  public MemoryNetdev farEnd(String name) {
    MemoryNetdev far = farEnds.get(name);
    if (far == null) {
      throw new IllegalArgumentException("no in-memory port " + name);
    }
    return far;
  }

  /**
   * Opening and closing devices takes the kernel tens of milliseconds: poll threads, which have
   * other ports to serve, only take note.
   */
  @Override
  public void onLink(LinkEvent event) {
    Link link = event.link();
    NetdevPort holder = ports.ofIfindex(link.ifindex());
    if (event instanceof LinkEvent.Removed) {
      if (holder != null) {
        LOG.info("port {}: device {} is gone", holder.number(), holder.name());
        retire(holder, holder.detach());
      }
      return;
    }
    if (holder != null) {
      holder.setMtu(link.mtu());
    }
    NetdevPort named = ports.get(link.name());
    if (named != null && named != holder && named.kind() == PortKind.SYSTEM) {
      if (holder != null) {
        retire(holder, holder.detach()); // renamed, and now another port's
      }
      retire(named, named.detach()); // the one it had has another name
      reopen(named);
    }
  }

  private void reopen(NetdevPort port) {
    try {
      PacketNetdev device = openDevice(port.name(), port.kind());
      boolean attached = false;
      try {
        attached = port.attach(device);
      } finally {
        if (!attached) {
          device.close();
        }
      }
      if (attached) {
        LOG.info("port {}: device {} is back", port.number(), port.name());
        syncLoopOf(port);
      }
    } catch (NetdevException e) {
      if (e.errno() == Errno.ENODEV) {
        LOG.debug("port {}: gone again: {}", port.number(), e.getMessage());
      } else {
        LOG.warn("port {}: {}", port.number(), e.getMessage());
      }
    }
  }

  private final PacketLoop.Host host =
      new PacketLoop.Host() {
        @Override
        public long nowNs() {
          return clock.getAsLong();
        }

        @Override
        public boolean isClosed() {
          return closed;
        }
      };

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
      n = loops[0].step(clock.getAsLong());
    }
    return total;
  }

  @Override
  public DpifStats stats() {
    return new DpifStats(
        counters.hits.sum(),
        counters.misses.sum(),
        counters.lost.sum(),
        flows.size(),
        flows.masks(),
        DpifStats.NOT_COUNTED,
        DpifStats.NOT_COUNTED);
  }

  @Override
  public Map<String, Long> notes() {
    return Map.copyOf(notes);
  }

  @Override
  public int note(String name, long value) {
    notes.put(name, value);
    return 0;
  }

  @Override
  public void forget(String name) {
    notes.remove(name);
  }

  @Override
  public Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>();
    counters.addTo(all);
    all.put("flow_table_full", flows.refused());
    List<Integer> numbers = new ArrayList<>();
    for (DpifPort p : ports()) {
      numbers.add(p.number().number());
      if (netdev(p.number()) instanceof PacketNetdev device) {
        device.drops().forEach((reason, n) -> all.merge(reason, n, Long::sum));
      }
    }
    RefusedUpcalls.addTo(all, numbers, upcalls::refused);
    return all;
  }

  /** Ends the threads and closes all ports; {@code keep} changes nothing, as it ends with us. */
  @Override
  public void close(boolean keep) {
    if (closed) {
      return;
    }
    for (DpifPort p : ports()) {
      try {
        portDel(p.number());
      } catch (DpifException e) {
        throw new IllegalStateException(e);
      }
    }
    closed = true;
    boolean interrupted = false;
    for (int i = 0; i < threads.size(); i++) {
      loops[i].wake();
      while (threads.get(i).isAlive()) {
        try {
          threads.get(i).join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      loops[i].close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (links != null) {
      links.close();
    }
  }
}
