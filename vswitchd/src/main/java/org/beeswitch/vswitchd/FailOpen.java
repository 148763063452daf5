// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.vswitchd;

import java.util.Collection;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.beeswitch.flow.EthType;
import org.beeswitch.flow.Field;
import org.beeswitch.flow.Match;
import org.beeswitch.flow.PacketBuilder;
import org.beeswitch.ofproto.connmgr.Connmgr;
import org.beeswitch.openflow.channel.Rconn;
import org.beeswitch.openflow.msg.BufferId;
import org.beeswitch.openflow.msg.Bytes;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PacketIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a standalone bridge does when its controllers are away: it is a learning switch until one of
 * them wants it again (OVS {@code ofproto/fail-open.c}).
 *
 * <p><b>When.</b> No controller has admitted the switch for three of the longest probe intervals:
 * one idle, one for the answer to the probe, one to connect again. Then all rules go, and a hidden
 * one above all that a controller can say does NORMAL.
 *
 * <p><b>Until.</b> A controller that accepts the connection may still throw the switch out, so that
 * is not the end. It is when one has admitted it: has sent something that only somebody does who
 * wants to control it. The hidden rule goes before that message is handled, so that its barrier
 * holds. Rules that came meanwhile stay, nothing is flushed.
 *
 * <p><b>Bogus packet-ins.</b> A controller that only answers what the switch sends would never
 * admit it, for the hidden rule leaves nothing to send. So while one is connected it gets a
 * packet-in every two seconds, with a RARP request of nobody.
 *
 * <p>{@code main} alone.
 */
final class FailOpen {
  private static final Logger log = LoggerFactory.getLogger(FailOpen.class);

  private static final long BOGUS_INTERVAL_NS = TimeUnit.SECONDS.toNanos(2);

  /** How often the log is told that it goes on. */
  private static final int REMIND_S = 60;

  private static final long NEVER = Long.MAX_VALUE;

  /** Nicira's, whose upper half is for addresses made up at random. */
  private static final long MADE_UP = 0x002320_800000L;

  private static final long BROADCAST = 0xffff_ffff_ffffL;

  /** RFC 903. */
  private static final int REVERSE_REQUEST = 3;

  private final String bridge;
  private final Connmgr connmgr;
  private int lastSaidS;
  private long nextBogusNs = NEVER;

  FailOpen(String bridge, Connmgr connmgr) {
    this.bridge = bridge;
    this.connmgr = connmgr;
  }

  /** Begins, if it is time; sends a bogus packet-in, if one is due. */
  void run(Collection<? extends Rconn<?, ?>> controllers, long nowNs) {
    int away = Integer.MAX_VALUE;
    int probeIntervalS = 0;
    boolean connected = false;
    for (Rconn<?, ?> c : controllers) {
      away = Math.min(away, c.failureDurationS());
      probeIntervalS = Math.max(probeIntervalS, c.settings().probeIntervalS());
      connected |= c.isConnected();
    }
    if (away > 0 && away >= 3 * probeIntervalS) {
      if (!connmgr.isFailOpen()) {
        log.warn(
            "{}: could not connect to controller (or switch failed controller's post-connection"
                + " admission control policy) for {} seconds, failing open",
            bridge,
            away);
        lastSaidS = away;
        connmgr.ofproto().flushRules(nowNs);
        connmgr.setFailOpen(true, nowNs);
      } else if (away > lastSaidS + REMIND_S) {
        log.info(
            "{}: still in fail-open mode after {} seconds disconnected from controller",
            bridge,
            away);
        lastSaidS = away;
      }
    }
    runBogus(connected, nowNs);
  }

  private void runBogus(boolean connected, long nowNs) {
    if (!connmgr.isFailOpen() || !connected) {
      nextBogusNs = NEVER;
    } else if (nextBogusNs == NEVER) {
      nextBogusNs = nowNs + BOGUS_INTERVAL_NS;
    } else if (nowNs - nextBogusNs >= 0) {
      connmgr.packetIn(bogus());
      nextBogusNs = nowNs + BOGUS_INTERVAL_NS;
    }
  }

  /** Ends, if a controller has admitted the switch. */
  void recover(Collection<? extends Rconn<?, ?>> controllers, long nowNs) {
    if (connmgr.isFailOpen() && controllers.stream().anyMatch(Rconn::isAdmitted)) {
      log.warn("{}: no longer in fail-open mode", bridge);
      end(nowNs);
    }
  }

  /** Ends, whatever the controllers do. */
  void end(long nowNs) {
    connmgr.setFailOpen(false, nowNs);
    nextBogusNs = NEVER;
  }

  /** When {@link #run} has to be called; Long.MAX_VALUE: no time is known. */
  long deadlineNs() {
    return nextBogusNs;
  }

  private static PacketIn bogus() {
    long mac = MADE_UP | ThreadLocalRandom.current().nextInt(1 << 23);
    byte[] rarp =
        new PacketBuilder()
            .eth(BROADCAST, mac)
            .arp(EthType.RARP, REVERSE_REQUEST, mac, 0, mac, 0)
            .bytes();
    Match inPort =
        Match.builder().exact(Field.IN_PORT, OfPort.LOCAL.number() & 0xffffffffL).build();
    return new PacketIn(
        BufferId.NONE, rarp.length, PacketIn.Reason.NO_MATCH, 0, -1, inPort, Bytes.wrap(rarp));
  }
}
