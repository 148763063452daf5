// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.dpif;

import java.util.List;
import java.util.Map;
import org.beeswitch.flow.Packet;
import org.beeswitch.netdev.LinkEvent;
import org.beeswitch.netdev.Netdev;
import org.beeswitch.odp.OdpActions;
import org.beeswitch.odp.OdpKey;
import org.jspecify.annotations.Nullable;

/**
 * The interface to a datapath: what moves packets between ports by a table of flows, and asks
 * upwards when it has none.
 *
 * <h2>What a datapath is, and is not</h2>
 *
 * A datapath has no intelligence of its own. It has ports, and a table of <em>flows</em>
 * (megaflows), each a masked key and a list of actions. A packet's key is compared with the flows;
 * the one that matches says what happens; if none does, the packet is sent up (a <em>miss</em>) and
 * belongs to the client from then on. There is no priority: the client must not install flows that
 * overlap and disagree. Nothing here knows OpenFlow. One datapath serves all bridges of the daemon.
 *
 * <h2>Ports</h2>
 *
 * A port is known by its {@link OdpPort}, given when it is added, stable while the port exists and,
 * where the datapath outlives the daemon, over a restart. A device that disappears leaves its port
 * behind, without an ifindex, until it comes back or the port is deleted. A port device gives the
 * host's stack nothing: every packet belongs to the switch.
 *
 * <h2>Flows</h2>
 *
 * {@link #flowPut} returns a <em>flow id</em>, a small number under which counters are read and
 * actions replaced cheaply. Deleting is in steps, so that no packet goes uncounted: {@link
 * #flowUnlink} (packets that come later do not see the flow; others may still be under way), {@link
 * #quiesce} (waits until none is, once for any number of flows), {@link #flowStats} (final now),
 * {@link #flowRelease} (the id may be given to another flow).
 *
 * <h2>Upcalls</h2>
 *
 * Ports are spread over {@code n} handlers; each handler receives on its own thread. What a port
 * may have outstanding is limited, per kind; what is refused is counted per port and dropped.
 *
 * <h2>After a restart</h2>
 *
 * A datapath that outlives its process is found again by the next one with all ports and flows in
 * force ({@link #isAdopted}): they go on as they are. {@link #portAdd} of a name that is there
 * gives the port with its number; {@link #dropUnclaimedPorts} deletes those that nobody asked for.
 * {@link #notes} are the client's own: what it has to know again to make sense of what it finds.
 *
 * <h2>Errors</h2>
 *
 * Methods on the hot path return a negative errno; the others throw {@link DpifException} with one.
 * A datapath that cannot run an action says so by {@link #supports} beforehand: the client makes
 * that flow a slow-path flow. Every packet dropped moves a counter in {@link #coverage}.
 *
 * <h2>Threads</h2>
 *
 * All methods may be called from any thread at the same time, except that a handler number and an
 * executor number each belong to one thread, and that ports are added and deleted by one thread at
 * a time.
 */
public interface Dpif extends AutoCloseable {
  /** Name of the kind of datapath: {@code bpf} or {@code netdev}. */
  String type();

  /**
   * Adds a port.
   *
   * @param name of an existing Linux device, or of the device to make
   * @throws DpifException ENODEV: no such device; EBUSY: the device is a port already or in use by
   *     another switch; ENOSPC: {@link OdpPort#MAX} reached; EEXIST: a device of that name is in
   *     the way of an internal port
   */
  OdpPort portAdd(String name, PortKind kind) throws DpifException;

  /**
   * Deletes a port; flows that name it stay, and drop. An internal port's device goes too. ENOENT
   * if there is none.
   */
  void portDel(OdpPort port) throws DpifException;

  /** All ports, by number. */
  List<DpifPort> ports();

  /**
   * The device of a port, if it is one that only the datapath knows (of a test, in memory) or has
   * open. Null if there is none, or if it is the Linux device of the port's name.
   */
  default @Nullable Netdev netdev(OdpPort port) {
    return null;
  }

  /**
   * Tells of a device of the host that came, went or changed, for a datapath that does not watch
   * devices itself. The thread that adds and deletes ports.
   */
  default void onLink(LinkEvent event) {}

