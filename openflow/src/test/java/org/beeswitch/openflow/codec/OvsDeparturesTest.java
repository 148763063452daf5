// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBAC_BAD_SET_ARGUMENT;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBAC_BAD_TYPE;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBAC_BAD_VENDOR_TYPE;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBMC_BAD_FIELD;
import static org.beeswitch.openflow.msg.OfErrorCode.OFPBMC_BAD_TYPE;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfVersion;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each departure of the codec in {@code docs/departures.md}, on one message: what we say of it, and
 * what a real OVS says. Fails when one is none any more.
 */
@Tag("system")
class OvsDeparturesTest {
  /** A match on TCP: eth_type and ip_proto. */
  private static final String TCP = "80000a020800" + "8000140106";

  private static final String IPV6 = "80000a0286dd";

  /**
   * A departure.
   *
   * @param ours our error; null if we take it. So is {@code theirs}
   */
  @SuppressWarnings("ArrayRecordComponent") // bytes of a test, made once
  private record Case(
      String id, byte[] flowMod, @Nullable OfErrorCode ours, @Nullable OfErrorCode theirs) {}

  private static final List<Case> CASES =
      List.of(
          match("D-EXTHDR", IPV6 + "80004e020001", null, OFPBMC_BAD_FIELD),
          match("D-PBB-MATCH", "80000a0288e7" + "80004a03000005", null, OFPBMC_BAD_FIELD),
          match("D-IN-PHY-PORT", "8000000400000001" + "8000020400000001", null, OFPBMC_BAD_FIELD),
          match("D-XREG", "80010008" + "0000000000000005", OFPBMC_BAD_FIELD, null),
          match("D-XREG", "0001de10" + "00".repeat(16), OFPBMC_BAD_FIELD, null),
          match("D-NSH", "80000a02894f" + "ffff0205005ad650" + "01", OFPBMC_BAD_FIELD, null),
          match("D-ERSPAN", "ffff1608" + "00002320" + "00000005", OFPBMC_BAD_FIELD, null),
          actions("D-PBB-ACTION", "", "001a000888e70000", null, OFPBAC_BAD_TYPE),
          actions("D-COPY-TTL", "", "000b000800000000", null, OFPBAC_BAD_TYPE),
          actions("D-SET-TP", TCP, "0009000800500000", OFPBAC_BAD_TYPE, null),
          nicira("D-NX-ACTION", 1, "000100000000"), // resubmit
          nicira("D-NX-ACTION", 8, "000000000000"), // note
          nicira("D-NX-ACTION", 17, "000000000000"), // exit
          nicira("D-NX-ACTION", 43, "000000000000"), // ct_clear
          actions(
              "D-LOAD-PORT",
              "",
              "ffff0018" + "00002320" + "0007" + "0003" + "00000002" + "0000000000000001",
              OFPBAC_BAD_SET_ARGUMENT,
              null),
          new Case(
              "D-MATCH-11",
              flowMod("00000058" + "00000000" + "000003ff" + "00".repeat(76), ""),
              OFPBMC_BAD_TYPE,
              null));

  private static Case match(
      String id, String oxms, @Nullable OfErrorCode ours, @Nullable OfErrorCode theirs) {
    return new Case(id, flowMod(ofpMatch(oxms), ""), ours, theirs);
  }

  private static Case actions(
      String id,
      String oxms,
      String actions,
      @Nullable OfErrorCode ours,
      @Nullable OfErrorCode theirs) {
    return new Case(id, flowMod(ofpMatch(oxms), actions), ours, theirs);
  }

  private static Case nicira(String id, int subtype, String rest) {
    String a = "ffff0010" + "00002320" + String.format("%04x", subtype) + rest;
    return actions(id, "", a, OFPBAC_BAD_VENDOR_TYPE, null);
  }

  private static String ofpMatch(String oxms) {
    int length = 4 + oxms.length() / 2;
    return String.format("0001%04x", length) + oxms + "00".repeat(-length & 7);
  }

  /** An ADD to table 0 with these apply-actions. */
  private static byte[] flowMod(String match, String actions) {
    String instructions =
        actions.isEmpty()
            ? ""
            : String.format("0004%04x00000000", 8 + actions.length() / 2) + actions;
    String hex =
        "040e000000000000"
            + "00".repeat(16)
            + "0000000000008000"
            + "ff".repeat(12)
            + "00000000"
            + match
            + instructions;
    return Mutator.mend(HexFormat.of().parseHex(hex));
  }

  @Test
  void everyDepartureIsOne() throws Exception {
    assumeTrue(RealOvs.isAvailable(), "no ovs-vswitchd here, or not root");
    try (RealOvs ovs = new RealOvs();
        OvsConnection c = new OvsConnection(ovs.connect())) {
      OfDecoder answers = new OfDecoder(Sender.SWITCH);
      for (Case k : CASES) {
        ByteBuffer.wrap(k.flowMod).putInt(4, 77);
        Decoded d =
            new OfDecoder(Sender.CONTROLLER)
                .decode(OfVersion.OF13, Unpooled.wrappedBuffer(k.flowMod));
        assertThat(d instanceof Decoded.Bad b ? b.code() : null)
            .as("%s: ours, %s", k.id, HexFormat.of().formatHex(k.flowMod))
            .isEqualTo(k.ours);
        c.send(k.flowMod);
        Decoded.Good answer = c.barrier(answers).get(77);
        OfErrorCode theirs = answer == null ? null : ((OfError) answer.frame().message()).known();
        assertThat(theirs)
            .as("%s: OVS's, %s", k.id, HexFormat.of().formatHex(k.flowMod))
            .isEqualTo(k.theirs);
      }
    }
  }
}
