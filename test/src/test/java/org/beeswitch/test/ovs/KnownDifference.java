// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Which line of {@code docs/departures.md} says why random messages are answered otherwise than OVS
 * does: by what is in the bytes, and by the errors of both. The ids of what Beeswitch does not do
 * yet begin with R.
 */
final class KnownDifference {
  private static final int EXPERIMENTER = 4;
  private static final int PACKET_OUT = 13;
  private static final int GROUP_MOD = 15;
  private static final int PORT_MOD = 16;
  private static final int MULTIPART_REQUEST = 18;
  private static final int METER_MOD = 29;

  private KnownDifference() {}

  /** Whether a line of the list has this id. */
  static boolean isListed(String id) {
    Path list = Path.of(System.getProperty("beeswitch.root", "..")).resolve("docs/departures.md");
    try {
      return Files.readString(list).contains("\n| " + id + " | ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The id of a line, or empty if there is none.
   *
   * @param messages what the bridges were told since they were equal; the answers are to the last
   */
  static String of(List<byte[]> messages, String theirs, String ours) {
    if (theirs.equals(ours)) {
      return "";
    }
    byte[] m = messages.get(messages.size() - 1);
    if (m.length < 8) {
      return "";
    }
    if (theirs.equals("silence") && ours.contains("ERROR OFPBRC_BAD_VERSION")) {
      return "D-VERSION-ERROR";
    }
    boolean isMultipart = m[1] == MULTIPART_REQUEST;
    if (m[1] == GROUP_MOD && ours.contains("ERROR OFPGMFC_")) {
      return "R-GROUPS";
    } else if (m[1] == METER_MOD && ours.contains("ERROR OFPMMFC_")) {
      return "R-METERS";
    } else if (m[1] == EXPERIMENTER && ours.contains("ERROR OFPBRC_EPERM")) {
      return "D-NXT-PACKET-IN";
    } else if ((m[1] == EXPERIMENTER || isMultipart && u16(m, 8) == 0xffff)
        && ours.contains("ERROR OFPBRC_BAD_")) {
      return "R-NX-MESSAGE";
    } else if (isMultipart && u16(m, 8) == 1 && looksAtInternalTable(m)) {
      return "D-MISS-RULE";
    } else if (isMultipart && theirs.startsWith("MULTIPART") && ours.startsWith("MULTIPART")) {
      return ofBridges(messages, theirs, ours);
    }
    return ofFlowMod(m, theirs, ours);
  }

  /** Whether flow statistics are of table 254, or of all tables under a whole cookie. */
  private static boolean looksAtInternalTable(byte[] m) {
    int table = m[16] & 0xff;
    return table == 254
        || table == 255 && m.length >= 48 && ByteBuffer.wrap(m).getLong(40) == -1; // cookie mask
  }

  /** The same of two bridges that say different things of themselves. */
  static String ofBridges(List<byte[]> messages, String theirs, String ours) {
    if (theirs.equals(ours)) {
      return "";
    } else if (messages.stream().anyMatch(KnownDifference::writesOutsideItsMask)) {
      return "D-TEXT-METADATA";
    } else if (messages.stream().anyMatch(m -> hasOxm(m, 0x0001, f -> f == 34))) {
      return "D-TCP-FLAGS";
    } else if (has(messages, PORT_MOD) && has(messages, PACKET_OUT)) {
      // OVS's packet-outs go by what the port was until it has looked at all its ports again.
      return "D-BARRIER";
    }
    return "";
  }

  private static boolean has(List<byte[]> messages, int type) {
    return messages.stream().anyMatch(m -> m[1] == type);
  }

  private static String ofFlowMod(byte[] m, String theirs, String ours) {
    if (theirs.contains("OFPBAC_BAD_SET_LEN") && ours.contains("OFPBAC_BAD_SET_TYPE")) {
      return "D-SET-LEN";
    } else if (ours.contains("OFPBAC_BAD_VENDOR_TYPE")) {
      return "D-NX-ACTION";
    } else if (ours.contains("OFPBAC_BAD_TYPE")) {
      return hasAction(m, 9, 10)
          ? "D-SET-TP"
          : hasAction(m, 15, 16) || hasAction(m, 19, 20) ? "R-MPLS" : "";
    } else if (ours.contains("OFPBMC_BAD_TYPE")) {
      return "D-MATCH-11";
    } else if (ours.contains("OFPBAC_BAD_SET_ARGUMENT") && hasAction(m, 0xffff, 0xffff)) {
      return "D-LOAD-PORT";
    }
    return ofField(m);
  }

  /** By the fields that only one of both knows. */
  private static String ofField(byte[] m) {
    if (hasOxm(m, 0x8000, f -> f == 1)) {
      return "D-IN-PHY-PORT";
    } else if (hasOxm(m, 0x8000, f -> f == 37)) {
      return "D-PBB-MATCH";
    } else if (hasOxm(m, 0x8000, f -> f == 39)) {
      return "D-EXTHDR";
    } else if (hasOxm(m, 0x8001, f -> true) || hasOxm(m, 0x0001, f -> f >= 111 && f <= 118)) {
      return "D-XREG";
    } else if (hasOxm(m, 0x0001, f -> f >= 40 && f <= 103)) {
      return "D-ERSPAN";
    } else if (hasOxm(m, 0xffff, f -> true)) {
      return "D-NSH";
    }
    return "";
  }

  private static boolean hasOxm(byte[] m, int oxmClass, IntPredicate field) {
    for (int p = 8; p + 4 <= m.length; p++) {
      if (u16(m, p) == oxmClass && field.test((m[p + 2] & 0xff) >> 1)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasAction(byte[] m, int first, int last) {
    for (int p = 8; p + 8 <= m.length; p += 8) {
      if (u16(m, p) >= first && u16(m, p) <= last) {
        return true;
      }
    }
    return false;
  }

  private static boolean writesOutsideItsMask(byte[] m) {
    for (int p = 8; p + 24 <= m.length; p += 8) {
      if (u16(m, p) == 2
          && u16(m, p + 2) == 24
          && (ByteBuffer.wrap(m).getLong(p + 8) & ~ByteBuffer.wrap(m).getLong(p + 16)) != 0) {
        return true;
      }
    }
    return false;
  }

  private static int u16(byte[] m, int at) {
    return at + 2 <= m.length ? ByteBuffer.wrap(m).getShort(at) & 0xffff : -1;
  }
}
