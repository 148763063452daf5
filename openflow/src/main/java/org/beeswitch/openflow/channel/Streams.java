// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.beeswitch.openflow.tls.TlsContext;
import org.beeswitch.openflow.tls.TlsException;
import org.beeswitch.openflow.tls.TlsSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sockets: connects to active targets and listens on passive ones, all on one event loop, whose
 * thread does the reading, cutting, decoding and writing of all connections. One for a daemon.
 *
 * <p>What it makes is used by {@code main}. Names of hosts are looked up on a thread of their own,
 * because the system's resolver blocks; so is what TLS computes with keys, because it takes
 * milliseconds.
 */
public final class Streams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Streams.class);

  /** CS6, network control, which is what OVS marks its OpenFlow connections with (DSCP_DEFAULT). */
  private static final int IP_TOS_CONTROL = 48 << 2;

  /** What sockaddr_un holds, without the 0 at the end. */
  private static final int UNIX_PATH_MAX = 107;

  /**
   * Look-ups waiting for the resolver; beyond, an attempt fails and is made again after its
   * back-off.
   */
  private static final int RESOLVER_QUEUE = 64;

  private final Path rundir;
  private final ChannelCounters counters;
  private final LogLimit logLimit;
  private final OutputBudget outputBudget;
  private final Runnable wakeup;
  private final MultiThreadIoEventLoopGroup group;
  private final ThreadPoolExecutor resolver;

  /** Has one task at most for each connection, whose number is limited. */
  private final ThreadPoolExecutor signer;

  private final LogLimit tlsLogLimit;

  /** Written by {@code main}. */
  private volatile @Nullable Tls tls;

  private final AtomicInteger nextHelloXid = new AtomicInteger(1);
  private final AtomicInteger nextUnixName = new AtomicInteger();

  /**
   * @param rundir where relative paths of unix sockets begin
   * @param wakeup called on the event loop when {@code main} has something to do: has to be quick
   * @throws IllegalStateException if netty's native transport does not load here
   */
  public Streams(Path rundir, ChannelCounters counters, Runnable wakeup) {
    if (!Epoll.isAvailable()) {
      throw new IllegalStateException(
          "netty's native epoll transport cannot be loaded: " + Epoll.unavailabilityCause());
    }
    this.rundir = rundir;
    this.counters = counters;
    this.wakeup = wakeup;
    this.logLimit = counters.badMessages();
    this.outputBudget = new OutputBudget(counters);
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("openflow-io", true), EpollIoHandler.newFactory());
    this.resolver =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(RESOLVER_QUEUE),
            new DefaultThreadFactory("openflow-resolver", true));
    this.resolver.allowCoreThreadTimeOut(true);
    this.signer =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new DefaultThreadFactory("openflow-tls", true));
    this.signer.allowCoreThreadTimeOut(true);
    this.tlsLogLimit = LogLimit.forTls(counters);
  }

  public ChannelCounters counters() {
    return counters;
  }

  /**
   * Says with which key and authorities connections over TLS are made and accepted from now on;
   * null: none are.
   *
   * @throws TlsException naming the file and what is wrong with it; nothing has changed
   */
  public void setTls(@Nullable TlsSettings settings) throws TlsException {
    Tls now = tls;
    if (now == null || !now.settings().equals(settings)) {
      tls = settings == null ? null : new Tls(settings, counters);
    }
  }

  /**
   * Begins to connect. Never throws for what the network or the file system say: the vconn is then
   * over.
   *
   * @throws IllegalArgumentException if the target is passive
   */
  public <I> Vconn<I> open(Target target, VersionSet allowed, MessageCodec<I, ?> codec) {
    if (target.passive()) {
      throw new IllegalArgumentException("target \"" + target.text() + "\" cannot be connected to");
    }
    counters.increment(ChannelCounter.CONNECTIONS_ATTEMPTED);
    StreamVconn<I> vconn = newVconn(target.text(), allowed, codec);
    boolean unix = target instanceof Target.Unix;
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(unix ? EpollDomainSocketChannel.class : EpollSocketChannel.class)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            // The owner's time-out ends an attempt, not netty's.
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel ch) {
                    if (target instanceof Target.Inet inet && inet.tls()) {
                      secure(ch, vconn, inet.host(), true);
                    }
                    ch.pipeline().addLast(vconn);
                  }
                });
    if (unix) {
      bootstrap.option(ChannelOption.SO_SNDBUF, ChannelLimits.UNIX_SEND_BUFFER / 2);
    } else {
      bootstrap
          .option(ChannelOption.TCP_NODELAY, true)
          .option(EpollChannelOption.TCP_NOTSENT_LOWAT, ChannelLimits.TCP_UNSENT)
          .option(ChannelOption.IP_TOS, IP_TOS_CONTROL);
    }
    ChannelFuture registered = bootstrap.register();
    Throwable cause = registered.cause();
    if (cause != null) {
      vconn.fail(CloseReason.of(cause));
      return vconn;
    }
    vconn.attach(registered.channel());
    if (target instanceof Target.Unix u) {
      connectUnix(vconn, registered.channel(), u);
    } else if (target instanceof Target.Inet inet) {
      connectInet(vconn, registered.channel(), inet);
    }
    return vconn;
  }

  private void connectUnix(StreamVconn<?> vconn, Channel ch, Target.Unix target) {
    try {
      connect(vconn, ch, new DomainSocketAddress(socketPath(target).toString()));
    } catch (IOException e) {
      vconn.fail(CloseReason.of(e));
    }
  }

  private void connectInet(StreamVconn<?> vconn, Channel ch, Target.Inet target) {
    String host = target.host() == null ? "" : target.host();
    if (isNumeric(host)) {
      resolveAndConnect(vconn, ch, host, target.port());
      return;
    }
    try {
      resolver.execute(() -> resolveAndConnect(vconn, ch, host, target.port()));
    } catch (RejectedExecutionException e) {
      vconn.fail(new CloseReason(CloseReason.Kind.IO, "too many host names are being looked up"));
    }
  }

  private static void resolveAndConnect(StreamVconn<?> vconn, Channel ch, String host, int port) {
    try {
      connect(vconn, ch, new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (UnknownHostException e) {
      vconn.fail(new CloseReason(CloseReason.Kind.IO, "unknown host \"" + host + "\""));
    }
  }

  /**
   * On the event loop, so that the failure is seen there before the end of input that comes with
   * it.
   */
  private static void connect(StreamVconn<?> vconn, Channel ch, SocketAddress address) {
    ch.eventLoop()
        .execute(
            () -> {
              ChannelFuture connected =
                  ch.connect(address)
                      .addListener(
                          done -> {
                            Throwable cause = done.cause();
                            if (cause != null) {
                              vconn.fail(CloseReason.of(cause));
                            }
                          });
              assert connected != null;
            });
  }

  private static boolean isNumeric(String host) {
    return NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host);
  }

  /**
   * Listens. A unix socket that a dead daemon left is replaced, one that somebody listens on is
   * not.
   *
   * @throws IOException saying which target cannot be listened on, and why
   * @throws IllegalArgumentException if the target is active
   */
  public <I> Listener<I> listen(Target target, VersionSet allowed, MessageCodec<I, ?> codec)
      throws IOException {
    if (!target.passive()) {
      throw new IllegalArgumentException("target \"" + target.text() + "\" cannot be listened on");
    }
    boolean tls = target instanceof Target.Inet inet && inet.tls();
    var listener =
        new Listener<I>(
            target,
            counters,
            wakeup,
            name -> newVconn(name, allowed, codec),
            (ch, vconn) -> {
              if (tls) {
                secure(ch, vconn, null, false);
              }
            });
    if (target instanceof Target.Unix unix) {
      listenUnix(unix, listener);
    } else if (target instanceof Target.Inet inet) {
      listenInet(inet, listener);
    }
    return listener;
  }

  private void listenUnix(Target.Unix target, Listener<?> listener) throws IOException {
    Path path = socketPath(target);
    removeStaleSocket(path);
    ServerBootstrap bootstrap =
        serverBootstrap(EpollServerDomainSocketChannel.class)
            // The kernel takes it twice, for what it needs besides the bytes.
            .childOption(ChannelOption.SO_SNDBUF, ChannelLimits.UNIX_SEND_BUFFER / 2)
            .childHandler(acceptor(listener, ch -> "unix#" + nextUnixName.getAndIncrement()));
    listener.attach(bind(target, bootstrap, new DomainSocketAddress(path.toString())), path);
    // To connect needs write permission, which no usual umask gives to others meanwhile.
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
  }

  private void listenInet(Target.Inet target, Listener<?> listener) throws IOException {
    ServerBootstrap bootstrap =
        serverBootstrap(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, ChannelLimits.TCP_UNSENT)
            .childOption(ChannelOption.IP_TOS, IP_TOS_CONTROL)
            .childHandler(acceptor(listener, ch -> peerName(target.tls() ? "ssl:" : "tcp:", ch)));
    String host = target.host();
    if (host != null && !isNumeric(host)) {
      throw new IOException(target.text() + ": bad IP address \"" + host + "\"");
    }
    // As OVS: all IPv4 addresses, not IPv6, where none is given.
    var address = InetAddress.getByName(host == null ? "0.0.0.0" : host);
    listener.attach(bind(target, bootstrap, new InetSocketAddress(address, target.port())), null);
  }

  private ServerBootstrap serverBootstrap(Class<? extends ServerChannel> type) {
    return new ServerBootstrap()
        .group(group)
        .channel(type)
        .option(ChannelOption.SO_BACKLOG, ChannelLimits.LISTEN_BACKLOG)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  private static Channel bind(Target target, ServerBootstrap bootstrap, SocketAddress address)
      throws IOException {
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    Throwable cause = bound.cause();
    if (cause != null) {
      throw new IOException(
          target.text() + ": cannot be listened on: " + CloseReason.of(cause).text(), cause);
    }
    return bound.channel();
  }

  private static String peerName(String scheme, Channel ch) {
    if (ch.remoteAddress() instanceof InetSocketAddress peer) {
      String host = peer.getAddress().getHostAddress();
      return scheme + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + peer.getPort();
    }
    return scheme + "?";
  }

  private Path socketPath(Target.Unix target) throws IOException {
    Path path = rundir.resolve(target.path()).toAbsolutePath();
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > UNIX_PATH_MAX) {
      throw new IOException(
          "the socket's path is "
              + length
              + " bytes long, the system allows "
              + UNIX_PATH_MAX
              + ": "
              + path);
    }
    return path;
  }

  private static void removeStaleSocket(Path path) throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      // "Other" is neither file, directory nor link. A device node would have to be put there on
      // purpose.
      if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther()) {
        throw new IOException(path + " exists and is not a socket: remove it, or use another path");
      }
      if (isListenedOn(path)) {
        throw new IOException(path + " is listened on by another process: use another path");
      }
      Files.delete(path);
    }
  }

  private static boolean isListenedOn(Path path) {
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false);
      boolean unused = probe.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false; // what a socket says that nobody listens on
    } catch (IOException e) {
      return true; // such as one whose listener has no time now
    }
  }

  private <I> StreamVconn<I> newVconn(String name, VersionSet allowed, MessageCodec<I, ?> codec) {
    return new StreamVconn<>(
        name,
        allowed,
        codec,
        counters,
        logLimit,
        outputBudget,
        nextHelloXid.getAndIncrement(),
        wakeup);
  }

  /**
   * Puts TLS under the connection, or ends it where nobody has said with which key. Signing and
   * verifying is done by a thread of its own, so that other connections do not wait for it.
   */
  private void secure(Channel ch, StreamVconn<?> vconn, @Nullable String host, boolean client) {
    Tls now = tls;
    if (now == null) {
      counters.increment(ChannelCounter.TLS_NOT_CONFIGURED);
      if (tlsLogLimit.allows()) {
        log.error("{}: private key must be configured to use SSL", vconn.name());
      }
      vconn.fail(new CloseReason(CloseReason.Kind.IO, "Protocol not available"));
      ChannelFuture closing = ch.close();
      assert closing != null;
      return;
    }
    TlsContext context = now.context();
    boolean named = host != null && !isNumeric(host);
    var ssl =
        new SslHandler(client ? context.client(named ? host : null) : context.server(), signer);
    // The owner's time-out ends a handshake, not netty's.
    ssl.setHandshakeTimeoutMillis(0);
    ssl.setCloseNotifyFlushTimeoutMillis(0);
    ssl.setCloseNotifyReadTimeoutMillis(0);
    ch.pipeline().addLast(ssl, new TlsGuard(vconn, context, ssl, counters, tlsLogLimit));
  }

  private static ChannelInitializer<Channel> acceptor(
      Listener<?> listener, Function<Channel, String> peerName) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel ch) {
        listener.accepted(ch, peerName.apply(ch));
      }
    };
  }

  /** Closes every connection and listener, and waits for the event loop to end. */
  @Override
  public void close() {
    resolver.shutdownNow();
    signer.shutdown();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
