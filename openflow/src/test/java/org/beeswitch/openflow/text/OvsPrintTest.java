// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.openflow.msg.MultipartReply;
import org.beeswitch.openflow.msg.MultipartRequest;
import org.beeswitch.openflow.msg.MultipartType;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our text of messages against the one of {@code ovs-ofctl ofp-print}. */
@Tag("system")
class OvsPrintTest {
  private static final Path OFCTL = Path.of("/usr/bin/ovs-ofctl");

  @TempDir Path dir;

  @Test
  void messagesReadAsOvsPrintsThem() throws Exception {
    List<OfMessage> all = new ArrayList<>(Samples.toSwitch());
    all.addAll(Samples.toController());
    all.removeIf(OvsPrintTest::isNicirasOwn);
    compare(all);
  }

  /** Nicira's messages, which OVS knows by name and we do not yet. */
  private static boolean isNicirasOwn(OfMessage m) {
    return m.type() == OfMessage.Type.EXPERIMENTER
        || m instanceof MultipartRequest r && r.body().multipartType() == MultipartType.EXPERIMENTER
        || m instanceof MultipartReply p && p.body().multipartType() == MultipartType.EXPERIMENTER;
  }

  private void compare(List<OfMessage> messages) throws Exception {
    assumeTrue(Files.isExecutable(OFCTL), "no ovs-ofctl: our text is not compared with OVS's");
    OfEncoder encoder = new OfEncoder();
    List<String> differences = new ArrayList<>();
    for (OfMessage m : messages) {
      OfFrame frame = new OfFrame(OfVersion.OF13, 0x17, m);
      ByteBuf buf = encoder.encode(frame, ByteBufAllocator.DEFAULT);
      byte[] bytes = new byte[buf.readableBytes()];
      buf.readBytes(bytes);
      buf.release();
      String ours = MessageText.of(frame, Names.NONE, MessageText.MONITOR);
      String theirs = ofpPrint(bytes);
      if (!ours.equals(theirs)) {
        differences.add("ours " + ours + "OVS  " + theirs + m + "\n");
      }
    }
    assertThat(differences).isEmpty();
  }

  private String ofpPrint(byte[] message) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(OFCTL.toString(), "ofp-print", HexFormat.of().formatHex(message))
            .redirectError(dir.resolve("stderr").toFile())
            .start();
    String out =
        new String(
            Objects.requireNonNull(p.getInputStream()).readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).isZero();
    return out;
  }
}
