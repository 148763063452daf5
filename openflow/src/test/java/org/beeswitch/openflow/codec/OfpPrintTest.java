// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ovs-ofctl} prints every message that we write, and finds nothing wrong with it. */
@Tag("system")
class OfpPrintTest {
  @Test
  void ofctlUnderstandsEveryMessageThatWeWrite() throws Exception {
    Path ofctl = Path.of("/usr/bin/ovs-ofctl");
    assumeTrue(Files.isExecutable(ofctl), "no ovs-ofctl here");
    List<OfMessage> all = new ArrayList<>(Samples.toSwitch());
    all.addAll(Samples.toController());
    ByteBuf stream = Unpooled.buffer();
    OfEncoder encoder = new OfEncoder();
    for (int i = 0; i < all.size(); i++) {
      encoder.encode(new OfFrame(OfVersion.OF13, 0x1000 + i, all.get(i)), stream);
    }
    byte[] bytes = new byte[stream.readableBytes()];
    stream.readBytes(bytes);
    Path file = Files.createTempFile("bee-ofp", ".bin");
    Files.write(file, bytes);
    Process p =
        new ProcessBuilder(ofctl.toString(), "-vconsole:off", "ofp-parse", file.toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(out).isZero();
    Files.delete(file);
    // Of packet-ins without a buffer that say they are longer than their data, as some samples are.
    String remark = "(***total_len != data_len***)";
    assertThat(out.replace(remark, "")).doesNotContain("***").doesNotContain("decode error");
    for (int i = 0; i < all.size(); i++) {
      assertThat(out).as("%s", all.get(i)).contains(String.format("(xid=%#x)", 0x1000 + i));
    }
    assertThat(out)
        .contains("OFPBIC_DUP_INST")
        .contains("role=primary generation_id=5")
        .contains("set_field:4101->vlan_vid")
        .contains("load:0x1->NXM_OF_ETH_DST[4..7]")
        .contains("write_metadata:0x1200/0xff00,goto_table:9")
        .contains("OFPST_GROUP_DESC reply")
        .contains("reason=hard")
        .contains("tcp_flags=+syn-ack");
  }
}
