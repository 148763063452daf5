// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.beeswitch.testing.ExpectedLog;
import org.junit.jupiter.api.Test;

/** Framing and negotiation on a channel in memory. */
class StreamVconnTest {
  private static final Frame HELLO = Wire.encodeHello(VersionSet.OF13, 1);

  /** One channel with its vconn; not a field, as properties run many of them. */
  private static final class Fixture {
    final ChannelCounters counters = new ChannelCounters();
    final EmbeddedChannel channel = new EmbeddedChannel(false, false);
    final StreamVconn<Frame> vconn;

    Fixture(MessageCodec<Frame, Frame> codec) {
      vconn =
          new StreamVconn<>(
              "test",
              VersionSet.OF13,
              codec,
              counters,
              new LogLimit(1, 5, System::nanoTime, counters),
              new OutputBudget(counters),
              1,
              () -> {});
      channel.pipeline().addLast(vconn);
      try {
        channel.register();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      vconn.attach(channel);
    }

    Fixture() {
      this(new FrameCodec());
    }

    void receive(byte[] bytes) {
      channel.writeInbound(Unpooled.copiedBuffer(bytes));
      channel.runPendingTasks();
    }

    void connect() {
      receive(HELLO.bytes());
      assertThat(vconn.version()).isEqualTo(4);
      sent();
    }

    List<Frame> sent() {
      channel.runPendingTasks();
      var frames = new ArrayList<Frame>();
      for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
        while (out.isReadable()) {
          byte[] frame = new byte[out.getUnsignedShort(out.readerIndex() + 2)];
          out.readBytes(frame);
          frames.add(Frame.wrap(frame));
        }
        out.release();
      }
      return frames;
    }

    List<Frame> polled() {
      var frames = new ArrayList<Frame>();
      for (var r = vconn.poll(); r != null; r = vconn.poll()) {
        frames.add(r.frame());
        channel.runPendingTasks();
      }
      return frames;
    }

    void close() {
      vconn.close();
      channel.runPendingTasks();
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void sendsItsHelloFirst() {
    var f = new Fixture();
    assertThat(f.sent())
        .singleElement()
        .satisfies(h -> assertThat(h.bytes()).isEqualTo(HELLO.bytes()));
    assertThat(f.vconn.isConnected()).isFalse();
    f.close();
  }

  @Test
  void aHelloAndMessagesInOneSegmentAreAllSeen() throws IOException {
    var f = new Fixture();
    var bytes = new ByteArrayOutputStream();
    bytes.write(HELLO.bytes());
    for (int i = 0; i < 7; i++) {
      bytes.write(Frame.of(4, 14, i, new byte[i]).bytes());
    }
    f.receive(bytes.toByteArray());
    assertThat(f.polled()).extracting(Frame::length).containsExactly(8, 9, 10, 11, 12, 13, 14);
    f.close();
  }

  @Test
  void aStreamCutAnywhereIsTheSameStream() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(Wire.encodeHello(VersionSet.OF13, 9).bytes());
    bytes.write(Frame.of(4, 5, 1).bytes());
    bytes.write(Frame.of(4, 14, 2, new byte[33]).bytes());
    byte[] stream = bytes.toByteArray();
    for (int cut = 0; cut <= stream.length; cut++) {
      var f = new Fixture();
      f.receive(java.util.Arrays.copyOf(stream, cut));
      f.receive(java.util.Arrays.copyOfRange(stream, cut, stream.length));
      assertThat(f.polled()).as("cut at %d", cut).extracting(Frame::xid).containsExactly(1, 2);
      f.close();
    }
  }

  @Test
  void aStreamThatEndsAnywhereEndsAfterItsWholeMessages() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(HELLO.bytes());
    bytes.write(Frame.of(4, 14, 2, new byte[9]).bytes());
    byte[] stream = bytes.toByteArray();
    int helloLen = HELLO.length();
    for (int cut = 0; cut <= stream.length; cut++) {
      var f = new Fixture();
      f.receive(java.util.Arrays.copyOf(stream, cut));
      f.channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      boolean whole = cut == 0 || cut == helloLen || cut == stream.length;
      assertThat(f.vconn.end())
          .as("cut at %d", cut)
          .isEqualTo(
              whole
                  ? CloseReason.closedByPeer()
                  : CloseReason.protocol("connection dropped mid-packet"));
      assertThat(f.counters.get(ChannelCounter.FRAMING_ERRORS)).isEqualTo(whole ? 0 : 1);
      assertThat(f.polled()).hasSize(cut == stream.length ? 1 : 0);
      f.close();
    }
  }

