// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.ofproto.connmgr;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import org.beeswitch.openflow.channel.Frame;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of the parts of requests; each as Open vSwitch 3.1 was seen to do it. */
class MultipartAssemblerTest {
  private static final int DESC = 0;
  private static final int PORT_STATS = 4;
  private static final int TABLE_FEATURES = 12;
  private static final int UNKNOWN = 99;
  private static final int MORE = 1;
  private static final int LAST = 0;

  private final OfDecoder decoder = new OfDecoder(Sender.CONTROLLER);
  private final MultipartAssembler assembler = new MultipartAssembler();
  private long nowNs = 1_000_000_000_000L;

  private static Frame request(int xid, int type, int flags, int... body) {
    ByteBuffer b = ByteBuffer.allocate(8 + body.length);
    b.putShort((short) type).putShort((short) flags).putInt(0);
    for (int x : body) {
      b.put((byte) x);
    }
    return Frame.of(4, 18, xid, b.array());
  }

  private static Frame portStats(int xid, int flags, int port) {
    return request(xid, PORT_STATS, flags, 0, 0, 0, port, 0, 0, 0, 0);
  }

  private MultipartAssembler.Outcome add(Frame f) {
    return assembler.add(decoder.decode(f.version(), f.toByteBuf()), f, nowNs);
  }

  private void waits(Frame f) {
    MultipartAssembler.Outcome o = add(f);
    assertThat(o.error()).isNull();
    assertThat(o.whole()).isEmpty();
  }

  private void refused(Frame f, OfErrorCode e) {
    assertThat(add(f).error()).isEqualTo(e);
  }

  private void complete(Frame last, Frame... whole) {
    MultipartAssembler.Outcome o = add(last);
    assertThat(o.error()).isNull();
    assertThat(o.whole()).extracting(MultipartAssembler.Part::frame).isEqualTo(List.of(whole));
  }

  private @Nullable Frame expired() {
    return assembler.expire(nowNs);
  }

  @Test
  void onePartIsARequest() {
    Frame f = request(1, DESC, LAST);
    complete(f, f);
    assertThat(expired()).isNull();
  }

  @Test
  void partsOfSeveralRequestsMayComeMixed() {
    Frame a1 = request(1, TABLE_FEATURES, MORE);
    Frame a2 = request(1, TABLE_FEATURES, LAST);
    Frame b1 = portStats(2, MORE, 1);
    Frame b2 = portStats(2, LAST, 2);
    waits(a1);
    waits(b1);
    complete(a2, a2);
    complete(b2, b1, b2);
  }

  /** Before, behind and between: only the body counts. */
  @Test
  void emptyPartsDoNotCount() {
    Frame body = portStats(1, MORE, 1);
    waits(request(1, PORT_STATS, MORE));
    waits(body);
    waits(request(1, PORT_STATS, MORE));
    complete(request(1, PORT_STATS, LAST), body);
  }

  @Test
  void aRequestThatNeedsABodyHasToHaveOneSomewhere() {
    refused(request(1, PORT_STATS, LAST), OfErrorCode.OFPBRC_BAD_LEN);
    waits(request(2, PORT_STATS, MORE));
    refused(request(2, PORT_STATS, LAST), OfErrorCode.OFPBRC_BAD_LEN);
    Frame f = portStats(2, LAST, 1);
    complete(f, f);
  }

  @Test
  void partsAreOfOneKind() {
    waits(request(1, DESC, MORE));
    refused(portStats(1, MORE, 1), OfErrorCode.OFPBRC_BAD_STAT);
    // Both are forgotten.
    assertThat(expired()).isNull();
    Frame f = request(1, DESC, LAST);
    complete(f, f);
  }

  @Test
  void whatIsWrongWithHeaderOrLengthIsSaidAtOnce() {
    refused(request(1, UNKNOWN, MORE), OfErrorCode.OFPBRC_BAD_STAT);
    refused(request(1, DESC, MORE, 1), OfErrorCode.OFPBRC_BAD_LEN);
    refused(request(1, PORT_STATS, MORE, 1, 2, 3), OfErrorCode.OFPBRC_BAD_LEN);
    refused(Frame.of(4, 18, 1, new byte[] {0, 0, 0, 1}), OfErrorCode.OFPBRC_BAD_LEN);
    refused(request(1, 0xffff, MORE, 0, 0, 0), OfErrorCode.OFPBRC_BAD_LEN);
    refused(request(1, 0xffff, MORE, 0, 1, 2, 3, 0, 0, 0, 1), OfErrorCode.OFPBRC_BAD_VENDOR);
    assertThat(expired()).isNull();
  }

  @Test
  void aRequestThatNobodyGoesOnWithEndsAfterASecond() {
    Frame first = request(1, DESC, MORE);
    waits(first);
    nowNs += MultipartAssembler.TIMEOUT_NS - 1;
    assertThat(expired()).isNull();
    // Each part gives it another second.
    Frame second = request(1, DESC, MORE);
    waits(second);
    waits(request(2, DESC, MORE));
    nowNs += MultipartAssembler.TIMEOUT_NS;
    assertThat(expired()).isSameAs(second);
    assertThat(expired()).isNotNull();
    assertThat(expired()).isNull();
    Frame late = request(1, DESC, LAST);
    complete(late, late);
  }

  @Test
  void aRequestHasAMaximum() {
    int[] body = new int[65_000 / 64 * 64];
    Frame f = request(1, TABLE_FEATURES, MORE, body);
    // Nothing in it is right, which is found when it is complete.
    for (int bytes = f.length(); bytes <= MultipartAssembler.MAX_BYTES; bytes += f.length()) {
      waits(f);
    }
    refused(f, OfErrorCode.OFPBRC_MULTIPART_BUFFER_OVERFLOW);
    waits(f);
  }

  @Test
  void allRequestsOfAConnectionHaveAMaximum() {
    int[] body = new int[65_000 / 64 * 64];
    int length = request(0, TABLE_FEATURES, MORE, body).length();
    int xid = 0;
    for (; (xid + 1) * length <= MultipartAssembler.MAX_TOTAL_BYTES; xid++) {
      waits(request(xid, TABLE_FEATURES, MORE, body));
    }
    refused(request(xid, TABLE_FEATURES, MORE, body), OfErrorCode.OFPBRC_MULTIPART_BUFFER_OVERFLOW);
    nowNs += MultipartAssembler.TIMEOUT_NS;
    for (int i = 0; i < xid; i++) {
      assertThat(expired()).isNotNull();
    }
    waits(request(xid, TABLE_FEATURES, MORE, body));
  }
}
