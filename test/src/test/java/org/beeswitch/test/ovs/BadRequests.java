// SPDX-License-Identifier: Apache-2.0

package org.beeswitch.test.ovs;

import static org.beeswitch.test.ovs.MessageBytes.*;

import java.util.List;

/** Wrong and odd messages that are no flow-mods and ask for no statistics. */
final class BadRequests {
  private final BadMessages to;

  private BadRequests(BadMessages to) {
    this.to = to;
  }

  static void addTo(BadMessages to) {
    BadRequests c = new BadRequests(to);
    c.packetOuts();
    c.portMods();
    c.tableMods();
    c.roles();
    c.configuration();
    c.symmetric();
  }

  private void packetOuts() {
    to.same("packet-out", packetOut(NO_BUFFER, 0xfffffffdL, output(1), FRAME));
    to.same("packet-out without data", packetOut(NO_BUFFER, 0xfffffffdL, output(1), ""));
    to.same("packet-out of 1 byte", packetOut(NO_BUFFER, 0xfffffffdL, output(1), "00"));
    to.same(
        "packet-out of 13 bytes", packetOut(NO_BUFFER, 0xfffffffdL, output(1), "00".repeat(13)));
    to.same(
        "packet-out of 14 bytes", packetOut(NO_BUFFER, 0xfffffffdL, output(1), "00".repeat(14)));
    to.same("packet-out of nothing to nowhere", packetOut(NO_BUFFER, 0xfffffffdL, "", ""));
    to.same("packet-out without actions", packetOut(NO_BUFFER, 0xfffffffdL, "", FRAME));
    to.same("packet-out of a buffer", packetOut("00000001", 0xfffffffdL, output(1), ""));
    to.same("packet-out of buffer 0", packetOut("00000000", 0xfffffffdL, output(1), ""));
    to.same(
        "packet-out of a buffer with data", packetOut("00000001", 0xfffffffdL, output(1), FRAME));
    long[] ports = {0, 1, 99, 0xfeff, 0xff00, 0xffff, 0x10000, 0xffffff00L};
    for (long p : ports) {
      to.same(String.format("packet-out from 0x%x", p), packetOut(NO_BUFFER, p, output(2), FRAME));
      to.same(String.format("packet-out to 0x%x", p), packetOut(NO_BUFFER, 1, output(p), FRAME));
    }
    for (long p = 0xfffffff7L; p <= 0xffffffffL; p++) {
      to.same(String.format("packet-out from 0x%x", p), packetOut(NO_BUFFER, p, output(2), FRAME));
      to.same(String.format("packet-out to 0x%x", p), packetOut(NO_BUFFER, 1, output(p), FRAME));
      to.same(
          String.format("packet-out from CONTROLLER to 0x%x", p),
          packetOut(NO_BUFFER, 0xfffffffdL, output(p), FRAME));
    }
    to.same(
        "packet-out with tcp_dst of no IP",
        packetOut(NO_BUFFER, 1, setField(tcpDst(80)) + output(2), FRAME));
    to.same(
        "packet-out with tcp_dst of TCP",
        packetOut(NO_BUFFER, 1, setField(tcpDst(81)) + output(2), TCP_FRAME));
    to.same(
        "packet-out with dec TTL of no IP",
        packetOut(NO_BUFFER, 1, "0018000800000000" + output(2), FRAME));
    to.same(
        "packet-out with pop VLAN of no VLAN",
        packetOut(NO_BUFFER, 1, "0012000800000000" + output(2), FRAME));
    to.same(
        "packet-out with push VLAN",
        packetOut(NO_BUFFER, 1, "0011000881000000" + output(2), FRAME));
    to.same(
        "packet-out with push VLAN three times",
        packetOut(NO_BUFFER, 1, "0011000881000000".repeat(3) + output(2), FRAME));
    to.same("packet-out to a group", packetOut(NO_BUFFER, 1, "0016000800000001", FRAME));
    to.same(
        "packet-out to a queue", packetOut(NO_BUFFER, 1, "0015000800000007" + output(2), FRAME));
    to.same(
        "packet-out with an unknown action", packetOut(NO_BUFFER, 1, "7777000800000000", FRAME));
    to.same(
        "packet-out, actions longer than the message",
        packetOut(NO_BUFFER, 1, output(1), "")
            .replaceFirst("0010000000000000", "0020000000000000"));
    to.same(
        "packet-out, actions of 15 bytes",
        packetOut(NO_BUFFER, 1, output(1), FRAME)
            .replaceFirst("0010000000000000", "000f000000000000"));
    to.same(
        "packet-out, padding not zero",
        packetOut(NO_BUFFER, 1, output(1), FRAME)
            .replaceFirst("0010000000000000", "0010000000000001"));
    to.same("packet-out of a header", msg(13, ""));
    to.same("packet-out of half a header", msg(13, NO_BUFFER + "00000001"));
    to.same(
        "packet-out to TABLE that loops",
        add().apply(output(0xfffffff9L)).message(),
        packetOut(NO_BUFFER, 1, output(0xfffffff9L), FRAME));
  }

