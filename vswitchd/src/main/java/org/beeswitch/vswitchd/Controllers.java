// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.openflow.channel.ConnectionListener;
import org.beeswitch.openflow.channel.Listener;
import org.beeswitch.openflow.channel.OfMessageCodec;
import org.beeswitch.openflow.channel.Rconn;
import org.beeswitch.openflow.channel.RconnSettings;
import org.beeswitch.openflow.channel.Streams;
import org.beeswitch.openflow.channel.Target;
import org.beeswitch.openflow.channel.Vconn;
import org.beeswitch.openflow.channel.VersionSet;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.vswitchd.config.FailMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a bridge's connections: to its controllers, from those that connect to it, from tools at
 * its management socket, and from those who listen in at its snoop socket; and watches how long its
 * controllers have been away (OVS {@code connmgr.c} and {@code fail-open.c}).
 *
 * <h2>Who counts</h2>
 *
 * Only targets that we connect to are controllers in the sense of the fail mode. What connects to
 * us, {@code ptcp:} among it, is a service connection.
 *
 * <h2>Fail mode, standalone</h2>
 *
 * With no controller to connect to, the rule {@code priority=0 actions=NORMAL} is there to be seen.
 * With some, of which none has admitted the switch for three of the longest probe intervals (one
 * idle, one for the answer, one to connect again), all rules go and a hidden one does NORMAL, until
 * one admits it. Going from controllers to none or back flushes the rules, as does another fail
 * mode without controllers.
 *
 * <p>{@code main} alone.
 */
