// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.loxi;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.beeswitch.openflow.codec.OfEncoder;
import org.beeswitch.openflow.codec.OfHeader;
import org.beeswitch.openflow.codec.Samples;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfMessage;
import org.beeswitch.openflow.msg.OfVersion;
import org.junit.jupiter.api.Test;
import org.projectfloodlight.openflow.exceptions.OFParseError;
import org.projectfloodlight.openflow.protocol.OFFactories;
import org.projectfloodlight.openflow.protocol.OFMessageReader;
import org.projectfloodlight.openflow.protocol.OFVersion;

/**
 * openflowj, which knows nothing of our codec, reads what we write, and writes it again as long as
 * it was. What it does not know (Nicira's fields and actions, experimenters' errors) it refuses.
 */
class SecondOpinionTest {
  /** Headers of nw_ttl, ip_frag with and without a mask, mpls_ttl, reg0, reg3: Nicira's alone. */
  private static final List<String> NXM_FIELDS =
      List.of("00013a01", "00013401", "00013502", "00013c01", "00010004", "00010604");

  @Test
  void openflowjReadsWhatWeWrite() {
    List<OfMessage> all = new ArrayList<>(Samples.toSwitch());
    all.addAll(Samples.toController());
    OFMessageReader<org.projectfloodlight.openflow.protocol.OFMessage> reader =
        OFFactories.getFactory(OFVersion.OF_13).getReader();
    OfEncoder encoder = new OfEncoder();
    int read = 0;
    List<String> refused = new ArrayList<>();
    for (OfMessage m : all) {
      ByteBuf ours = Unpooled.buffer();
      encoder.encode(new OfFrame(OfVersion.OF13, 5, m), ours);
      String hex = ByteBufUtil.hexDump(ours);
      int type = OfHeader.type(ours);
      try {
        org.projectfloodlight.openflow.protocol.OFMessage loxi = reader.readFrom(ours);
        ByteBuf again = Unpooled.buffer();
        loxi.writeTo(again);
        assertThat(again.readableBytes()).as("%s: %s", m, hex).isEqualTo(hex.length() / 2);
        assertThat(OfHeader.type(again)).isEqualTo(type);
        assertThat(loxi.getXid()).isEqualTo(5);
        read++;
      } catch (OFParseError | RuntimeException e) {
        refused.add(m.type() + ": " + e.getMessage());
        assertThat(hasWhatItDoesNotKnow(hex)).as("%s: %s: %s", e, m, hex).isTrue();
      }
    }
    assertThat(read).as("refused: %s", refused).isGreaterThan(60);
  }

  /** Experimenters of any kind; fields that only Nicira has, whose class is 1. */
  private static boolean hasWhatItDoesNotKnow(String hex) {
    boolean nicira = hex.contains("00002320") || hex.contains("4f4e4600");
    return nicira || NXM_FIELDS.stream().anyMatch(hex::contains);
  }
}
