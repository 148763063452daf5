// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.netdev.LinkEvent;
import org.beeswitch.netdev.LinkMonitor;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.netdev.NetdevPoll;
import org.beeswitch.netdev.NetdevStats;
import org.beeswitch.ofproto.Backer;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.ofproto.upcall.PacketInSink;
import org.beeswitch.openflow.channel.ChannelCounters;
import org.beeswitch.openflow.channel.Streams;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.tls.TlsException;
import org.beeswitch.vswitchd.config.BridgeConfig;
import org.beeswitch.vswitchd.config.ConfigException;
import org.beeswitch.vswitchd.config.Configuration;
import org.beeswitch.vswitchd.config.PortConfig;
import org.beeswitch.vswitchd.config.Step;
import org.beeswitch.vswitchd.control.CommandException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The switch as a process: the {@code main} agent, which owns everything but packets (OVS {@code
 * vswitchd/bridge.c} with the loop of {@code ovs-vswitchd.c}).
 *
 * <h2>Configuration</h2>
 *
 * {@link #apply} goes from the configuration in force to the next by {@link Step}s. A step that
 * fails ends it: what was done stays done and is what {@link #configuration} says. At the start
 * that is the end of the daemon; at run time a command changes one thing, so that it has happened
 * or has not.
 *
 * <h2>The loop</h2>
 *
 * {@link #doWork} does a bounded amount of everything that is due and never waits; {@link #await}
 * waits for link events, for somebody who calls {@link #wake}, or for the next deadline. Handlers,
 * the event loop and the control thread wake it after they have put something where it looks.
 *
 * <h2>Start and end</h2>
 *
 * Ports are in the datapath before flows are loaded, but no handler looks at what they send up
 * until {@link #startForwarding}. What an earlier process left forwards on all the time, and its
 * megaflows are looked at when every bridge's tables are back, or {@code --restore-wait} is over.
 * {@link #close} goes the other way round: no more commands and connections, then no handlers, then
 * no datapath; it leaves nothing, or with {@code keep} a datapath that forwards.
 *
 * <p>{@code main} alone, but {@link #ask}, {@link #refuseRequests}, {@link #wake}, {@link
 * #coverage} and {@link #dpif}.
 */
final class Daemon {
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  /** What others may want of {@code main} at a time: the control thread asks one by one. */
  private static final int REQUESTS = 64;

  /** What one run does of these, so that connections come to their turn. */
  private static final int REQUESTS_PER_RUN = 8;

  /** Rules time out and addresses age to the second; no deadline says when. */
  private static final long LONGEST_WAIT_NS = 200_000_000L;

  private static final int MAX_HANDLERS = 8;
  private static final int LINKS_TOKEN = 0;

  private final Dpif dpif;
  private final Links links;
  private final LinkMonitor monitor;
  private final NetdevPoll poll;
  private final Streams streams;
  private final ChannelCounters channelCounters = new ChannelCounters();
  private final Backer backer;
  private final NetdevPorts netdevs;
  private final Map<String, Bridge> bridges = new LinkedHashMap<>();
  private final ArrayBlockingQueue<Request<?>> requests = new ArrayBlockingQueue<>(REQUESTS);
  private final AtomicLong requestsRefused = new AtomicLong();
  private volatile boolean refusing;
  private final int[] ready = new int[4];
  private Configuration configuration = Configuration.EMPTY;
  private boolean forwarding;
  private long restoreSinceNs;
  private long restoreWaitNs;

  /** By bridge number, for handlers. Written by {@code main}. */
  private final Map<Integer, Connmgr> connmgrs = new ConcurrentHashMap<>();

  private final AtomicLong packetInsWithoutBridge = new AtomicLong();

  private record Request<T>(Callable<T> what, CompletableFuture<T> answer) {
    void run() {
      try {
        answer.complete(what.call());
      } catch (Exception e) {
        answer.completeExceptionally(e);
      }
    }
  }

  private Daemon(Path rundir, Dpif dpif, Links links, LinkMonitor monitor, NetdevPoll poll) {
    this.dpif = dpif;
    this.links = links;
    this.monitor = monitor;
    this.poll = poll;
    this.streams = new Streams(rundir, channelCounters, poll::wake);
    this.backer = new Backer(dpif, poll::wake, new ToConnmgrs());
    this.netdevs = new NetdevPorts(dpif, links);
  }

  /**
   * Makes a daemon without bridges, which owns the datapath from now on.
   *
   * @throws ConfigException what the machine lacks, and what to do; the datapath is closed then
   */
  static Daemon create(Path rundir, Dpif dpif) throws ConfigException {
    try {
      Links links = Links.open();
      LinkMonitor monitor = LinkMonitor.open(links);
      NetdevPoll poll = new NetdevPoll();
      poll.add(monitor.fd(), LINKS_TOKEN, "link monitor");
      Daemon d = new Daemon(rundir, dpif, links, monitor, poll);
      int cpus = Runtime.getRuntime().availableProcessors();
      d.backer.prepare(Math.min(MAX_HANDLERS, Math.max(1, cpus - 1)));
      return d;
    } catch (NetdevException | DpifException e) {
      dpif.close(dpif.isAdopted());
      throw new ConfigException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Lets handlers and revalidators begin; if the datapath is an earlier process's, that waits for
   * the tables, and its megaflows forward meanwhile.
   *
   * @param restoreWaitS how long at most; 0: those megaflows go at once
   */
  void startForwarding(int restoreWaitS, long nowNs) {
    backer.dropUnclaimed();
    if (!backer.isRestoring()) {
      backer.start();
    } else if (restoreWaitS == 0) {
      restore(false, "none may stay", nowNs);
    } else {
      restoreSinceNs = nowNs;
      restoreWaitNs = restoreWaitS * 1_000_000_000L;
      restoreIfDue(nowNs);
    }
    forwarding = true;
    bridges.values().forEach(Bridge::announce);
  }

  /** Ends the waiting for tables if they are there, or if it has been long enough. */
  private void restoreIfDue(long nowNs) {
    if (!backer.isRestoring()) {
      return;
    }
    if (bridges.values().stream().allMatch(Bridge::areTablesBack)) {
      restore(true, "the tables are back", nowNs);
    } else if (nowNs - restoreSinceNs >= restoreWaitNs) {
      restore(true, "the time is over", nowNs);
    }
  }

  private void restore(boolean keep, String why, long nowNs) {
    String done = backer.restore(keep, backer::start, nowNs);
    log.info("{}: of the daemon before, {}", why, done);
  }

  /** Whether the datapath forwards as an earlier process left it. */
  boolean isRestoring() {
    return backer.isRestoring();
  }

  // Configuration.

  Configuration configuration() {
    return configuration;
  }

  /** Makes the switch what {@code next} says. */
  void apply(Configuration next, long nowNs) throws ConfigException {
    for (Step s : Step.between(configuration, next)) {
      apply(s, nowNs);
      configuration = after(s);
    }
    configuration = next; // what no step is about, such as the order of things
  }

  private void apply(Step s, long nowNs) throws ConfigException {
    log.debug("configuration: {}", s);
    if (s instanceof Step.SetTls t) {
      try {
        streams.setTls(t.tls());
      } catch (TlsException e) {
        throw new ConfigException("TLS: " + e.getMessage(), e);
      }
    } else if (s instanceof Step.DeletePort d) {
      leavePatch(Objects.requireNonNull(config(d.bridge()).port(d.port()), d.port()));
      bridge(d.bridge()).deletePort(d.port());
    } else if (s instanceof Step.DeleteBridge d) {
      Bridge b = bridge(d.bridge());
      config(d.bridge()).ports().forEach(this::leavePatch);
      bridges.remove(b.name());
      connmgrs.remove(b.ofproto().number());
      b.close();
    } else if (s instanceof Step.AddBridge a) {
      Bridge b = Bridge.create(a.bridge(), backer, netdevs, links, streams, poll::wake, nowNs);
      bridges.put(b.name(), b);
      connmgrs.put(b.ofproto().number(), b.connmgr());
      b.connmgr().onTables(() -> restoreIfDue(System.nanoTime()));
      if (forwarding) {
        b.announce();
      }
    } else if (s instanceof Step.AddPort a) {
      bridge(a.bridge()).addPort(a.port(), nowNs);
      joinPatch(a.bridge(), a.port());
    } else if (s instanceof Step.LoadFlows l) {
      FlowFile.load(Objects.requireNonNull(l.bridge().flows()), bridge(l.bridge().name()), nowNs);
      bridge(l.bridge().name()).noteFlowsLoaded();
    } else if (s instanceof Step.SetFailMode m) {
      bridge(m.bridge()).controllers().setFailMode(m.mode(), nowNs);
    } else if (s instanceof Step.SetControllers c) {
      try {
        bridge(c.bridge()).controllers().setControllers(c.controllers(), nowNs);
      } catch (IOException e) {
        throw new ConfigException("bridge " + c.bridge() + ": controller " + e.getMessage(), e);
      }
    }
  }

  /** The configuration in force once that step is done. */
  private Configuration after(Step s) {
    if (s instanceof Step.SetTls t) {
      return configuration.withTls(t.tls());
    } else if (s instanceof Step.DeletePort d) {
      return configuration.with(config(d.bridge()).withoutPort(d.port()));
    } else if (s instanceof Step.DeleteBridge d) {
      return configuration.without(d.bridge());
    } else if (s instanceof Step.AddBridge a) {
      return configuration.with(a.bridge().withPorts(List.of()).withControllers(List.of()));
    } else if (s instanceof Step.AddPort a) {
      return configuration.with(config(a.bridge()).withPort(a.port()));
    } else if (s instanceof Step.SetFailMode m) {
      return configuration.with(config(m.bridge()).withFailMode(m.mode()));
    } else if (s instanceof Step.SetControllers c) {
      return configuration.with(config(c.bridge()).withControllers(c.controllers()));
    } else {
      return configuration;
    }
  }

  private BridgeConfig config(String bridge) {
    return Objects.requireNonNull(configuration.bridge(bridge), bridge);
  }

  private Bridge bridge(String name) {
    return Objects.requireNonNull(bridges.get(name), name);
  }

  /** One end of a patch that is there. */
  private record PatchPort(Ofproto ofproto, OfPort port) {}

  /** The patch port at the other end of {@code port}, if it is there and leads here. */
  private @Nullable PatchPort otherEnd(PortConfig port) {
    if (port.peer() != null) {
      for (BridgeConfig b : configuration.bridges()) {
        PortConfig other = b.port(port.peer());
        if (other != null && port.name().equals(other.peer())) {
          OfPort there = bridge(b.name()).patchPort(other.name());
          return there == null ? null : new PatchPort(bridge(b.name()).ofproto(), there);
        }
      }
    }
    return null;
  }

  /** Connects a port that is there now with its other end, if it is a patch port with one. */
  private void joinPatch(String bridge, PortConfig port) {
    OfPort here = bridge(bridge).patchPort(port.name());
    PatchPort z = otherEnd(port);
    if (here != null && z != null) {
      Ofproto a = bridge(bridge).ofproto();
      a.setPatchPeer(here, z.ofproto().number(), z.port());
      z.ofproto().setPatchPeer(z.port(), a.number(), here);
    }
  }

  /** What goes has to be nobody's peer: its number may be another port's soon. */
  private void leavePatch(PortConfig port) {
    PatchPort z = otherEnd(port);
    if (z != null) {
      z.ofproto().clearPatchPeer(z.port());
    }
  }

  /** The bridges, in the order in which they were made. */
  Collection<Bridge> bridges() {
    return List.copyOf(bridges.values());
  }

  @Nullable Bridge findBridge(String name) {
    return bridges.get(name);
  }

  Backer backer() {
    return backer;
  }

  Dpif dpif() {
    return dpif;
  }

  /** A port's counters; empty while its device is away. On any thread. */
  Optional<NetdevStats> deviceStats(DpifPort port) {
    return netdevs.deviceStats(port);
  }

  // The agent.

  /** Does what there is to do, up to a bound. Returns how much that was. */
  int doWork(long nowNs) {
    int done = 0;
    try {
      done += monitor.doWork(this::onLink);
    } catch (NetdevException e) {
      log.warn("watching devices: {}", e.getMessage());
    }
    for (int i = 0; i < REQUESTS_PER_RUN; i++) {
      Request<?> r = requests.poll();
      if (r == null) {
        break;
      }
      r.run();
      done++;
    }
    for (Bridge b : bridges.values()) {
      done += b.doWork(nowNs);
    }
    restoreIfDue(nowNs);
    return done + backer.doWork(nowNs);
  }

  /** Waits until there is something to do. */
  void await() {
    long now = System.nanoTime();
    long wait = LONGEST_WAIT_NS;
    for (Bridge b : bridges.values()) {
      long deadline = b.controllers().deadlineNs();
      if (deadline != Long.MAX_VALUE) {
        wait = Math.min(wait, deadline - now);
      }
    }
    poll.await(Math.max(0, wait), ready);
  }

  /** Ends a wait. Any thread. */
  void wake() {
    poll.wake();
  }

  private void onLink(LinkEvent event) {
    dpif.onLink(event);
    for (Bridge b : bridges.values()) {
      b.refresh(event.link().ifindex(), event.link().name());
      if (event instanceof LinkEvent.Changed c && !c.before().name().equals(c.link().name())) {
        b.refresh(c.link().ifindex(), c.before().name());
      }
    }
  }

  /** Gives handlers' packet-ins to those bridges' connection managers. */
  private final class ToConnmgrs implements PacketInSink {
    @Override
    public boolean hasRoomFor(int bridge, int ofInPort) {
      Connmgr c = connmgrs.get(bridge);
      return c == null || c.hasRoomFor(ofInPort);
    }

    @Override
    public void packetIn(int bridge, PacketIn m) {
      Connmgr c = connmgrs.get(bridge);
      if (c == null) {
        packetInsWithoutBridge.incrementAndGet();
      } else {
        c.packetIn(m);
      }
    }
  }

  /**
   * Has {@code main} do something. Any thread; the answer comes on {@code main}.
   *
   * @throws RejectedExecutionException too much is waiting already
   */
  <T> CompletableFuture<T> ask(Callable<T> what) {
    Request<T> r = new Request<>(what, new CompletableFuture<>());
    if (!requests.offer(r)) {
      requestsRefused.incrementAndGet();
      throw new RejectedExecutionException(
          REQUESTS + " requests are waiting already: try again later");
    }
    wake();
    if (refusing) {
      refuseRequests(); // main may not look there any more
    }
    return r.answer();
  }

  /** From now on answers every request with a refusal. */
  void refuseRequests() {
    refusing = true;
    for (Request<?> r = requests.poll(); r != null; r = requests.poll()) {
      r.answer().completeExceptionally(new CommandException("beeswitchd is about to end"));
    }
  }

  /** Every counter by name. Any thread. */
  Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>(backer.coverage());
    channelCounters.snapshot().forEach((c, n) -> all.put(c.counterName(), n));
    for (Connmgr c : List.copyOf(connmgrs.values())) {
      c.coverage().forEach((name, n) -> all.merge(name, n, Long::sum));
    }
    all.put("packet_in_no_bridge", packetInsWithoutBridge.get());
    all.put("control_requests_refused", requestsRefused.get());
    all.put("netdev_link_event_overruns", monitor.overruns());
    return all;
  }

  // The end.

  /**
   * Ends everything.
   *
   * @param keep leave the datapath forwarding, if it is of a kind that can
   */
  void close(boolean keep) {
    List<Bridge> all = new ArrayList<>(bridges.values());
    bridges.clear();
    for (Bridge b : all) {
      b.controllers().close();
    }
    streams.close();
    backer.close();
    dpif.close(keep);
    monitor.close();
    links.close();
    poll.close();
  }
}
