// SPDX-License-Identifier: Apache-2.0
package org.beeswitch.ofproto.connmgr;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.beeswitch.flow.Match;
import org.beeswitch.ofproto.Ofproto;
import org.beeswitch.ofproto.OfprotoListener;
import org.beeswitch.ofproto.state.Counter;
import org.beeswitch.ofproto.state.Rule;
import org.beeswitch.openflow.channel.CloseReason;
import org.beeswitch.openflow.channel.ConnectionListener;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.channel.OfConnection;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.msg.Action;
import org.beeswitch.openflow.msg.FlowRemoved;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.beeswitch.openflow.msg.PortMod;
import org.beeswitch.openflow.msg.PortStatus;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleRequest;
import org.jspecify.annotations.Nullable;

/**
 * A bridge's connections (OVS {@code ofproto/connmgr.c}): who gets which message unasked, roles and
 * the generation id that outlives connections, and what the bridge does when no controller is
 * there.
 *
 * <h2>Fail mode</h2>
 *
 * Without controllers a standalone bridge has the visible rule {@code priority=0 actions=NORMAL}; a
 * secure one has none. With controllers, a standalone bridge that none has been admitted to for
 * three probe intervals loses its rules and gets a hidden one above all others that does NORMAL
 * (fail-open); it goes when one is back, and rules that came since stay. Service connections have
 * no say in this.
 *
 * <h2>Packet-ins</h2>
 *
 * Handlers put them into an inbox in which ports take turns ({@link PacketInQueue}). {@code main}
 * hands them to the connections, each of which lets {@link OfConn#PACKET_IN_QUEUE} wait for its
 * socket and loses further ones. Where all are that far behind, the rest waits in the inbox, for
 * {@link #PACKET_IN_PATIENCE_NS}: so a burst is not lost because the event loop has not had its
 * turn, and what a flood loses, it loses of the port that floods.
 *
 * <p>Opening and keeping connections is {@code vswitchd}'s; here is what they mean. {@code main}
 * alone, but {@link #packetIn} and {@link #coverage}.
 */
public final class Connmgr implements OfprotoListener, ConnectionListener<Decoded, OfFrame> {
  /** Priority of the fail-open rule: no controller can say it (OVS FAIL_OPEN_PRIORITY). */
  public static final int FAIL_OPEN_PRIORITY = 0xf0f0f0;

  private static final int OF15 = 6;

  /** Packet-ins on their way from handlers to {@code main}: some 20 ms of a handler's work. */
  static final int PACKET_IN_INBOX = 4_096;

  /** Packet-ins that one run hands out, so that other work comes to its turn. */
  private static final int PACKET_INS_PER_RUN = 256;

  /**
   * How long packet-ins wait in the inbox for room at any connection. The event loop is behind
   * {@code main} for moments; on a busy machine a controller has its turn late. One that has not
   * read for this long does not read.
   */
  static final long PACKET_IN_PATIENCE_NS = 1_000_000_000L;

  private final Ofproto ofproto;
  private final Requests requests;
  private final Runnable wakeMain;
  private final List<OfConn> conns = new ArrayList<>();
  private final Set<String> tablesOf = new HashSet<>();
  private Runnable onTables = () -> {};
  private final PacketInQueue packetIns = new PacketInQueue(PACKET_IN_INBOX);
  private final AtomicLong packetInsNotSent = new AtomicLong();

  /** Packet-ins wait for room, from then on. */
  private long waitingSinceNs;

  /** Whether they do; read by the event loop. */
  private volatile boolean isWaiting;

  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();
  private final AtomicLong multipartsExpired = new AtomicLong();
  private long generationId;
  private boolean hasGenerationId;
  private long nowNs;
  private @Nullable Rule failOpen;

  /** Whose port-mod is being done. */
  private @Nullable OfConn portModBy;

  /**
   * @param factory makes the bridge, which tells this connection manager what happens to it
   */
  public Connmgr(
      java.util.function.Function<OfprotoListener, Ofproto> factory,
      long dpid,
      SwitchIdentity identity,
      Runnable wakeMain) {
    this.ofproto = factory.apply(this);
    this.requests = new Requests(ofproto, dpid, identity, this);
    this.wakeMain = wakeMain;
  }