  private static String portMod(int port, String mac, int config, int mask, int advertise) {
    return msg(
        16,
        String.format(
            "%08x00000000%s0000%08x%08x%08x00000000", port, mac, config, mask, advertise));
  }

  private void portMods() {
    String mac1 = RealOvs.portMac(1).replace(":", "");
    to.same("port-mod of nothing", portMod(1, mac1, 0, 0, 0));
    to.same("port-mod of a port that is not there", portMod(99, mac1, 0, 0, 0));
    int[] ports = {
      0,
      0xff00,
      0x10000,
      0xffffff00,
      0xffffff7e,
      0xfffffff8,
      0xfffffffb,
      0xfffffffd,
      0xfffffffe,
      0xffffffff
    };
    for (int p : ports) {
      to.same(String.format("port-mod of 0x%x", p), portMod(p, mac1, 0, 0, 0));
    }
    to.same("port-mod of another address", portMod(1, "0a0000000001", 0, 0, 0));
    to.same("port-mod of address 0", portMod(1, "000000000000", 0, 0, 0));
    to.same("port-mod NO_FLOOD", portMod(1, mac1, 0x10, 0x10, 0));
    to.same("port-mod NO_FLOOD outside the mask", portMod(1, mac1, 0x10, 0, 0));
    for (int bit = 1; bit < 32; bit++) {
      to.same("port-mod bit " + bit, portMod(1, mac1, 1 << bit, 1 << bit, 0));
    }
    to.same("port-mod of all bits but down", portMod(1, mac1, 0xfffffffe, 0xfffffffe, 0));
    to.same("port-mod down", portMod(1, mac1, 1, 1, 0));
    for (int bit : new int[] {0, 6, 15, 16, 31}) {
      to.same("port-mod advertise bit " + bit, portMod(1, mac1, 0, 0, 1 << bit));
    }
    to.same("port-mod advertise all", portMod(1, mac1, 0, 0, -1));
    to.same("port-mod too short", msg(16, "00000001" + ZERO4 + mac1 + "0000"));
    to.same("port-mod too long", portMod(1, mac1, 0, 0, 0) + ZERO8);
    to.same(
        "port-mod, padding not zero",
        portMod(1, mac1, 0, 0, 0).replaceFirst("00000000$", "00000001"));
    to.same(
        "port-mod, first padding not zero",
        portMod(1, mac1, 0x10, 0x10, 0).replaceFirst("0000000100000000", "0000000100000001"));
  }

  private void tableMods() {
    for (int table : new int[] {0, 1, 253, 254, 255}) {
      for (int config = 0; config < 5; config++) {
        to.same(
            "table-mod of " + table + " to " + config,
            msg(17, String.format("%02x000000%08x", table, config)));
      }
    }
    to.same("table-mod with a high bit", msg(17, "00000000 80000000"));
    to.same("table-mod, padding not zero", msg(17, "00000001 00000000"));
    to.same("table-mod too short", msg(17, ZERO4));
    to.same("table-mod too long", msg(17, ZERO8 + ZERO8));
  }

  private static String role(int role, String generation) {
    return msg(24, String.format("%08x00000000", role) + generation);
  }

