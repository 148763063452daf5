// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that is kept up (OVS's rconn): an <em>active</em> one is made again, with back-off,
 * whenever it ends; one that was <em>accepted</em> is not. Both are probed: if nothing was heard of
 * the peer for the probe interval, an ECHO_REQUEST is sent, and if nothing comes for another one
 * the connection is over.
 *
 * <h2>Times</h2>
 *
 * They are OVS's (lib/rconn.c). {@link Backoff} says how long is waited between attempts. An
 * attempt may take as long as the current back-off, but 1 s at least, from the socket to the peer's
 * HELLO; one that was accepted has 5 s for that.
 *
 * <p>Heard of the peer means: a message arrived, or the peer has read something that had to wait
 * for it.
 *
 * <p>All times come from {@link #doWork}; between two calls no time passes. They are kept as
 * milliseconds since the first.
 *
 * <h2>Admission</h2>
 *
 * A controller may accept the connection, look at the switch and refuse it. A peer has
 * <em>admitted</em> us once it sends something that is not part of that look ({@link Admission}).
 * The fail mode asks {@link #failureDurationS}: how long ago we were last admitted.
 *
 * <h2>What is answered here</h2>
 *
 * ECHO_REQUEST, with its bytes. HELLO and ERROR, which nobody should send to a switch later:
 * BAD_REQUEST/BAD_TYPE, as OVS. Messages of another version: BAD_REQUEST/BAD_VERSION. Everything
 * else goes to the listener. Nothing is read from a peer that leaves {@link ChannelLimits#REPLIES}
 * replies unread.
 *
 * <h2>Monitors</h2>
 *
 * {@code RUNDIR/br0.snoop}: what a monitor is told is a copy of each message received and sent
 * here.
 *
 * <p>Used by {@code main} alone.
 *
 * @param <I> a message that arrives
 * @param <O> a message to be sent
 */
public final class Rconn<I, O> implements OfConnection<O> {
  private static final Logger log = LoggerFactory.getLogger(Rconn.class);

  /**
   * From an accepted socket to the peer's HELLO. OVS gives a second, which TLS between two programs
   * that have just begun, on a machine that is busy, does not always keep.
   */
  private static final long ACCEPTED_HANDSHAKE_MS = 5000;

  private static final long NEVER = Long.MAX_VALUE;

  private final String name;
  private final String target;
  private final Vconn.@Nullable Opener<I> opener;
  private final @Nullable Target activeTarget;
  private final MessageCodec<I, O> codec;
  private final ConnectionListener<I, O> listener;
  private final ChannelCounters counters;
  private final LogLimit logLimit;
  private final Monitors monitors;
  private final Backoff backoff = new Backoff();
  private final Admission admission = new Admission();
  private final long epochNs;

  private RconnSettings settings;
  private RconnState state;
  private @Nullable Vconn<I> vconn;
  private long nowMs;
  private long stateEnteredMs;
  private long lastActivityMs;
  private int version = -1;
  private int nextXid = 1;
  private long lateSendsSeen;
  private @Nullable CloseReason lastError;

  /** What the listener has been told: a connection has begun, and not yet that it ended. */
  private boolean announced;

  private MessageCounter replies = new MessageCounter();

  private Rconn(
      String name,
      String target,
      @Nullable Target activeTarget,
      Vconn.@Nullable Opener<I> opener,
      MessageCodec<I, O> codec,
      ConnectionListener<I, O> listener,
      RconnSettings settings,
      ChannelCounters counters,
      long nowNs) {
    this.name = name;
    this.target = target;
    this.activeTarget = activeTarget;
    this.opener = opener;
    this.codec = codec;
    this.listener = listener;
    this.settings = settings;
    this.counters = counters;
    this.logLimit = counters.badMessages();
    this.monitors = new Monitors(name, counters);
    this.epochNs = nowNs;
    this.state = opener != null ? RconnState.BACKOFF : RconnState.CONNECTING;
  }

  /**
   * A connection to {@code target}, begun with the first {@link #doWork}. To a unix socket it is
   * not probed, as in OVS, unless {@link #configure} says so later: the kernel tells when its other
   * end is gone.
   */
  public static <I, O> Rconn<I, O> active(
      String name,
      Target target,
      Vconn.Opener<I> opener,
      MessageCodec<I, O> codec,
      ConnectionListener<I, O> listener,
      RconnSettings settings,
      ChannelCounters counters,
      long nowNs) {
    if (target.passive()) {
      throw new IllegalArgumentException("target \"" + target.text() + "\" cannot be connected to");
    }
    RconnSettings initial =
        target.needsProbes() ? settings : new RconnSettings(0, settings.maxBackoffS());
    return new Rconn<>(
        name, target.text(), target, opener, codec, listener, initial, counters, nowNs);
  }

  /** A connection that a listener has accepted: when it ends, it ends. */
  public static <I, O> Rconn<I, O> accepted(
      String name,
      Vconn<I> vconn,
      MessageCodec<I, O> codec,
      ConnectionListener<I, O> listener,
      RconnSettings settings,
      ChannelCounters counters,
      long nowNs) {
    var rconn =
        new Rconn<I, O>(name, vconn.name(), null, null, codec, listener, settings, counters, nowNs);
    rconn.vconn = vconn;
    return rconn;
  }

  // ---- The agent.

  /**
   * Does what is due: connects, probes, gives up, hands at most {@link
   * ChannelLimits#MESSAGES_PER_RUN} messages to the listener.
   *
   * @return how many things were done; 0 if there was nothing to do
   */
  public int doWork(long nowNs) {
    nowMs = (nowNs - epochNs) / 1_000_000;
    int done = monitors.run();
    RconnState before;
    do {
      before = state;
      runState();
      if (state != before) {
        done++;
      }
    } while (state != before);
    done += receiveSome();
    if (announced && !state.isConnected()) {
      announceEnd();
      done++;
    }
    return done;
  }

  /** When {@link #doWork} has to be called even if nothing happens, or {@link Long#MAX_VALUE}. */
  public long deadlineNs() {
    long deadlineMs = deadlineMs();
    return deadlineMs == NEVER ? NEVER : epochNs + deadlineMs * 1_000_000;
  }

  private long deadlineMs() {
    return switch (state) {
      case VOID, DISCONNECTED -> NEVER;
      case BACKOFF -> stateEnteredMs + backoff.ms();
      case CONNECTING ->
          stateEnteredMs + (opener == null ? ACCEPTED_HANDSHAKE_MS : backoff.attemptMs());
      case ACTIVE -> probes(Math.max(lastActivityMs, stateEnteredMs));
      case IDLE -> probes(stateEnteredMs);
    };
  }

  private long probes(long baseMs) {
    return settings.probeIntervalS() == 0 ? NEVER : baseMs + settings.probeIntervalS() * 1000L;
  }

  private boolean timedOut() {
    return nowMs >= deadlineMs();
  }

  private void runState() {
    switch (state) {
      case VOID, DISCONNECTED -> {}
      case BACKOFF -> {
        if (timedOut()) {
          connect();
        }
      }
      case CONNECTING -> runConnecting(vconn());
      case ACTIVE -> {
        noticeLateSends(vconn());
        if (timedOut()) {
          log.debug("{}: idle {} s, sending inactivity probe", name, settings.probeIntervalS());
          transitionTo(RconnState.IDLE);
          counters.increment(ChannelCounter.PROBES_SENT);
          sendFrame(Wire.encodeEchoRequest(version, nextXid++), new MessageCounter());
        }
      }
      case IDLE -> {
        noticeLateSends(vconn());
        if (timedOut() && !hasUnseenMessages(vconn())) {
          counters.increment(ChannelCounter.PROBES_UNANSWERED);
          log.error(
              "{}: no response to inactivity probe after {} seconds, disconnecting",
              name,
              (nowMs - stateEnteredMs) / 1000);
          disconnect(CloseReason.timedOut());
        }
      }
    }
  }

  /**
   * Whether something has arrived that we have not looked at. After a long pause of {@code main}
   * the answer to a probe may be there already, and it is not the peer's fault that nobody read it.
   */
  private boolean hasUnseenMessages(Vconn<I> v) {
    return mayReceive() && v.hasReceived();
  }

  private void noticeLateSends(Vconn<I> v) {
    long lateSends = v.lateSends();
    if (lateSends != lateSendsSeen) {
      lateSendsSeen = lateSends;
      lastActivityMs = nowMs;
    }
  }

  private void connect() {
    if (opener == null || activeTarget == null) {
      throw new IllegalStateException(name + ": an accepted connection cannot be made again");
    }
    if (logsAttempts()) {
      log.info("{}: connecting...", name);
    }
    vconn = opener.open(activeTarget);
    backoff.begin(nowMs);
    transitionTo(RconnState.CONNECTING);
  }

  private void runConnecting(Vconn<I> v) {
    CloseReason end = v.end();
    if (v.isConnected()) {
      if (opener != null) {
        log.info("{}: connected", name);
      } else {
        log.debug("{}: connected", name);
      }
      transitionTo(RconnState.ACTIVE);
      version = v.version();
      admission.connected(nowMs);
      lateSendsSeen = 0;
      replies = new MessageCounter();
      announced = true;
      listener.connected(this, version);
    } else if (end != null) {
      if (logsAttempts()) {
        log.info("{}: connection failed ({})", name, end);
      }
      disconnect(end);
    } else if (timedOut()) {
      if (logsAttempts()) {
        log.info("{}: connection timed out", name);
      }
      counters.increment(ChannelCounter.HANDSHAKES_TIMED_OUT);
      backoff.attemptTimedOut();
      disconnect(CloseReason.timedOut());
    }
  }

  private int receiveSome() {
    int received = 0;
    while (received < ChannelLimits.MESSAGES_PER_RUN && state.isConnected()) {
      Vconn<I> v = vconn();
      if (!mayReceive()) {
        if (v.hasReceived()) {
          counters.increment(ChannelCounter.REPLIES_UNREAD);
        }
        break;
      }
      CloseReason end = v.end();
      Vconn.Received<I> next = v.poll();
      if (next != null) {
        receive(next.frame(), next.message());
        received++;
      } else {
        if (end != null) {
          logEnd(end);
          disconnect(end);
        }
        break;
      }
    }
    return received;
  }

  private boolean mayReceive() {
    return replies.messages() < ChannelLimits.REPLIES;
  }

  private void receive(Frame frame, @Nullable I message) {
    if (!Wire.isAcceptable(frame, version)) {
      counters.increment(ChannelCounter.BAD_VERSION);
      if (logLimit.allows()) {
        log.warn(
            "{}: received OpenFlow version 0x{} != expected 0x{}",
            name,
            String.format("%02x", frame.version()),
            String.format("%02x", version));
      }
      refuse(Wire.OFPBRC_BAD_VERSION, frame);
      return;
    }
    monitors.copy(frame.toByteBuf());
    admission.heard(frame, nowMs);
    lastActivityMs = nowMs;
    if (state == RconnState.IDLE) {
      transitionTo(RconnState.ACTIVE);
    }
    if (message != null) {
      listener.message(this, message, frame);
      return;
    }
    switch (frame.type()) {
      case Wire.ECHO_REQUEST -> sendFrame(Wire.encodeEchoReply(frame), replies);
      case Wire.ECHO_REPLY -> {}
      default ->
          refuse(Wire.isTruncatedError(frame) ? Wire.OFPBRC_BAD_LEN : Wire.OFPBRC_BAD_TYPE, frame);
    }
  }

  private void refuse(int code, Frame frame) {
    sendFrame(Wire.encodeErrorReply(Wire.OFPET_BAD_REQUEST, code, frame), replies);
  }

  private void announceEnd() {
    announced = false;
    listener.disconnected(this, lastError == null ? CloseReason.local("closed") : lastError);
  }

  // ---- Sending.

  @Override
  public boolean send(O message) {
    return send(message, replies);
  }

  @Override
  public boolean send(O message, MessageCounter counter) {
    if (!state.isConnected()) {
      counters.increment(ChannelCounter.MESSAGES_UNCONNECTED);
      return false;
    }
    return sendEncoded(codec.encode(message), counter);
  }

  @Override
  public boolean sendFrames(ByteBuf frames) {
    return sendEncoded(frames, replies);
  }

  private boolean sendEncoded(ByteBuf bytes, MessageCounter counter) {
    int frames;
    try {
      frames = Frame.countIn(bytes);
    } catch (IllegalStateException bug) {
      bytes.release();
      throw bug;
    }
    return sendBytes(bytes, frames, counter);
  }

  @Override
  public boolean sendFrame(Frame frame) {
    return sendFrame(frame, replies);
  }

  private boolean sendFrame(Frame frame, MessageCounter counter) {
    return sendBytes(frame.toByteBuf(), 1, counter);
  }

  private boolean sendBytes(ByteBuf bytes, int frames, MessageCounter counter) {
    if (!state.isConnected()) {
      bytes.release();
      counters.increment(ChannelCounter.MESSAGES_UNCONNECTED);
      return false;
    }
    monitors.copy(bytes);
    if (!vconn().send(bytes, frames, counter)) {
      counters.increment(ChannelCounter.OUTPUT_FULL);
      CloseReason why = CloseReason.limit(ChannelCounter.OUTPUT_FULL);
      logEnd(why);
      disconnect(why);
      return false;
    }
    return true;
  }

  // ---- Ending.

  @Override
  public void close(String why) {
    if (state.isConnected()) {
      log.info("{}: disconnecting", name);
      disconnect(CloseReason.local(why));
    }
  }

  /**
   * Ends the connection and does not make it again: the controller was removed. The listener is
   * told at once.
   */
  public void shutdown(String why) {
    lastError = CloseReason.local(why);
    dropVconn();
    if (state != RconnState.VOID) {
      transitionTo(RconnState.VOID);
    }
    if (announced) {
      announceEnd();
    }
    monitors.close();
  }

  /** Tries at once, if waiting to try again. */
  public void reconnectNow() {
    if (state == RconnState.BACKOFF) {
      backoff.skip();
      transitionTo(RconnState.BACKOFF);
    }
  }

  private void disconnect(CloseReason why) {
    lastError = why;
    dropVconn();
    if (opener == null) {
      transitionTo(RconnState.DISCONNECTED);
      return;
    }
    switch (backoff.end(nowMs, settings.maxBackoffS() * 1000L)) {
      case STARTED_ANEW, STAYED_LONGEST -> {}
      case DOUBLED ->
          log.info("{}: waiting {} seconds before reconnect", name, backoff.ms() / 1000);
      case BECAME_LONGEST ->
          log.info(
              "{}: continuing to retry connections in the background but suppressing further"
                  + " logging",
              name);
    }
    transitionTo(RconnState.BACKOFF);
  }

  private void dropVconn() {
    if (vconn != null) {
      vconn.close();
      vconn = null;
    }
  }

  private void logEnd(CloseReason why) {
    switch (why.kind()) {
      case CLOSED_BY_PEER -> {
        if (opener != null) {
          log.info("{}: connection closed by peer", name);
        } else {
          log.debug("{}: connection closed by peer", name);
        }
      }
      case LOCAL -> log.info("{}: connection dropped ({})", name, why);
      case PROTOCOL, TIMED_OUT, IO, LIMIT, INTERNAL -> {
        if (logLimit.allows()) {
          log.warn("{}: connection dropped ({})", name, why);
        }
      }
    }
  }

  /**
   * Not when the back-off has reached its maximum: a controller that stays away would fill the log;
   * nor what others try with us.
   */
  private boolean logsAttempts() {
    return opener != null && !backoff.isLongest(settings.maxBackoffS() * 1000L);
  }

  private void transitionTo(RconnState next) {
    if (!state.mayBecome(next, opener != null)) {
      throw new IllegalStateException(name + ": from " + state + " to " + next);
    }
    log.debug("{}: entering {}", name, next);
    state = next;
    stateEnteredMs = nowMs;
  }

  /** Gives {@code monitor} copies of everything from now on, or closes it if there are too many. */
  public void addMonitor(Vconn<?> monitor) {
    monitors.add(monitor);
  }

  // ---- What can be seen.

  private Vconn<I> vconn() {
    if (vconn == null) {
      throw new IllegalStateException(name + ": no stream in state " + state);
    }
    return vconn;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String target() {
    return target;
  }

  @Override
  public boolean isService() {
    return opener == null;
  }

  @Override
  public boolean isConnected() {
    return state.isConnected();
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public boolean isWritable() {
    return state.isConnected() && vconn().isWritable();
  }

  @Override
  public long bytesQueued() {
    return vconn == null ? 0 : vconn.bytesQueued();
  }

  public RconnState state() {
    return state;
  }

  /** Whether this will do anything any more; false for an accepted connection that has ended. */
  public boolean isAlive() {
    return state != RconnState.VOID && state != RconnState.DISCONNECTED;
  }

  public RconnSettings settings() {
    return settings;
  }

  public void configure(RconnSettings newSettings) {
    settings = newSettings;
    if (state == RconnState.BACKOFF) {
      backoff.shorten(nowMs, newSettings.maxBackoffS() * 1000L);
    }
  }

  /** Connected, and the peer has shown that it wants us. */
  public boolean isAdmitted() {
    return state.isConnected() && admission.isGranted();
  }

  /** 0 while admitted, otherwise the seconds since we last were, or since this began. */
  public int failureDurationS() {
    return isAdmitted() ? 0 : (int) ((nowMs - admission.lastMs()) / 1000);
  }

  /** Why the last connection or attempt ended; null if none has. */
  public @Nullable CloseReason lastError() {
    return lastError;
  }
}
