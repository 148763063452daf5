// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.openflow.channel.CloseReason;
import org.beeswitch.openflow.channel.ConnectionListener;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.Listener;
import org.beeswitch.openflow.channel.OfConnection;
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
import org.beeswitch.vswitchd.config.ControllerConfig;
import org.beeswitch.vswitchd.config.FailMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a bridge's connections: to its controllers, from those that connect to it, from tools at
 * its management socket, and from those who listen in at its snoop socket (OVS {@code connmgr.c}).
 *
 * <h2>Who counts</h2>
 *
 * Only targets that we connect to are controllers in the sense of the fail mode. What connects to
 * us, {@code ptcp:} among it, is a service connection.
 *
 * <h2>Fail mode, standalone</h2>
 *
 * With no controller to connect to, the rule {@code priority=0 actions=NORMAL} is there to be seen.
 * With some, {@link FailOpen} says what happens while they are away. Going from controllers to none
 * or back flushes the rules, as does another fail mode without controllers.
 *
 * <p>{@code main} alone.
 */
final class Controllers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Controllers.class);

  /** Connections accepted in one run, so that other work comes to its turn. */
  private static final int ACCEPTS_PER_RUN = 32;

  private final String bridge;
  private final Connmgr connmgr;
  private final FailOpen failOpen;
  private final ConnectionListener<Decoded, OfFrame> listener = new Recovering();
  private final Streams streams;
  private final VersionSet protocols;
  private final OfMessageCodec codec = new OfMessageCodec(Sender.CONTROLLER);

  /** By target, in the order of the configuration. */
  private final Map<Target, Rconn<Decoded, OfFrame>> controllers = new LinkedHashMap<>();

  private final Map<Target, Passive> listeners = new LinkedHashMap<>();
  private final List<Rconn<Decoded, OfFrame>> services = new ArrayList<>();
  private final Listener<Decoded> snoop;
  private final Listener<Decoded> management;
  private FailMode failMode;

  /** When {@link #doWork} was called last. */
  private long nowNs;

  /** A target that is listened on, and how connections to it are kept. */
  private record Passive(Listener<Decoded> listener, RconnSettings settings) {}

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
    this.failOpen = new FailOpen(bridge, connmgr);
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

  /** Ends fail-open before the message of a controller that ends it is handled. */
  private final class Recovering implements ConnectionListener<Decoded, OfFrame> {
    @Override
    public void connected(OfConnection<OfFrame> connection, int version) {
      connmgr.connected(connection, version);
    }

    @Override
    public void message(OfConnection<OfFrame> connection, Decoded message, Frame frame) {
      failOpen.recover(controllers.values(), nowNs);
      connmgr.message(connection, message, frame);
    }

    @Override
    public void disconnected(OfConnection<OfFrame> connection, CloseReason why) {
      connmgr.disconnected(connection, why);
    }
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
      failOpen.end(nowNs);
    }
  }

  /**
   * Goes from the controllers that there are to these; connections to those that stay are left
   * alone.
   *
   * @throws IOException a passive one cannot be listened on; nothing has changed
   */
  void setControllers(List<ControllerConfig> wanted, long nowNs) throws IOException {
    Map<Target, Listener<Decoded>> opened = new LinkedHashMap<>();
    try {
      for (ControllerConfig c : wanted) {
        if (c.target().passive() && !listeners.containsKey(c.target())) {
          opened.put(c.target(), listen(c.target()));
        }
      }
    } catch (IOException e) {
      opened.values().forEach(Listener::close);
      throw e;
    }
    boolean had = !controllers.isEmpty();
    Set<Target> targets = new HashSet<>();
    wanted.forEach(c -> targets.add(c.target()));
    listeners.entrySet().removeIf(l -> !targets.contains(l.getKey()) && closed(l.getValue()));
    controllers.entrySet().removeIf(c -> !targets.contains(c.getKey()) && ended(c.getValue()));
    for (ControllerConfig c : wanted) {
      Target t = c.target();
      if (t.passive()) {
        Passive there = listeners.get(t);
        Listener<Decoded> l =
            there != null ? there.listener() : Objects.requireNonNull(opened.get(t));
        listeners.put(t, new Passive(l, c.settings(RconnSettings.SERVICE)));
      } else {
        Rconn<Decoded, OfFrame> r = controllers.computeIfAbsent(t, target -> connect(t, nowNs));
        boolean unasked = c.inactivityProbeMs() == null && !t.needsProbes();
        RconnSettings s = c.settings(RconnSettings.CONTROLLER);
        r.configure(unasked ? new RconnSettings(0, s.maxBackoffS()) : s);
      }
    }
    if (had == controllers.isEmpty()) {
      failOpen.end(nowNs);
      flush(nowNs);
    }
  }

  private Rconn<Decoded, OfFrame> connect(Target t, long nowNs) {
    return Rconn.active(
        bridge + "<->" + t.text(),
        t,
        target -> streams.open(target, protocols, codec),
        codec,
        listener,
        RconnSettings.CONTROLLER,
        streams.counters(),
        nowNs);
  }

  private static boolean closed(Passive p) {
    p.listener().close();
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
    this.nowNs = nowNs;
    int done = acceptServices(management, RconnSettings.SERVICE, nowNs);
    for (Passive p : listeners.values()) {
      done += acceptServices(p.listener(), p.settings(), nowNs);
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
    if (!controllers.isEmpty() && failMode == FailMode.STANDALONE) {
      failOpen.run(controllers.values(), nowNs);
    }
    return done + connmgr.doWork(nowNs);
  }

  private int acceptServices(Listener<Decoded> l, RconnSettings settings, long nowNs) {
    int n = 0;
    for (; n < ACCEPTS_PER_RUN; n++) {
      Vconn<Decoded> v = l.accept();
      if (v == null) {
        break;
      }
      services.add(
          Rconn.accepted(
              bridge + "<->" + v.name(), v, codec, listener, settings, streams.counters(), nowNs));
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

  /** When {@link #doWork} has to be called even if nothing happens; Long.MAX_VALUE: not at all. */
  long deadlineNs() {
    long next = failOpen.deadlineNs();
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
    listeners.values().forEach(Controllers::closed);
    controllers.values().forEach(c -> c.shutdown("the bridge is gone"));
    services.forEach(c -> c.shutdown("the bridge is gone"));
    services.clear();
    controllers.clear();
    listeners.clear();
  }
}