  /**
   * Puts a flow in force.
   *
   * @param key exact where {@code mask} has ones; other bits are ignored. Keeps neither argument
   * @return the flow id, or -EEXIST (a flow with that masked key is there), -ENOSPC (a table is
   *     full; counted), -EOPNOTSUPP
   */
  int flowPut(OdpKey key, OdpKey mask, OdpActions actions);

  /**
   * Replaces a flow's actions in one step: a packet sees the old list or the new one. Returns 0,
   * -ENOENT, -ENOSPC.
   */
  int flowModify(int flowId, OdpActions actions);

  /**
   * First step of deleting: packets that come after the return do not match it. Returns 0 or
   * -ENOENT.
   */
  int flowUnlink(int flowId);

  /** Returns when no packet that came before the call is under way. May take 30 ms. */
  void quiesce();

  /** Last step of deleting: the id is free. */
  void flowRelease(int flowId);

  /** Reads the counters of a flow that was put and not released. */
  void flowStats(int flowId, FlowStats out);

  /**
   * Calls the visitor for each flow in force; not a snapshot. Arguments are reused between calls.
   */
  void flowDump(FlowVisitor visitor);

  /** See {@link #flowDump}. */
  interface FlowVisitor {
    void visit(int flowId, OdpKey key, OdpKey mask, OdpActions actions, FlowStats stats);
  }

  /**
   * Whether this datapath can run such a list itself. If not, its flow wants a USERSPACE action of
   * kind SLOW_PATH instead.
   */
  boolean supports(OdpActions actions);

  /**
   * Spreads the ports over {@code n} handlers, numbered from 0. Called once before the first {@link
   * #receive}.
   */
  void setHandlers(int n) throws DpifException;

  /**
   * Delivers up to {@code max} upcalls of a handler to {@code sink} on the calling thread, without
   * waiting. Returns how many.
   */
  int receive(int handler, UpcallSink sink, int max);

  /** Waits until the handler has an upcall, {@link #wakeHandler} is called, or the time is over. */
  void awaitUpcall(int handler, long timeoutNs);

  /** Ends a wait of {@link #awaitUpcall}. */
  void wakeHandler(int handler);

  /** Takes upcalls one by one; the argument is reused. */
  interface UpcallSink {
    void onUpcall(Upcall upcall);
  }

  /** Makes {@code n} executors available, numbered from 0, for {@link #execute}. Called once. */
  void setExecutors(int n) throws DpifException;

  /**
   * Runs actions on a packet, as if the datapath had matched it. Takes any packet that a port can
   * carry, GSO and partial checksums included; runs lists that {@link #supports} refuses too (in
   * user space, output by output). May modify the packet.
   *
   * @param executor number of the calling thread's executor
   * @param metadata what the packet came with, as in {@link Upcall#metadata}
   * @return 0 or a negative errno; a packet that was not sent has moved a counter
   */
  int execute(int executor, Packet packet, OdpKey metadata, OdpActions actions);

  /**
   * What this datapath calls an OpenFlow queue: the value that a SET of skb_priority gets. By
   * default the handle of class {@code 1:(queue + 1)} of an HTB qdisc, as OVS numbers its classes.
   */
  default int queueToPriority(int queueId) {
    return 1 << 16 | (queueId + 1 & 0xffff);
  }

  DpifStats stats();

  /** Whether it is that of an earlier process, with its ports and flows. */
  default boolean isAdopted() {
    return false;
  }

  /** Deletes the ports of an earlier process that have not been added again. */
  default void dropUnclaimedPorts() {}

  /**
   * The largest recirculation id that a flow of an earlier process has: ids that are given out anew
   * begin above it.
   */
  default int highestRecircId() {
    return 0;
  }

  /** What was noted since the datapath was made, by whichever process. */
  Map<String, Long> notes();

  /**
   * Notes a number under a name, in place of what was noted there. {@code main} alone.
   *
   * @param name 1 to 32 bytes
   * @return 0, or -ENOSPC: there is no room for another, and nothing was noted
   */
  int note(String name, long value);

  /** Forgets what was noted, if anything was. */
  void forget(String name);

  /** Every counter of the datapath by name, drop reasons included, for {@code beectl coverage}. */
  Map<String, Long> coverage();

  /**
   * Lets go of the datapath: {@code keep} leaves it forwarding where it can outlive the process,
   * else nothing is left behind.
   */
  void close(boolean keep);

  @Override
  default void close() {
    close(false);
  }
}
