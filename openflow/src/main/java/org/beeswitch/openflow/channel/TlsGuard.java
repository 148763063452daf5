// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.beeswitch.openflow.tls.TlsContext;
import org.beeswitch.openflow.tls.TlsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between netty's SslHandler and the vconn: tells the vconn what became of the handshake and of the
 * TLS connection in a vconn's words, and whoever reads the log in people's. On the event loop.
 *
 * <p>A handshake that stalls is ended by the connection's owner, as one is that stalls before its
 * HELLO.
 */
final class TlsGuard extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(TlsGuard.class);

  private static final int MAX_TEXT = 100;

  private final StreamVconn<?> vconn;
  private final TlsContext context;
  private final SslHandler ssl;
  private final ChannelCounters counters;
  private final LogLimit logLimit;
  private boolean secured;
  private boolean failed;

  TlsGuard(
      StreamVconn<?> vconn,
      TlsContext context,
      SslHandler ssl,
      ChannelCounters counters,
      LogLimit logLimit) {
    this.vconn = vconn;
    this.context = context;
    this.ssl = ssl;
    this.counters = counters;
    this.logLimit = logLimit;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (!handshake.isSuccess()) {
        fail(ctx, handshake.cause());
      } else if (context.isBootstrapping()) {
        bootstrap(ctx);
      } else {
        secured = true;
        counters.increment(ChannelCounter.TLS_CONNECTIONS);
        log.debug("{}: {}", vconn.name(), ssl.engine().getSession());
      }
    } else if (event instanceof ChannelInputShutdownEvent && !secured) {
      fail(ctx, new ClosedChannelException());
    } else if (event instanceof SslCloseCompletionEvent) {
      vconn.fail(CloseReason.closedByPeer());
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private void bootstrap(ChannelHandlerContext ctx) {
    try {
      context.bootstrap(ssl.engine().getSession().getPeerCertificates());
      end(ctx, "killing successful connection to retry using CA cert");
    } catch (TlsException | SSLPeerUnverifiedException e) {
      fail(ctx, e);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Throwable inner =
        cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
    if (inner instanceof SSLException || !secured) {
      fail(ctx, inner);
    } else {
      ctx.fireExceptionCaught(inner);
    }
  }

  /** Once for a connection, though netty may say it twice: as an event and as an exception. */
  private void fail(ChannelHandlerContext ctx, Throwable cause) {
    if (failed || vconn.end() != null) {
      return;
    }
    failed = true;
    counters.increment(ChannelCounter.TLS_HANDSHAKES_FAILED);
    String why = "TLS: " + describe(cause);
    if (logLimit.allows()) {
      log.warn("{}: {}", vconn.name(), why);
    }
    end(ctx, why);
  }

  private void end(ChannelHandlerContext ctx, String why) {
    vconn.fail(new CloseReason(CloseReason.Kind.PROTOCOL, why));
    var closing = ctx.close();
    assert closing != null;
  }

  /** The innermost reason: what is wrong with a certificate is three exceptions down. */
  private static String describe(Throwable cause) {
    Throwable inner = cause;
    while (inner.getCause() != null && inner.getCause() != inner) {
      inner = inner.getCause();
    }
    String text = inner.getMessage();
    if (text == null) {
      return "the peer closed the connection in the handshake";
    }
    if (inner instanceof CertificateExpiredException) {
      return "certificate has expired (" + text + ")";
    }
    if (inner instanceof CertificateNotYetValidException) {
      return "certificate is not yet valid (" + text + ")";
    }
    // netty shows all that came and is no TLS.
    return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "..." : text;
  }
}
