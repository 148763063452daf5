// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.openflow.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.beeswitch.openflow.msg.Experimenter;
import org.beeswitch.openflow.msg.OfError;
import org.beeswitch.openflow.msg.OfErrorCode;
import org.beeswitch.openflow.msg.OfFrame;
import org.beeswitch.openflow.msg.OfVersion;
import org.beeswitch.openflow.msg.Role;
import org.beeswitch.openflow.msg.RoleRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Broken messages go to a real Open vSwitch and to our decoder, which have to agree: on the error,
 * its xid and its data, or on there being none. What a decoder cannot know, because it needs a
 * switch, OVS may say about messages that we find good ({@link #NEEDS_A_SWITCH}). Messages with
 * something in them that {@code docs/departures.md} lists may differ; they are counted.
 */
@Tag("system")
class OvsErrorsTest {
  private static final long SEED = Long.getLong("beeswitch.seed", 1);
  private static final int MESSAGES = Integer.getInteger("beeswitch.ovsMutations", 20_000);
  private static final int WINDOW = 100;

  /** Errors about tables, groups, meters and ports that there are, or are not: ofproto's. */
  private static final Set<OfErrorCode> NEEDS_A_SWITCH =
      EnumSet.of(
          OfErrorCode.OFPFMFC_OVERLAP,
          OfErrorCode.OFPFMFC_EPERM,
          OfErrorCode.OFPFMFC_BAD_TABLE_ID,
          OfErrorCode.OFPFMFC_TABLE_FULL,
          OfErrorCode.OFPBAC_BAD_OUT_GROUP,
          OfErrorCode.OFPBRC_BUFFER_UNKNOWN,
          OfErrorCode.OFPBRC_BAD_TABLE_ID,
          OfErrorCode.OFPBRC_BAD_PORT,
          OfErrorCode.OFPBRC_EPERM,
          OfErrorCode.OFPGMFC_GROUP_EXISTS,
          OfErrorCode.OFPGMFC_INVALID_GROUP,
          OfErrorCode.OFPGMFC_UNKNOWN_GROUP,
          OfErrorCode.OFPGMFC_CHAINING_UNSUPPORTED,
          OfErrorCode.OFPGMFC_LOOP,
          OfErrorCode.OFPMMFC_INVALID_METER,
          OfErrorCode.OFPMMFC_UNKNOWN_METER,
          OfErrorCode.OFPMMFC_METER_EXISTS,
          OfErrorCode.OFPMMFC_OUT_OF_BANDS,
          OfErrorCode.OFPMMFC_OUT_OF_METERS,
          OfErrorCode.OFPMMFC_BAD_RATE,
          OfErrorCode.OFPMMFC_BAD_BURST,
          OfErrorCode.OFPMMFC_BAD_BAND,
          OfErrorCode.OFPMMFC_BAD_FLAGS,
          OfErrorCode.OFPPMFC_BAD_PORT,
          OfErrorCode.OFPPMFC_BAD_HW_ADDR,
          OfErrorCode.OFPQOFC_BAD_PORT,
          OfErrorCode.OFPQOFC_BAD_QUEUE,
          OfErrorCode.OFPRRFC_STALE,
          OfErrorCode.OFPTFFC_EPERM,
          OfErrorCode.OFPTFFC_BAD_METADATA,
          OfErrorCode.NXTFFC_DUP_TABLE,
          OfErrorCode.OFPTMFC_BAD_TABLE,
          OfErrorCode.OFPTMFC_EPERM,
          OfErrorCode.NXST_NOT_CONFIGURED);

  private final OfDecoder ours = new OfDecoder(Sender.CONTROLLER);
  private final OfDecoder theirs = new OfDecoder(Sender.SWITCH);
  private final Map<String, Integer> differences = new TreeMap<>();
  private final Map<String, String> examples = new LinkedHashMap<>();
  private final Map<OfErrorCode, Integer> agreed = new TreeMap<>();
  private final Map<OfErrorCode, Integer> needASwitch = new TreeMap<>();
  private int departures;
  private int silent;
  private int dropped;
  private int sent;

  @Test
  void badMessagesGetTheErrorsThatOvsSends() throws Exception {
    assumeTrue(RealOvs.isAvailable(), "no ovs-vswitchd here, or not root");
    Mutator mutator = new Mutator(SEED, Samples.toSwitch());
    try (RealOvs ovs = new RealOvs();
        OvsConnection c = new OvsConnection(ovs.connect())) {
      compare(c, mutator.seeds());
      for (int done = 0; done < MESSAGES; done += WINDOW) {
        List<byte[]> window = new ArrayList<>();
        while (window.size() < WINDOW) {
          byte[] m = mutator.next();
          if (!changesTheConnection(m)) {
            window.add(m);
          }
        }
        compare(c, window);
      }
    }
    System.out.printf(
        "seed %d: %d messages: %d taken by both; %d departures, %d not sent; refused by OVS's"
            + " switch %s; the same error %s%n",
        SEED, sent, silent, departures, dropped, needASwitch, agreed);
    differences.forEach((k, n) -> System.out.println(n + " x " + k + "\n    " + examples.get(k)));
    assertThat(differences).isEmpty();
  }

  /** A role that makes all later changes be refused; a request of which OVS awaits more parts. */
  private boolean changesTheConnection(byte[] m) {
    boolean isPart = m[1] == 18 && m.length >= 16 && (m[11] & 1) != 0;
    return isPart
        || ours.decode(OfVersion.OF13, Unpooled.wrappedBuffer(m)) instanceof Decoded.Good g
            && g.frame().message() instanceof RoleRequest r
            && r.role() == Role.SECONDARY;
  }

  /** Sends each with an xid of its own, a barrier after all; looks at what came back. */
  private void compare(OvsConnection c, List<byte[]> messages) throws IOException {
    int first = 0x1000 + sent;
    for (int i = 0; i < messages.size(); i++) {
      ByteBuffer.wrap(messages.get(i)).putInt(4, first + i);
      c.send(messages.get(i));
    }
    Map<Integer, Decoded.Good> answers = c.barrier(theirs);
    for (int i = 0; i < messages.size(); i++) {
      sent++;
      Decoded.Good answer = answers.get(first + i);
      compare(messages.get(i), answer == null ? null : answer.frame());
    }
  }

  private void compare(byte[] message, @Nullable OfFrame answer) {
    Decoded d = ours.decode(OfVersion.OF13, Unpooled.wrappedBuffer(message));
    OfError error = answer != null && answer.message() instanceof OfError e ? e : null;
    OfErrorCode their = error == null ? null : error.known();
    OfErrorCode our = d instanceof Decoded.Bad b ? b.code() : null;
    if (our == OfErrorCode.OFPBRC_BAD_VERSION && their == null) {
      dropped++; // OVS sends this one only if its socket takes it at once
    } else if (our == null && (their == null || needsASwitch(their, message, d))) {
      if (their == null) {
        silent++;
      } else {
        needASwitch.merge(their, 1, Integer::sum);
      }
    } else if (d instanceof Decoded.Bad b && b.reply().equals(answer)) {
      agreed.merge(our, 1, Integer::sum);
    } else if (Departures.isIn(message)) {
      departures++;
    } else {
      String type = d instanceof Decoded.Bad b ? "" + b.type() : "good";
      String what = our == their ? "data of " + our : type + ": OVS " + their + ", we " + our;
      differences.merge(what, 1, Integer::sum);
      examples.putIfAbsent(what, ByteBufUtil.hexDump(message));
    }
  }

  private static boolean needsASwitch(OfErrorCode their, byte[] message, Decoded ours) {
    // A packet-out's actions are checked against its packet.
    boolean isPacketOut = message[1] == 13;
    // The body of an experimenter's message is for whoever implements it.
    boolean isExperimenter =
        ours instanceof Decoded.Good g && g.frame().message() instanceof Experimenter;
    return NEEDS_A_SWITCH.contains(their)
        || isExperimenter
        || isPacketOut
            && (their == OfErrorCode.OFPBAC_MATCH_INCONSISTENT
                || their == OfErrorCode.OFPBAC_BAD_TAG);
  }

  /** What a message may have in it that makes us differ from OVS for a known reason. */
  private static final class Departures {
    private Departures() {}

    static boolean isIn(byte[] m) {
      ByteBuffer b = ByteBuffer.wrap(m);
      for (int p = 8; p + 4 <= m.length; p++) {
        if (oxm(b.getShort(p) & 0xffff, (b.get(p + 2) & 0xff) >> 1) || p % 8 == 0 && action(b, p)) {
          return true;
        }
      }
      return false;
    }

    /** Fields that only one of us knows. */
    private static boolean oxm(int oxmClass, int field) {
      return switch (oxmClass) {
        case 0x8000 -> field == 1 || field == 37 || field == 39;
        case 0x8001, 0xffff -> true; // xreg; experimenters: NSH, ERSPAN, GTP-U
        case 0x0001 -> field >= 40 && field <= 103 || field >= 111 && field <= 118;
        default -> false;
      };
    }

    /** Actions that only one of us knows. */
    private static boolean action(ByteBuffer b, int p) {
      int type = b.getShort(p) & 0xffff;
      return type == 9 || type == 10 || type == 11 || type == 12 || type == 26 || type == 27;
    }
  }
}