  public Ofproto ofproto() {
    return ofproto;
  }

  /**
   * Says which datapath id features have from now on. Nothing tells those who know the old one:
   * their connections have to be made anew.
   */
  public void setDatapathId(long dpid) {
    requests.setDatapathId(dpid);
  }

  /** Sets the time that messages handled from now on are handled at. */
  public void setTime(long now) {
    nowNs = now;
  }

  // Connections.

  @Override
  public void connected(OfConnection<OfFrame> connection, int version) {
    conns.add(new OfConn(connection, this::onRoom));
  }

  @Override
  public void disconnected(OfConnection<OfFrame> connection, CloseReason why) {
    conns.removeIf(c -> c.connection == connection);
  }

  @Override
  public void message(OfConnection<OfFrame> connection, Decoded m, Frame frame) {
    messages.lazySet(messages.get() + 1);
    for (OfConn c : conns) {
      if (c.connection == connection) {
        if (MultipartAssembler.isFor(frame)) {
          multipart(c, m, frame);
        } else if (m instanceof Decoded.Good g) {
          requests.handle(c, g.frame().xid(), g.frame().message(), frame, nowNs);
        } else if (m instanceof Decoded.Bad b) {
          bad(c, b, frame);
        }
        return;
      }
    }
    throw new IllegalStateException("message on " + connection.name() + ", which never connected");
  }

  private void multipart(OfConn c, Decoded m, Frame frame) {
    MultipartAssembler.Outcome o = c.multiparts.add(m, frame, nowNs);
    if (o.error() != null) {
      errors.lazySet(errors.get() + 1);
      Requests.error(c, frame.xid(), o.error(), frame);
    } else if (!o.whole().isEmpty()) {
      requests.handleMultipart(c, o.whole(), nowNs);
    }
  }

  /** A secondary controller may not modify, whether or not it knows how to ask. */
  private void bad(OfConn c, Decoded.Bad b, Frame frame) {
    errors.lazySet(errors.get() + 1);
    boolean refused = c.isSecondary() && b.type() != null && isModifying(b.type());
    Requests.error(c, b.xid(), refused ? OfErrorCode.OFPBRC_IS_SECONDARY : b.code(), frame);
  }

  private static boolean isModifying(OfMessage.Type t) {
    return switch (t) {
      case PACKET_OUT, FLOW_MOD, GROUP_MOD, PORT_MOD, TABLE_MOD, METER_MOD -> true;
      default -> false;
    };
  }

  // After a restart.

  /**
   * Has {@code r} called when a connection's barrier follows flow-mods, for the first time of its
   * target: its tables are there now. The reply is sent when {@code r} has returned.
   */
  public void onTables(Runnable r) {
    onTables = r;
  }

  /** Whether a connection to that target has had a barrier after a flow-mod. */
  public boolean hasTablesOf(String target) {
    return tablesOf.contains(target);
  }

  void barrier(OfConn c) {
    if (c.hasModified && !c.isService && tablesOf.add(c.connection.target())) {
      onTables.run();
    }
  }

  /** How many there are: controllers and service connections that came through the greeting. */
  public int connections() {
    return conns.size();
  }

  /** Packet-ins that wait for connections which take them slowly. */
  public int waitingPacketIns() {
    return conns.stream().mapToInt(OfConn::waitingPacketIns).sum();
  }

  // Roles.

  /** Takes a generation id; false if it is older than one that has been seen (OF 1.3.5, 6.3.6). */
  boolean setGenerationId(long id) {
    if (hasGenerationId && id - generationId < 0) {
      return false;
    }
    generationId = id;
    hasGenerationId = true;
    return true;
  }

  long generationId() {
    return hasGenerationId ? generationId : RoleRequest.NO_GENERATION;
  }

  /** Gives a connection a role; the primary that was becomes secondary. */
  void setRole(OfConn c, Role role) {
    if (role == Role.PRIMARY && c.role != Role.PRIMARY) {
      for (OfConn other : conns) {
        if (other.role == Role.PRIMARY) {
          other.role = Role.SECONDARY;
        }
      }
    }
    c.role = role;
  }

  // Messages that nobody asked for.

