// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.MultipartWriter;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.BarrierReply;
import org.beeswitch.openflow.msg.BarrierRequest;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfPort;
import org.beeswitch.openflow.msg.PortDesc;
import org.junit.jupiter.api.Test;

/** A connection that speaks messages, as a bridge will use it. */
class OfMessageCodecTest {
  private final OfMessageCodec codec = new OfMessageCodec(Sender.CONTROLLER);
  private final FakeVconn<Decoded> peer = new FakeVconn<>("unix#0", codec);
  private final List<Decoded> received = new ArrayList<>();

  private final class Bridge implements ConnectionListener<Decoded, OfFrame> {
    @Override
    public void connected(OfConnection<OfFrame> connection, int version) {}

    @Override
    public void message(OfConnection<OfFrame> connection, Decoded message, Frame frame) {
      received.add(message);
      if (message instanceof Decoded.Good good) {
        if (good.frame().message() instanceof BarrierRequest) {
          connection.send(new OfFrame(4, good.frame().xid(), new BarrierReply()));
        } else {
          new MultipartWriter(
                  codec.encoder(),
                  good.frame().xid(),
                  MultipartType.FLOW,
                  UnpooledByteBufAllocator.DEFAULT,
                  connection::sendFrames)
              .finish();
        }
      } else if (message instanceof Decoded.Bad bad) {
        connection.send(bad.reply());
      }
    }

    @Override
    public void disconnected(OfConnection<OfFrame> connection, CloseReason why) {}
  }

  private List<Frame> answer(Frame request) {
    var rconn =
        Rconn.accepted(
            "br0<->unix#0",
            peer,
            codec,
            new Bridge(),
            RconnSettings.SERVICE,
            new ChannelCounters(),
            0);
    peer.negotiate(4);
    peer.deliver(request);
    rconn.doWork(0);
    return peer.takeSent();
  }

  @Test
  void messagesGoBothWays() {
    assertThat(answer(Frame.of(4, 20, 7)))
        .singleElement()
        .satisfies(reply -> assertThat(reply.bytes()).isEqualTo(Frame.of(4, 21, 7).bytes()));
  }

  @Test
  void partsOfAMultipartReplyAreSentAsTheyAre() {
    assertThat(answer(Frame.of(4, 18, 7, flowStatsRequest())))
        .singleElement()
        .satisfies(
            reply -> {
              assertThat(reply.type()).isEqualTo(19);
              assertThat(reply.length()).isEqualTo(16);
              assertThat(reply.xid()).isEqualTo(7);
            });
  }

  @Test
  void aReplyLongerThanAFrameIsSentInParts() {
    PortDesc port = new PortDesc(OfPort.of(1), 0, "p1", 0, 0, 0, 0, 0, 0, 0, 0);
    int count = 2_000; // of 64 bytes: more than one frame, less than two
    ByteBuf out = Unpooled.buffer();
    codec.encode(
        new OfFrame(
            4,
            7,
            new MultipartReply(new MultipartReply.PortDesc(Collections.nCopies(count, port)))),
        out);
    int entries = 0;
    List<Boolean> more = new ArrayList<>();
    while (out.isReadable()) {
      Decoded part =
          new OfDecoder(Sender.SWITCH)
              .decode(4, out.readSlice(out.getUnsignedShort(out.readerIndex() + 2)));
      MultipartReply reply = (MultipartReply) ((Decoded.Good) part).frame().message();
      entries += ((MultipartReply.PortDesc) reply.body()).ports().size();
      more.add(reply.more());
    }
    assertThat(entries).isEqualTo(count);
    assertThat(more).containsExactly(true, false);
  }

  /** All tables, any port and group, an empty OXM match. */
  private static byte[] flowStatsRequest() {
    var body =
        java.nio.ByteBuffer.allocate(48)
            .putShort((short) 1)
            .position(8)
            .put((byte) 0xff)
            .position(12)
            .putInt(-1)
            .putInt(-1)
            .position(40)
            .putShort((short) 1)
            .putShort((short) 4);
    return body.array();
  }

  @Test
  void whatIsWrongComesWithItsAnswer() {
    var sent = answer(Frame.of(4, 99, 7, (byte) 1));
    assertThat(received)
        .singleElement()
        .isInstanceOfSatisfying(
            Decoded.Bad.class,
            bad -> assertThat(bad.code()).isEqualTo(OfErrorCode.OFPBRC_BAD_TYPE));
    assertThat(sent).singleElement().satisfies(e -> assertThat(e.type()).isEqualTo(1));
  }
}
