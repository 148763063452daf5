// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.BarrierReply;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;

/**
 * A switch as its controller sees it: one connection. What arrives is kept until somebody asks for
 * it; echo requests are answered on the side. Bytes go out as the codec writes them, or as the test
 * has made them.
 */
public final class Peer implements AutoCloseable {
  private static final int HELLO = 0;
  private static final int ERROR = 1;
  private static final int ECHO_REQUEST = 2;
  private static final int ECHO_REPLY = 3;
  private static final int OF13 = 4;
  private static final int GREETING_XID = 99;

  /** What arrived and was not asked for yet; guarded by itself. */
  private final List<Frame> inbox = new ArrayList<>();

  private final Socket socket;
  private final OfEncoder encoder = new OfEncoder();
  private final OfDecoder decoder = new OfDecoder(Sender.SWITCH);
  private boolean ended; // guarded by inbox
  private int nextXid = 100;

  Peer(Socket socket, byte[] hello) throws IOException {
    this.socket = socket;
    socket.getOutputStream().write(hello);
    Thread t = new Thread(this::read, "switch " + socket.getPort());
    t.setDaemon(true);
    t.start();
  }

  private void read() {
    try (DataInputStream in = new DataInputStream(socket.getInputStream())) {
      while (true) {
        byte[] head = in.readNBytes(Frame.HEADER_LEN);
        if (head.length < Frame.HEADER_LEN) {
          throw new EOFException("closed by the switch");
        }
        byte[] all = new byte[(head[2] & 0xff) << 8 | head[3] & 0xff];
        System.arraycopy(head, 0, all, 0, head.length);
        in.readFully(all, head.length, all.length - head.length);
        Frame f = Frame.wrap(all);
        if (f.type() == ECHO_REQUEST) {
          byte[] answer = all.clone();
          answer[1] = ECHO_REPLY;
          sendBytes(answer);
        } else {
          synchronized (inbox) {
            inbox.add(f);
          }
        }
      }
    } catch (IOException e) {
      synchronized (inbox) {
        ended = true;
      }
    }
  }

  /** Sends bytes as they are. */
  public synchronized void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Sends a message; returns its transaction id. */
  public synchronized int send(OfMessage m) throws IOException {
    int xid = nextXid++;
    ByteBuf b = Unpooled.buffer();
    encoder.encode(new OfFrame(OF13, xid, m), b);
    byte[] bytes = new byte[b.readableBytes()];
    b.readBytes(bytes);
    sendBytes(bytes);
    return xid;
  }

  /** Whether the greeting succeeds: the switch answers to something else before it closes. */
  boolean greets() throws Exception {
    byte[] echo = Frame.of(OF13, ECHO_REQUEST, GREETING_XID).bytes();
    try {
      sendBytes(echo);
    } catch (IOException e) {
      return false; // closed already
    }
    List<Frame> answer = new ArrayList<>();
    Await.until(
        "the switch greets",
        () -> {
          synchronized (inbox) {
            inbox.stream()
                .filter(f -> f.type() == ECHO_REPLY && f.xid() == GREETING_XID)
                .forEach(answer::add);
            inbox.removeAll(answer);
            return ended || !answer.isEmpty();
          }
        });
    return !answer.isEmpty();
  }

  /** The error that the switch says before it closes; none if it has only waited for too long. */
  Optional<Frame> refusesGreeting() throws Exception {
    awaitEnd();
    synchronized (inbox) {
      return inbox.stream().filter(f -> f.type() == ERROR).findFirst();
    }
  }

  private OfFrame decode(Frame f) {
    Decoded d = decoder.decode(OF13, f.toByteBuf());
    assertThat(d).as("what the switch sent: %s", f).isInstanceOf(Decoded.Good.class);
    return ((Decoded.Good) d).frame();
  }

  /** The next frame that satisfies; others stay. */
  Frame awaitFrame(String what, Predicate<Frame> wanted) throws Exception {
    List<Frame> found = new ArrayList<>();
    Await.until(
        what,
        () -> {
          synchronized (inbox) {
            for (Iterator<Frame> i = inbox.iterator(); i.hasNext(); ) {
              Frame f = i.next();
              if (wanted.test(f)) {
                i.remove();
                found.add(f);
                return true;
              }
            }
            if (ended) {
              throw new AssertionError("the connection is over, without " + what);
            }
            return false;
          }
        });
    return found.get(0);
  }

  /** The next message of a kind that satisfies; others stay. */
  public <T extends OfMessage> T await(Class<T> kind, Predicate<T> wanted) throws Exception {
    Frame f =
        awaitFrame(
            kind.getSimpleName(),
            frame -> {
              OfMessage m = frame.version() == OF13 ? decode(frame).message() : null;
              return kind.isInstance(m) && wanted.test(kind.cast(m));
            });
    return kind.cast(decode(f).message());
  }

  public <T extends OfMessage> T await(Class<T> kind) throws Exception {
    return await(kind, m -> true);
  }

  /** The switch's HELLO has a transaction id of the switch's own, which may be any. */
  private static boolean isAnswer(Frame f, int xid) {
    return f.xid() == xid && f.type() != HELLO;
  }

  /** Sends a request; returns its answer, which has to be of this kind. */
  public <T extends OfMessage> T ask(OfMessage request, Class<T> kind) throws Exception {
    int xid = send(request);
    OfMessage answer = decode(awaitFrame("answer to " + request, f -> isAnswer(f, xid))).message();
    assertThat(answer).isInstanceOf(kind);
    return kind.cast(answer);
  }

  /** Sends bytes with this transaction id; returns the answer. */
  OfMessage askBytes(byte[] request, int xid) throws Exception {
    sendBytes(request);
    return decode(awaitFrame("answer to bytes", f -> isAnswer(f, xid))).message();
  }

  /** The error that a request is answered with. */
  public OfErrorCode refusal(OfMessage request) throws Exception {
    OfErrorCode code = ask(request, OfError.class).known();
    assertThat(code).isNotNull();
    return code;
  }

  /** Sends a request that is to succeed in silence, and waits until it has. */
  public void tell(OfMessage request) throws Exception {
    int xid = send(request);
    barrier();
    synchronized (inbox) {
      assertThat(inbox).as("answers to %s", request).noneMatch(f -> isAnswer(f, xid));
    }
  }

  /** Everything that the switch sent before the reply is there when this returns. */
  public void barrier() throws Exception {
    ask(new BarrierRequest(), BarrierReply.class);
  }

  /** What has arrived of a kind and was not asked for; taken away. */
  public <T extends OfMessage> List<T> take(Class<T> kind) {
    List<T> l = new ArrayList<>();
    synchronized (inbox) {
      for (Iterator<Frame> i = inbox.iterator(); i.hasNext(); ) {
        Frame f = i.next();
        OfMessage m = decode(f).message();
        if (kind.isInstance(m)) {
          i.remove();
          l.add(kind.cast(m));
        }
      }
    }
    return l;
  }

  /** Waits until the switch has closed the connection. */
  public void awaitEnd() throws Exception {
    Await.until(
        "the switch closes",
        () -> {
          synchronized (inbox) {
            return ended;
          }
        });
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
