// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.test.ovs.MessageBytes.ZERO8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * All that a peer says on a connection, from its first byte to its last: greetings, and streams
 * that are no frames.
 */
final class BadStreams {
  /**
   * A stream.
   *
   * @param departure as {@link BadMessages.Case}'s
   */
  @SuppressWarnings("ArrayRecordComponent") // made once, never changed
  record Stream(String name, String departure, byte[] bytes) {}

  private static final String HELLO = "0400 0008 00000001";
  private static final String BARRIER = "0414 0008 00000002";

  private BadStreams() {}

  private static void add(List<Stream> all, String name, String hex) {
    all.add(new Stream(name, "", TwoSwitches.hex(hex)));
  }

  static List<Stream> all() {
    List<Stream> l = new ArrayList<>();
    add(l, "nothing", "");
    add(l, "half a header", "0400 00");
    add(l, "a HELLO alone", HELLO);
    add(l, "a HELLO and a barrier", HELLO + BARRIER);
    for (int v = 0; v < 8; v++) {
      add(l, "a HELLO of version " + v, String.format("%02x00 0008 00000001", v) + BARRIER);
    }
    for (int v : new int[] {0x20, 0x7f, 0x80, 0xff}) {
      add(l, "a HELLO of version " + v, String.format("%02x00 0008 00000001", v) + BARRIER);
    }
    for (int type : new int[] {1, 2, 3, 5, 10, 14, 18, 20, 99}) {
      add(l, "type " + type + " first", String.format("04%02x 0008 00000001", type) + HELLO);
    }
    for (long bitmap : new long[] {0, 1, 2, 0x10, 0x12, 0x20, 0x6e, 0xffffffffL, 0x80000010L}) {
      for (int version : new int[] {1, 4, 6, 0xff}) {
        String hello = String.format("%02x00 0010 00000001 0001 0008 %08x", version, bitmap);
        add(l, "a HELLO of " + version + " with bitmap " + bitmap, hello + BARRIER);
      }
    }
    add(
        l,
        "a bitmap of two words",
        "0400 0018 00000001 0001 000c 00000010 ffffffff 00000000" + BARRIER);
    add(l, "two bitmaps", "0400 0018 00000001 0001 0008 00000002 0001 0008 00000010" + BARRIER);
    add(
        l,
        "two bitmaps, the good one first",
        "0400 0018 00000001 0001 0008 00000010 0001 0008 00000002" + BARRIER);
    add(l, "a bitmap of no words", "0400 0010 00000001 0001 0004 00000000" + BARRIER);
    add(l, "a bitmap of half a word", "0400 0010 00000001 0001 0006 00100000" + BARRIER);
    add(l, "an element of length 0", "0400 0010 00000001 0001 0000 00000010" + BARRIER);
    add(l, "an element of length 3", "0400 0010 00000001 0001 0003 00000010" + BARRIER);
    add(l, "an element that is too long", "0400 0010 00000001 0001 0010 00000010" + BARRIER);
    add(l, "an unknown element", "0400 0010 00000001 0077 0008 00000000" + BARRIER);
    add(
        l,
        "an unknown element, then a bitmap",
        "0600 0018 00000001 0077 0008 00000000 0001 0008 00000010" + BARRIER);
    add(l, "rubbish after the bitmap", "0600 0014 00000001 0001 0008 00000010 00000000" + BARRIER);
    add(l, "a HELLO of 9 bytes", "0400 0009 00000001 00" + BARRIER);
    for (int length : new int[] {0, 1, 7}) {
      add(l, "a HELLO of length " + length, String.format("0400 %04x 00000001", length) + BARRIER);
      add(
          l,
          "a barrier of length " + length,
          HELLO + BARRIER + String.format("0414 %04x 00000003", length) + BARRIER);
    }
    add(l, "a message that ends too soon", HELLO + BARRIER + "0402 0020 00000003" + ZERO8);
    add(l, "three HELLOs", HELLO + HELLO + HELLO + BARRIER);
    add(l, "HTTP", HELLO + "474554202f20485454502f312e310d0a486f73743a20780d0a0d0a");
    add(l, "HTTP at once", "474554202f20485454502f312e310d0a486f73743a20780d0a0d0a");
    add(l, "zeros", HELLO + "00".repeat(64));
    add(l, "ones", HELLO + "ff".repeat(64));
    add(l, "a large echo", HELLO + "0402 ffff 00000003" + "00".repeat(65527) + BARRIER);
    return l;
  }

  /** Good messages one after the other, with a length or a version or whatever broken. */
  static byte[] random(Random random, List<byte[]> corpus) {
    List<byte[]> parts = new ArrayList<>(List.of(TwoSwitches.hex(HELLO)));
    int length = 8;
    for (int i = random.nextInt(6); i >= 0; i--) {
      byte[] m = Frames.withXid(corpus.get(random.nextInt(corpus.size())), 0x2000 + parts.size());
      parts.add(m);
      length += m.length;
    }
    byte[] all = new byte[length];
    int at = 0;
    int[] headers = new int[parts.size()];
    for (int i = 0; i < headers.length; i++) {
      headers[i] = at;
      System.arraycopy(parts.get(i), 0, all, at, parts.get(i).length);
      at += parts.get(i).length;
    }
    int header = headers[random.nextInt(headers.length)];
    switch (random.nextInt(4)) {
      case 0 -> all[header + random.nextInt(4)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> all[header + 3] = (byte) random.nextInt(256);
      case 2 -> all[header + 3] += (byte) (random.nextInt(17) - 8);
      default -> all[header + random.nextInt(4)] = (byte) random.nextInt(256);
    }
    return all;
  }
}
