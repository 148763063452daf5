// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.flow.Match;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.Instructions;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.PortDesc;
import org.junit.jupiter.api.Test;

class RoundTripTest {
  private final OfEncoder encoder = new OfEncoder();

  private void roundTrip(Sender sender, OfMessage m) {
    OfFrame frame = new OfFrame(OfVersion.OF13, 0x12345678, m);
    ByteBuf bytes = encoder.encode(frame, UnpooledByteBufAllocator.DEFAULT);
    // HELLO and ERROR are read before a version is negotiated.
    boolean greeting = m.type() == OfMessage.Type.HELLO || m.type() == OfMessage.Type.ERROR;
    Decoded d = new OfDecoder(sender).decode(greeting ? 0 : OfVersion.OF13, bytes);
    assertThat(d)
        .as("%s from %s", m, ByteBufUtil.hexDump(bytes))
        .isEqualTo(new Decoded.Good(frame));
    bytes.release();
  }

  @Test
  void whatAControllerSaysIsReadAsWritten() {
    Samples.toSwitch().forEach(m -> roundTrip(Sender.CONTROLLER, m));
  }

  @Test
  void whatASwitchSaysIsReadAsWritten() {
    Samples.toController().forEach(m -> roundTrip(Sender.SWITCH, m));
  }

  @Test
  void fieldsAndActionsThatOvsHasNotAreReadAsWritten() {
    for (Match m : Samples.matchesBeyondOvs()) {
      roundTrip(Sender.CONTROLLER, Samples.flowMod(FlowMod.Command.ADD, m, Instructions.NONE));
    }
    Match any = Match.ANY;
    roundTrip(
        Sender.CONTROLLER,
        Samples.flowMod(FlowMod.Command.ADD, any, Instructions.apply(Samples.actionsBeyondOvs())));
  }

  @Test
  void equalInstructionsAreOneObject() {
    Instructions a = Samples.instructions().get(2);
    Instructions b = Samples.instructions().get(2);
    assertThat(a).isSameAs(b);
  }

  @Test
  void repliesAreSplitWhereAnEntryWouldNotFit() {
    List<ByteBuf> parts = new ArrayList<>();
    MultipartWriter w =
        new MultipartWriter(
            encoder, 7, MultipartType.PORT_DESC, UnpooledByteBufAllocator.DEFAULT, parts::add);
    for (int i = 1; i <= 2500; i++) {
      w.portDesc(Samples.port(i, "p" + i));
    }
    w.finish();
    List<PortDesc> read = new ArrayList<>();
    OfDecoder decoder = new OfDecoder(Sender.SWITCH);
    for (int i = 0; i < parts.size(); i++) {
      Decoded.Good g = (Decoded.Good) decoder.decode(OfVersion.OF13, parts.get(i));
      MultipartReply r = (MultipartReply) g.frame().message();
      assertThat(g.frame().xid()).isEqualTo(7);
      assertThat(r.more()).isEqualTo(i < parts.size() - 1);
      read.addAll(((MultipartReply.PortDesc) r.body()).ports());
    }
    assertThat(parts).hasSize(3); // 1023 ports fit into one
    assertThat(parts.get(0).readableBytes()).isEqualTo(16 + 1023 * 64);
    assertThat(read).hasSize(2500);
    assertThat(read.get(2499).name()).isEqualTo("p2500");
    parts.forEach(ByteBuf::release);
  }

  @Test
  void aReplyWithoutEntriesIsOneEmptyPart() {
    List<ByteBuf> parts = new ArrayList<>();
    new MultipartWriter(
            encoder, 7, MultipartType.FLOW, UnpooledByteBufAllocator.DEFAULT, parts::add)
        .finish();
    assertThat(parts).hasSize(1);
    assertThat(ByteBufUtil.hexDump(parts.get(0))).isEqualTo("04130010000000070001000000000000");
    parts.forEach(ByteBuf::release);
  }

  @Test
  void decodingLeavesTheFrameAlone() {
    ByteBuf b = Unpooled.wrappedBuffer(new byte[] {4, 20, 0, 8, 0, 0, 0, 1});
    new OfDecoder(Sender.CONTROLLER).decode(OfVersion.OF13, b);
    assertThat(b.readerIndex()).isZero();
    assertThat(b.refCnt()).isEqualTo(1);
  }
}
