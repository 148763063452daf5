// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.fuzz;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Set;
import java.util.stream.IntStream;
import org.beeswitch.openflow.codec.Decoded;
import org.beeswitch.openflow.codec.OfDecoder;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Sender;
import org.beeswitch.openflow.msg.OfVersion;

/**
 * Any frame is a message or an error, from a controller and from a switch; what a controller can
 * say can be written, and is then read as the same. (But for NXM's match on a whole TCI, which can
 * say what OXM cannot: that is written as OVS writes it, and OVS would not read it either.)
 */
public final class DecoderTarget {
  private static final int HEADER = 8;

  /** {@code NXM_OF_VLAN_TCI} without and with a mask. */
  private static final Set<Integer> WHOLE_TCI = Set.of(0x00000802, 0x00000904);

  private static final OfDecoder AT_SWITCH = new OfDecoder(Sender.CONTROLLER);
  private static final OfDecoder AT_CONTROLLER = new OfDecoder(Sender.SWITCH);
  private static final OfEncoder ENCODER = new OfEncoder();

  private DecoderTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < HEADER || input.length > 0xffff) {
      return;
    }
    byte[] frame = input.clone();
    frame[0] = OfVersion.OF13;
    frame[2] = (byte) (frame.length >> 8);
    frame[3] = (byte) frame.length;
    AT_CONTROLLER.decode(OfVersion.OF13, Unpooled.wrappedBuffer(frame));
    if (AT_SWITCH.decode(OfVersion.OF13, Unpooled.wrappedBuffer(frame)) instanceof Decoded.Good g) {
      ByteBuf again = Unpooled.buffer();
      ENCODER.encode(g.frame(), again);
      Decoded d = AT_SWITCH.decode(OfVersion.OF13, again);
      if (!d.equals(g) && !matchesWholeTci(frame)) {
        throw new IllegalStateException("read as " + g + ", written and read as " + d);
      }
    }
  }

  private static boolean matchesWholeTci(byte[] frame) {
    ByteBuf b = Unpooled.wrappedBuffer(frame);
    return IntStream.range(HEADER, frame.length - 3).anyMatch(i -> WHOLE_TCI.contains(b.getInt(i)));
  }
}
