// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.beeswitch.openflow.msg.OfErrorCode;

/**
 * OpenFlow 1.3 frames of a switch as text that can be compared with another switch's: what cannot
 * be the same (times, counters that the host's own packets move, the order of hash tables) is left
 * out, everything else is there byte for byte.
 */
final class Frames {
  private static final int ERROR = 1;
  private static final int MULTIPART_REPLY = 19;
  private static final int LOCAL = 0xfffffffe;
  private static final int EXPERIMENTER_ERROR = 0xffff;

  private Frames() {}

  static int xid(byte[] frame) {
    return ByteBuffer.wrap(frame).getInt(4);
  }

  /** The same frame with this xid and the length that it has. */
  static byte[] withXid(byte[] frame, int xid) {
    byte[] b = frame.clone();
    ByteBuffer.wrap(b).putShort(2, (short) b.length).putInt(4, xid);
    return b;
  }

  /**
   * The answers to each xid, in their order. Parts of one reply are one; messages that nobody asked
   * for (xid 0) are left out.
   */
  static Map<Integer, List<String>> answers(List<byte[]> frames) {
    Map<Integer, List<String>> all = new TreeMap<>();
    Map<Integer, List<byte[]>> parts = new TreeMap<>();
    for (byte[] f : frames) {
      int xid = xid(f);
      if (xid == 0) {
        continue;
      }
      List<String> texts = all.computeIfAbsent(xid, x -> new ArrayList<>());
      if (f[1] == MULTIPART_REPLY) {
        List<byte[]> soFar = parts.computeIfAbsent(xid, x -> new ArrayList<>());
        soFar.add(f);
        if ((f[11] & 1) == 0) {
          texts.add(multipart(soFar));
          soFar.clear();
        }
      } else {
        texts.add(text(f));
      }
    }
    return all;
  }

  static String text(byte[] f) {
    ByteBuffer b = ByteBuffer.wrap(f);
    if (f[1] == ERROR && f.length >= 12) {
      int type = b.getShort(8) & 0xffff;
      int code = b.getShort(10) & 0xffff;
      boolean ofVendor = type == EXPERIMENTER_ERROR && f.length >= 16;
      int vendor = ofVendor ? b.getInt(12) : 0;
      OfErrorCode known =
          ofVendor ? OfErrorCode.find(vendor, code, 0) : OfErrorCode.find(0, type, code);
      return String.format(
          "version %d ERROR %s %x/%x/%x %s",
          f[0], known, vendor, type, code, hex(f, ofVendor ? 16 : 12));
    }
    return String.format("version %d type %d: %s", f[0], f[1], hex(f, 8));
  }

  private static String hex(byte[] b, int from) {
    return HexFormat.of().formatHex(b, Math.min(from, b.length), b.length);
  }

  // Multipart replies.

  private static String multipart(List<byte[]> parts) {
    int type = ByteBuffer.wrap(parts.get(0)).getShort(8);
    List<byte[]> entries = new ArrayList<>();
    for (byte[] p : parts) {
      entries.addAll(entries(type, Arrays.copyOfRange(p, 16, p.length)));
    }
    List<String> texts = new ArrayList<>();
    entries.forEach(e -> texts.add(hex(e, 0)));
    Collections.sort(texts);
    return "MULTIPART " + type + " " + texts;
  }

  /** Bodies cut into entries, with zeros for what two switches cannot have alike. */
  private static List<byte[]> entries(int type, byte[] body) {
    return switch (type) {
      case 1 -> { // flows: durations and counters
        List<byte[]> l = new ArrayList<>();
        for (int at = 0; at < body.length; ) {
          int length = (body[at] & 0xff) << 8 | body[at + 1] & 0xff;
          byte[] e = Arrays.copyOfRange(body, at, at + length);
          Arrays.fill(e, 4, 12, (byte) 0);
          l.add(e);
          at += length;
        }
        yield l;
      }
      case 3 -> blank(body, 24, 8, 24); // tables: lookups and matches
      case 4 -> blank(body, 112, 4, 112); // ports: only which there are
      case 12 -> List.of(); // table features: D-TEXT-FEATURES and the fields that only one has
      case 13 -> ports(body);
      default -> List.of(body);
    };
  }

  /** Port descriptions: speeds are the devices', and each has a LOCAL of its own address. */
  private static List<byte[]> ports(byte[] body) {
    List<byte[]> all = blank(body, 64, 32, 64);
    for (byte[] p : all) {
      if (ByteBuffer.wrap(p).getInt(0) == LOCAL) {
        Arrays.fill(p, 8, 14, (byte) 0);
      }
    }
    return all;
  }

  private static List<byte[]> blank(byte[] body, int size, int from, int to) {
    List<byte[]> l = new ArrayList<>();
    for (int at = 0; at + size <= body.length; at += size) {
      byte[] e = Arrays.copyOfRange(body, at, at + size);
      Arrays.fill(e, from, to, (byte) 0);
      l.add(e);
    }
    return l;
  }
}
