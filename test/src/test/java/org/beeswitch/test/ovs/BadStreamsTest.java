// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.beeswitch.openflow.codec.Mutator;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.testing.Seed;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Greetings that are none, and bytes that are no frames, to a real Open vSwitch and to {@code
 * bin/beeswitchd}: both say the same until they close, or until the peer does.
 */
@Tag("system")
@Tag("soak")
class BadStreamsTest {
  private static final int RANDOM_STREAMS = Seed.sized(150, 10_000);
  private static final int MAX_EXAMPLES = 20;

  private final List<String> wrong = new ArrayList<>();
  private final Map<String, Integer> known = new TreeMap<>();
  private int streams;

  @Test
  void endAsAtOpenVswitch() throws Exception {
    RealOvs.assumePossible();
    Random random = Seed.random("BadStreamsTest");
    List<byte[]> corpus = new ArrayList<>(Mutator.encode(Samples.toSwitch()));
    // Its 1.2 MB are still on their way when the peer's end arrives, which is when both close.
    corpus.removeIf(m -> m[1] == 18 && m[9] == 12);
    try (TwoSwitches both = new TwoSwitches()) {
      for (BadStreams.Stream s : BadStreams.all()) {
        compare(both, s.name(), s.departure(), s.bytes());
      }
      for (int i = 0; i < RANDOM_STREAMS && wrong.size() < MAX_EXAMPLES; i++) {
        compare(both, "random", "", BadStreams.random(random, corpus));
      }
      assertThat(both.ourLog()).doesNotContain("Exception");
    }
    System.out.printf("figure: bad streams: %d, known differences %s%n", streams, known);
    assertThat(wrong).as("streams that end differently").isEmpty();
  }

  private void compare(TwoSwitches both, String name, String departure, byte[] stream)
      throws IOException {
    List<String> theirs = say(both.theirs(), stream);
    List<String> ours = say(both.ours(), stream);
    streams++;
    if (!theirs.equals(ours)) {
      String id = departure.isEmpty() ? known(stream, theirs, ours) : departure;
      if (id.isEmpty()) {
        String hex = HexFormat.of().formatHex(stream);
        wrong.add("\n" + name + " []\nOVS  " + theirs + " of " + hex + "\nours " + ours);
      } else {
        known.merge(id, 1, Integer::sum);
      }
    } else if (!departure.isEmpty()) {
      wrong.add("\n" + name + ": " + departure + " does not differ any more");
    }
  }

  /** All that a switch says to a stream of bytes, with nothing after it. */
  private static List<String> say(Path socket, byte[] stream) throws IOException {
    List<String> texts = new ArrayList<>();
    try (RawPeer p = RawPeer.silent(socket)) {
      p.send(stream);
      p.endOutput();
      for (byte[] f : p.untilEnd()) {
        if (f[1] == 0) {
          ByteBuffer.wrap(f).putInt(4, 0); // a number of its own choice
        }
        String text = Frames.xid(f) + (f[1] == 19 ? " parts" : " " + Frames.text(f));
        if (texts.isEmpty() || !texts.get(texts.size() - 1).equals(text)) {
          texts.add(text); // table features have as many parts as they take
        }
      }
    }
    try (RawPeer p = RawPeer.greeted(socket)) {
      TwoSwitches.reset(p);
    }
    return texts;
  }

  /** By the first message that is answered differently. */
  private static String known(byte[] stream, List<String> theirs, List<String> ours) {
    for (int i = 0; i < Math.max(theirs.size(), ours.size()); i++) {
      String their = i < theirs.size() ? theirs.get(i) : "silence";
      String our = i < ours.size() ? ours.get(i) : "silence";
      if (!their.equals(our)) {
        String xid = (our.equals("silence") ? their : our).split(" ")[0];
        return KnownDifference.of(List.of(message(stream, xid)), their, our);
      }
    }
    return "";
  }

  /** The message of a stream with this xid, or all of it. */
  private static byte[] message(byte[] stream, String xid) {
    ByteBuffer b = ByteBuffer.wrap(stream);
    for (int at = 0; at + 8 <= stream.length; ) {
      int length = b.getShort(at + 2) & 0xffff;
      if (String.valueOf(b.getInt(at + 4)).equals(xid)) {
        return Arrays.copyOfRange(stream, at, Math.min(at + length, stream.length));
      }
      at += Math.max(length, 8);
    }
    return stream;
  }
}