final class Controllers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Controllers.class);

  /** Connections accepted in one run, so that other work comes to its turn. */
  private static final int ACCEPTS_PER_RUN = 32;

  private final String bridge;
  private final Connmgr connmgr;
  private final Streams streams;
  private final VersionSet protocols;
  private final OfMessageCodec codec = new OfMessageCodec(Sender.CONTROLLER);

  /** By target, in the order of the configuration. */
  private final Map<Target, Rconn<Decoded, OfFrame>> controllers = new LinkedHashMap<>();

  private final Map<Target, Listener<Decoded>> listeners = new LinkedHashMap<>();
  private final List<Rconn<Decoded, OfFrame>> services = new ArrayList<>();
  private final Listener<Decoded> snoop;
  private final Listener<Decoded> management;
  private FailMode failMode;

  /**
   * Opens {@code RUNDIR/<bridge>.mgmt} and {@code .snoop}.
   *
   * @throws IOException saying which cannot be listened on, and why
   */
  Controllers(
      String bridge, Connmgr connmgr, Streams streams, VersionSet protocols, FailMode failMode)
      throws IOException {
    this.bridge = bridge;
    this.connmgr = connmgr;
    this.streams = streams;
    this.protocols = protocols;
    this.failMode = failMode;
    this.management = listen(Target.parse("punix:" + bridge + ".mgmt"));
    try {
      this.snoop = listen(Target.parse("punix:" + bridge + ".snoop"));
    } catch (IOException e) {
      management.close();
      throw e;
    }
  }

  private Listener<Decoded> listen(Target target) throws IOException {
    return streams.listen(target, protocols, codec);
  }

  // Configuration.

  /** Puts what a bridge without controllers has by its fail mode; once, when it is made. */
  void begin(long nowNs) {
    if (failMode == FailMode.STANDALONE) {
      connmgr.addStandaloneRule(nowNs);
    }
  }

  void setFailMode(FailMode mode, long nowNs) {
    if (mode == failMode) {
      return;
    }
    failMode = mode;
    if (controllers.isEmpty()) {
      flush(nowNs);
    } else if (mode == FailMode.SECURE) {
      connmgr.setFailOpen(false, nowNs);
    }
  }

  /**
   * Goes from the controllers that there are to these; connections to those that stay are left
   * alone.
   *
   * @throws IOException a passive one cannot be listened on; nothing has changed
   */
  void setControllers(List<Target> targets, long nowNs) throws IOException {
    Map<Target, Listener<Decoded>> opened = new LinkedHashMap<>();
    try {
      for (Target t : targets) {
        if (t.passive() && !listeners.containsKey(t)) {
          opened.put(t, listen(t));
        }
      }
    } catch (IOException e) {
      opened.values().forEach(Listener::close);
      throw e;
    }
    listeners.putAll(opened);
    boolean had = !controllers.isEmpty();
    listeners.entrySet().removeIf(l -> !targets.contains(l.getKey()) && closed(l.getValue()));
    controllers.entrySet().removeIf(c -> !targets.contains(c.getKey()) && ended(c.getValue()));
    for (Target t : targets) {
      if (!t.passive() && !controllers.containsKey(t)) {
        controllers.put(t, connect(t, nowNs));
      }
    }
    if (had == controllers.isEmpty()) {
      connmgr.setFailOpen(false, nowNs);
      flush(nowNs);
    }
  }

  private Rconn<Decoded, OfFrame> connect(Target t, long nowNs) {
    return Rconn.active(
        bridge + "<->" + t.text(),
        t,
        target -> streams.open(target, protocols, codec),
        codec,
        connmgr,
        RconnSettings.CONTROLLER,
        streams.counters(),
        nowNs);
  }

  private static boolean closed(Listener<?> l) {
    l.close();
    return true;
  }

  private static boolean ended(Rconn<?, ?> c) {
    c.shutdown("the controller was removed from the configuration");
    return true;
  }

  /** Ends all connections; to controllers it connects again. */
  void reconnect(String why) {
    controllers.values().forEach(c -> c.close(why));
    services.forEach(c -> c.close(why));
  }

  /** Begins anew with the rules of the switch itself. */
  private void flush(long nowNs) {
    connmgr.ofproto().flushRules(nowNs);
    if (controllers.isEmpty() && failMode == FailMode.STANDALONE) {
      connmgr.addStandaloneRule(nowNs);
    }
  }

  // Work.

  /**
   * Accepts, receives, sends, probes, decides about fail-open. Returns how much there was to do.
   */
  int doWork(long nowNs) {
    connmgr.setTime(nowNs);
    int done = acceptServices(management, nowNs);
    for (Listener<Decoded> l : listeners.values()) {
      done += acceptServices(l, nowNs);
    }
    for (Vconn<Decoded> v = snoop.accept(); v != null; v = snoop.accept()) {
      addSnoop(v);
      done++;
    }
    for (Rconn<Decoded, OfFrame> c : controllers.values()) {
      done += c.doWork(nowNs);
    }
    for (Iterator<Rconn<Decoded, OfFrame>> i = services.iterator(); i.hasNext(); ) {
      Rconn<Decoded, OfFrame> c = i.next();
      done += c.doWork(nowNs);
      if (!c.isAlive()) {
        i.remove();
      }
    }
    runFailMode(nowNs);
    return done + connmgr.doWork(nowNs);
  }

  private int acceptServices(Listener<Decoded> l, long nowNs) {
    int n = 0;
    for (; n < ACCEPTS_PER_RUN; n++) {
      Vconn<Decoded> v = l.accept();
      if (v == null) {
        break;
      }
      ConnectionListener<Decoded, OfFrame> listener = connmgr;
      services.add(
          Rconn.accepted(
              bridge + "<->" + v.name(),
              v,
              codec,
              listener,
              RconnSettings.SERVICE,
              streams.counters(),
              nowNs));
    }
    return n;
  }

  /** Lets a tool listen in on the connection to the controller: on one that is up if there is. */
  private void addSnoop(Vconn<Decoded> v) {
    Rconn<Decoded, OfFrame> best = null;
    for (Rconn<Decoded, OfFrame> c : controllers.values()) {
      if (best == null || !best.isConnected() && c.isConnected()) {
        best = c;
      }
    }
    if (best == null) {
      log.info("{}: no controller connection to snoop", bridge);
      v.close();
    } else {
      best.addMonitor(v);
    }
  }

  private void runFailMode(long nowNs) {
    if (controllers.isEmpty() || failMode != FailMode.STANDALONE) {
      return;
    }
    int away = Integer.MAX_VALUE;
    int probeIntervalS = 0;
    boolean admitted = false;
    for (Rconn<?, ?> c : controllers.values()) {
      away = Math.min(away, c.failureDurationS());
      probeIntervalS = Math.max(probeIntervalS, c.settings().probeIntervalS());
      admitted |= c.isAdmitted();
    }
    if (connmgr.isFailOpen()) {
      if (admitted) {
        log.warn("{}: no longer in fail-open mode", bridge);
        connmgr.setFailOpen(false, nowNs);
      }
    } else if (away > 0 && away >= 3 * probeIntervalS) {
      log.warn(
          "{}: could not connect to controller (or switch failed controller's post-connection"
              + " admission control policy) for {} seconds, failing open",
          bridge,
          away);
      connmgr.ofproto().flushRules(nowNs);
      connmgr.setFailOpen(true, nowNs);
    }
  }

  /** When {@link #doWork} has to be called even if nothing happens; Long.MAX_VALUE: not at all. */
  long deadlineNs() {
    long next = Long.MAX_VALUE;
    for (Rconn<?, ?> c : controllers.values()) {
      next = Math.min(next, c.deadlineNs());
    }
    for (Rconn<?, ?> c : services) {
      next = Math.min(next, c.deadlineNs());
    }
    return next;
  }

  /**
   * Whether the bridge's tables are what they are to be, after a restart: each controller that we
   * connect to has had a barrier after a flow-mod; or there are no controllers, and the rule of a
   * standalone bridge is all there is. Who connects to us nobody knows beforehand.
   */
  boolean areTablesBack() {
    if (controllers.isEmpty()) {
      return listeners.isEmpty() && failMode == FailMode.STANDALONE;
    }
    return controllers.keySet().stream().allMatch(t -> connmgr.hasTablesOf(t.text()));
  }

  /** What there is to say of each controller, for the operator. */
  List<String> describe() {
    List<String> l = new ArrayList<>();
    controllers.forEach(
        (t, c) ->
            l.add(
                t.text()
                    + " "
                    + c.state()
                    + (c.isAdmitted() ? " admitted" : "")
                    + (c.lastError() == null ? "" : " last error: " + c.lastError())));
    listeners.forEach((t, c) -> l.add(t.text() + " LISTENING"));
    return l;
  }

  /** Ends all connections and removes the sockets. */
  @Override
  public void close() {
    management.close();
    snoop.close();
    listeners.values().forEach(Listener::close);
    controllers.values().forEach(c -> c.shutdown("the bridge is gone"));
    services.forEach(c -> c.shutdown("the bridge is gone"));
    services.clear();
    controllers.clear();
    listeners.clear();
  }
}