  @Property(tries = 300)
  void aStreamInPiecesOfAnySizeIsTheSameStream(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int maxPiece) throws IOException {
    var random = new Random(seed);
    var bytes = new ByteArrayOutputStream();
    bytes.write(HELLO.bytes());
    int n = 1 + random.nextInt(40);
    for (int i = 0; i < n; i++) {
      bytes.write(Frame.of(4, 14, i, new byte[random.nextInt(200)]).bytes());
    }
    byte[] stream = bytes.toByteArray();
    var f = new Fixture();
    for (int at = 0; at < stream.length; ) {
      int end = Math.min(stream.length, at + 1 + random.nextInt(maxPiece));
      f.receive(java.util.Arrays.copyOfRange(stream, at, end));
      at = end;
    }
    var polled = f.polled();
    assertThat(polled).hasSize(n);
    for (int i = 0; i < n; i++) {
      assertThat(polled.get(i).xid()).isEqualTo(i);
    }
    f.close();
  }

  @Property
  void anyBytesLeaveAConnectionOrAReason(@ForAll @Size(max = 200) byte[] bytes) {
    var f = new Fixture();
    f.receive(bytes);
    assertThat(f.vconn.end() == null || !f.vconn.end().text().isEmpty()).isTrue();
    assertThat(f.counters.get(ChannelCounter.INTERNAL_ERRORS)).isZero();
    f.close();
  }

  @Property
  void anyBytesAfterHelloLeaveAConnectionOrAReason(@ForAll @Size(max = 400) byte[] bytes) {
    var f = new Fixture();
    f.connect();
    f.receive(bytes);
    for (Frame frame : f.polled()) {
      assertThat(frame.length()).isGreaterThanOrEqualTo(Frame.HEADER_LEN);
    }
    assertThat(f.counters.get(ChannelCounter.INTERNAL_ERRORS)).isZero();
    f.close();
  }

  @Test
  void aLengthBelowTheHeadersEndsTheConnectionAfterWhatCameBefore() throws IOException {
    for (int length = 0; length < Frame.HEADER_LEN; length++) {
      var f = new Fixture();
      f.connect();
      var bytes = new ByteArrayOutputStream();
      bytes.write(Frame.of(4, 5, 1).bytes());
      bytes.write(new byte[] {4, 5, 0, (byte) length, 0, 0, 0, 2});
      bytes.write(Frame.of(4, 5, 3).bytes());
      f.receive(bytes.toByteArray());
      assertThat(f.vconn.end().kind()).isEqualTo(CloseReason.Kind.PROTOCOL);
      assertThat(f.polled()).extracting(Frame::xid).containsExactly(1);
      assertThat(f.channel.isOpen()).as("still there for the reply").isTrue();
      f.close();
      assertThat(f.channel.isOpen()).isFalse();
    }
  }

  @Test
  @ExpectedLog("received message while expecting hello")
  void whateverComesBeforeHelloEndsTheConnectionWithoutAnAnswer() {
    for (Frame first :
        List.of(Frame.of(4, 2, 1), Frame.of(4, 5, 1), Frame.of(4, 1, 1), Frame.of(0, 0, 1))) {
      var f = new Fixture();
      f.sent();
      f.receive(first.bytes());
      assertThat(f.vconn.end().kind()).isEqualTo(CloseReason.Kind.PROTOCOL);
      assertThat(f.counters.get(ChannelCounter.HELLO_MISSING)).isEqualTo(1);
      assertThat(f.sent()).isEmpty();
      f.close();
    }
  }

  @Test
  @ExpectedLog("version negotiation failed")
  void noCommonVersionIsSaidBeforeTheEnd() {
    var f = new Fixture();
    f.sent();
    f.receive(Frame.of(1, 0, 1).bytes());
    assertThat(f.vconn.isConnected()).isFalse();
    assertThat(f.vconn.end().kind()).isEqualTo(CloseReason.Kind.PROTOCOL);
    assertThat(f.sent()).extracting(Frame::type).containsExactly(Wire.ERROR);
    assertThat(f.counters.get(ChannelCounter.HELLO_INCOMPATIBLE)).isEqualTo(1);
    f.close();
  }

  @Test
  void onlyMessagesOfTheNegotiatedVersionAreDecoded() {
    var f = new Fixture();
    f.connect();
    for (Frame frame :
        List.of(Frame.of(4, 5, 1), Frame.of(1, 5, 1), Frame.of(4, 2, 1), Frame.of(4, 0, 1))) {
      f.receive(frame.bytes());
    }
    var decoded = new ArrayList<Boolean>();
    for (var r = f.vconn.poll(); r != null; r = f.vconn.poll()) {
      decoded.add(r.message() != null);
    }
    assertThat(decoded).containsExactly(true, false, false, false);
    f.close();
  }

