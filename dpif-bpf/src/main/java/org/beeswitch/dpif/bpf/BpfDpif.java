// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.dpif.DpifPort;
import org.beeswitch.dpif.DpifStats;
import org.beeswitch.dpif.DropReason;
import org.beeswitch.dpif.FlowStats;
import org.beeswitch.dpif.OdpPort;
import org.beeswitch.dpif.PortKind;
import org.beeswitch.dpif.bpf.map.Abi;
import org.beeswitch.dpif.bpf.map.Mem;
import org.beeswitch.dpif.bpf.sys.Bpf;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.Errno;
import org.beeswitch.netdev.Link;
import org.beeswitch.netdev.LinkEvent;
import org.beeswitch.netdev.Links;
import org.beeswitch.netdev.NetdevException;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tc-eBPF datapath: packets that have a flow are forwarded by the kernel and never seen here.
 *
 * <p>This class only joins the parts: {@link BpfSystem} (programs and maps), {@link BpfPorts}
 * (devices), {@link FlowTable} with {@link MaskTable} and {@link ActionTable} (flows), {@link
 * HandlerRing} (upcalls), {@link Executors} (execute), {@link Pins} (what outlives the process).
 * The kernel side begins in {@code bpf-src/datapath.bpf.c}; what both share is in {@code
 * docs/bpf-abi.md}.
 *
 * <h2>What is left behind</h2>
 *
 * While it runs, everything in the kernel is also held by pins of this run directory, so a killed
 * process leaves its flows forwarding. {@link #close(boolean) close(false)} removes pins, programs
 * and devices; close(true) leaves them. A start takes over what an earlier process of the same ABI
 * left, in whatever state that died ({@link FlowAdoption}, {@link BpfPorts#adopt}, {@link
 * UpcallShares}); what it cannot take over it removes, with one warning. Only the execute device
 * ends with its process.
 */
public final class BpfDpif implements Dpif {
  private static final Logger LOG = LoggerFactory.getLogger(BpfDpif.class);

  /** What a counter of the kernel is called in {@link #coverage}. */
  private static final Map<Integer, String> COUNTER_NAMES =
      Map.of(
          Abi.Counter.MISSED, "dp_missed",
          Abi.Counter.LOST, "dp_lost",
          Abi.Counter.CACHE_MISS, "dp_cache_miss",
          Abi.Counter.MASKS_WALKED, "dp_masks_walked",
          Abi.Counter.STALE, "dp_stale",
          Abi.Counter.UPCALL_MISS, "dp_upcall_miss",
          Abi.Counter.UPCALL_SLOW_PATH, "dp_upcall_slow_path",
          Abi.Counter.UPCALL_CONTROLLER, "dp_upcall_controller",
          Abi.Counter.PULLED, "dp_pulled");

  /** Note of our own: which network namespace the ports are in. */
  private static final String NETNS = "netns";

  private static final byte[] CLOCK_FRAME = new byte[64];

  private final BpfSystem system;
  private final Links links;
  private final Pins pins;
  private final String devicePrefix;
  private final BpfPorts ports;
  private final ActionTable actions;
  private final FlowTable flows;
  private final Notes notes;
  private HandlerRing[] handlers = new HandlerRing[0];

  /** Rings of handlers that an earlier process had and this one has not, from number n on. */
  private HandlerRing[] older = new HandlerRing[0];

  /** Null: this process has made the datapath. */
  private @Nullable FlowAdoption adoption;

  private int sharesSettled;
  private @Nullable Executors executors;
  private boolean closed;

  private BpfDpif(BpfSystem system, Links links, Pins pins, String devicePrefix) {
    this.system = system;
    this.links = links;
    this.pins = pins;
    this.devicePrefix = devicePrefix;
    this.ports = new BpfPorts(system, links, pins, devicePrefix);
    this.notes = new Notes(system.map("dp_notes"));
    this.actions = new ActionTable(ActionTable.slots(system.map("dp_actions")));
    MaskTable masks = new MaskTable(system.memory("dp_masks"), system.memory("dp_mask_order"));
    int clockProgram = system.program("dp_clock");
    JiffyClock clock =
        new JiffyClock(
            system.memory("dp_counters"),
            () -> Bpf.testRun(clockProgram, CLOCK_FRAME, new byte[0], 1, new int[1]),
            Bpf.tickNs());
    int[] tables = new int[MaskTable.TABLE_WORDS.length];
    for (int t = 0; t < tables.length; t++) {
      tables[t] = system.map("dp_table" + MaskTable.TABLE_WORDS[t]);
    }
    this.flows =
        new FlowTable(FlowTable.slots(system.map("dp_flows")), masks, actions, tables, clock);
  }

  /**
   * Loads the kernel side.
   *
   * @param rundir the daemon's run directory, which gives pins and devices their names
   * @throws DpifException something is missing: libbpf, BTF, privileges, a BPF file system; the
   *     message says in one line what, and what to do
   */
  public static BpfDpif open(Path rundir) throws DpifException {
    return open(rundir, "dp_test", "dp_bench");
  }

  static BpfDpif open(Path rundir, String... leaveOut) throws DpifException {
    try {
      Links links = Links.open();
      try {
        Pins pins = Pins.open(rundir);
        String prefix = "bs" + Pins.nameOf(rundir).substring(0, 6) + ".";
        BpfSystem system = findEarlier(pins, links, prefix);
        return system != null
            ? adopt(system, links, pins, prefix)
            : make(BpfSystem.load(leaveOut), links, pins, prefix);
      } catch (NetdevException | DpifException e) {
        links.close();
        throw e;
      }
    } catch (NetdevException e) {
      throw new DpifException(e.errno(), "rtnetlink: " + e.getMessage(), e);
    }
  }

  private static BpfDpif make(BpfSystem system, Links links, Pins pins, String prefix)
      throws DpifException {
    try {
      pins.create(BpfSystem.abiHash());
      system.pin(pins);
      BpfDpif dpif = new BpfDpif(system, links, pins, prefix);
      BpfSystem.check(dpif.flows.prepare(), "make flow tables");
      dpif.notes.putOwn(NETNS, netns());
      return dpif;
    } catch (DpifException e) {
      system.close();
      throw e;
    }
  }

  /**
   * What an earlier process left, if it can be taken over. If not it is removed, with one warning:
   * another ABI's, that of another network namespace, or what a process had not finished when it
   * died. Devices may be there without pins, where the pins were in a mount namespace that ended
   * with the process.
   */
  private static @Nullable BpfSystem findEarlier(Pins pins, Links links, String prefix)
      throws NetdevException, DpifException {
    String abi = BpfSystem.abiHash();
    List<String> left = pins.abis();
    List<Link> devices =
        links.all().stream().filter(link -> link.name().startsWith(prefix)).toList();
    String why;
    if (left.equals(List.of(abi))) {
      pins.create(abi);
      BpfSystem system = BpfSystem.adopt(pins);
      if (system != null && new Notes(system.map("dp_notes")).own(NETNS) == netns()) {
        return system;
      }
      why = system == null ? "it was not finished" : "it is of another network namespace";
      if (system != null) {
        system.close();
      }
    } else if (!left.isEmpty()) {
      why = "it is of another version";
    } else {
      why = "there are devices only";
    }
    if (!left.isEmpty() || !devices.isEmpty() || pins.hasLeftovers()) {
      LOG.warn(
          "removing the datapath that an earlier process left in {}, which cannot be taken over:"
              + " {}",
          pins.directory(),
          why);
      pins.removeAll();
      for (Link device : devices) {
        links.delete(device.ifindex());
      }
    }
    return null;
  }

  private static BpfDpif adopt(BpfSystem system, Links links, Pins pins, String prefix)
      throws DpifException, NetdevException {
    try {
      BpfDpif dpif = new BpfDpif(system, links, pins, prefix);
      FlowAdoption found = dpif.flows.adopt();
      dpif.adoption = found;
      int ports = dpif.ports.adopt();
      for (Link device : links.all()) {
        // The execute device of a process that is about to be gone, or a port's that was half made.
        if (device.name().startsWith(prefix) && !dpif.ports.isEndOfPort(device.name())) {
          links.delete(device.ifindex());
        }
      }
      LOG.info("took over {} ports and {} megaflows", ports, found.flows());
      if (found.deadRecords() + found.deadElements() > 0) {
        LOG.info(
            "of flows that were half put or half deleted, removed {} records and {} elements",
            found.deadRecords(),
            found.deadElements());
      }
      BpfSystem.check(dpif.flows.prepare(), "make flow tables");
      return dpif;
    } catch (DpifException | NetdevException e) {
      system.close();
      throw e;
    }
  }

  /** Which network namespace the calling thread is in. */
  private static long netns() throws DpifException {
    try {
      return (long) Files.getAttribute(Path.of("/proc/thread-self/ns/net"), "unix:ino");
    } catch (IOException e) {
      throw new DpifException(Errno.EIO, "read /proc/thread-self/ns/net: " + e.getMessage(), e);
    }
  }

  BpfSystem system() {
    return system;
  }

  @Override
  public String type() {
    return "bpf";
  }

  @Override
  public OdpPort portAdd(String name, PortKind kind) throws DpifException {
    return ports.add(name, kind);
  }

  @Override
  public void portDel(OdpPort port) throws DpifException {
    ports.delete(port);
  }

  @Override
  public List<DpifPort> ports() {
    return ports.list();
  }

  /** Follows a device of the host that came, went or changed. */
  @Override
  public void onLink(LinkEvent event) {
    ports.onLink(event);
  }

  @Override
  public int flowPut(OdpKey key, OdpKey mask, OdpActions list) {
    return supports(list) ? flows.put(key, mask, list) : -Errno.EOPNOTSUPP;
  }

  @Override
  public int flowModify(int flowId, OdpActions list) {
    return supports(list) ? flows.modify(flowId, list) : -Errno.EOPNOTSUPP;
  }

  @Override
  public int flowUnlink(int flowId) {
    return flows.unlink(flowId);
  }

  @Override
  public void quiesce() {
    flows.quiesce();
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
  public boolean supports(OdpActions list) {
    return KernelActions.supports(list);
  }

  @Override
  public void setHandlers(int n) throws DpifException {
    if (handlers.length > 0 || n < 1 || n >= Abi.HANDLERS) {
      throw new IllegalArgumentException(
          "handlers are set once, 1 to " + (Abi.HANDLERS - 1) + " of them, not " + n);
    }
    List<HandlerRing> rings = new ArrayList<>();
    for (int i = 0; i < Abi.HANDLERS && (i < n || HandlerRing.exists(system, i)); i++) {
      rings.add(HandlerRing.open(system, i));
    }
    if (adoption != null) {
      sharesSettled = UpcallShares.settle(system.memory("dp_ports"), rings);
    }
    handlers = rings.subList(0, n).toArray(HandlerRing[]::new);
    older = rings.subList(n, rings.size()).toArray(HandlerRing[]::new);
    ports.setHandlers(n);
  }

  @Override
  public int receive(int handler, UpcallSink sink, int max) {
    int n = handlers[handler].receive(sink, max);
    for (int i = handler; i < older.length; i += handlers.length) {
      n += older[i].receive(sink, max - n);
    }
    return n;
  }

  @Override
  public void awaitUpcall(int handler, long timeoutNs) {
    handlers[handler].await(timeoutNs);
  }

  @Override
  public void wakeHandler(int handler) {
    handlers[handler].wake();
  }

  @Override
  public void setExecutors(int n) throws DpifException {
    if (executors != null) {
      throw new IllegalStateException("executors are set once");
    }
    synchronized (flows) {
      executors = Executors.create(system, links, devicePrefix + "x", n, actions);
    }
  }

  @Override
  public int execute(int executor, Packet packet, OdpKey metadata, OdpActions list) {
    Executors e = executors;
    if (e == null) {
      throw new IllegalStateException("setExecutors was not called");
    }
    return e.execute(executor, packet, metadata, list);
  }

  private long counter(int i) {
    return Mem.getLong(system.memory("dp_counters"), 8 * i);
  }

  @Override
  public DpifStats stats() {
    long cacheMisses = counter(Abi.Counter.CACHE_MISS); // first: no later packet is among them
    long missed = counter(Abi.Counter.MISSED);
    long hit = flows.hits();
    return new DpifStats(
        hit,
        missed,
        counter(Abi.Counter.LOST),
        flows.size(),
        flows.maskCount(),
        counter(Abi.Counter.MASKS_WALKED),
        Math.max(0, hit + missed - cacheMisses));
  }

  @Override
  public Map<String, Long> coverage() {
    Map<String, Long> all = new LinkedHashMap<>();
    for (int i = 0; i < Abi.Counter.DROPS; i++) {
      String name = COUNTER_NAMES.get(i);
      if (name != null) {
        all.put(name, counter(i));
      }
    }
    for (DropReason r : DropReason.values()) {
      long n = r.code() < DropReason.FIRST_USERSPACE ? counter(Abi.Counter.DROPS + r.code()) : 0;
      Optional<Executors> e = Optional.ofNullable(executors);
      all.put(r.text(), n + e.map(x -> x.refused(r)).orElse(0L));
    }
    ports.addRefused(all);
    long unknownGso = 0;
    for (HandlerRing h : handlers) {
      unknownGso += h.unknownGso();
    }
    all.put("dp_upcall_unknown_gso", unknownGso);
    all.put("dp_flow_refused", flows.refused());
    all.put("dp_flow_made_narrower", flows.madeNarrower());
    all.put("dp_action_lists", (long) flows.actionListCount());
    FlowAdoption a = adoption;
    all.put("dp_adopted_flows", a == null ? 0L : a.flows());
    all.put("dp_adopted_dead_records", a == null ? 0L : a.deadRecords());
    all.put("dp_adopted_dead_elements", a == null ? 0L : a.deadElements());
    all.put("dp_adopted_upcall_shares", (long) sharesSettled);
    return all;
  }

  @Override
  public boolean isAdopted() {
    return adoption != null;
  }

  @Override
  public void dropUnclaimedPorts() {
    ports.dropUnwanted();
  }

  @Override
  public int highestRecircId() {
    return adoption == null ? 0 : adoption.highestRecircId();
  }

  @Override
  public Map<String, Long> notes() {
    return notes.all();
  }

  @Override
  public int note(String name, long value) {
    return notes.put(name, value);
  }

  @Override
  public void forget(String name) {
    notes.remove(name);
  }

  @Override
  public void close(boolean keep) {
    if (closed) {
      return;
    }
    closed = true;
    ports.close(keep);
    if (executors != null) {
      executors.close();
    }
    for (HandlerRing h : handlers) {
      h.close();
    }
    for (HandlerRing h : older) {
      h.close();
    }
    if (!keep) {
      pins.removeAll();
      pins.close();
    }
    flows.unmap();
    system.close();
    links.close();
  }
}
