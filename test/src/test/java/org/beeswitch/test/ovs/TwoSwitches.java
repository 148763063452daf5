// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A real Open vSwitch and {@code bin/beeswitchd} with the same bridge and ports, which are told the
 * same bytes. Used by one thread.
 */
final class TwoSwitches implements AutoCloseable {
  static final int PORTS = 4;
  private static final int BARRIER_REQUEST = 20;
  private static final int BARRIER_REPLY = 21;
  private static final int BARRIER_XID = 0x7fffffff;

  /** Xids of messages under test; those of {@link #RESET} and {@link #STATE} are below. */
  private static final int FIRST_XID = 0x1000;

  /**
   * Makes a bridge as it was: no rules, groups and meters, fragments as they come, this connection
   * of no role, ports as they came. What a switch does not have it refuses.
   */
  private static final List<byte[]> RESET = new ArrayList<>();

  /** Asks for all that a bridge can be asked for. */
  private static final List<byte[]> STATE =
      List.of(
          hex(
              "0412 0038 00000000 0001 0000 00000000" // flows, of all tables
                  + "ff 000000 ffffffff ffffffff 00000000"
                  + "00".repeat(16)
                  + "00010004 00000000"),
          hex("0412 0010 00000000 000d 0000 00000000"), // port descriptions
          hex("0407 0008 00000000"), // switch configuration
          hex("0418 0018 00000000 00000000 00000000 0000000000000000")); // role

  /** Asks how many packets table 254, the internal one, has seen. */
  private static final byte[] MISSED =
      hex(
          "0412 0038 00000000 0002 0000 00000000"
              + "fe 000000 ffffffff ffffffff 00000000"
              + "00".repeat(16)
              + "00010004 00000000");

  /** A packet for the tables, which are empty: its bytes follow. */
  private static final byte[] PACKET_OUT =
      hex(
          "040d 0028 00000000 ffffffff fffffffd 0010 000000000000 0000 0010 fffffff9 0000"
              + " 000000000000");

  private static final int RUNT = 14;

  static {
    RESET.add(hex("0418 0018 00000000 00000001 00000000 0000000000000000")); // role EQUAL
    RESET.add(
        hex(
            "040e 0038 00000000"
                + "00".repeat(16)
                + "ff 03 0000 0000 0000 ffffffff ffffffff"
                + "ffffffff 0000 0000 0001 0004 00000000"));
    RESET.add(hex("040f 0010 00000000 0002 00 00 fffffffc")); // groups
    RESET.add(hex("041d 0010 00000000 0002 0000 ffffffff")); // meters
    RESET.add(hex("0409 000c 00000000 0000 0000")); // miss_send_len as a new connection has it
    for (int i = 1; i <= PORTS; i++) {
      RESET.add(hex(portMod(i, RealOvs.portMac(i))));
    }
  }

  private final RealOvs ovs;
  private final OwnSwitch own;

  TwoSwitches() throws IOException {
    ovs = RealOvs.start(PORTS);
    try {
      own = new OwnSwitch(PORTS);
    } catch (IOException | RuntimeException e) {
      ovs.close();
      throw e;
    }
    for (Path s : List.of(theirs(), ours())) {
      try (RawPeer p = RawPeer.greeted(s)) {
        reset(p);
      }
    }
  }

  private static String portMod(int port, String mac) {
    return String.format("0410 0028 00000000 %08x 00000000", port)
        + mac.replace(":", "")
        + "0000 00000000 ffffffff 00000000 00000000";
  }

  /** Bytes from hexadecimal digits with spaces in them. */
  static byte[] hex(String s) {
    return HexFormat.of().parseHex(s.replace(" ", ""));
  }

  Path theirs() {
    return ovs.mgmt();
  }

  Path ours() {
    return own.rundir().resolve("br0.mgmt");
  }

  String ourLog() {
    return own.log();
  }

  String theirLog() {
    return ovs.logs();
  }

  /** Makes the bridge behind a connection as it was at first. */
  static void reset(RawPeer p) throws IOException {
    exchange(p, RESET, 0);
  }

  /**
   * Makes the counts of packets that no rule wanted the same, which nothing resets: they are apart
   * once only one of two reset bridges had done what it was told. Packets for both, and more of
   * them or longer ones for that which is behind.
   */
  static void level(RawPeer theirs, RawPeer ours) throws IOException {
    long[] t = missed(theirs);
    long[] o = missed(ours);
    if (!Arrays.equals(t, o)) {
      int packets = Math.toIntExact(Math.max(t[0], o[0]) + 1);
      long bytes = Math.max(t[1], o[1]) + (long) RUNT * (1 + Math.abs(t[0] - o[0]));
      miss(theirs, packets - t[0], bytes - t[1]);
      miss(ours, packets - o[0], bytes - o[1]);
    }
  }

  private static void miss(RawPeer p, long packets, long bytes) throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (long i = packets; i > 0; i--) {
      int length = i > 1 ? RUNT : Math.toIntExact(bytes - RUNT * (packets - 1));
      all.add(Arrays.copyOf(PACKET_OUT, PACKET_OUT.length + length));
    }
    exchange(p, all, 0);
  }

  /** Packets, bytes. */
  private static long[] missed(RawPeer p) throws IOException {
    for (byte[] reply : replies(p, List.of(MISSED), 0)) {
      if (Frames.xid(reply) == 1) {
        ByteBuffer b = ByteBuffer.wrap(reply);
        return new long[] {b.getLong(16), b.getLong(24)};
      }
    }
    throw new IOException("no statistics of the internal table");
  }

  /**
   * Sends messages and a barrier.
   *
   * @return the answers to each, in the order of the messages; shorter if the connection ended
   */
  static List<String> exchange(RawPeer p, List<byte[]> messages) throws IOException {
    return exchange(p, messages, FIRST_XID);
  }

  private static List<String> exchange(RawPeer p, List<byte[]> messages, int firstXid)
      throws IOException {
    Map<Integer, List<String>> answers = Frames.answers(replies(p, messages, firstXid));
    List<String> l = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      l.add(String.join(" | ", answers.getOrDefault(firstXid + 1 + i, List.of("silence"))));
    }
    if (p.ended()) {
      l.add("closed");
    }
    return l;
  }

  private static List<byte[]> replies(RawPeer p, List<byte[]> messages, int firstXid)
      throws IOException {
    for (int i = 0; i < messages.size(); i++) {
      p.send(Frames.withXid(messages.get(i), firstXid + 1 + i));
    }
    p.send(Frames.withXid(new byte[] {4, BARRIER_REQUEST, 0, 8, 0, 0, 0, 0}, BARRIER_XID));
    return p.until(BARRIER_REPLY, BARRIER_XID);
  }

  /** What the bridge behind a connection says of itself. */
  static String state(RawPeer p) throws IOException {
    return String.join("\n  ", exchange(p, STATE, 0));
  }

  @Override
  public void close() {
    own.close();
    ovs.close();
  }
}
