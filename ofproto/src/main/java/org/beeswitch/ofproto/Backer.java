// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.dpif.Dpif;
import org.beeswitch.dpif.DpifException;
import org.beeswitch.ofproto.state.BridgeState;
import org.beeswitch.ofproto.state.Snapshot;
import org.beeswitch.ofproto.upcall.Adoption;
import org.beeswitch.ofproto.upcall.AgentThread;
import org.beeswitch.ofproto.upcall.Change;
import org.beeswitch.ofproto.upcall.Handler;
import org.beeswitch.ofproto.upcall.PacketInSink;
import org.beeswitch.ofproto.upcall.Revalidator;
import org.beeswitch.ofproto.upcall.Udpif;
import org.beeswitch.ofproto.xlate.Xlate;

/**
 * One datapath and what all bridges on it share (OVS {@code struct dpif_backer}): the current
 * version of their state, the megaflows, handlers and revalidators.
 *
 * <p><b>Versions.</b> {@code main} is the only writer. It makes the next {@link BridgeState} and
 * calls {@link #commit}; when that returns, no packet that enters is forwarded by the version
 * before ({@link Udpif}). What must wait for final counters waits with {@link #whenFinal}.
 *
 * <p><b>Learning</b> is {@link MacLearner}'s.
 *
 * <p><b>Threads.</b> Everything here is {@code main}'s but {@link #onFinal} and what says
 * otherwise.
 */
public final class Backer implements AutoCloseable {
  /**
   * Bridges take these numbers in turn, unless there are more bridges: so a number is another's
   * only when packet-ins for the bridge that had it are no longer on their way, and bridges that
   * come and go do not make {@link Snapshot} larger and larger.
   */
  static final int BRIDGE_NUMBERS = 1_024;

  /** Stands between bridge and port in the notes of OpenFlow port numbers; no name has it. */
  private static final char OF_PORT = '/';

  private final Dpif dpif;
  private final Udpif udpif;
  private final Runnable wakeMain;
  private final PacketInSink packetIns;
  private final List<AgentThread> threads = new ArrayList<>();
  private final List<Handler> handlers = new ArrayList<>();
  private final Revalidator revalidator;
  private final MacLearner learner;
  private final AtomicLong finalTicket = new AtomicLong();
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Adoption adoption;

  /** Whether megaflows of an earlier process forward, which nobody has looked at yet. */
  private boolean restoring;

  private final AtomicLong notesRefused = new AtomicLong();
  private int nextBridgeNumber;

  private record Waiting(long ticket, Runnable then) {}

  /**
   * @param wakeMain ends {@code main}'s wait
   * @param packetIns takes what handlers have for controllers
   */
  public Backer(Dpif dpif, Runnable wakeMain, PacketInSink packetIns) {
    this.dpif = dpif;
    this.wakeMain = wakeMain;
    this.packetIns = packetIns;
    this.udpif = new Udpif(dpif, this::onFinal);
    this.learner = new MacLearner(this, wakeMain);
    this.revalidator = new Revalidator(udpif, newXlate());
    this.adoption = new Adoption(udpif, newXlate());
    this.restoring = dpif.isAdopted();
    for (int number : notedBridgeNumbers(dpif.notes())) {
      nextBridgeNumber = Math.max(nextBridgeNumber, number + 1);
    }
    udpif.onDying(revalidator::wake);
  }

  public Dpif dpif() {
    return dpif;
  }

  public Udpif udpif() {
    return udpif;
  }

  public Snapshot current() {
    return udpif.current();
  }

  /** A translator for the calling thread. */
  public Xlate newXlate() {
    return new Xlate(dpif::queueToPriority);
  }

  /** Executor number of {@code main} for {@link Dpif#execute}. */
  public int mainExecutor() {
    return handlers.size();
  }

  /**
   * Makes handlers and revalidator, without threads: a test steps {@link #handlers} and {@link
   * #revalidator} itself.
   *
   * @param n handler threads
   */
  public void prepare(int n) throws DpifException {
    dpif.setHandlers(n);
    dpif.setExecutors(n + 1);
    for (int i = 0; i < n; i++) {
      handlers.add(new Handler(i, udpif, newXlate(), learner, packetIns));
    }
  }

  MacLearner learner() {
    return learner;
  }

  /** Starts the threads of what {@link #prepare} made; not while {@link #isRestoring}. */
  public void start() {
    if (restoring) {
      throw new IllegalStateException("megaflows of an earlier process have not been looked at");
    }
    handlers.forEach(h -> threads.add(AgentThread.start(h)));
    threads.add(AgentThread.start(revalidator));
  }

  /**
   * Whether the datapath forwards by megaflows of an earlier process, and waits for the tables to
   * be what they should be. No handler and no revalidator runs meanwhile: as in OVS's {@code
   * flow-restore-wait} nothing is received from the datapath. Packets that miss wait in their
   * rings, as far as their ports' shares go.
   */
  public boolean isRestoring() {
    return restoring;
  }

  /**
   * Says that ports and bridges are configured: what an earlier process had besides them goes. Its
   * megaflows stay until {@link #restore}.
   */
  public void dropUnclaimed() {
    dpif.dropUnclaimedPorts();
    for (String note : dpif.notes().keySet()) {
      int slash = note.indexOf(OF_PORT);
      String bridge = slash < 0 ? note : note.substring(0, slash);
      boolean there = false;
      for (int i = 0; i < current().bridgeNumbers(); i++) {
        BridgeState b = current().bridge(i);
        there |= b != null && b.name().equals(bridge);
      }
      if (!there) {
        dpif.forget(note);
      }
    }
  }

