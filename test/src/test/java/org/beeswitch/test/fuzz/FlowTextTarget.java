// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.fuzz;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.FlowMod;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.text.FlowSyntaxException;
import org.beeswitch.openflow.text.FlowTextParser;
import org.beeswitch.openflow.text.Names;

/**
 * Any text is a flow-mod or a complaint; a flow-mod can be written as a message, which is refused
 * with an error or read, and then, written again, read as the same. (What is read may differ from
 * the text: a match on {@code nd_target} with an ICMPv6 code is not sent, and {@code tcp_flags} of
 * ICMPv6 are {@code nd_options_type}, as by ovs-ofctl.)
 */
public final class FlowTextTarget {
  private static final OfDecoder DECODER = new OfDecoder(Sender.CONTROLLER);
  private static final OfEncoder ENCODER = new OfEncoder();

  private FlowTextTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    FlowMod fm;
    try {
      fm = new FlowTextParser(Names.NONE).line(text);
    } catch (FlowSyntaxException e) {
      if (e.text().isBlank()) {
        throw new IllegalStateException("refused without a reason: " + text, e);
      }
      return;
    }
    OfFrame frame = new OfFrame(OfVersion.OF13, 1, fm);
    ByteBuf bytes = Unpooled.buffer();
    ENCODER.encode(frame, bytes);
    Decoded d = DECODER.decode(OfVersion.OF13, bytes);
    if (d instanceof Decoded.Good g) {
      ByteBuf again = Unpooled.buffer();
      ENCODER.encode(g.frame(), again);
      Decoded same = DECODER.decode(OfVersion.OF13, again);
      if (!same.equals(g)) {
        throw new IllegalStateException(
            text + " is " + frame + ", read as " + g + ", and again as " + same);
      }
    }
  }
}
