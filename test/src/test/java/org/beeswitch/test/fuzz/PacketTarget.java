// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.fuzz;

import java.util.Arrays;
import org.beeswitch.flow.Flow;
import org.beeswitch.flow.FlowLayout;
import org.beeswitch.flow.FlowParser;
import org.beeswitch.flow.Layers;
import org.beeswitch.flow.Packet;
import org.beeswitch.flow.PacketEditor;

/**
 * Any bytes have a key, which is that of these bytes alone, whatever is around them; every header
 * that it names is inside; and every field can be rewritten, after which the packet has as many
 * bytes as before.
 */
public final class PacketTarget {
  private static final int MARGIN = 64;
  private static final int MAX_LENGTH = 4_096;

  private PacketTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length > MAX_LENGTH) {
      return;
    }
    Flow flow = new Flow();
    Layers layers = new Layers();
    FlowParser.parse(input, 0, input.length, flow, layers); // reading on would throw
    byte[] surrounded = new byte[input.length + 2 * MARGIN];
    Arrays.fill(surrounded, (byte) 0xa5);
    System.arraycopy(input, 0, surrounded, MARGIN, input.length);
    Flow other = new Flow();
    FlowParser.parse(surrounded, MARGIN, input.length, other, new Layers());
    check(Arrays.equals(flow.words(), other.words()), "the key depends on what is around");
    check(layers.end <= input.length, "the end is outside");
    check(layers.l3 <= input.length && layers.l4 <= input.length, "a header is outside");
    edit(input);
  }

  private static void edit(byte[] input) {
    Packet p = Packet.of(input.clone());
    PacketEditor editor = new PacketEditor();
    editor.begin(p);
    for (int w = FlowLayout.ETH_DST_TYPE; w < FlowLayout.SKB; w++) {
      editor.set(w, 0x0123456789abcdefL, 0x00ff00ff00ff00ffL);
    }
    check(p.length() == input.length, "rewriting changed the length");
  }

  private static void check(boolean holds, String law) {
    if (!holds) {
      throw new IllegalStateException(law);
    }
  }
}