  /**
   * Ends {@link #isRestoring}: makes the megaflows of the earlier process what the tables say now,
   * starts the threads, and removes what was wrong. When it returns, no packet that enters is
   * forwarded by what the earlier process's tables said.
   *
   * @param keep whether any of them may stay
   * @param starter starts the threads
   * @return what was done, for the log
   */
  public String restore(boolean keep, Runnable starter, long nowNs) {
    if (!restoring) {
      throw new IllegalStateException("there is nothing to restore");
    }
    if (keep) {
      for (Adoption.Address a : adoption.addresses()) {
        learner.learnNow(a.bridge(), a.vlan(), a.mac(), a.ofPort(), nowNs);
      }
      adoption.correct(nowNs);
    } else {
      adoption.rejectAll();
    }
    restoring = false;
    starter.run();
    adoption.removeWrong();
    return adoption.toString();
  }

  public List<Handler> handlers() {
    return handlers;
  }

  public Revalidator revalidator() {
    return revalidator;
  }

  /**
   * A number for a new bridge; 16 bits, as packet-in cookies and dependencies keep it. One that an
   * earlier process had gets its number again, because such cookies may be on their way.
   */
  int newBridgeNumber(String name) {
    Map<String, Long> notes = dpif.notes();
    Long had = notes.get(name);
    if (had != null && current().bridge(had.intValue()) == null) {
      return had.intValue();
    }
    Set<Integer> taken = notedBridgeNumbers(notes); // also of those that are still to come back
    for (int i = 0; i < current().bridgeNumbers(); i++) {
      if (current().bridge(i) != null) {
        taken.add(i);
      }
    }
    int numbers = Math.max(BRIDGE_NUMBERS, 2 * taken.size());
    int n = nextBridgeNumber % numbers;
    while (taken.contains(n)) {
      n = (n + 1) % numbers;
    }
    nextBridgeNumber = n + 1;
    note(name, n);
    return n;
  }

  private static Set<Integer> notedBridgeNumbers(Map<String, Long> notes) {
    Set<Integer> numbers = new HashSet<>();
    notes.forEach(
        (note, number) -> {
          if (note.indexOf(OF_PORT) < 0) {
            numbers.add(number.intValue());
          }
        });
    return numbers;
  }

  private void note(String name, long value) {
    if (dpif.note(name, value) < 0) {
      notesRefused.incrementAndGet();
    }
  }

  /** The OpenFlow port numbers of a bridge's ports, as far as they are noted. */
  Map<String, Integer> notedOfPorts(String bridge) {
    Map<String, Integer> all = new TreeMap<>();
    dpif.notes()
        .forEach(
            (note, number) -> {
              if (note.startsWith(bridge + OF_PORT)) {
                all.put(note.substring(bridge.length() + 1), number.intValue());
              }
            });
    return all;
  }

  void noteOfPort(String bridge, String port, int ofPort) {
    note(bridge + OF_PORT + port, ofPort);
  }

  void forgetOfPort(String bridge, String port) {
    dpif.forget(bridge + OF_PORT + port);
  }

  /**
   * Makes a bridge's next state current. When this returns no packet that enters is forwarded by
   * the state before.
   *
   * @return a ticket for {@link #whenFinal}
   */
  long commit(BridgeState next, List<Change> changes) {
    return udpif.publish(current().with(next), changes);
  }

  /** Takes a bridge out, as {@link #commit}. */
  long remove(BridgeState b) {
    notedOfPorts(b.name()).keySet().forEach(port -> forgetOfPort(b.name(), port));
    dpif.forget(b.name());
    return udpif.publish(current().without(b.number()), List.of(new Change.InPorts(b.number())));
  }

  /**
   * Runs {@code then} on {@code main} when all packets have been counted that were forwarded before
   * the commit which gave the ticket; now if that is so already and nothing else waits. In order of
   * calls.
   */
  void whenFinal(long ticket, Runnable then) {
    if (waiting.isEmpty() && finalTicket.get() >= ticket) {
      then.run();
    } else {
      waiting.add(new Waiting(ticket, then));
    }
  }

  private void onFinal(long ticket) {
    finalTicket.set(ticket);
    wakeMain.run();
  }

  /**
   * {@code main}'s share: learns what handlers ask for, ages addresses, runs what waited for final
   * counters. Returns how much.
   */
  public int doWork(long nowNs) {
    int done = learner.doWork(nowNs);
    for (Waiting w = waiting.peek();
        w != null && finalTicket.get() >= w.ticket;
        w = waiting.peek()) {
      waiting.remove();
      w.then.run();
      done++;
    }
    return done;
  }

  /** Every counter of the datapath and of user space by name. Any thread. */
  public Map<String, Long> coverage() {
    Map<String, Long> all = new TreeMap<>(dpif.coverage());
    all.putAll(udpif.coverage());
    all.putAll(adoption.coverage());
    all.put("notes_refused", notesRefused.get());
    all.putAll(learner.coverage());
    return all;
  }

  /** Ends the threads. The datapath itself is its maker's to close. */
  @Override
  public void close() {
    threads.forEach(AgentThread::close);
    threads.clear();
  }
}