  @Test
  void aFullInboxStopsReadingUntilHalfOfItIsTaken() throws IOException {
    var f = new Fixture();
    f.connect();
    var bytes = new ByteArrayOutputStream();
    int n = 3 * ChannelLimits.INBOX_MESSAGES;
    for (int i = 0; i < n; i++) {
      bytes.write(Frame.of(4, 5, i).bytes());
    }
    f.receive(bytes.toByteArray());
    assertThat(f.channel.config().isAutoRead()).isFalse();
    assertThat(f.counters.get(ChannelCounter.INBOX_FULL)).isEqualTo(1);
    for (int i = 0; i < ChannelLimits.INBOX_MESSAGES / 2 - 1; i++) {
      assertThat(f.vconn.poll()).isNotNull();
    }
    f.channel.runPendingTasks();
    assertThat(f.channel.config().isAutoRead()).isFalse();
    assertThat(f.vconn.poll()).isNotNull();
    f.channel.runPendingTasks();
    assertThat(f.counters.get(ChannelCounter.INBOX_FULL)).isEqualTo(2);
    assertThat(f.polled()).hasSize(n - ChannelLimits.INBOX_MESSAGES / 2);
    assertThat(f.channel.config().isAutoRead()).isTrue();
    f.close();
  }

  @Test
  void aFewLargeMessagesFillTheInboxToo() {
    var f = new Fixture();
    f.connect();
    byte[] large = Frame.of(4, 14, 1, new byte[60_000]).bytes();
    for (int i = 0; i < 20; i++) {
      f.receive(large);
    }
    assertThat(f.channel.config().isAutoRead()).isFalse();
    assertThat(f.polled()).hasSize(20);
    f.close();
  }

  @Test
  void theEndOfAStreamThatIsNotReadComesAfterItsMessages() throws IOException {
    var f = new Fixture();
    f.connect();
    var bytes = new ByteArrayOutputStream();
    int n = 2 * ChannelLimits.INBOX_MESSAGES;
    for (int i = 0; i < n; i++) {
      bytes.write(Frame.of(4, 5, i).bytes());
    }
    f.receive(bytes.toByteArray());
    var unused = f.channel.close();
    f.channel.runPendingTasks();
    assertThat(f.vconn.end()).isNull();
    assertThat(f.polled()).hasSize(n);
    assertThat(f.vconn.end()).isEqualTo(CloseReason.closedByPeer());
    f.close();
  }

  @Test
  void whatArrivesWithoutBeingReadHasALimit() {
    var f = new Fixture();
    f.connect();
    byte[] large = Frame.of(4, 14, 1, new byte[65_000]).bytes();
    for (int i = 0; i < ChannelLimits.BACKLOG_BYTES / 65_000 + 20; i++) {
      if (f.vconn.end() == null) {
        f.receive(large);
      }
    }
    assertThat(f.vconn.end()).isEqualTo(CloseReason.limit(ChannelCounter.BACKLOG_FULL));
    assertThat(f.channel.isOpen()).isFalse();
    f.close();
  }

  @Test
  @ExpectedLog("closing the connection after an unexpected exception")
  void aCodecThatThrowsCostsTheConnectionAlone() {
    var f =
        new Fixture(
            new FrameCodec() {
              @Override
              public Frame decode(Frame frame) {
                throw new IndexOutOfBoundsException("bug");
              }
            });
    f.connect();
    f.receive(Frame.of(4, 5, 1).bytes());
    assertThat(f.vconn.end().kind()).isEqualTo(CloseReason.Kind.INTERNAL);
    assertThat(f.counters.get(ChannelCounter.INTERNAL_ERRORS)).isEqualTo(1);
    f.close();
  }

  @Test
  void anErrorOfTheSocketIsTheReason() {
    var f = new Fixture();
    f.connect();
    f.channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
    f.channel.runPendingTasks();
    assertThat(f.vconn.end())
        .isEqualTo(new CloseReason(CloseReason.Kind.IO, "Connection reset by peer"));
    assertThat(f.channel.isOpen()).isFalse();
    f.close();
  }

  @Test
  void queuedMessagesAreCountedUntilTheSocketHasThem() {
    var f = new Fixture();
    f.connect();
    var counter = new MessageCounter();
    var reply = Frame.of(4, 6, 1, new byte[24]);
    assertThat(f.vconn.send(reply.toByteBuf(), 1, counter)).isTrue();
    assertThat(counter.messages()).isEqualTo(1);
    assertThat(counter.bytes()).isEqualTo(32);
    assertThat(f.vconn.bytesQueued()).isEqualTo(32);
    assertThat(f.sent()).hasSize(1);
    assertThat(counter.messages()).isZero();
    assertThat(f.vconn.bytesQueued()).isZero();
    assertThat(f.counters.get(ChannelCounter.MESSAGES_SENT)).isEqualTo(1);
    f.close();
    assertThat(f.vconn.send(reply.toByteBuf(), 1, counter)).isTrue();
    f.channel.runPendingTasks();
    assertThat(counter.messages()).isZero();
    assertThat(f.counters.get(ChannelCounter.MESSAGES_DISCARDED)).isEqualTo(1);
  }
}