  @Override
  public void flowRemoved(FlowRemoved m) {
    conns.forEach(c -> c.send(m));
  }

  @Override
  public void portStatus(PortStatus m) {
    for (OfConn c : conns) {
      if (c != portModBy || c.connection.version() >= OF15) {
        c.send(m);
      }
    }
  }

  /**
   * Does a port-mod. The controller that sent it is not told what it did, all others are; from
   * OpenFlow 1.5 on it is told too (OVS {@code connmgr_send_port_status}).
   */
  @Nullable OfErrorCode portMod(OfConn by, PortMod m) {
    portModBy = by;
    OfErrorCode e = ofproto.portMod(m);
    portModBy = null;
    return e;
  }

  /**
   * Whether the inbox would take a packet-in from that port; if not, it counts as lost. Any thread.
   */
  public boolean hasRoomFor(int ofInPort) {
    return packetIns.hasRoomFor(ofInPort);
  }

  /** Takes a packet-in from a handler. Any thread; never waits. */
  public void packetIn(PacketIn m) {
    packetIns.offer(m);
    wakeMain.run();
  }

  private void onRoom() {
    if (isWaiting) {
      wakeMain.run();
    }
  }

  /** Hands packet-ins to those who want them. Returns how many. */
  public int doWork(long now) {
    nowNs = now;
    int n = 0;
    for (OfConn c : conns) {
      for (Frame f = c.multiparts.expire(now); f != null; f = c.multiparts.expire(now)) {
        multipartsExpired.lazySet(multipartsExpired.get() + 1);
        Requests.error(c, f.xid(), OfErrorCode.OFPBRC_MULTIPART_REQUEST_TIMEOUT, f);
        n++;
      }
    }
    while (n < PACKET_INS_PER_RUN && (hasRoom() || isPatienceOver(now))) {
      PacketIn m = packetIns.poll();
      if (m == null) {
        break;
      }
      for (OfConn c : conns) {
        if (!c.send(m)) {
          packetInsNotSent.lazySet(packetInsNotSent.get() + 1);
        }
      }
      n++;
    }
    return n;
  }

  /** Whether any connection that wants packet-ins can take one, or none wants any. */
  private boolean hasRoom() {
    boolean wanted = false;
    for (OfConn c : conns) {
      if (c.wantsPacketIns()) {
        if (c.hasRoomForPacketIns()) {
          isWaiting = false;
          return true;
        }
        wanted = true;
      }
    }
    return !wanted;
  }

  private boolean isPatienceOver(long now) {
    if (!isWaiting) {
      waitingSinceNs = now;
      isWaiting = true;
      return hasRoom(); // the event loop may not have seen that we wait
    }
    return now - waitingSinceNs >= PACKET_IN_PATIENCE_NS;
  }

  // Fail mode.

  /** Puts the visible rule of a standalone bridge without controllers in, if no rule is there. */
  public void addStandaloneRule(long now) {
    ofproto.putOwn(normal(0, now), now);
  }

  /** Enters or leaves fail-open. */
  public void setFailOpen(boolean open, long now) {
    if (open && failOpen == null) {
      failOpen = normal(FAIL_OPEN_PRIORITY, now);
      ofproto.putOwn(failOpen, now);
    } else if (!open && failOpen != null) {
      ofproto.removeOwn(failOpen);
      failOpen = null;
    }
  }

  public boolean isFailOpen() {
    return failOpen != null;
  }

  private static Rule normal(int priority, long now) {
    return new Rule(
        0,
        priority,
        Match.ANY,
        0,
        0,
        0,
        0,
        Instructions.apply(List.of(new Action.Output(OfPort.NORMAL, 0))),
        new Counter(now),
        now,
        now);
  }

  /** Counters by name. Any thread. */
  public Map<String, Long> coverage() {
    Map<String, Long> m = new TreeMap<>();
    m.put("ofconn_messages", messages.get());
    m.put("ofconn_bad_messages", errors.get());
    m.put("ofconn_multiparts_expired", multipartsExpired.get());
    m.put("packet_in_inbox_full", packetIns.lost());
    m.put("packet_in_queue_full", packetInsNotSent.get());
    return m;
  }
}