  private void roles() {
    // Generation ids outlive connections, and cases: each begins where the last one ended.
    to.same("NOCHANGE with a generation id", role(0, "0000000000000007"));
    to.same("EQUAL with a generation id", role(1, "0000000000000007"), role(0, ZERO8));
    for (int r : new int[] {4, 5, 255, -1}) {
      to.same("role " + r, role(r, ZERO8));
    }
    to.same(
        "role, padding not zero",
        role(1, ZERO8).replaceFirst("00000001 ?00000000", "0000000100000001"));
    to.same("role too short", msg(24, ZERO8));
    to.same("role too long", role(0, ZERO8) + ZERO8);
    to.same("PRIMARY", role(2, "0000000000000010"), role(0, ZERO8));
    to.same("SECONDARY of an old generation", role(3, "000000000000000f"), role(0, ZERO8));
    to.same(
        "PRIMARY of the same generation", role(2, "0000000000000010"), role(2, "0000000000000010"));
    to.same("a generation far ahead", role(2, "7000000000000000"), role(2, "0000000000000011"));
    to.same(
        "a generation that wraps",
        role(2, "d000000000000000"),
        role(2, "0000000000000001"),
        role(2, "d000000000000001"));
    to.same(
        "the first PRIMARY is none any more",
        role(2, "0000000000000010"),
        "second:" + role(2, "0000000000000011"),
        role(0, ZERO8),
        add().message(),
        role(1, ZERO8),
        add().message());
    String secondary = role(3, "0000000000000012");
    List<String> refused =
        List.of(
            add().message(),
            flow(DELETE).message(),
            flow(9).message(),
            add().match(tcpDst(80)).message(),
            packetOut(NO_BUFFER, 1, output(2), FRAME),
            packetOut(NO_BUFFER, 0, output(0), FRAME),
            msg(13, ""),
            msg(14, ""),
            portMod(99, "000000000000", 0, 0, 0),
            msg(16, ""),
            msg(17, "0000000000000009"),
            msg(17, ""),
            msg(15, "0000 0000 00000001"),
            msg(15, ""),
            msg(29, "0000 0001 00000001"),
            msg(29, ""),
            msg(9, "0001 0080"),
            msg(7, ""),
            msg(28, "00".repeat(24)),
            msg(26, ""),
            msg(22, "00000001 00000000"),
            multipart(1, "00".repeat(32) + ANY),
            multipart(12, "0040 00".repeat(1) + "00".repeat(61)),
            multipart(12, ""),
            msg(4, "12345678 00000010"),
            msg(10, "00".repeat(24)));
    for (int i = 0; i < refused.size(); i++) {
      to.same("from a secondary, message " + i + ": " + refused.get(i), secondary, refused.get(i));
    }
  }

  private void configuration() {
    for (int flags : new int[] {0, 1, 2, 3, 4, 8, 0x8000, 0xffff}) {
      to.same("set-config flags " + flags, msg(9, String.format("%04x0000", flags)), msg(7, ""));
    }
    for (int length : new int[] {0, 1, 128, 0xff, 0xffe4, 0xffe5, 0xffe6, 0xffff}) {
      to.same(
          "set-config miss_send_len " + length,
          msg(9, String.format("0000%04x", length)),
          msg(7, ""));
    }
    to.same("set-config too short", msg(9, "0000"));
    to.same("set-config too long", msg(9, ZERO8));
    to.same("get-config too long", msg(7, ZERO8));
    to.same("features request too long", msg(5, ZERO8));
    to.same("features request", msg(5, ""));
    to.same("barrier too long", msg(20, ZERO8));
    to.same("get-async", msg(26, ""));
    to.same("get-async too long", msg(26, ZERO4));
    to.same("set-async", msg(28, "00".repeat(24)), msg(26, ""));
    to.same("set-async all", msg(28, "ff".repeat(24)), msg(26, ""));
    for (int word = 0; word < 6; word++) {
      for (int bit : new int[] {0, 2, 3, 4, 5, 6, 31}) {
        String mask =
            "00000000".repeat(word) + String.format("%08x", 1 << bit) + "00000000".repeat(5 - word);
        to.same("set-async mask " + word + " bit " + bit, msg(28, mask), msg(26, ""));
      }
    }
    to.same("set-async too short", msg(28, "00".repeat(20)));
    to.same("set-async too long", msg(28, "00".repeat(28)));
    to.same("echo", msg(2, "68616c6c6f"));
    to.same("echo of 65,527 bytes", msg(2, "5a".repeat(65527)));
    to.same("echo reply", msg(3, "01"));
  }

  private void symmetric() {
    to.same("a second HELLO", "0400 0000 00000000");
    to.same("a second HELLO of version 1", "0100 0000 00000000");
    to.same("a second HELLO with a bitmap", "0400 0000 00000000 0001 0008 00000012");
    to.same("an ERROR", msg(1, "0001 0001 0400000800000001"));
    to.same("an ERROR without data", msg(1, "0001 0001"));
    to.same("an ERROR of 2 bytes", msg(1, "0001"));
    to.same("an ERROR of nothing", msg(1, ""));
    to.same("an ERROR of an experimenter", msg(1, "ffff 0001 00002320"));
    for (int type :
        new int[] {6, 8, 10, 11, 12, 19, 21, 23, 25, 27, 30, 31, 32, 33, 34, 127, 255}) {
      to.same("type " + type, msg(type, ""));
      to.same("type " + type + " with a body", msg(type, "00".repeat(32)));
    }
    for (int version : new int[] {0, 1, 2, 3, 5, 6, 7, 0x7f, 0x80, 0xff}) {
      for (int type : new int[] {0, 1, 2, 3, 5, 14, 18, 20}) {
        to.same(
            "version " + version + ", type " + type,
            String.format("%02x%02x 0000 00000000", version, type));
        to.same(
            "version " + version + ", type " + type + " with a body",
            String.format("%02x%02x 0000 00000000", version, type) + "00".repeat(48));
      }
    }
  }
}
